/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - pthreads(7), where they are odd. See thread.h.
 *
 * A thread inherits the mask of who makes it, so that the mask is changed around pthread_create(): blocked only by the
 * thread itself, signals could come before that. Conditions wait by the calendar unless they are told otherwise.
 */
#include "base/thread.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static int create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *context), void *context)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(ret, attributes, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -err;
}

int jb_thread_start(pthread_t *ret, const char *name, size_t stack_bytes, void *(*run)(void *context), void *context)
{
    pthread_attr_t attributes;
    pthread_t thread;
    char cut[16];

    pthread_attr_init(&attributes); /* on Linux this does not fail */
    int err = stack_bytes > 0 ? -pthread_attr_setstacksize(&attributes, stack_bytes) : 0;
    if (err == 0) {
        err = create(&thread, &attributes, run, context);
    }
    pthread_attr_destroy(&attributes);
    if (err != 0) {
        return err;
    }
    jb_copy(cut, sizeof(cut), name);
    pthread_setname_np(thread, cut);
    *ret = thread;
    return 0;
}

void jb_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes); /* nor do these */
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool jb_cond_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t deadline_ns)
{
    struct timespec until = jb_timespec(deadline_ns);

    return pthread_cond_timedwait(condition, lock, &until) != ETIMEDOUT;
}
