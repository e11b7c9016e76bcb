/* SPDX-License-Identifier: Apache-2.0 */
/* Prices: energy of each bucket at what held in its own time; who comes first; sums that are exact; what is not known.
 */
#include "test.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/buckets.h"
#include "engine/price.h"
#include "grid/provider.h"

#include <math.h>
#include <stdlib.h>

#define S     ((int64_t)JB_NS_PER_S)
#define NOON  (INT64_C(1795348800) * S) /* 2026-11-22T12:00:00Z */
#define KWH   UINT64_C(3600000000000)
#define CHECK 1e-9

static const struct jb_intensity yearly = {
    .zone = "KR", .g_per_kwh = 400, .rel_error = 0.2, .factor = "lifecycle", .source = "the table", .year = 2025};

static struct jb_record make(const char *basis)
{
    struct jb_record record = {
        .started_ns = NOON,
        .ended_ns = NOON + 3600 * S,
        .duration_s = 3600,
        .machine_uj = 2 * KWH,
        .run_uj = KWH,
        .footprint_uj = KWH * 3 / 2,
        .uncertainty_uj = (double)KWH / 5, /* 10 % */
        .run_uncertainty_uj = (double)KWH / 10,
        .footprint_uncertainty_uj = (double)KWH * 0.15,
        .pue = 1.5,
        .channel_count = 1,
        .channels = calloc(1, sizeof(struct jb_record_channel)),
    };
    record.channels[0] = (struct jb_record_channel){
        .in_total = true, .energy_uj = 2 * KWH, .run_uj = KWH, .idle_uj = KWH, .footprint_uj = KWH * 3 / 2};
    jb_copy(record.basis, sizeof(record.basis), basis);
    return record;
}

static void put(struct jb_track *track, int64_t from_ns, int64_t to_ns, double g_per_kwh, unsigned flags)
{
    const struct jb_point point = {
        .start_ns = from_ns,
        .end_ns = to_ns,
        .g_per_kwh = g_per_kwh,
        .rel_error = 0.1,
        .flags = flags,
        .provider = jb_provider_find("ukgrid"),
    };
    assert_int_equal(jb_track_put(track, &point), 0);
}

static void check_sums(const struct jb_record *record)
{
    uint64_t energy_uj = 0;
    double grams = 0;
    for (size_t i = 0; i < record->segment_count; i++) {
        const struct jb_record_segment *segment = &record->segments[i];
        energy_uj += segment->energy_uj;
        grams += jb_grid_grams((double)segment->energy_uj, segment->g_per_kwh, record->pue);
        assert_true(i == 0 || segment->start_ns == record->segments[i - 1].end_ns);
    }
    assert_int_equal(energy_uj, jb_record_basis_uj(record));
    assert_int_equal(record->segments[0].start_ns, record->started_ns);
    assert_int_equal(record->segments[record->segment_count - 1].end_ns, record->ended_ns);
    assert_float_equal(grams, record->emissions_g, CHECK * grams);
}

static void check_basis(const char *basis, double grams)
{
    struct jb_record record = make(basis);

    assert_int_equal(jb_price(&record, &(struct jb_pricing){.table = &yearly}), 0);
    assert_float_equal(record.emissions_g, grams, CHECK * grams);
    assert_float_equal(record.emissions_uncertainty_g, grams * hypot(0.1, 0.2), CHECK * grams);
    assert_int_equal(record.segment_count, 1);
    assert_true(isnan(record.segments[0].age_s));
    assert_false(record.segments[0].live);
    assert_true(jb_price_provisional(&record));
    check_sums(&record);
    jb_record_finish(&record);
}

static void the_basis_decides(void **state)
{
    check_basis("machine", 2 * 400 * 1.5);
    check_basis("run", 1 * 400 * 1.5);
    check_basis("footprint", 1.5 * 400 * 1.5);
}

static void without_an_intensity_or_channels_it_is_unknown(void **state)
{
    struct jb_record record = make("run");
    struct jb_intensity unknown = yearly;

    unknown.g_per_kwh = NAN;
    jb_price(&record, &(struct jb_pricing){.table = &unknown});
    assert_true(isnan(record.emissions_g));
    size_t count = record.channel_count;
    record.channel_count = 0;
    jb_price(&record, &(struct jb_pricing){.table = &yearly});
    assert_true(isnan(record.emissions_g));
    record.channel_count = count;
    jb_record_finish(&record);
}

static void each_hour_at_its_own_value(void **state)
{
    struct jb_record record = make("machine");
    struct jb_mark_channel half = {.run_uj = KWH / 4, .idle_uj = KWH / 4}; /* a quarter of it in the first half */
    struct jb_store_mark mark = {
        .t_ns = 1800 * JB_NS_PER_S, .wall_ns = NOON + 1800 * S, .channels = &half, .channel_count = 1};
    struct jb_marks marks = {&mark, 1};
    struct jb_track track = {0};

    put(&track, NOON - 1800 * S, NOON + 1800 * S, 100, 0);
    put(&track, NOON + 1800 * S, NOON + 5400 * S, 500, JB_POINT_ESTIMATED);
    assert_int_equal(jb_price(&record, &(struct jb_pricing){&marks, &track, NULL, NULL, NULL, &yearly}), 0);
    assert_int_equal(record.segment_count, 2);
    assert_int_equal(record.segments[0].energy_uj, KWH / 2);
    assert_float_equal(record.segments[0].g_per_kwh, 100, 0);
    assert_float_equal(record.segments[1].g_per_kwh, 500, 0);
    assert_false(record.segments[0].estimated);
    assert_true(record.segments[1].estimated);
    assert_true(record.segments[1].live);
    assert_float_equal(record.segments[1].age_s, 0, 0);
    assert_string_equal(record.segments[1].source, "ukgrid");
    assert_float_equal(record.emissions_g, 1.5 * (0.5 * 100 + 1.5 * 500), 1e-6);
    assert_float_equal(record.intensity_g_per_kwh, (0.5 * 100 + 1.5 * 500) / 2, 1e-9);
    assert_float_equal(record.intensity_rel_error, 0.1, 1e-12); /* of one source: they add up */
    assert_false(jb_price_provisional(&record));
    check_sums(&record);
    jb_track_finish(&track);
    jb_record_finish(&record);
}

/* A value of the time, a forecast for it, one held for two hours, the table. */
static void who_comes_first(void **state)
{
    struct jb_record record = make("machine");
    struct jb_track track = {0};

    record.started_ns = NOON - 4 * 3600 * S;
    put(&track, NOON - 4 * 3600 * S, NOON - 3 * 3600 * S, 100, 0);
    put(&track, NOON, NOON + 1800 * S, 300, JB_POINT_FORECAST);
    assert_int_equal(jb_price(&record, &(struct jb_pricing){NULL, &track, NULL, NULL, NULL, &yearly}), 0);
    static const struct {
        double g_per_kwh, age_s, hours;
        bool live, estimated;
    } want[] = {
        {100, 0, 1, true, false},   {100, 7200, 2, false, true},   {400, NAN, 1, false, false},
        {300, 0, 0.5, false, true}, {400, NAN, 0.5, false, false},
    };
    assert_int_equal(record.segment_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct jb_record_segment *segment = &record.segments[i];
        assert_float_equal(segment->g_per_kwh, want[i].g_per_kwh, 0);
        assert_true(isnan(want[i].age_s) ? isnan(segment->age_s) : segment->age_s == want[i].age_s);
        assert_int_equal(segment->end_ns - segment->start_ns, (int64_t)(want[i].hours * 3600) * S);
        assert_int_equal(segment->live, want[i].live);
        assert_int_equal(segment->estimated, want[i].estimated);
    }
    assert_true(record.segments[1].rel_error > record.segments[0].rel_error);
    assert_float_equal(jb_price_live_share(&record), 0.2, 1e-6);
    check_sums(&record);
    jb_track_finish(&track);
    jb_record_finish(&record);
}

/* 50 at noon, 500 at night, the load mostly at night: one factor for the day is far off. */
static void a_day_is_priced_by_the_hour(void **state)
{
    struct jb_record record = make("machine");
    struct jb_track track = {0};
    struct jb_mark_channel channels[287] = {0};
    struct jb_store_mark mark_list[287];
    double by_hand = 0, mean = 0;
    uint64_t sum_uj = 0;

    record.started_ns = NOON - 12 * 3600 * S;
    record.ended_ns = NOON + 12 * 3600 * S;
    record.pue = 1;
    for (int hour = 0; hour < 24; hour++) {
        double g_per_kwh = 275 + 225 * cos(hour / 24.0 * 2 * 3.14159265358979);
        mean += g_per_kwh / 24;
        put(&track, record.started_ns + hour * 3600 * S, record.started_ns + (hour + 1) * 3600 * S, g_per_kwh, 0);
        uint64_t energy_uj = hour < 6 || hour >= 18 ? KWH : KWH / 10;
        by_hand += g_per_kwh * (double)energy_uj / (double)KWH;
        for (int i = 0; i < 12; i++) {
            int number = hour * 12 + i;
            sum_uj += energy_uj / 12;
            if (number < 287) {
                channels[number].run_uj = sum_uj;
                mark_list[number] = (struct jb_store_mark){.wall_ns = record.started_ns + (number + 1) * 300 * S,
                                                           .channels = &channels[number],
                                                           .channel_count = 1};
            }
        }
    }
    record.machine_uj = record.run_uj = record.channels[0].run_uj = record.channels[0].energy_uj = sum_uj;
    struct jb_marks marks = {mark_list, 287};
    assert_int_equal(jb_price(&record, &(struct jb_pricing){&marks, &track, NULL, NULL, NULL, &yearly}), 0);
    assert_float_equal(record.emissions_g, by_hand, 1e-6 * by_hand);
    double single = mean * (double)sum_uj / (double)KWH;
    assert_true(by_hand > 1.4 * single); /* 5168 g; the day's mean would have said 3630 g */
    assert_int_equal(record.segment_count, 24);
    check_sums(&record);
    jb_track_finish(&track);
    jb_record_finish(&record);
}

static void marginal_and_money_stay_apart(void **state)
{
    struct jb_record record = make("machine");
    struct jb_track marginal = {0}, tariff = {0};

    put(&marginal, NOON, NOON + 1800 * S, 800, 0); /* the second half is not known */
    put(&tariff, NOON, NOON + 1800 * S, 0.2, 0);
    put(&tariff, NOON + 1800 * S, NOON + 7200 * S, -0.1, 0);
    assert_int_equal(jb_price(&record, &(struct jb_pricing){NULL, NULL, &marginal, &tariff, "EUR", &yearly}), 0);
    assert_float_equal(record.emissions_g, 2 * 400 * 1.5, 1e-6);
    assert_true(record.marginal.known);
    assert_float_equal(record.marginal.emissions_g, 1 * 800 * 1.5, 1e-6);
    assert_float_equal(record.marginal.coverage, 0.5, 1e-9);
    assert_float_equal(record.marginal.intensity_g_per_kwh, 800, 1e-9);
    assert_float_equal(record.cost.amount, 1.5 * (0.2 - 0.1), 1e-9);
    assert_float_equal(record.cost.per_kwh, 0.05, 1e-9);
    assert_string_equal(record.cost.currency, "EUR");
    jb_track_finish(&marginal);
    jb_track_finish(&tariff);
    jb_record_finish(&record);
}

static void a_run_without_length_or_energy_is_priced(void **state)
{
    struct jb_record record = make("machine");
    struct jb_track track = {0};

    put(&track, NOON - 60 * S, NOON + 60 * S, 123, 0);
    record.ended_ns = record.started_ns;
    assert_int_equal(jb_price(&record, &(struct jb_pricing){NULL, &track, NULL, NULL, NULL, &yearly}), 0);
    assert_float_equal(record.intensity_g_per_kwh, 123, 1e-9);
    assert_float_equal(record.emissions_g, 2 * 123 * 1.5, 1e-6);
    record.machine_uj = 0;
    assert_int_equal(jb_price(&record, &(struct jb_pricing){NULL, &track, NULL, NULL, NULL, &yearly}), 0);
    assert_float_equal(record.emissions_g, 0, 0);
    assert_float_equal(record.intensity_g_per_kwh, 123, 1e-9);
    jb_track_finish(&track);
    jb_record_finish(&record);
}

static int64_t any_below(uint64_t n)
{
    static uint64_t seed = 88172645463325252u;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % n);
}

/* Whatever marks and points there are: nothing is lost and nothing twice. */
static void sums_are_exact(void **state)
{
    for (int round = 0; round < 500; round++) {
        struct jb_record record = make(round % 3 == 0 ? "machine" : round % 3 == 1 ? "run" : "footprint");
        struct jb_track track = {0};
        struct jb_mark_channel channels[20];
        struct jb_store_mark mark_list[20];
        for (int i = 0; i < 20; i++) { /* out of order and beyond the totals too: they may come from anybody's file */
            channels[i] = (struct jb_mark_channel){.run_uj = (uint64_t)any_below(2 * KWH),
                                                   .idle_uj = (uint64_t)any_below(2 * KWH)};
            mark_list[i] = (struct jb_store_mark){
                .wall_ns = NOON + any_below(4000) * S, .channels = &channels[i], .channel_count = (size_t)any_below(2)};
        }
        for (int i = 0; i < 12; i++) {
            int64_t from_ns = NOON - 3600 * S + any_below(7200 * S);
            put(&track, from_ns, from_ns + 1 + any_below(1800 * S), (double)any_below(1000), (unsigned)any_below(8));
        }
        struct jb_marks marks = {mark_list, (size_t)any_below(21)};
        assert_int_equal(jb_price(&record, &(struct jb_pricing){&marks, &track, NULL, NULL, NULL, &yearly}), 0);
        check_sums(&record);
        jb_track_finish(&track);
        jb_record_finish(&record);
    }
}

static void the_table_is_that_of_the_record(void **state)
{
    struct jb_record record = make("machine");
    struct jb_intensity table;
    struct jb_intensity own = yearly;

    jb_copy(record.zone, sizeof(record.zone), "KR");
    jb_price_table(&record, &table);
    assert_string_equal(table.zone, "KR");
    assert_false(table.given);
    own.g_per_kwh = 7;
    own.given = true;
    jb_copy(own.source, sizeof(own.source), "given by the user (flag)");
    assert_int_equal(jb_price(&record, &(struct jb_pricing){.table = &own}), 0);
    assert_false(jb_price_provisional(&record));
    jb_price_table(&record, &table);
    assert_true(table.given);
    assert_float_equal(table.g_per_kwh, 7, 0);
    assert_string_equal(table.source, own.source);
    jb_record_finish(&record);
}

/* Its meter was killed 20 minutes after the machine had woken from a sleep of 8 hours. */
static void a_lost_run_that_slept_ends_on_the_clock(void **state)
{
    struct jb_record record = make("machine");
    struct jb_mark_channel before = {.others_uj = KWH}, woke = {.others_uj = KWH}, later = {.others_uj = KWH * 3 / 2};
    struct jb_store_mark all[] = {{2400 * S, NOON + 2400 * S, &before, 1},
                                  {2400 * S + 1, NOON + 2400 * S + 8 * 3600 * S, &woke, 1},
                                  {3000 * S, NOON + 3000 * S + 8 * 3600 * S, &later, 1}};
    struct jb_marks marks = {all, 3};
    struct jb_track track = {0};
    struct jb_pricing pricing = {.marks = &marks, .average = &track, .table = &yearly};

    record.status = JB_RUN_LOST; /* ended_ns is the start and the time that was measured: store/row.c */
    put(&track, NOON, NOON + 4 * 3600 * S, 100, 0);
    put(&track, NOON + 8 * 3600 * S, NOON + 12 * 3600 * S, 500, 0);
    assert_int_equal(jb_buckets_end(&record, &marks), NOON + 9 * 3600 * S);
    assert_int_equal(jb_price(&record, &pricing), 0);
    assert_float_equal(record.intensity_g_per_kwh, 300, CHECK);
    all[2].t_ns = UINT64_MAX; /* a database may say anything */
    assert_int_equal(jb_buckets_end(&record, &marks), record.ended_ns);
    all[2].t_ns = 0;
    all[2].wall_ns = INT64_MAX;
    assert_int_equal(jb_buckets_end(&record, &marks), record.ended_ns);
    jb_track_finish(&track);
    jb_record_finish(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_basis_decides),
        cmocka_unit_test(without_an_intensity_or_channels_it_is_unknown),
        cmocka_unit_test(each_hour_at_its_own_value),
        cmocka_unit_test(who_comes_first),
        cmocka_unit_test(a_day_is_priced_by_the_hour),
        cmocka_unit_test(marginal_and_money_stay_apart),
        cmocka_unit_test(a_run_without_length_or_energy_is_priced),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(the_table_is_that_of_the_record),
        cmocka_unit_test(a_lost_run_that_slept_ends_on_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
