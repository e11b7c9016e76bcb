/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - a thread that may be left behind. See worker.h for what it promises.
 *
 * The thread holds a reference of its own, so that one which wakes up after everybody is gone finds its memory, and
 * frees it.
 */
#include "meter/worker.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

int jb_worker_init(struct jb_worker *worker, void (*run)(void *owner), void (*finish)(void *owner), void *owner)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return -ENOMEM;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    /* On Linux these do not fail. */
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->wake, &attributes);
    pthread_cond_init(&worker->told, &attributes);
    pthread_condattr_destroy(&attributes);
    atomic_init(&worker->references, 1);
    worker->stop = worker->exited = false;
    worker->run = run;
    worker->finish = finish;
    worker->owner = owner;
    return 0;
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

int jb_worker_start(struct jb_worker *worker, const char *name)
{
    sigset_t all, before;
    atomic_store(&worker->references, 2);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&worker->thread, NULL, thread_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err != 0) {
        atomic_store(&worker->references, 1);
        return -err;
    }
    char cut[16];
    snprintf(cut, sizeof(cut), "%.15s", name);
    pthread_setname_np(worker->thread, cut);
    return 0;
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
    struct timespec until = {.tv_sec = (time_t)(deadline_ns / JB_NS_PER_S),
                             .tv_nsec = (long)(deadline_ns % JB_NS_PER_S)};
    return pthread_cond_timedwait(&worker->told, &worker->lock, &until) != ETIMEDOUT;
}

void jb_worker_leave(struct jb_worker *worker, uint64_t deadline_ns)
{
    jb_worker_stop(worker);
    pthread_mutex_lock(&worker->lock);
    while (!worker->exited && jb_worker_wait(worker, deadline_ns)) {
    }
    bool exited = worker->exited;
    pthread_mutex_unlock(&worker->lock);
    if (exited) {
        pthread_join(worker->thread, NULL);
    } else {
        pthread_detach(worker->thread);
    }
    jb_worker_release(worker);
}
