/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reprice.c - documented in reprice.h.
 *
 * What is known is never given up for something less: where a provider no longer tells what it told while the run went
 * on, the segments that the record has are put into the track as they are, forecasts as forecasts.
 */
#include "engine/reprice.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "engine/buckets.h"
#include "engine/price.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE_RUN_NS (3600 * (int64_t)JB_NS_PER_S)

struct work {
    const struct jb_reprice_config *config;
    struct jb_record record;
    struct jb_marks marks;
    struct jb_intensity place;
    struct jb_track average, marginal, tariff;
    bool other_zone;
};

static void work_finish(struct work *work)
{
    jb_record_finish(&work->record);
    jb_marks_finish(&work->marks);
    jb_track_finish(&work->average);
    jb_track_finish(&work->marginal);
    jb_track_finish(&work->tariff);
}

static int64_t end_of(const struct work *work)
{
    int64_t end_ns = jb_buckets_end(&work->record, &work->marks);

    return end_ns > work->record.started_ns ? end_ns : work->record.started_ns + 1;
}

/* The run's place: its own, with the figure that it was priced at, or the one that is asked for now. */
static int find_place(struct work *work, struct jb_diag *diag)
{
    const char *zone = work->config->zone;

    if (zone == NULL) {
        jb_price_table(&work->record, &work->place);
        return 0;
    }
    int err = jb_grid_zone(zone, &work->place, diag);
    work->other_zone = err == 0 && !jb_streq(work->place.zone, work->record.zone);
    if (work->other_zone) {
        jb_copy(work->record.zone, sizeof(work->record.zone), work->place.zone);
        jb_copy(work->record.zone_name, sizeof(work->record.zone_name), work->place.name);
        jb_copy(work->record.zone_note, sizeof(work->record.zone_note), work->place.note);
    }
    return err;
}

/* What the record was priced at while it ran. A value that is held is not of its segment's time: it is left to the
 * track, which knows more of the time before. */
static int keep_known(struct work *work)
{
    int err = 0;

    for (size_t i = 0; i < work->record.segment_count && !work->other_zone && err == 0; i++) {
        const struct jb_record_segment *segment = &work->record.segments[i];
        bool held = !segment->live && segment->age_s > 0;
        if (held || isnan(segment->age_s) || segment->end_ns <= segment->start_ns) {
            continue;
        }
        struct jb_point point = {
            .start_ns = segment->start_ns,
            .end_ns = segment->end_ns,
            .g_per_kwh = segment->g_per_kwh,
            .rel_error = isfinite(segment->rel_error) ? segment->rel_error : 0,
            .flags = (!segment->live ? JB_POINT_FORECAST : 0) | (segment->estimated ? JB_POINT_ESTIMATED : 0) |
                     (jb_streq(segment->factor, "direct") ? JB_POINT_DIRECT : 0),
            .provider = jb_provider_find(segment->source),
        };
        struct jb_track one = {.points = &point, .count = 1};
        err = point.provider != NULL ? jb_track_fill(&work->average, &one) : 0;
        err = err == -EINVAL ? 0 : err;
    }
    return err;
}

static int ask(struct work *work, enum jb_signal signal, struct jb_track *track, struct jb_steps *steps,
               struct jb_diag *diag)
{
    struct jb_fetch *fetch = NULL;
    int err = jb_fetch_create(work->config->settings, &work->place, signal, &fetch, diag);

    if (err == 0 && !jb_fetch_anybody(fetch)) {
        err = -ENODATA;
        jb_fail(diag, err, "nobody can be asked about %s", work->place.zone);
    } else if (err == 0) {
        err = jb_fetch_past(fetch, work->config->how, work->record.started_ns - BEFORE_RUN_NS, end_of(work), track,
                            steps, diag);
    }
    jb_fetch_destroy(fetch);
    return err;
}

static int gather(struct work *work, struct jb_steps *steps, struct jb_diag *diag)
{
    struct jb_steps unheard = {0};
    int err = ask(work, JB_AVERAGE, &work->average, steps, diag);

    if (err < 0 && (err != -ENODATA || !work->other_zone)) {
        return err;
    }
    (void)ask(work, JB_MARGINAL, &work->marginal, &unheard, NULL);
    err = keep_known(work);
    if (err == 0 && work->config->tariff != NULL) {
        err = jb_tariff_track(work->config->tariff, work->record.started_ns, end_of(work), &work->tariff);
    }
    return err < 0 ? jb_fail(diag, err, "out of memory") : 0;
}

/* "ukgrid, energinet": what a record was priced by. */
static void sources_of(const struct jb_record *record, char *buffer, size_t size)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (size_t i = 0; i < record->segment_count; i++) {
        const char *source = record->segments[i].source;
        if (strstr(buffer, source) == NULL && used + strlen(source) + 3 < size) {
            used += (size_t)jb_snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "", source);
        }
    }
}

static void remember(const struct work *work, struct jb_record_price *ret)
{
    const struct jb_record *record = &work->record;

    *ret = (struct jb_record_price){
        .until_ns = jb_walltime_ns(&work->config->settings->walltime),
        .emissions_g = record->emissions_g,
        .uncertainty_g = record->emissions_uncertainty_g,
        .intensity_g_per_kwh = record->intensity_g_per_kwh,
    };
    sources_of(record, ret->source, sizeof(ret->source));
}

static void give_reason(const struct work *work, double before, double after, struct jb_record_price *old)
{
    if (work->other_zone) {
        jb_snprintf(old->reason, sizeof(old->reason), "priced for %s by request", work->place.zone);
    } else if (after > before) {
        jb_snprintf(old->reason, sizeof(old->reason),
                    "values of the hour came in: %.3g %% of the energy, before %.3g %%", 100 * after, 100 * before);
    } else {
        jb_snprintf(old->reason, sizeof(old->reason), "the provider corrected its values");
    }
}

static bool same_price(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fabs(b);
}

/* What another kWh causes and what it costs: the figure that covers more of the energy, the new one when both do alike.
 * True: it is another than before. */
static bool settle_beside(const struct work *work, const struct jb_record_marginal *marginal,
                          const struct jb_record_cost *cost, struct jb_record *record)
{
    if (work->other_zone && work->marginal.count == 0) {
        record->marginal = (struct jb_record_marginal){0}; /* that of the other place */
    } else if (!work->other_zone && marginal->known && !(record->marginal.coverage >= marginal->coverage)) {
        record->marginal = *marginal;
    }
    if (cost->known && !(record->cost.coverage >= cost->coverage)) {
        record->cost = *cost;
    }
    return record->marginal.known != marginal->known || record->cost.known != cost->known ||
           (record->marginal.known && !same_price(record->marginal.emissions_g, marginal->emissions_g)) ||
           (record->cost.known && !same_price(record->cost.amount, cost->amount));
}

static int price_again(struct jb_store *store, struct work *work, struct jb_reprice_result *result,
                       struct jb_diag *diag)
{
    struct jb_record *record = &work->record;
    struct jb_record_price old;
    const struct jb_record_marginal marginal = record->marginal;
    const struct jb_record_cost cost = record->cost;
    struct jb_pricing pricing = {
        .marks = &work->marks,
        .average = &work->average,
        .marginal = work->marginal.count > 0 ? &work->marginal : NULL,
        .tariff = work->config->tariff != NULL ? &work->tariff : NULL,
        .currency = work->config->tariff != NULL ? work->config->tariff->currency : NULL,
        .table = &work->place,
    };

    result->live_before = jb_price_live_share(record);
    result->old_g = record->emissions_g;
    remember(work, &old);
    if (jb_price(record, &pricing) < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    result->live_after = jb_price_live_share(record);
    result->new_g = record->emissions_g;
    bool beside = settle_beside(work, &marginal, &cost, record);
    if (same_price(result->old_g, result->new_g) && result->live_before == result->live_after && !work->other_zone) {
        return beside ? jb_store_reprice(store, record, NULL, diag) : 0; /* the price is the same, no former one */
    }
    give_reason(work, result->live_before, result->live_after, &old);
    jb_price_say_factor(record, work->config->settings, &result->steps);
    if (result->steps.count > 0 || !jb_price_provisional(record)) {
        jb_price_put_steps(record, &result->steps);
    }
    int err = jb_store_reprice(store, record, isnan(old.emissions_g) ? NULL : &old, diag);
    result->changed = err == 0;
    return err;
}

int jb_reprice(struct jb_store *store, const char *id, const struct jb_reprice_config *config,
               struct jb_reprice_result *ret, struct jb_diag *diag)
{
    struct work work = {.config = config};
    struct jb_reprice_result result = {.old_g = NAN, .new_g = NAN};
    int err = jb_store_load(store, id, &work.record, diag);

    if (err == 0 && work.record.status == JB_RUN_RUNNING) {
        err = jb_fail(diag, -EBUSY, "the run %s is still running", id);
    }
    err = err < 0 ? err : jb_store_marks(store, id, &work.marks, diag);
    err = err < 0 ? err : find_place(&work, diag);
    if (err == 0) {
        err = gather(&work, &result.steps, diag);
        ret->steps = result.steps;
    }
    err = err < 0 ? err : price_again(store, &work, &result, diag);
    if (err == 0) {
        *ret = result;
    }
    work_finish(&work);
    return err;
}
