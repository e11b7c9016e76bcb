/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the three clocks, and time as text.
 *
 * Inside joulebook time is CLOCK_MONOTONIC in nanoseconds (`t_ns`): it never jumps and stands still while
 * the machine sleeps. CLOCK_BOOTTIME minus CLOCK_MONOTONIC grows by exactly the time slept, which is how a
 * suspend is noticed. Wall time is only for people and for the store.
 */
#ifndef JB_BASE_CLOCK_H
#define JB_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define JB_NS_PER_S  UINT64_C(1000000000)
#define JB_NS_PER_MS UINT64_C(1000000)
#define JB_NS_PER_US UINT64_C(1000)

uint64_t jb_mono_ns(void);
uint64_t jb_boot_ns(void);
int64_t jb_wall_ns(void);      /* since 1970-01-01 UTC */
uint64_t jb_self_cpu_ns(void); /* CPU time of this process, all threads */

/* "100ms", "1.5s", "2m", "3h", "1d" to nanoseconds. A unit is required; negative, empty, overflowing or
 * trailing text is -EINVAL with a message that shows an example. */
struct jb_diag;
int jb_duration_parse(const char *text, uint64_t *ret_ns, struct jb_diag *diag);

/* RFC 3339 UTC with milliseconds, "2026-11-22T03:00:00.123Z"; needs 25 bytes or more. */
char *jb_iso_time(int64_t wall_ns, char *buffer, size_t size);

#endif
