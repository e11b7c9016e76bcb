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
#include <sys/types.h>
#include <time.h>

#define JB_NS_PER_S  UINT64_C(1000000000)
#define JB_NS_PER_MS UINT64_C(1000000)
#define JB_NS_PER_US UINT64_C(1000)

/* The year 2200: no calendar time that is read is beyond (jb_iso_parse()), so that sums of times hold in 64 bits. */
#define JB_WALL_MAX_NS (INT64_C(7258118400) * INT64_C(1000000000))

uint64_t jb_mono_ns(void);
uint64_t jb_boot_ns(void);
int64_t jb_wall_ns(void);      /* since 1970-01-01 UTC */
uint64_t jb_self_cpu_ns(void); /* CPU time of this process, all threads */
/* The same of any process; needs no permission. -ESRCH: there is none. */
int jb_process_cpu_ns(pid_t pid, uint64_t *ret_ns);

struct timespec jb_timespec(uint64_t ns); /* a time or a length, as the kernel wants it */

/* "100ms", "1.5s", "2m", "3h", "1d" to nanoseconds. A unit is required; negative, empty, overflowing or
 * trailing text is -EINVAL with a message that shows an example. */
struct jb_diag;
int jb_duration_parse(const char *text, uint64_t *ret_ns, struct jb_diag *diag);

/* RFC 3339 UTC with milliseconds, "2026-11-22T03:00:00.123Z"; needs 25 bytes or more. */
char *jb_iso_time(int64_t wall_ns, char *buffer, size_t size);

/* A time of RFC 3339 or of the looser forms that services use: "2026-11-22T03:00Z", "2026-11-22 03:00:00.123+01:00",
 * "2026-11-22T03" and "2026-11-22" (midnight); without an offset it is UTC. Years 1970 to 2200. -EINVAL for anything
 * else, trailing text included. */
int jb_iso_parse(const char *text, int64_t *ret_wall_ns);

/*
 * What time it is on the machine that is described: the real clock, or where ROOT/clock is a file, a clock that shows
 * the time written in it when the program begins, and runs on from there. For what depends on the calendar: prices and
 * intensities of a made-up machine.
 */
struct jb_walltime {
    int64_t ahead_ns; /* of the real clock */
};
int jb_walltime_init(const char *root, struct jb_walltime *ret,
                     struct jb_diag *diag); /* -EINVAL: no time in the file */
int64_t jb_walltime_ns(const struct jb_walltime *walltime);

#endif
