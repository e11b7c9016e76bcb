/* SPDX-License-Identifier: Apache-2.0 */
/* Times of a grid for people. Documented in grid_time.h. */
#include "cli/grid_time.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

static struct tm local(int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / (int64_t)JB_NS_PER_S);
    struct tm tm = {0};

    localtime_r(&seconds, &tm);
    return tm;
}

int64_t grid_offset_ns(int64_t wall_ns)
{
    return (int64_t)local(wall_ns).tm_gmtoff * (int64_t)JB_NS_PER_S;
}

char *grid_zone_name(int64_t wall_ns, char *buffer, size_t size)
{
    struct tm tm = local(wall_ns);
    long minutes = tm.tm_gmtoff / 60;

    if (strftime(buffer, size, "%Z", &tm) == 0 || buffer[0] == '+' || buffer[0] == '-') {
        jb_snprintf(buffer, size, "UTC%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60, labs(minutes) % 60);
    }
    jb_sanitise(buffer);
    return buffer;
}

char *grid_clock(int64_t wall_ns, int64_t now_ns, char *buffer, size_t size)
{
    struct tm tm = local(wall_ns), now = local(now_ns);
    int64_t apart_ns = wall_ns > now_ns ? wall_ns - now_ns : now_ns - wall_ns;
    bool today = tm.tm_year == now.tm_year && tm.tm_yday == now.tm_yday;
    size_t written = today                                         ? strftime(buffer, size, "%H:%M", &tm)
                     : apart_ns < 6 * 86400 * (int64_t)JB_NS_PER_S ? strftime(buffer, size, "%a %H:%M", &tm)
                                                                   : strftime(buffer, size, "%d %b %H:%M", &tm);

    if (written == 0) {
        buffer[0] = '\0';
    }
    return buffer;
}

char *grid_span(int64_t start_ns, int64_t end_ns, int64_t now_ns, char *buffer, size_t size)
{
    char start[GRID_TIME_TEXT], end[GRID_TIME_TEXT], zone[GRID_TIME_TEXT];
    struct tm first = local(start_ns), last = local(end_ns);
    bool one_day = first.tm_year == last.tm_year && first.tm_yday == last.tm_yday;

    grid_clock(start_ns, now_ns, start, sizeof(start));
    grid_clock(end_ns, one_day ? end_ns : now_ns, end, sizeof(end));
    jb_snprintf(buffer, size, "%s to %s %s", start, end, grid_zone_name(start_ns, zone, sizeof(zone)));
    return buffer;
}

char *grid_length(double seconds, char *buffer, size_t size)
{
    long long whole = llround(seconds), minutes = llround(seconds / 60);

    if (whole < 60) {
        jb_snprintf(buffer, size, "%lld s", whole);
    } else if (minutes < 60) {
        jb_snprintf(buffer, size, "%lld min", minutes);
    } else if (minutes < 2 * 1440 && minutes % 60 == 0) {
        jb_snprintf(buffer, size, "%lld h", minutes / 60);
    } else if (minutes < 2 * 1440) {
        jb_snprintf(buffer, size, "%lld h %02lld min", minutes / 60, minutes % 60);
    } else if (minutes % 1440 < 60) {
        jb_snprintf(buffer, size, "%lld d", minutes / 1440);
    } else {
        jb_snprintf(buffer, size, "%lld d %lld h", minutes / 1440, minutes % 1440 / 60);
    }
    return buffer;
}
