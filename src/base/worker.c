/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - a thread that may be left behind. See worker.h for what it promises.
 *
 * The thread holds a reference of its own, so that one which wakes up after everybody is gone finds its memory, and
 * frees it.
 */
#include "base/worker.h"

void jb_worker_init(struct jb_worker *worker, void (*run)(void *owner), void (*finish)(void *owner), void *owner)
{
    pthread_mutex_init(&worker->lock, NULL);
    jb_cond_init(&worker->wake);
    jb_cond_init(&worker->told);
    atomic_init(&worker->references, 1);
    worker->stop = worker->exited = worker->left = false;
    worker->run = run;
    worker->finish = finish;
    worker->owner = owner;
}

void jb_worker_release(struct jb_worker *worker)
{
    if (atomic_fetch_sub(&worker->references, 1) > 1) {
        return;
    }
    pthread_cond_destroy(&worker->told);
    pthread_cond_destroy(&worker->wake);
    pthread_mutex_destroy(&worker->lock);
    worker->finish(worker->owner);
}

static void *thread_main(void *argument)
{
    struct jb_worker *worker = argument;
    pthread_mutex_lock(&worker->lock);
    worker->run(worker->owner);
    worker->exited = true;
    pthread_cond_broadcast(&worker->told);
    pthread_mutex_unlock(&worker->lock);
    jb_worker_release(worker);
    return NULL;
}

int jb_worker_start(struct jb_worker *worker, const char *name, size_t stack_bytes)
{
    atomic_store(&worker->references, 2);
    int err = jb_thread_start(&worker->thread, name, stack_bytes, thread_main, worker);
    if (err < 0) {
        atomic_store(&worker->references, 1);
    }
    return err;
}

void jb_worker_stop(struct jb_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->stop = true;
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
}

bool jb_worker_wait(struct jb_worker *worker, uint64_t deadline_ns)
{
    return jb_cond_until(&worker->told, &worker->lock, deadline_ns);
}

bool jb_worker_wait_exit(struct jb_worker *worker, uint64_t deadline_ns)
{
    while (!worker->exited && jb_worker_wait(worker, deadline_ns)) {
    }
    return worker->exited;
}

bool jb_worker_leave(struct jb_worker *worker, uint64_t deadline_ns)
{
    jb_worker_stop(worker);
    pthread_mutex_lock(&worker->lock);
    bool exited = jb_worker_wait_exit(worker, deadline_ns);
    worker->left = !exited;
    pthread_mutex_unlock(&worker->lock);
    if (exited) {
        pthread_join(worker->thread, NULL);
    } else {
        pthread_detach(worker->thread);
    }
    jb_worker_release(worker);
    return exited;
}
