/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - wait for what must happen, for as long as a loaded machine may need. Not a measurement: the bound only
 * ends a test that would hang.
 */
#ifndef JB_TESTS_WAIT_H
#define JB_TESTS_WAIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#include <dirent.h>
#include <time.h>

#define WAIT_NS (60 * JB_NS_PER_S)

static inline void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

#define WAIT_FOR(condition)                                                                                            \
    do {                                                                                                               \
        uint64_t wait_end_ns = jb_mono_ns() + WAIT_NS;                                                                 \
        while (!(condition)) {                                                                                         \
            if (jb_mono_ns() > wait_end_ns) {                                                                          \
                fail_msg("waited in vain for %s", #condition);                                                         \
            }                                                                                                          \
            nap();                                                                                                     \
        }                                                                                                              \
    } while (0)

/* Threads of this process. */
static inline int thread_count(void)
{
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

#endif
