/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_axis.c - the time axis below a chart: ticks and clock times, days below them, and the marked window.
 *
 * Labels stand where a step begins at a multiple of the distance between them by local time; what would run into its
 * neighbour is left out. Documented in grid_chart.h.
 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/grid_chart.h"
#include "cli/grid_time.h"

#include <string.h>
#include <time.h>

#define HOUR_NS (3600 * (int64_t)JB_NS_PER_S)
#define DAY_NS  (24 * HOUR_NS)

static int64_t column_ns(const struct chart *chart, size_t column)
{
    return chart->first_ns + (int64_t)column * chart->step_ns;
}

enum label { LABEL_CLOCK, LABEL_DATE, LABEL_DAY };

static void local_text(int64_t wall_ns, enum label label, char *buffer, size_t size)
{
    time_t seconds = (time_t)(wall_ns / (int64_t)JB_NS_PER_S);
    struct tm tm = {0};

    localtime_r(&seconds, &tm);
    size_t written = label == LABEL_CLOCK  ? strftime(buffer, size, "%H:%M", &tm)
                     : label == LABEL_DATE ? strftime(buffer, size, "%d %b", &tm)
                                           : strftime(buffer, size, "%a %d %b", &tm);
    if (written == 0) {
        buffer[0] = '\0';
    }
}

/* Does a multiple of `every` by local time lie in the column? Then also when that is. */
static bool at_multiple(const struct chart *chart, size_t column, int64_t every_ns, int64_t *ret_ns)
{
    int64_t start_ns = column_ns(chart, column), local_ns = start_ns + grid_offset_ns(start_ns);
    int64_t ahead_ns = (local_ns + every_ns - 1) / every_ns * every_ns - local_ns;

    *ret_ns = start_ns + ahead_ns;
    return ahead_ns < chart->step_ns;
}

/* How far apart labels stand: "00:00 ", or "22 Nov " where they are of days. */
static int64_t distance(const struct chart *chart)
{
    static const int hours[] = {1, 2, 3, 6, 12, 24, 48, 168, 336};
    int64_t every_ns = 0;

    for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        every_ns = hours[i] * HOUR_NS;
        if (every_ns / chart->step_ns >= (every_ns < DAY_NS ? 6 : 7)) {
            break;
        }
    }
    return every_ns;
}

/* Put a label into a line of blanks, unless it runs into another or over the end. */
static void put(char *line, size_t size, size_t at, const char *label)
{
    size_t length = strlen(label);

    if (at + length + 1 >= size || (at > 0 && line[at - 1] != ' ')) {
        return;
    }
    for (size_t i = 0; i <= length; i++) {
        if (line[at + i] != ' ') {
            return;
        }
    }
    for (size_t i = 0; i < length; i++) {
        line[at + i] = label[i];
    }
}

static void print_line(char *line, size_t size, FILE *out)
{
    size_t length = size - 1;

    while (length > 0 && line[length - 1] == ' ') {
        length--;
    }
    if (length > 0) {
        fprintf(out, "%*s%.*s\n", CHART_LABEL + 1, "", (int)length, line);
    }
}

static void print_ticks(const struct chart *chart, int64_t every_ns, const struct chart_look *look, FILE *out)
{
    fprintf(out, "%*s %s", CHART_LABEL - 1, "0", look->utf8 ? "└" : "+");
    int64_t at_ns;
    for (size_t i = 0; i < chart->count; i++) {
        bool tick = at_multiple(chart, i, every_ns, &at_ns);
        fputs(look->utf8 ? (tick ? "┬" : "─") : (tick ? "+" : "-"), out);
    }
    fputc('\n', out);
}

static void print_window(const struct chart *chart, const struct chart_look *look, FILE *out)
{
    size_t first = 0, end;

    while (first < chart->count && !chart->columns[first].window) {
        first++;
    }
    for (end = first; end < chart->count && chart->columns[end].window; end++) {
    }
    if (first < end) {
        fprintf(out, "%*s%s", CHART_LABEL + 1 + (int)first, "", look->style->green);
        for (size_t i = first; i < end; i++) {
            fputs(look->utf8 ? "▀" : "^", out);
        }
        fprintf(out, " greenest%s\n", look->style->off);
    }
}

#define LINE (CHART_COLUMNS + 16)

void chart_print_axis(const struct chart *chart, const struct chart_look *look, FILE *out)
{
    char clocks[LINE], days[LINE], label[32];
    int64_t every_ns = distance(chart), at_ns;
    size_t size = chart->count + 12 < LINE ? chart->count + 12 : LINE;

    memset(clocks, ' ', sizeof(clocks));
    memset(days, ' ', sizeof(days));
    for (size_t i = 0; i < chart->count; i++) {
        if (at_multiple(chart, i, every_ns, &at_ns)) {
            local_text(at_ns, every_ns < DAY_NS ? LABEL_CLOCK : LABEL_DATE, label, sizeof(label));
            put(clocks, size, i, label);
        }
        if (every_ns < DAY_NS && at_multiple(chart, i, DAY_NS, &at_ns)) {
            local_text(at_ns, LABEL_DAY, label, sizeof(label));
            put(days, size, i, label);
        }
    }
    if (every_ns < DAY_NS) {
        local_text(column_ns(chart, 0), LABEL_DAY, label, sizeof(label));
        put(days, size, 0, label);
    }
    print_ticks(chart, every_ns, look, out);
    print_line(clocks, size, out);
    print_line(days, size, out);
    print_window(chart, look, out);
}
