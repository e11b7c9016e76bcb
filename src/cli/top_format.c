/* SPDX-License-Identifier: Apache-2.0 */
/* top_format.c - numbers as top shows them, and dividing a whole. Documented in top_draw.h. */
#include "cli/top_draw.h"

#include "base/text.h"
#include "base/units.h"

#include <math.h>

static const char *unless_unknown(double value, const char *text)
{
    return isfinite(value) ? text : "-";
}

const char *top_energy(double joules, char buffer[TOP_NUMBER])
{
    return unless_unknown(joules, jb_format_energy(joules, buffer, TOP_NUMBER));
}

const char *top_power(double watts, char buffer[TOP_NUMBER])
{
    if (watts > 0 && watts < 0.001) { /* the share of a process that sleeps */
        jb_copy(buffer, TOP_NUMBER, "<1 mW");
        return buffer;
    }
    return unless_unknown(watts, jb_format_power(watts, buffer, TOP_NUMBER));
}

const char *top_mass(double grams, char buffer[TOP_NUMBER])
{
    return unless_unknown(grams, jb_format_mass(grams, buffer, TOP_NUMBER));
}

const char *top_duration(double seconds, char buffer[TOP_NUMBER])
{
    /* Clocks that turn over each second need no milliseconds. */
    double shown = seconds >= 1 ? floor(seconds) : seconds;
    if (shown >= 1 && shown < 60) {
        jb_snprintf(buffer, TOP_NUMBER, "%.0f s", shown);
        return buffer;
    }
    return unless_unknown(seconds, jb_format_duration(shown, buffer, TOP_NUMBER));
}

const char *top_percent_sigma(const struct top_canvas *canvas, double sigma, double value, char buffer[TOP_NUMBER])
{
    double percent = value > 0 && sigma >= 0 ? sigma / value * 100 : (double)NAN;

    buffer[0] = '\0';
    if (isfinite(percent)) {
        jb_snprintf(buffer, TOP_NUMBER, percent < 9.95 ? "%s%.1f %%" : "%s%.0f %%", top_sign(canvas, "±", "+-"),
                    fmin(percent, 999));
    }
    return buffer;
}

const char *top_sign(const struct top_canvas *canvas, const char *utf8, const char *ascii)
{
    return canvas->utf8 ? utf8 : ascii;
}

enum top_style top_device_style(enum top_device device)
{
    static const enum top_style styles[TOP_DEVICES] = {TOP_CPU, TOP_RAM, TOP_GPU, TOP_BOARD};
    return styles[device];
}

bool top_apportion(const double *sizes, size_t count, int whole, int *ret)
{
    double all = 0;
    int left = whole;

    for (size_t i = 0; i < count; i++) {
        all += sizes[i] > 0 ? sizes[i] : 0;
        ret[i] = 0;
    }
    if (!(all > 0) || !isfinite(all)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        double share = sizes[i] > 0 ? sizes[i] / all * whole : 0;
        ret[i] = (int)floor(share);
        left -= ret[i];
    }
    /* What rounding down left goes to the largest remainders. */
    for (; left > 0; left--) {
        size_t best = 0;
        double most = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            double rest = sizes[i] > 0 ? sizes[i] / all * whole - ret[i] : -INFINITY;
            if (rest > most) {
                best = i;
                most = rest;
            }
        }
        ret[best]++;
    }
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] > 0 && ret[i] == 0) {
            size_t widest = 0;
            for (size_t j = 1; j < count; j++) {
                widest = ret[j] > ret[widest] ? j : widest;
            }
            if (ret[widest] > 1) {
                ret[widest]--;
                ret[i]++;
            }
        }
    }
    return true;
}

void top_list_settle(struct top_list *list, int from, int to, int count, int rows)
{
    list->page = rows;
    if (list->first > from) {
        list->first = from;
    }
    if (list->first < to - rows) {
        list->first = to - rows;
    }
    if (list->first > count - rows) {
        list->first = count - rows;
    }
    if (list->first < 0) {
        list->first = 0;
    }
}
