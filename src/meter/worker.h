/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - a thread that may be left behind: what lanes (lane.h) and the reader of edges (edges.h) stand on.
 *
 * A driver can hang inside a call for longer than the session lives, and no thread can be ended from outside. So what
 * the thread works on belongs to it and to its owner together: whoever lets go last frees it.
 *
 * The thread starts with all signals blocked, so that signals remain the caller's.
 */
#ifndef JB_METER_WORKER_H
#define JB_METER_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct jb_worker {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* the thread: there is something to do */
    pthread_cond_t told; /* the owner: something was done */
    bool stop, exited;   /* under the lock */

    /* Only worker.c's. */
    atomic_int references;
    pthread_t thread;
    void (*run)(void *owner);
    void (*finish)(void *owner);
    void *owner;
};

/* run() is the thread: called with the lock held, returns with it held, gives it up where it waits or calls a driver,
 * and looks at `stop`. finish() frees the owner, the worker in it too; called once, by whoever is last. -ENOMEM: then
 * finish() is not called. Conditions wait by CLOCK_MONOTONIC. */
int jb_worker_init(struct jb_worker *worker, void (*run)(void *owner), void (*finish)(void *owner), void *owner);
/* Start the thread; 0 or -EAGAIN. Its name is cut to what the kernel keeps. */
int jb_worker_start(struct jb_worker *worker, const char *name);
/* One of the two lets go. For an owner whose thread never started, and for worker.c. */
void jb_worker_release(struct jb_worker *worker);

void jb_worker_stop(struct jb_worker *worker); /* asks the thread to end; does not wait */
/* With the lock held: wait for `told`; false when the deadline (CLOCK_MONOTONIC) is over. */
bool jb_worker_wait(struct jb_worker *worker, uint64_t deadline_ns);
/* Stop, wait until the thread has ended or the deadline is over, and let go. */
void jb_worker_leave(struct jb_worker *worker, uint64_t deadline_ns);

#endif
