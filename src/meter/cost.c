/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost.c - CLOCK_THREAD_CPUTIME_ID, which the vDSO does not serve.
 */
#include "meter/cost.h"

#include "base/clock.h"

#include <time.h>

uint64_t jb_thread_cpu_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * JB_NS_PER_S + (uint64_t)now.tv_nsec;
}
