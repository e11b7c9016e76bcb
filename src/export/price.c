/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The carbon intensity of a moment of a run.
 *
 * A segment holds until the next one starts: its own end is not used, because that of a run whose meter died was never
 * written. Segments and marks come from the database: segments may be out of order and marks may say any time, in which
 * case the figure is that of another segment, and nothing worse.
 */
#include "export/price.h"

#include <math.h>

#include "export/measured.h"

#define UJ_PER_KWH 3.6e12

void jb_export_prices_init(struct jb_export_prices *prices, const struct jb_record *record, struct jb_store *store)
{
    *prices = (struct jb_export_prices){.record = record};
    if (store != NULL && jb_store_marks(store, record->id, &prices->marks, NULL) < 0) {
        prices->marks = (struct jb_marks){0};
    }
}

void jb_export_prices_finish(struct jb_export_prices *prices)
{
    jb_marks_finish(&prices->marks);
}

static int64_t later(int64_t wall_ns, uint64_t by_ns)
{
    int64_t sum = 0;
    bool fits = by_ns <= INT64_MAX && !__builtin_add_overflow(wall_ns, (int64_t)by_ns, &sum);
    return fits ? sum : INT64_MAX;
}

/* By the last mark at or before t, else by the start. */
int64_t jb_export_wall(struct jb_export_prices *prices, uint64_t t_ns)
{
    const struct jb_store_mark *marks = prices->marks.marks;
    size_t at = prices->mark; /* how many marks lie before */
    while (at < prices->marks.count && marks[at].t_ns <= t_ns) {
        at++;
    }
    while (at > 0 && marks[at - 1].t_ns > t_ns) {
        at--;
    }
    prices->mark = at;
    return at > 0 ? later(marks[at - 1].wall_ns, t_ns - marks[at - 1].t_ns) : later(prices->record->started_ns, t_ns);
}

/* The segment that holds at this time, from where the last one was. */
static size_t segment_at(struct jb_export_prices *prices, int64_t wall_ns)
{
    const struct jb_record *record = prices->record;
    size_t at = prices->segment < record->segment_count ? prices->segment : 0;
    while (at + 1 < record->segment_count && record->segments[at + 1].start_ns <= wall_ns) {
        at++;
    }
    while (at > 0 && record->segments[at].start_ns > wall_ns) {
        at--;
    }
    prices->segment = at;
    return at;
}

double jb_export_intensity(struct jb_export_prices *prices, uint64_t t0_ns, uint64_t t1_ns)
{
    const struct jb_record *record = prices->record;
    if (record->segment_count == 0) {
        return record->intensity_g_per_kwh;
    }
    int64_t from_ns = jb_export_wall(prices, t0_ns), to_ns = jb_export_wall(prices, t1_ns);
    double weighted = 0, weight = 0;
    size_t i = segment_at(prices, from_ns);
    for (int64_t at_ns = from_ns; at_ns < to_ns && i < record->segment_count; i++) {
        int64_t next_ns = i + 1 < record->segment_count ? record->segments[i + 1].start_ns : to_ns;
        int64_t end_ns = next_ns < to_ns ? next_ns : to_ns;
        double overlap = end_ns > at_ns ? (double)end_ns - (double)at_ns : 0;
        if (overlap > 0) {
            weighted += record->segments[i].g_per_kwh * overlap;
            weight += overlap;
            at_ns = end_ns;
        }
    }
    return weight > 0 ? weighted / weight : record->segments[segment_at(prices, to_ns)].g_per_kwh;
}

double jb_export_pue(const struct jb_record *record)
{
    return record->pue >= 1 ? record->pue : 1;
}

double jb_export_segment_g(const struct jb_record *record, const struct jb_record_segment *segment)
{
    double grams = (double)segment->energy_uj / UJ_PER_KWH * segment->g_per_kwh * jb_export_pue(record);
    return jb_export_known(record, isfinite(grams) ? grams : NAN);
}

enum jb_export_kind jb_export_kind(const struct jb_record_segment *segment)
{
    return isnan(segment->age_s) ? JB_EXPORT_YEARLY : segment->estimated ? JB_EXPORT_ESTIMATED : JB_EXPORT_REPORTED;
}

static bool is_estimated(const struct jb_record_segment *segment, enum jb_export_kind kind)
{
    return segment->estimated;
}

static bool is_live(const struct jb_record_segment *segment, enum jb_export_kind kind)
{
    return segment->live;
}

static bool is_kind(const struct jb_record_segment *segment, enum jb_export_kind kind)
{
    return jb_export_kind(segment) == kind;
}

static double share(const struct jb_record *record,
                    bool (*counts)(const struct jb_record_segment *, enum jb_export_kind), enum jb_export_kind kind)
{
    double part = 0, whole = 0;
    for (size_t i = 0; i < record->segment_count; i++) {
        double energy = (double)record->segments[i].energy_uj;
        part += counts(&record->segments[i], kind) ? energy : 0;
        whole += energy;
    }
    return jb_export_known(record, whole > 0 ? part / whole : NAN);
}

double jb_export_kind_share(const struct jb_record *record, enum jb_export_kind kind)
{
    return share(record, is_kind, kind);
}

double jb_export_estimated_share(const struct jb_record *record)
{
    return share(record, is_estimated, JB_EXPORT_KINDS);
}

double jb_export_live_share(const struct jb_record *record)
{
    return share(record, is_live, JB_EXPORT_KINDS);
}
