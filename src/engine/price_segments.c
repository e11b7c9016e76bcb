/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price_segments.c - documented in price_segments.h.
 */
#include "engine/price_segments.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/price.h"
#include "grid/provider.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What an hour makes of a value that is held on to. Grids with much sun move by more than this around noon and evening,
 * most by less: an engineering bound, nothing measured. */
#define HELD_ERROR_PER_HOUR 0.10
#define NS_PER_HOUR         3.6e12
#define MAX_SOURCES         16

static bool is_forecast(const struct jb_point *point)
{
    return (point->flags & JB_POINT_FORECAST) != 0;
}

/* The last value that is no forecast and whose time is over at t, if it may still be used. */
static const struct jb_point *held_at(const struct jb_track *track, size_t next, int64_t t_ns)
{
    for (size_t i = track->points != NULL ? next : 0; i > 0 && track->points[i - 1].end_ns > t_ns - JB_HOLD_NS; i--) {
        const struct jb_point *point = &track->points[i - 1];
        if (point->end_ns <= t_ns && !is_forecast(point)) {
            return point;
        }
    }
    return NULL;
}

void jb_price_choose(const struct jb_track *track, int64_t t_ns, int64_t end_ns, struct jb_price_choice *ret)
{
    struct jb_price_choice choice = {.until_ns = end_ns};

    if (track != NULL) {
        size_t i = jb_track_from(track, t_ns);
        const struct jb_point *next = i < track->count ? &track->points[i] : NULL;
        if (next != NULL && next->start_ns <= t_ns) {
            choice.point = next;
            choice.until_ns = next->end_ns;
        } else {
            choice.point = held_at(track, i, t_ns);
            choice.held = choice.point != NULL;
            if (choice.held) {
                choice.until_ns = choice.point->end_ns + JB_HOLD_NS;
            }
            if (next != NULL && next->start_ns < choice.until_ns) {
                choice.until_ns = next->start_ns;
            }
        }
        choice.until_ns = choice.until_ns < end_ns ? choice.until_ns : end_ns;
    }
    *ret = choice;
}

void jb_segments_finish(struct jb_segments *segments)
{
    free(segments->segments);
    segments->segments = NULL;
    segments->count = segments->capacity = 0;
}

static bool alike(const struct jb_price_choice *a, const struct jb_price_choice *b)
{
    if (a->point == NULL || b->point == NULL || a->held != b->held || a->held) {
        return a->point == b->point && a->held == b->held;
    }
    return a->point->g_per_kwh == b->point->g_per_kwh && a->point->flags == b->point->flags &&
           a->point->provider == b->point->provider && a->point->rel_error == b->point->rel_error;
}

static void describe_table(const struct jb_intensity *table, struct jb_record_segment *segment)
{
    segment->g_per_kwh = table->g_per_kwh;
    segment->rel_error = table->rel_error;
    segment->estimated = table->estimated;
    segment->live = table->given;
    segment->age_s = NAN;
    jb_copy(segment->source, sizeof(segment->source), table->source);
    jb_copy(segment->factor, sizeof(segment->factor), table->factor != NULL ? table->factor : "");
}

static void describe_point(const struct jb_price_choice *choice, struct jb_record_segment *segment)
{
    const struct jb_point *point = choice->point;

    segment->g_per_kwh = point->g_per_kwh;
    segment->estimated = choice->held || (point->flags & (JB_POINT_ESTIMATED | JB_POINT_FORECAST)) != 0;
    segment->live = !choice->held && !is_forecast(point);
    segment->age_s = choice->held ? (double)(segment->end_ns - point->end_ns) / 1e9 : 0;
    segment->rel_error = point->rel_error;
    if (choice->held) { /* at the middle of the segment */
        double middle_ns = ((double)segment->start_ns + (double)segment->end_ns) / 2 - (double)point->end_ns;
        segment->rel_error = hypot(point->rel_error, HELD_ERROR_PER_HOUR * middle_ns / NS_PER_HOUR);
    }
    jb_copy(segment->source, sizeof(segment->source), point->provider != NULL ? point->provider->name : "");
    jb_copy(segment->factor, sizeof(segment->factor), (point->flags & JB_POINT_DIRECT) != 0 ? "direct" : "lifecycle");
}

int jb_segments_add(struct jb_segments *segments, const struct jb_price_choice *choice, int64_t start_ns,
                    uint64_t energy_uj)
{
    bool joins = segments->count > 0 && alike(&segments->last, choice);

    if (!joins && segments->count == segments->capacity) {
        size_t capacity = 2 * segments->capacity + 4;
        struct jb_record_segment *grown = reallocarray(segments->segments, capacity, sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        segments->segments = grown;
        segments->capacity = capacity;
    }
    if (!joins) {
        segments->segments[segments->count++] = (struct jb_record_segment){.start_ns = start_ns};
    }
    struct jb_record_segment *segment = &segments->segments[segments->count - 1];
    segment->end_ns = choice->until_ns;
    segment->energy_uj += energy_uj;
    segments->last = *choice;
    if (choice->point == NULL) {
        describe_table(segments->table, segment);
    } else {
        describe_point(choice, segment);
    }
    return 0;
}

/* The errors of one source add up; sources are independent. */
struct source_sum {
    const char *source;
    double error;
};

static void add_error(struct source_sum *sums, size_t *count, const char *source, double error)
{
    size_t i = 0;

    while (i < *count && !jb_streq(sums[i].source, source)) {
        i++;
    }
    if (i == *count && *count < MAX_SOURCES) {
        sums[(*count)++] = (struct source_sum){.source = source};
    }
    sums[i < *count ? i : *count - 1].error += error;
}

static void add_up(const struct jb_segments *segments, struct jb_segments_sum *ret)
{
    struct source_sum sums[MAX_SOURCES] = {0};
    size_t source_count = 0;
    double product = 0, weight = 0, energy_uj = 0, square = 0;

    for (size_t i = 0; i < segments->count; i++) {
        energy_uj += (double)segments->segments[i].energy_uj;
    }
    double by_weight = 0;
    for (size_t i = 0; i < segments->count; i++) {
        const struct jb_record_segment *segment = &segments->segments[i];
        double time = (double)(segment->end_ns - segment->start_ns) + 1;
        double w = energy_uj > 0 ? (double)segment->energy_uj : time;
        product += (double)segment->energy_uj * segment->g_per_kwh;
        by_weight += w * segment->g_per_kwh;
        weight += w;
        add_error(sums, &source_count, segment->source, w * segment->g_per_kwh * segment->rel_error);
    }
    for (size_t i = 0; i < source_count; i++) {
        square += sums[i].error * sums[i].error;
    }
    ret->product = product;
    ret->g_per_kwh = by_weight / weight;
    ret->rel_error = by_weight > 0 ? sqrt(square) / by_weight : 0;
}

/* What the terms of each provider want to be shown. */
static int credits(const struct jb_segments *segments, char ***ret, size_t *ret_count)
{
    char **list = calloc(MAX_SOURCES, sizeof(*list));
    size_t count = 0;

    for (size_t i = 0; list != NULL && i < segments->count && count < MAX_SOURCES; i++) {
        const struct jb_provider *provider = jb_provider_find(segments->segments[i].source);
        const char *credit = provider != NULL ? provider->credit : NULL;
        bool there = credit == NULL;
        for (size_t k = 0; k < count && !there; k++) {
            there = jb_streq(list[k], credit);
        }
        if (!there) {
            list[count] = strdup(credit);
            count += list[count] != NULL;
        }
    }
    *ret = list;
    *ret_count = count;
    return list == NULL ? -ENOMEM : 0;
}

int jb_segments_settle(struct jb_segments *segments, struct jb_record *record, struct jb_segments_sum *ret)
{
    char **list = NULL;
    size_t count = 0;
    int err = credits(segments, &list, &count);

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < record->credit_count; i++) {
        free(record->credits[i]);
    }
    free(record->credits);
    free(record->segments);
    add_up(segments, ret);
    record->credits = list;
    record->credit_count = count;
    record->segments = segments->segments;
    record->segment_count = segments->count;
    *segments = (struct jb_segments){.table = segments->table};
    return 0;
}
