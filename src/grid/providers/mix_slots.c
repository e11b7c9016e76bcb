/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix_slots.c - a table of stretches by sources. Documented in mix_slots.h.
 */
#include "grid/providers/mix_slots.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MISSING_SHARE                                                                                                  \
    0.02 /* engineering bound: at most 0.02 * 820 g/kWh on one fuel, below the error of the factors                    \
          */
#define SLOTS_MAX   20000
#define TIME_MAX_NS ((int64_t)7258118400 * (int64_t)JB_NS_PER_S) /* the year 2200, as jb_iso_parse() has it */

bool jb_slots_window(const struct jb_ask *ask, int64_t latest_ns, int64_t step_ns, int64_t *ret_from, int64_t *ret_to)
{
    int64_t from_ns = ask->kind == JB_ASK_LATEST ? ask->now_ns - latest_ns : ask->from_ns;
    int64_t to_ns = ask->kind == JB_ASK_LATEST ? ask->now_ns : ask->to_ns;
    if (ask->kind == JB_ASK_FORECAST || from_ns < 0 || to_ns > TIME_MAX_NS || from_ns >= to_ns) {
        return false;
    }
    *ret_from = from_ns - from_ns % step_ns;
    *ret_to = to_ns + (step_ns - to_ns % step_ns) % step_ns;
    return true;
}

int jb_slots_init(struct jb_slots *slots, const struct jb_mix_code *codes, size_t code_count, const struct jb_ask *ask,
                  int64_t latest_ns, int64_t step_ns, struct jb_diag *diag)
{
    int64_t from_ns, to_ns;
    *slots = (struct jb_slots){.codes = codes, .code_count = code_count, .step_ns = step_ns};
    if (!jb_slots_window(ask, latest_ns, step_ns, &from_ns, &to_ns) || (to_ns - from_ns) / step_ns > SLOTS_MAX) {
        return jb_fail(diag, -EINVAL, "a generation mix cannot be had for that time");
    }
    slots->start_ns = from_ns;
    slots->count = (size_t)((to_ns - from_ns) / step_ns);
    slots->amount = calloc(slots->count * code_count, sizeof(*slots->amount));
    if (slots->amount == NULL) {
        return jb_fail(diag, -ENOMEM, "no memory for a generation mix");
    }
    for (size_t i = 0; i < slots->count * code_count; i++) {
        slots->amount[i] = NAN;
    }
    return 0;
}

void jb_slots_finish(struct jb_slots *slots)
{
    free(slots->amount);
    slots->amount = NULL;
    slots->count = 0;
}

size_t jb_slots_code(const struct jb_mix_code *codes, size_t code_count, const char *code)
{
    size_t i = 0;
    while (i < code_count && !jb_streq(codes[i].code, code)) {
        i++;
    }
    return i;
}

/* The first and the last but one slot that lie wholly in [from, to). */
static void inside(const struct jb_slots *slots, int64_t from_ns, int64_t to_ns, size_t *ret_first, size_t *ret_end)
{
    int64_t end_ns = slots->start_ns + (int64_t)slots->count * slots->step_ns;
    from_ns = from_ns > slots->start_ns ? from_ns : slots->start_ns;
    to_ns = to_ns < end_ns ? to_ns : end_ns;
    if (from_ns >= to_ns) {
        *ret_first = *ret_end = 0;
        return;
    }
    *ret_first = (size_t)((from_ns - slots->start_ns + slots->step_ns - 1) / slots->step_ns);
    *ret_end = (size_t)((to_ns - slots->start_ns) / slots->step_ns);
}

void jb_slots_set(struct jb_slots *slots, size_t code, int64_t from_ns, int64_t to_ns, double amount)
{
    size_t first, end;
    inside(slots, from_ns, to_ns, &first, &end);
    for (size_t i = first; i < end; i++) {
        slots->amount[i * slots->code_count + code] = isfinite(amount) ? amount : NAN;
    }
}

void jb_slots_add(struct jb_slots *slots, size_t code, int64_t from_ns, int64_t to_ns, double amount)
{
    size_t first, end;
    inside(slots, from_ns, to_ns, &first, &end);
    for (size_t i = first; i < end && isfinite(amount); i++) {
        double *there = &slots->amount[i * slots->code_count + code];
        *there = isnan(*there) ? amount : *there + amount;
    }
}

/* What is missing of each slot, by what its sources generated when they were last published, else first after. NULL:
 * no memory. */
static double *weigh_missing(const struct jb_slots *slots)
{
    double *missing = calloc(slots->count, sizeof(*missing));
    for (size_t code = 0; missing != NULL && code < slots->code_count; code++) {
        const double *amount = slots->amount + code;
        size_t i = 0;
        while (i < slots->count && isnan(amount[i * slots->code_count])) {
            i++;
        }
        if (i == slots->count || slots->codes[code].fuel == JB_STORAGE) {
            continue;
        }
        double last = amount[i * slots->code_count];
        for (i = 0; i < slots->count; i++) {
            if (!isnan(amount[i * slots->code_count])) {
                last = amount[i * slots->code_count];
            } else if (last > 0) {
                missing[i] += last;
            }
        }
    }
    return missing;
}

static bool is_complete(const struct jb_slots *slots, size_t slot, double missing)
{
    double known = 0;
    for (size_t code = 0; code < slots->code_count; code++) {
        double amount = slots->amount[slot * slots->code_count + code];
        known += slots->codes[code].fuel != JB_STORAGE && amount > 0 ? amount : 0;
    }
    return missing <= MISSING_SHARE * (known + missing);
}

/* By the factors. The context is the error on top. */
static bool mix_intensity(const struct jb_slots *slots, size_t slot, bool direct, const void *context,
                          double *ret_g_per_kwh, double *ret_rel_error)
{
    const double *more_error = context;
    struct jb_mix mix = {{0}};
    for (size_t code = 0; code < slots->code_count; code++) {
        if (slots->codes[code].fuel != JB_STORAGE) {
            jb_mix_add(&mix, (enum jb_fuel)slots->codes[code].fuel, slots->amount[slot * slots->code_count + code]);
        }
    }
    if (!jb_mix_intensity(&mix, direct, ret_g_per_kwh, ret_rel_error)) {
        return false;
    }
    *ret_rel_error = hypot(*ret_rel_error, *more_error);
    return true;
}

/* Stretches with the same mix one after the other are one point: an hour in a table of quarters. */
static int put(struct jb_track *track, const struct jb_point *point)
{
    struct jb_point *last = track->count > 0 ? &track->points[track->count - 1] : NULL;
    if (last != NULL && last->end_ns == point->start_ns && last->g_per_kwh == point->g_per_kwh &&
        last->rel_error == point->rel_error && last->provider == point->provider && last->flags == point->flags) {
        last->end_ns = point->end_ns;
        return 0;
    }
    return jb_track_put(track, point);
}

int jb_slots_points_by(const struct jb_slots *slots, const struct jb_ask *ask, const struct jb_provider *provider,
                       jb_slot_intensity *intensity, const void *context, struct jb_track *track, struct jb_diag *diag)
{
    JB_CLEANUP(jb_track_finish) struct jb_track points = {0};
    double *missing = weigh_missing(slots);
    int err = missing == NULL ? -ENOMEM : 0;
    bool direct = ask->direct || !provider->lifecycle;
    for (size_t i = 0; i < slots->count && err == 0; i++) {
        struct jb_point point = {
            .start_ns = slots->start_ns + (int64_t)i * slots->step_ns,
            .flags = JB_POINT_ESTIMATED | (direct ? JB_POINT_DIRECT : 0u),
            .fetched_ns = ask->now_ns,
            .provider = provider,
        };
        point.end_ns = point.start_ns + slots->step_ns;
        if (is_complete(slots, i, missing[i]) &&
            intensity(slots, i, direct, context, &point.g_per_kwh, &point.rel_error)) {
            err = put(&points, &point);
        }
    }
    free(missing);
    err = err == 0 ? jb_track_merge(track, &points) : err;
    if (err < 0) {
        return jb_fail(diag, err, "%s gave more than can be kept", provider->name);
    }
    return points.count > 0 ? 0 : jb_fail(diag, -ENODATA, "%s has no complete mix for that time", provider->name);
}

int jb_slots_points(const struct jb_slots *slots, const struct jb_ask *ask, const struct jb_provider *provider,
                    double more_error, struct jb_track *track, struct jb_diag *diag)
{
    return jb_slots_points_by(slots, ask, provider, mix_intensity, &more_error, track, diag);
}

void jb_time_digits(int64_t wall_ns, size_t length, char *buffer)
{
    char text[32];
    jb_iso_time(wall_ns, text, sizeof(text));
    size_t n = 0;
    for (const char *p = text; *p != '\0' && n < length; p++) {
        if (isdigit((unsigned char)*p)) {
            buffer[n++] = *p;
        }
    }
    buffer[n] = '\0';
}
