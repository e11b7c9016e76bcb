/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h - how a thread of ours begins and how it waits: signals are the caller's, time is CLOCK_MONOTONIC.
 *
 * worker.h stands on this, for threads that may be left behind.
 */
#ifndef JB_BASE_THREAD_H
#define JB_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start a thread with all signals blocked, whatever the caller's mask is, so that signals stay with those that want
 * them. stack_bytes 0: as large as the system gives. The name is cut to what the kernel keeps (15 bytes). 0, -EAGAIN;
 * -EINVAL: no thread can live on so small a stack. To be joined or detached. */
int jb_thread_start(pthread_t *ret, const char *name, size_t stack_bytes, void *(*run)(void *context), void *context);

/* A condition for jb_cond_until(). End it with pthread_cond_destroy(). */
void jb_cond_init(pthread_cond_t *condition);

/* With the lock held: wait until the condition is told or the deadline (CLOCK_MONOTONIC) is over, which is false. As
 * ever with conditions true may come for nothing: look again at what is waited for. */
bool jb_cond_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t deadline_ns);

#endif
