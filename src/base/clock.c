/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - the clocks and time as text.
 *
 * clock_gettime(2). Durations are computed in integers: "1.1s" through a double would be 1100000000.0000001
 * or one nanosecond less. Documented in clock.h.
 */
#include "base/clock.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

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

int jb_process_cpu_ns(pid_t pid, uint64_t *ret_ns)
{
    clockid_t clock;
    struct timespec used;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0) {
        return -ESRCH; /* the second: it ended in between */
    }
    *ret_ns = (uint64_t)used.tv_sec * JB_NS_PER_S + (uint64_t)used.tv_nsec;
    return 0;
}

struct timespec jb_timespec(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / JB_NS_PER_S), .tv_nsec = (long)(ns % JB_NS_PER_S)};
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

/* Two digits at `text`, or -1. */
static int two(const char *text)
{
    return is_digit(text[0]) && is_digit(text[1]) ? (text[0] - '0') * 10 + text[1] - '0' : -1;
}

/* "HH", "HH:MM", "HH:MM:SS", with a fraction after seconds; where it ends, NULL when it is none. */
static const char *scan_clock(const char *text, int64_t *ret_ns)
{
    int parts[3] = {0};
    int64_t fraction = 0, unit = (int64_t)JB_NS_PER_S;
    for (int i = 0; i < 3; i++) {
        parts[i] = two(text);
        if (parts[i] < 0) {
            return NULL;
        }
        text += 2;
        if (i == 2 || *text != ':') {
            break;
        }
        text++;
    }
    if (*text == '.' && is_digit(text[1])) {
        for (text++; is_digit(*text); text++) {
            unit /= 10;
            fraction += (*text - '0') * unit;
        }
    }
    if (parts[0] > 24 || parts[1] > 59 || parts[2] > 60 || (parts[0] == 24 && parts[1] + parts[2] > 0)) {
        return NULL;
    }
    *ret_ns = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * (int64_t)JB_NS_PER_S + fraction;
    return text;
}

/* "Z", "+01:00", "+0100", "+01" or nothing, up to the end. */
static bool scan_offset(const char *text, int64_t *ret_ns)
{
    *ret_ns = 0;
    if (*text == 'Z' || *text == 'z') {
        return text[1] == '\0';
    }
    if (*text == '\0') {
        return true;
    }
    int sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
    int hours = sign != 0 ? two(text + 1) : -1;
    if (hours < 0 || hours > 15) {
        return false;
    }
    text += 3;
    int minutes = *text != '\0' ? two(text + (*text == ':')) : 0; /* behind a colon they must be there */
    text += *text == ':';
    *ret_ns = sign * (hours * 3600 + minutes * 60) * (int64_t)JB_NS_PER_S;
    return minutes >= 0 && minutes < 60 && (*text == '\0' || text[2] == '\0');
}

int jb_iso_parse(const char *text, int64_t *ret_wall_ns)
{
    int64_t clock_ns = 0, offset_ns = 0;
    if (!text || strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-' || two(text) < 0) {
        return -EINVAL;
    }
    struct tm tm = {
        .tm_year = two(text) * 100 + two(text + 2) - 1900, .tm_mon = two(text + 5) - 1, .tm_mday = two(text + 8)};
    if (two(text + 2) < 0 || tm.tm_year < 70 || tm.tm_year > 300 || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1) {
        return -EINVAL;
    }
    int day = tm.tm_mday;
    time_t midnight = timegm(&tm);
    text += 10;
    if (tm.tm_mday != day) { /* the 31st of a month that has 30 */
        return -EINVAL;
    }
    if (*text == 'T' || *text == 't' || *text == ' ') {
        text = scan_clock(text + 1, &clock_ns);
    }
    if (!text || !scan_offset(text, &offset_ns)) {
        return -EINVAL;
    }
    *ret_wall_ns = (int64_t)midnight * (int64_t)JB_NS_PER_S + clock_ns - offset_ns;
    return 0;
}

int jb_walltime_init(const char *root, struct jb_walltime *ret, struct jb_diag *diag)
{
    char text[64];
    int64_t shown_ns = 0;
    struct jb_walltime walltime = {0};
    ssize_t length = jb_root_is_real(root) ? -ENOENT : jb_root_read(root, "/clock", text, sizeof(text));
    if (length != -ENOENT) {
        if (length < 0 || jb_iso_parse(jb_trim(text), &shown_ns) < 0) {
            return jb_fail(diag, -EINVAL, "%s/clock holds no time such as 2026-11-22T03:00:00Z", jb_root_name(root));
        }
        walltime.ahead_ns = shown_ns - jb_wall_ns();
    }
    *ret = walltime;
    return 0;
}

int64_t jb_walltime_ns(const struct jb_walltime *walltime)
{
    return jb_wall_ns() + walltime->ahead_ns;
}
