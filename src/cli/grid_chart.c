/* SPDX-License-Identifier: Apache-2.0 */
/* grid_chart.c - steps, columns and their scale. Documented in grid_chart.h. */
#include "cli/grid_chart.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/grid_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MINUTE_NS (60 * (int64_t)JB_NS_PER_S)

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* How long values usually hold: the median over the window; 0: there is none. */
static int64_t usual_ns(const struct jb_track *track, int64_t from_ns, int64_t to_ns)
{
    size_t first = jb_track_from(track, from_ns), count = 0;
    int64_t *lengths = track->count > first ? calloc(track->count - first, sizeof(*lengths)) : NULL;
    int64_t usual = 0;

    for (size_t i = first; lengths != NULL && i < track->count && track->points[i].start_ns < to_ns; i++) {
        lengths[count++] = track->points[i].end_ns - track->points[i].start_ns;
    }
    if (count > 0) {
        qsort(lengths, count, sizeof(*lengths), by_value);
        usual = lengths[count / 2];
    }
    free(lengths);
    return usual;
}

/* The start of the step that holds t, by local time. */
static int64_t step_start(int64_t t_ns, int64_t step_ns)
{
    int64_t local_ns = t_ns + grid_offset_ns(t_ns), into_ns = local_ns % step_ns;

    return t_ns - (into_ns < 0 ? into_ns + step_ns : into_ns);
}

static int64_t choose_step(int64_t from_ns, int64_t to_ns, int64_t usual_ns, size_t width)
{
    static const int minutes[] = {5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7 * 1440};
    int64_t step_ns = MINUTE_NS;

    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        step_ns = minutes[i] * MINUTE_NS;
        int64_t columns = (to_ns - step_start(from_ns, step_ns) + step_ns - 1) / step_ns;
        if (step_ns >= usual_ns && columns <= (int64_t)width) {
            break;
        }
    }
    return step_ns;
}

static struct chart_column column(const struct jb_track *track, int64_t start_ns, int64_t end_ns)
{
    struct chart_column made = {.g_per_kwh = NAN};
    double mean, covered;

    if (start_ns >= end_ns || !jb_track_mean(track, start_ns, end_ns, &mean, &covered) || covered < 0.5) {
        return made;
    }
    made.g_per_kwh = mean;
    for (size_t i = jb_track_from(track, start_ns); i < track->count && track->points[i].start_ns < end_ns; i++) {
        made.flags |= track->points[i].flags & (JB_POINT_ESTIMATED | JB_POINT_FORECAST);
    }
    return made;
}

double chart_round_up(double value)
{
    static const double round[] = {1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10};

    if (!(value > 0) || !isfinite(value)) {
        return 1;
    }
    double power = pow(10, floor(log10(value)));
    for (size_t i = 0; i < sizeof(round) / sizeof(round[0]); i++) {
        if (round[i] * power >= value) {
            return round[i] * power;
        }
    }
    return 10 * power;
}

void chart_make(const struct jb_track *track, int64_t from_ns, int64_t to_ns, int64_t window_from_ns,
                int64_t window_to_ns, size_t width, struct chart *ret)
{
    double highest = 0;

    width = width < CHART_COLUMNS ? width : CHART_COLUMNS;
    *ret = (struct chart){.step_ns = choose_step(from_ns, to_ns, usual_ns(track, from_ns, to_ns), width)};
    ret->first_ns = step_start(from_ns, ret->step_ns);
    for (int64_t t_ns = ret->first_ns; t_ns < to_ns && ret->count < width; t_ns += ret->step_ns) {
        int64_t end_ns = t_ns + ret->step_ns, middle_ns = t_ns + ret->step_ns / 2;
        struct chart_column made = column(track, t_ns > from_ns ? t_ns : from_ns, end_ns < to_ns ? end_ns : to_ns);
        made.window = middle_ns >= window_from_ns && middle_ns < window_to_ns;
        ret->holes = ret->holes || isnan(made.g_per_kwh);
        ret->dashed = ret->dashed || made.flags != 0;
        highest = made.g_per_kwh > highest ? made.g_per_kwh : highest;
        ret->columns[ret->count++] = made;
    }
    ret->top = chart_round_up(highest);
}

bool chart_range(const struct jb_track *track, int64_t from_ns, int64_t to_ns, struct chart_range *ret)
{
    struct chart_range range = {.min = INFINITY, .max = -INFINITY};

    if (!jb_track_mean(track, from_ns, to_ns, &range.mean, &range.covered)) {
        return false;
    }
    for (size_t i = jb_track_from(track, from_ns); i < track->count && track->points[i].start_ns < to_ns; i++) {
        const struct jb_point *point = &track->points[i];
        int64_t at_ns = point->start_ns > from_ns ? point->start_ns : from_ns;
        if (point->g_per_kwh < range.min) {
            range.min = point->g_per_kwh;
            range.min_ns = at_ns;
        }
        if (point->g_per_kwh > range.max) {
            range.max = point->g_per_kwh;
            range.max_ns = at_ns;
        }
    }
    *ret = range;
    return true;
}

static bool speaks_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0') {
            return strcasestr(value, "UTF-8") != NULL || strcasestr(value, "UTF8") != NULL;
        }
    }
    return false;
}

struct chart_look chart_look(const struct cli_style *style, FILE *out)
{
    struct winsize size = {0};

    if (isatty(fileno(out))) {
        ioctl(fileno(out), TIOCGWINSZ, &size);
    }
    return (struct chart_look){style, speaks_utf8(), size.ws_col > 20 ? size.ws_col : 80};
}

size_t chart_width(const struct chart_look *look)
{
    int width = look->columns - CHART_LABEL - 2;

    return width < 12 ? 12 : width > CHART_COLUMNS ? CHART_COLUMNS : (size_t)width;
}
