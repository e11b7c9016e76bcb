/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - the clocks and time as text.
 *
 * clock_gettime(2). Durations are computed in integers: "1.1s" through a double would be 1100000000.0000001
 * or one nanosecond less. Documented in clock.h.
 */
#include "base/clock.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * JB_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t jb_mono_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t jb_boot_ns(void)
{
#ifdef CLOCK_BOOTTIME
    return read_clock(CLOCK_BOOTTIME);
#else
    return read_clock(CLOCK_MONOTONIC);
#endif
}

int64_t jb_wall_ns(void)
{
    return (int64_t)read_clock(CLOCK_REALTIME);
}

uint64_t jb_self_cpu_ns(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Length of the unit called `name` in nanoseconds, 0 when there is none. */
static uint64_t unit_ns(const char *name)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"ns", 1},
        {"us", JB_NS_PER_US},
        {"ms", JB_NS_PER_MS},
        {"s", JB_NS_PER_S},
        {"m", 60 * JB_NS_PER_S},
        {"h", 3600 * JB_NS_PER_S},
        {"d", 86400 * JB_NS_PER_S},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(name, units[i].name) == 0) {
            return units[i].ns;
        }
    }
    return 0;
}

static int bad_duration(const char *text, struct jb_diag *diag)
{
    return jb_fail(diag, -EINVAL, "'%s' is not a duration; write a number and ns, us, ms, s, m, h or d, such as 100ms",
                   text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int jb_duration_parse(const char *text, uint64_t *ret_ns, struct jb_diag *diag)
{
    if (!text) {
        return bad_duration("", diag);
    }
    const char *p = text;
    uint64_t whole = 0;
    bool digits = false, overflow = false;
    for (; is_digit(*p); p++, digits = true) {
        overflow |= __builtin_mul_overflow(whole, UINT64_C(10), &whole);
        overflow |= __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole);
    }
    uint64_t part = 0, scale = 1;
    if (*p == '.') {
        for (p++; is_digit(*p); p++, digits = true) {
            if (scale < UINT64_C(1000000000000000000)) { /* later digits are far below a nanosecond */
                part = part * 10 + (uint64_t)(*p - '0');
                scale *= 10;
            }
        }
    }
    uint64_t unit = unit_ns(p);
    if (!digits || unit == 0) {
        return bad_duration(text, diag);
    }
    uint64_t ns = 0;
    uint64_t part_ns = (uint64_t)(((unsigned __int128)part * unit + scale / 2) / scale);
    overflow |= __builtin_mul_overflow(whole, unit, &ns);
    overflow |= __builtin_add_overflow(ns, part_ns, &ns);
    if (overflow) {
        return jb_fail(diag, -EINVAL, "'%s' is too long a duration; write a smaller one, such as 100ms", text);
    }
    *ret_ns = ns;
    return 0;
}

char *jb_iso_time(int64_t wall_ns, char *buffer, size_t size)
{
    int64_t seconds = wall_ns / (int64_t)JB_NS_PER_S;
    int64_t rest = wall_ns % (int64_t)JB_NS_PER_S;
    if (rest < 0) { /* before 1970 the fraction still counts forward */
        rest += (int64_t)JB_NS_PER_S;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    jb_snprintf(buffer, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(rest / (int64_t)JB_NS_PER_MS));
    return buffer;
}
