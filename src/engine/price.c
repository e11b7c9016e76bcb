/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price.c - walk the buckets and what holds in them side by side. Documented in price.h.
 */
#include "engine/price.h"

#include "base/text.h"
#include "engine/buckets.h"
#include "engine/price_segments.h"
#include "grid/provider.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double basis_sigma_uj(const struct jb_record *record)
{
    return jb_streq(record->basis, "machine") ? record->uncertainty_uj
           : jb_streq(record->basis, "run")   ? record->run_uncertainty_uj
                                              : record->footprint_uncertainty_uj;
}

static double pue_of(const struct jb_record *record)
{
    return record->pue >= 1 ? record->pue : 1;
}

/* Energy of the part of a bucket that lies before t: even over its time. */
static uint64_t energy_before(const struct jb_bucket *bucket, int64_t t_ns)
{
    uint64_t whole_ns = (uint64_t)(bucket->end_ns - bucket->start_ns), part_ns = (uint64_t)(t_ns - bucket->start_ns);

    return whole_ns == 0 ? bucket->energy_uj : (uint64_t)((unsigned __int128)bucket->energy_uj * part_ns / whole_ns);
}

static int price_bucket(const struct jb_bucket *bucket, const struct jb_pricing *pricing, struct jb_segments *segments)
{
    int64_t t_ns = bucket->start_ns;
    uint64_t done_uj = 0;

    do {
        struct jb_price_choice choice;
        jb_price_choose(pricing->average, t_ns, bucket->end_ns, &choice);
        uint64_t so_far_uj = energy_before(bucket, choice.until_ns);
        int err = jb_segments_add(segments, &choice, t_ns, so_far_uj - done_uj);
        if (err < 0) {
            return err;
        }
        done_uj = so_far_uj;
        t_ns = choice.until_ns;
    } while (t_ns < bucket->end_ns);
    return 0;
}

/* Energy times what the track says, where it says anything: the products, their errors, and the energy. */
static void integrate(const struct jb_bucket *buckets, size_t count, const struct jb_track *track, double *ret_product,
                      double *ret_error, double *ret_energy_uj)
{
    double product = 0, error = 0, energy_uj = 0;

    for (size_t i = 0; i < count; i++) {
        const struct jb_bucket *bucket = &buckets[i];
        size_t at = jb_track_from(track, bucket->start_ns);
        for (; at < track->count && track->points[at].start_ns <= bucket->end_ns; at++) {
            const struct jb_point *point = &track->points[at];
            int64_t from_ns = point->start_ns > bucket->start_ns ? point->start_ns : bucket->start_ns;
            int64_t to_ns = point->end_ns < bucket->end_ns ? point->end_ns : bucket->end_ns;
            double part_uj = bucket->start_ns == bucket->end_ns
                                 ? (double)bucket->energy_uj
                                 : (double)(energy_before(bucket, to_ns) - energy_before(bucket, from_ns));
            product += part_uj * point->g_per_kwh;
            error += part_uj * fabs(point->g_per_kwh) * point->rel_error;
            energy_uj += part_uj;
        }
    }
    *ret_product = product;
    *ret_error = error;
    *ret_energy_uj = energy_uj;
}

static void price_marginal(struct jb_record *record, const struct jb_bucket *buckets, size_t count,
                           const struct jb_track *track)
{
    struct jb_record_marginal marginal = {0};
    double product = 0, error = 0, energy_uj = 0, all_uj = (double)jb_record_basis_uj(record);

    integrate(buckets, count, track, &product, &error, &energy_uj);
    if (energy_uj > 0) {
        double rel = hypot(error / fmax(fabs(product), 1e-12), basis_sigma_uj(record) / all_uj);
        marginal.known = true;
        marginal.emissions_g = jb_grid_grams(1, product, pue_of(record));
        marginal.uncertainty_g = fabs(marginal.emissions_g) * rel;
        marginal.intensity_g_per_kwh = product / energy_uj;
        marginal.coverage = fmin(energy_uj / all_uj, 1);
        for (size_t i = 0; i < track->count; i++) {
            if (track->points[i].provider != NULL) {
                jb_copy(marginal.source, sizeof(marginal.source), track->points[i].provider->name);
            }
        }
    }
    record->marginal = marginal;
}

static void price_cost(struct jb_record *record, const struct jb_bucket *buckets, size_t count,
                       const struct jb_pricing *pricing)
{
    struct jb_record_cost cost = {0};
    double product = 0, error = 0, energy_uj = 0, all_uj = (double)jb_record_basis_uj(record);

    integrate(buckets, count, pricing->tariff, &product, &error, &energy_uj);
    if (energy_uj > 0) {
        cost.known = true;
        cost.amount = jb_grid_grams(1, product, pue_of(record)); /* money per kWh in the place of grams */
        cost.per_kwh = product / energy_uj;
        cost.coverage = fmin(energy_uj / all_uj, 1);
        jb_copy(cost.currency, sizeof(cost.currency), pricing->currency != NULL ? pricing->currency : "");
    }
    record->cost = cost;
}

static int price(struct jb_record *record, const struct jb_pricing *pricing, const struct jb_bucket *buckets,
                 size_t count)
{
    struct jb_segments segments = {.table = pricing->table};

    for (size_t i = 0; i < count; i++) {
        int err = price_bucket(&buckets[i], pricing, &segments);
        if (err < 0) {
            jb_segments_finish(&segments);
            return err;
        }
    }
    struct jb_segments_sum sum;
    int err = jb_segments_settle(&segments, record, &sum);
    if (err < 0) {
        jb_segments_finish(&segments);
        return err;
    }
    double energy_uj = (double)jb_record_basis_uj(record);
    double energy_rel = energy_uj > 0 ? basis_sigma_uj(record) / energy_uj : 0;
    record->intensity_g_per_kwh = sum.g_per_kwh;
    record->intensity_rel_error = sum.rel_error;
    record->emissions_g = jb_grid_grams(1, sum.product, pue_of(record));
    record->emissions_uncertainty_g = record->emissions_g * hypot(energy_rel, sum.rel_error);
    if (pricing->marginal != NULL) {
        price_marginal(record, buckets, count, pricing->marginal);
    }
    if (pricing->tariff != NULL) {
        price_cost(record, buckets, count, pricing);
    }
    return 0;
}

int jb_price(struct jb_record *record, const struct jb_pricing *pricing)
{
    struct jb_bucket *buckets = NULL;
    size_t count = 0;

    record->emissions_g = record->emissions_uncertainty_g = NAN;
    if (record->channel_count == 0) {
        return 0;
    }
    int err = jb_buckets_make(record, pricing->marks, &buckets, &count);
    if (err == 0) {
        err = price(record, pricing, buckets, count);
    }
    free(buckets);
    return err;
}

void jb_price_table(const struct jb_record *record, struct jb_intensity *ret)
{
    struct jb_intensity table;

    if (jb_grid_zone(record->zone, &table, NULL) < 0) {
        jb_grid_world(&table);
    }
    for (size_t i = 0; i < record->segment_count; i++) {
        const struct jb_record_segment *segment = &record->segments[i];
        if (isnan(segment->age_s) && isfinite(segment->g_per_kwh)) {
            table.g_per_kwh = segment->g_per_kwh;
            table.rel_error = isfinite(segment->rel_error)            ? segment->rel_error
                              : isfinite(record->intensity_rel_error) ? record->intensity_rel_error
                                                                      : table.rel_error;
            table.estimated = segment->estimated;
            table.given = segment->live;
            table.factor = jb_streq(segment->factor, "direct") ? "direct" : "lifecycle";
            jb_copy(table.source, sizeof(table.source), segment->source);
            break;
        }
    }
    *ret = table;
}

bool jb_price_provisional(const struct jb_record *record)
{
    for (size_t i = 0; i < record->segment_count; i++) {
        if (!record->segments[i].live) {
            return true;
        }
    }
    return record->segment_count == 0;
}

void jb_price_say_factor(const struct jb_record *record, const struct jb_grid_settings *settings,
                         struct jb_steps *steps)
{
    for (size_t i = 0; i < record->segment_count && settings->factor == JB_FACTOR_DIRECT; i++) {
        const struct jb_record_segment *segment = &record->segments[i];
        if (isnan(segment->age_s) && !segment->live && jb_streq(segment->factor, "lifecycle")) {
            jb_steps_add(steps,
                         "[grid] factor = direct: there is no yearly figure of that kind, it is of the life cycle");
        }
    }
}

void jb_price_put_steps(struct jb_record *record, const struct jb_steps *steps)
{
    for (size_t i = 0; i < record->step_count; i++) {
        free(record->steps[i]);
    }
    free(record->steps);
    record->step_count = 0;
    record->steps = steps->count > 0 ? calloc(steps->count, sizeof(*record->steps)) : NULL;
    for (size_t i = 0; record->steps != NULL && i < steps->count; i++) {
        record->steps[record->step_count] = strdup(steps->text[i]);
        record->step_count += record->steps[record->step_count] != NULL;
    }
}

double jb_price_live_share(const struct jb_record *record)
{
    double live_uj = 0, all_uj = 0;

    for (size_t i = 0; i < record->segment_count; i++) {
        all_uj += (double)record->segments[i].energy_uj;
        live_uj += record->segments[i].live ? (double)record->segments[i].energy_uj : 0;
    }
    return all_uj > 0 ? live_uj / all_uj : jb_price_provisional(record) ? 0 : 1;
}
