/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of slices.c, series.c and the sums: the reduced series says what the full one says.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"
#include "store/sum.h"

#define ID           "01KAAAAAAAAAAAAAAAAAAAAAAA"
#define MAX_CHANNELS 4

struct samples {
    struct jb_sample *list;
    size_t count, capacity;
};

static int keep(void *context, const struct jb_sample *sample)
{
    struct samples *samples = context;
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity * 2 + 64;
        samples->list = realloc(samples->list, samples->capacity * sizeof(*samples->list));
    }
    samples->list[samples->count++] = *sample;
    return 0;
}

/* What the window holds according to the full series, linear within a sample. */
static void expected_sums(const struct samples *samples, uint64_t t0_ns, uint64_t t1_ns, double *energy, double *run,
                          double *covered)
{
    for (size_t c = 0; c < MAX_CHANNELS; c++) {
        energy[c] = run[c] = covered[c] = 0;
    }
    for (size_t i = 0; i < samples->count; i++) {
        const struct jb_sample *s = &samples->list[i];
        double from = fmax((double)s->t0_ns, (double)t0_ns), to = fmin((double)s->t1_ns, (double)t1_ns);
        if (to > from) {
            double part = (to - from) / (double)(s->t1_ns - s->t0_ns);
            energy[s->channel] += part * (double)s->energy_uj;
            run[s->channel] += part * (double)s->run_uj;
            covered[s->channel] += to - from;
        }
    }
}

static void close_to(uint64_t seed, const char *what, double got, double expected, double allowed)
{
    if (!(fabs(got - expected) <= allowed)) {
        fail_msg("seed %llu: %s is %.3f, not %.3f", (unsigned long long)seed, what, got, expected);
    }
}

static void check_window(struct jb_store *store, const struct samples *samples, uint64_t t0_ns, uint64_t t1_ns,
                         size_t count, uint64_t seed)
{
    struct jb_diag diag = {0};
    struct jb_slice *slices = malloc(count * MAX_CHANNELS * sizeof(*slices));
    double energy[MAX_CHANNELS], run[MAX_CHANNELS], covered[MAX_CHANNELS];
    assert_good(diag, jb_store_slices(store, ID, t0_ns, t1_ns, count, MAX_CHANNELS, slices, &diag));
    expected_sums(samples, t0_ns, t1_ns == 0 ? UINT64_MAX : t1_ns, energy, run, covered);
    for (size_t c = 0; c < MAX_CHANNELS; c++) {
        double e = 0, r = 0, t = 0;
        for (size_t i = 0; i < count; i++) {
            const struct jb_slice *s = &slices[c * count + i];
            e += s->energy_uj;
            r += s->run_uj;
            t += s->covered_ns;
            assert_true(s->covered_ns >= 0 && s->min_w <= s->max_w);
            if (s->covered_ns > 0) {
                double mean_w = s->energy_uj / s->covered_ns * 1000; /* uJ per ns is kW */
                assert_true(mean_w >= s->min_w * 0.999 - 1e-6 && mean_w <= s->max_w * 1.001 + 1e-6);
            } else {
                assert_true(s->energy_uj == 0);
            }
        }
        close_to(seed, "energy", e, energy[c], 2 + 1e-9 * energy[c]);
        close_to(seed, "run", r, run[c], 2 + 1e-9 * run[c]);
        close_to(seed, "covered", t, covered[c], 10 + 1e-9 * covered[c]);
    }
    free(slices);
}

static uint64_t micro(uint64_t ns)
{
    return ns / 1000 * 1000;
}

static void slices_add_up_to_the_series_in_any_window(void **state)
{
    struct random random = {.state = 77};
    for (int round = 0; round < 8; round++) {
        uint64_t seed = random.state;
        char name[16];
        jb_snprintf(name, sizeof(name), "%d.db", round);
        struct jb_store *store = open_or_fail(in_folder(state, name), JB_STORE_WRITE);
        struct jb_diag diag = {0};
        struct samples samples = {0};
        uint64_t end = write_run(store, ID, &random, 1 + random_below(&random, round < 4 ? 60 : 2500), MAX_CHANNELS,
                                 round % 2 == 1);
        assert_good(diag, jb_store_series(store, ID, keep, &samples, &diag));
        check_window(store, &samples, 0, 0, 1, seed);
        check_window(store, &samples, 0, 0, 1000, seed);
        check_window(store, &samples, 0, end + 5000000000, 3, seed);
        for (int i = 0; i < 25; i++) {
            uint64_t t0 = micro(random_below(&random, end)), t1 = t0 + 1000 + micro(random_below(&random, end));
            check_window(store, &samples, t0, t1, 1 + random_below(&random, i % 2 == 0 ? 5 : 700), seed);
        }
        free(samples.list);
        jb_store_close(store);
    }
}

/* The bins of both levels hold what the chunks hold, exactly. */
static void bins_add_up_to_the_chunks(void **state)
{
    struct random random = {.state = 78};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct samples samples = {0};
    uint64_t end = write_run(store, ID, &random, 1900, MAX_CHANNELS, true);
    assert_good(diag, jb_store_series(store, ID, keep, &samples, &diag));
    struct jb_slice slices[MAX_CHANNELS * 2];
    for (size_t level = 0; level < JB_SUM_LEVELS; level++) {
        uint64_t width_ns = jb_sum_width_us[level] * 1000, whole = end / width_ns;
        assert_true(whole > 0);
        assert_good(diag, jb_store_slices(store, ID, 0, whole * width_ns, 1, MAX_CHANNELS, slices, &diag));
        double energy[MAX_CHANNELS], run[MAX_CHANNELS], covered[MAX_CHANNELS];
        expected_sums(&samples, 0, whole * width_ns, energy, run, covered);
        for (size_t c = 0; c < MAX_CHANNELS; c++) {
            close_to(78, "energy", slices[c].energy_uj, energy[c], 1);
            close_to(78, "run", slices[c].run_uj, run[c], 1);
            close_to(78, "covered", slices[c].covered_ns, covered[c], 1);
        }
    }
    free(samples.list);
    jb_store_close(store);
}

static void a_run_that_is_not_over_is_drawn_to_its_last_tick(void **state)
{
    struct random random = {.state = 79};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record;
    uint64_t t_ns = 0;
    make_record(&record, ID, MAX_CHANNELS);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    struct jb_slice none[MAX_CHANNELS];
    assert_good(diag, jb_store_slices(store, ID, 0, 0, 1, MAX_CHANNELS, none, &diag));
    assert_true(none[0].covered_ns == 0 && none[0].energy_uj == 0);
    for (int i = 0; i < 700; i++) {
        make_chunk(made, &random, &t_ns, 10, 100000000, MAX_CHANNELS, true, &record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
        if (i % 99 == 0) {
            struct samples samples = {0};
            assert_good(diag, jb_store_series(store, ID, keep, &samples, &diag));
            check_window(store, &samples, 0, 0, 1, 79);
            check_window(store, &samples, 0, 0, 13, 79);
            free(samples.list);
        }
    }
    jb_record_finish(&record);
    free(made);
    jb_store_close(store);
}

static void a_constant_power_is_drawn_as_a_line(void **state)
{
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct jb_record record;
    make_record(&record, ID, 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (uint64_t i = 0; i < 1300; i++) { /* 100 W */
        const uint64_t tick = (i + 1) * 1000000000, energy = 100000000;
        const struct jb_chunk_channel channel = {.energy_uj = &energy, .run_uj = 60000000, .idle_uj = 40000000};
        const struct jb_chunk chunk = {
            .t0_ns = i * 1000000000, .tick_ns = &tick, .tick_count = 1, .channels = &channel, .channel_count = 1};
        assert_good(diag, jb_store_append(store, &record, &chunk, &diag));
    }
    static const size_t counts[] = {1, 2, 7, 100, 1300, 3000}; /* from 10 minutes a slice to less than a tick */
    struct jb_slice *slices = calloc(3000, sizeof(*slices));
    for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
        assert_good(diag, jb_store_slices(store, ID, 0, 0, counts[k], 1, slices, &diag));
        double each_ns = 1300e9 / (double)counts[k];
        for (size_t i = 0; i < counts[k]; i++) {
            assert_true(fabs(slices[i].covered_ns - each_ns) < 10);
            assert_true(fabs(slices[i].energy_uj - each_ns / 10) < 10);
            assert_true(fabs(slices[i].run_uj - each_ns * 0.06) < 10);
            assert_true(fabs(slices[i].min_w - 100) < 1e-6 && fabs(slices[i].max_w - 100) < 1e-6);
        }
    }
    free(slices);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void time_that_is_not_covered_is_a_gap(void **state)
{
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct jb_record record;
    make_record(&record, ID, 1);
    const uint64_t ticks[] = {1000000000, 2000000000, 3000000000, 4000000000},
                   values[] = {5000000, JB_NO_VALUE, JB_GAP, 7000000};
    const struct jb_chunk_channel channel = {.energy_uj = values, .run_uj = 12000000};
    const struct jb_chunk chunk = {.tick_ns = ticks, .tick_count = 4, .channels = &channel, .channel_count = 1};
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_good(diag, jb_store_append(store, &record, &chunk, &diag));
    struct jb_slice slices[4];
    assert_good(diag, jb_store_slices(store, ID, 0, 0, 4, 1, slices, &diag));
    assert_true(slices[0].covered_ns == 1e9 && slices[3].covered_ns == 1e9);
    assert_true(slices[1].covered_ns == 0 && slices[2].covered_ns == 0);
    struct samples samples = {0};
    assert_good(diag, jb_store_series(store, ID, keep, &samples, &diag));
    assert_int_equal(samples.count, 2);
    assert_false(samples.list[0].gap_before);
    assert_true(samples.list[1].gap_before);
    assert_int_equal(samples.list[1].t0_ns, 3000000000);
    free(samples.list);
    jb_record_finish(&record);
    jb_store_close(store);
}

static int in_order(void *context, const struct jb_sample *sample)
{
    struct jb_sample *before = context;
    assert_true(sample->t1_ns > before->t1_ns || (sample->t1_ns == before->t1_ns && sample->channel > before->channel));
    assert_true(sample->t0_ns < sample->t1_ns);
    *before = *sample;
    return 0;
}

static int stop_at_three(void *context, const struct jb_sample *sample)
{
    int *count = context;
    return ++*count == 3 ? 33 : 0;
}

static void the_series_comes_in_order_and_complete(void **state)
{
    struct random random = {.state = 80};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct samples samples = {0};
    write_run(store, ID, &random, 50, MAX_CHANNELS, true);
    struct jb_sample before = {.channel = -1};
    assert_good(diag, jb_store_series(store, ID, in_order, &before, &diag));
    assert_good(diag, jb_store_series(store, ID, keep, &samples, &diag));
    struct jb_record record;
    assert_good(diag, jb_store_load(store, ID, &record, &diag));
    for (int c = 0; c < MAX_CHANNELS; c++) {
        uint64_t energy = 0, run = 0;
        for (size_t i = 0; i < samples.count; i++) {
            energy += samples.list[i].channel == c ? samples.list[i].energy_uj : 0;
            run += samples.list[i].channel == c ? samples.list[i].run_uj : 0;
        }
        assert_true(energy == record.channels[c].energy_uj);
        assert_true(run == record.channels[c].run_uj);
    }
    int count = 0;
    assert_int_equal(jb_store_series(store, ID, stop_at_three, &count, &diag), 33);
    assert_int_equal(count, 3);
    jb_record_finish(&record);
    free(samples.list);
    jb_store_close(store);
}

static void a_channel_may_join_late_and_has_no_energy_before(void **state)
{
    struct random random = {.state = 81};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record;
    uint64_t t_ns = 0;
    make_record(&record, ID, MAX_CHANNELS);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (size_t i = 0; i < 40; i++) {
        make_chunk(made, &random, &t_ns, 10, 100000000, i < 20 ? 2 : MAX_CHANNELS, false, &record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
    }
    struct samples samples = {0};
    assert_good(diag, jb_store_series(store, ID, keep, &samples, &diag));
    check_window(store, &samples, 0, 0, 1, 81);
    bool seen = false;
    for (size_t i = 0; i < samples.count; i++) {
        if (samples.list[i].channel >= 2) {
            assert_true(samples.list[i].t0_ns > 19000000000);
        }
        if (samples.list[i].channel == 2) { /* the time before it came is not covered */
            assert_int_equal(samples.list[i].gap_before, !seen);
            seen = true;
        }
    }
    assert_true(seen);
    free(samples.list);
    jb_record_finish(&record);
    free(made);
    jb_store_close(store);
}

static void windows_that_cannot_be_are_refused(void **state)
{
    struct random random = {.state = 82};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct jb_slice slices[8];
    write_run(store, ID, &random, 5, 2, false);
    assert_int_equal(jb_store_slices(store, ID, 0, 0, 0, 2, slices, &diag), -EINVAL);
    assert_int_equal(jb_store_slices(store, ID, 0, 0, 4, 0, slices, &diag), -EINVAL);
    assert_int_equal(jb_store_slices(store, ID, 2000, 1000, 4, 2, slices, &diag), -EINVAL);
    assert_int_equal(jb_store_slices(store, ID, 0, UINT64_MAX, 4, 2, slices, &diag), -EINVAL);
    assert_int_equal(jb_store_slices(store, ID, 0, 0, SIZE_MAX / 2, 4, slices, &diag), -EINVAL);
    assert_int_equal(jb_store_slices(store, "01KNOTTHERE", 0, 0, 4, 2, slices, &diag), -ENOENT);
    assert_int_equal(jb_store_series(store, "01KNOTTHERE", keep, NULL, &diag), -ENOENT);
    jb_store_close(store);
}

static void a_damaged_series_is_said_to_be_damaged(void **state)
{
    struct random random = {.state = 83};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_diag diag = {0};
    struct jb_slice slices[8];
    struct samples samples = {0};
    write_run(store, ID, &random, 50, 2, false);
    sql_run(path, "UPDATE chunk SET data = substr(data, 1, 20) WHERE id = (SELECT max(id) FROM chunk)");
    assert_int_equal(jb_store_series(store, ID, keep, &samples, &diag), -EUCLEAN);
    assert_true(diag.text[0] != '\0' && diag.fix[0] != '\0');
    assert_int_equal(jb_store_slices(store, ID, 0, 0, 4, 2, slices, &diag), -EUCLEAN);
    sql_run(path, "DELETE FROM chunk; UPDATE sum_10s SET data = x'ff'");
    assert_int_equal(jb_store_slices(store, ID, 0, 0, 1, 2, slices, &diag), -EUCLEAN);
    free(samples.list);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(slices_add_up_to_the_series_in_any_window),
        IN_FOLDER(bins_add_up_to_the_chunks),
        IN_FOLDER(a_run_that_is_not_over_is_drawn_to_its_last_tick),
        IN_FOLDER(a_constant_power_is_drawn_as_a_line),
        IN_FOLDER(time_that_is_not_covered_is_a_gap),
        IN_FOLDER(the_series_comes_in_order_and_complete),
        IN_FOLDER(a_channel_may_join_late_and_has_no_energy_before),
        IN_FOLDER(windows_that_cannot_be_are_refused),
        IN_FOLDER(a_damaged_series_is_said_to_be_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
