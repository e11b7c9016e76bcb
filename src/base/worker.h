/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - a thread that may be left behind: what lanes, feeds, the writer and everything else stands on that calls
 * drivers, disks and providers.
 *
 * Such a call can hang for longer than the program wants to live, and no thread can be ended from outside. So what the
 * thread works on belongs to it and to its owner together: whoever lets go last frees it.
 *
 * The thread starts as thread.h says: with all signals blocked, so that signals remain the caller's.
 */
#ifndef JB_BASE_WORKER_H
#define JB_BASE_WORKER_H

#include "base/thread.h"

#include <stdatomic.h>

struct jb_worker {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* the thread: there is something to do; jb_cond_until() */
    pthread_cond_t told; /* the owner: something was done */
    /* Under the lock. */
    bool stop;   /* it shall end */
    bool exited; /* run() has returned */
    bool left;   /* nobody waits any more: what the owner only lent must not be touched */

    /* Only worker.c's. */
    atomic_int references;
    pthread_t thread;
    void (*run)(void *owner);
    void (*finish)(void *owner);
    void *owner;
};

/* run() is the thread: called with the lock held, returns with it held, gives it up where it waits or calls what may
 * hang, and looks at `stop`. finish() frees the owner, the worker in it too; called once, without the lock, by whoever
 * is last. */
void jb_worker_init(struct jb_worker *worker, void (*run)(void *owner), void (*finish)(void *owner), void *owner);
/* Start the thread; name, stack and errors as of jb_thread_start(). */
int jb_worker_start(struct jb_worker *worker, const char *name, size_t stack_bytes);
/* One of the two lets go. For an owner whose thread never started, and for worker.c. */
void jb_worker_release(struct jb_worker *worker);

void jb_worker_stop(struct jb_worker *worker); /* asks the thread to end; does not wait */
/* With the lock held: wait for `told`; false when the deadline (CLOCK_MONOTONIC) is over. */
bool jb_worker_wait(struct jb_worker *worker, uint64_t deadline_ns);
/* With the lock held: wait until the thread has ended; false when the deadline is over and it has not. */
bool jb_worker_wait_exit(struct jb_worker *worker, uint64_t deadline_ns);
/* Stop, wait until the thread has ended or the deadline is over, and let go. False: it was left behind. */
bool jb_worker_leave(struct jb_worker *worker, uint64_t deadline_ns);

#endif
