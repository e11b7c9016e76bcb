/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of history.c, history_scan.c and history_read.c: what was appended is what is read, at every level.
 */
#include "store/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

#define S        INT64_C(1000000000)
#define HOUR     (3600 * S)
#define DAY0     (INT64_C(1795305600) * S) /* a whole hour */
#define CHANNELS 5
#define MOST     20000

static const struct jb_history_limits for_ever = {{0, 0, 0}};

/* What was appended, to be asked for as the history is. */
struct book {
    size_t count;
    struct {
        int64_t end_ns;
        uint64_t length_ns, energy_uj[CHANNELS];
    } rows[MOST];
};

static void append(struct jb_history *history, struct book *book, struct random *random, int64_t end_ns,
                   uint64_t length_ns, bool holes)
{
    struct made_row made;
    make_row(&made, random, end_ns, length_ns, CHANNELS, holes);
    append_row(history, &made);
    assert_true(book->count < MOST);
    book->rows[book->count].end_ns = end_ns / 1000 * 1000;
    book->rows[book->count].length_ns = length_ns / 1000 * 1000;
    for (size_t c = 0; c < CHANNELS; c++) {
        uint64_t energy_uj = made.values[c].energy_uj;
        book->rows[book->count].energy_uj[c] =
            energy_uj == JB_NO_VALUE || made.values[c].covered_ns == 0 ? 0 : energy_uj;
    }
    book->count++;
}

static void expect(const struct book *book, int64_t t0_ns, int64_t t1_ns, double *ret_uj)
{
    memset(ret_uj, 0, CHANNELS * sizeof(*ret_uj));
    for (size_t i = 0; i < book->count; i++) {
        int64_t end = book->rows[i].end_ns, start = end - (int64_t)book->rows[i].length_ns;
        int64_t from = start > t0_ns ? start : t0_ns, to = end < t1_ns ? end : t1_ns;
        for (size_t c = 0; from < to && c < CHANNELS; c++) {
            ret_uj[c] += (double)book->rows[i].energy_uj[c] * ((double)(to - from) / (double)(end - start));
        }
    }
}

static void assert_energy(struct jb_store *store, const struct book *book, int64_t t0_ns, int64_t t1_ns, size_t count,
                          enum jb_history_level level, double within_uj)
{
    double found[CHANNELS], expected[CHANNELS];
    assert_int_equal(energy_between(store, t0_ns, t1_ns, count, CHANNELS, found), level);
    expect(book, t0_ns, t1_ns, expected);
    for (size_t c = 0; c < CHANNELS; c++) {
        if (fabs(found[c] - expected[c]) > within_uj) {
            fail_msg("channel %zu in [%lld, %lld) of %zu: %.1f, not %.1f uJ", c, (long long)t0_ns, (long long)t1_ns,
                     count, found[c], expected[c]);
        }
    }
}

static void any_window_has_what_was_appended_in_it(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        char name[16];
        jb_snprintf(name, sizeof(name), "%d.db", (int)seed);
        struct random random = {.state = seed};
        struct book *book = calloc(1, sizeof(*book));
        struct jb_store *store = open_or_fail(in_folder(state, name), JB_STORE_WRITE);
        struct jb_history *history = open_history(store, for_ever, CHANNELS);
        int64_t t_ns = DAY0 + (int64_t)random_below(&random, 5000000000);
        for (int i = 0; i < 3000; i++) {
            uint64_t length_ns = 999000000 + random_below(&random, 2000000);
            if (random_below(&random, 200) == 0) { /* the disk was not to be had */
                length_ns *= 1 + random_below(&random, 300);
            }
            if (random_below(&random, 200) == 0) { /* nobody measured */
                t_ns += (int64_t)random_below(&random, 400000000000);
            }
            t_ns += (int64_t)length_ns + (int64_t)random_below(&random, 3000);
            append(history, book, &random, t_ns, length_ns, true);
        }
        for (int i = 0; i < 60; i++) { /* cut anywhere, at the level of seconds */
            int64_t t0_ns = DAY0 + (int64_t)random_below(&random, (uint64_t)(t_ns - DAY0)) / 1000 * 1000;
            int64_t t1_ns =
                t0_ns + 1000 + (int64_t)random_below(&random, (uint64_t)(t_ns + 5 * S - t0_ns)) / 1000 * 1000;
            size_t count = (size_t)((t1_ns - t0_ns) / (1 + (int64_t)random_below(&random, 59)) / S) + 1;
            assert_energy(store, book, t0_ns, t1_ns, count, JB_HISTORY_SECONDS, 20);
        }
        for (size_t count = 1; count < 20; count++) { /* all of it, whatever the level */
            int64_t end_ns = DAY0 + (int64_t)count * 60 * (t_ns - DAY0 + S);
            assert_energy(
                store, book, DAY0, end_ns, count,
                count * 60 * (uint64_t)(t_ns - DAY0 + S) / count >= HOUR ? JB_HISTORY_HOURS : JB_HISTORY_MINUTES, 20);
        }
        jb_history_close(history);
        jb_store_close(store);
        free(book);
    }
}

/* Rows that end with the seconds of the calendar: a minute of it is a row of a minute. */
static void levels_agree_to_the_microjoule(void **state)
{
    struct random random = {.state = 3};
    struct book *book = calloc(1, sizeof(*book));
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, CHANNELS);
    for (int i = 1; i <= 4 * 3600 + 1800 + 30; i++) {
        if (i < 5000 || i > 5200) {
            append(history, book, &random, DAY0 + i * S, S, true);
        }
    }
    for (int i = 0; i < 60; i++) {
        int64_t t0_ns = DAY0 + (int64_t)random_below(&random, 200) * 60 * S;
        int64_t t1_ns = t0_ns + (int64_t)(1 + random_below(&random, 60)) * 60 * S;
        size_t minutes = (size_t)((t1_ns - t0_ns) / 60 / S);
        assert_energy(store, book, t0_ns, t1_ns, minutes, JB_HISTORY_MINUTES, 0.5);
        assert_energy(store, book, t0_ns, t1_ns, minutes + 1, JB_HISTORY_SECONDS, 0.5);
    }
    for (int h = 0; h < 5; h++) { /* the last of them was only begun */
        assert_energy(store, book, DAY0 + h * HOUR, DAY0 + 5 * HOUR, (size_t)(5 - h), JB_HISTORY_HOURS, 0.5);
        assert_energy(store, book, DAY0 + h * HOUR, DAY0 + (h + 1) * HOUR, 60, JB_HISTORY_MINUTES, 0.5);
        assert_energy(store, book, DAY0 + h * HOUR, DAY0 + (h + 1) * HOUR, 600, JB_HISTORY_SECONDS, 0.5);
    }
    struct jb_slice slices[CHANNELS * 27];
    enum jb_history_level level;
    struct jb_diag diag = {0};
    assert_good(diag, jb_history_slices(store, NULL, DAY0 + 4800 * S, DAY0 + 5340 * S, 27, CHANNELS, slices, NULL,
                                        &level, &diag)); /* 20 s each */
    for (int i = 0; i < 27; i++) {                       /* nobody measured from 4999 to 5200 s: a gap is a gap */
        bool gap = i >= 10 && i < 20;
        if (slices[i].covered_ns == 0) {
            assert_true(gap && slices[i].energy_uj == 0);
        } else {
            assert_true(!gap && slices[i].min_w > 50 && slices[i].max_w < 300 && slices[i].min_w < slices[i].max_w);
        }
    }
    jb_history_close(history);
    jb_store_close(store);
    free(book);
}

static void a_price_is_the_mean_over_the_energy(void **state)
{
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, 3);
    struct jb_diag diag = {0};
    for (int i = 1; i <= 7200; i++) {
        struct jb_history_value values[3] = {
            {.energy_uj = 100000000, .covered_ns = (uint64_t)S, .min_mw = 90000, .max_mw = 110000},
            {.energy_uj = JB_NO_VALUE},
            {.energy_uj = 50000000, .covered_ns = (uint64_t)S}, /* not in the total */
        };
        struct jb_history_row row = {
            .end_ns = DAY0 + i * S, .length_ns = (uint64_t)S, .channel_count = 3, .values = values};
        row.g_per_kwh = i <= 1800 ? 400 : i <= 3600 ? 200 : NAN;
        assert_good(diag, jb_history_append(history, &row, &diag));
    }
    struct jb_slice slices[3 * 4];
    double g[4];
    enum jb_history_level level;
    assert_good(diag,
                jb_history_slices(store, "0123456789abcdef", DAY0, DAY0 + 4 * HOUR, 4, 3, slices, g, &level, &diag));
    assert_int_equal(level, JB_HISTORY_HOURS);
    assert_true(fabs(g[0] - 300) < 1e-9 && isnan(g[1]) && isnan(g[2]) && isnan(g[3]));
    assert_true(fabs(slices[0].energy_uj - 3600e8) < 1 && slices[4].covered_ns == 0 && slices[2].covered_ns == 0);
    assert_true(slices[0].min_w <= 90 && slices[0].min_w > 89 && slices[0].max_w >= 110 && slices[0].max_w < 111);
    struct jb_history_sum sum;
    assert_good(diag, jb_history_sum(store, "0123456789abcdef", &sum, &diag));
    assert_int_equal(sum.energy_uj, 720000000000);
    assert_int_equal(sum.covered_ns, 7200 * S);
    assert_int_equal(sum.first_ns, DAY0);
    assert_int_equal(sum.last_ns, DAY0 + 7200 * S);
    assert_true(fabs(sum.grams - 0.1 * 300) < 1e-9); /* 0.1 kWh have a price */
    jb_history_close(history);
    jb_store_close(store);
}

struct seen {
    size_t count;
    struct jb_history_channel channels[8];
};

static int see(void *context, int number, const struct jb_history_channel *channel)
{
    struct seen *seen = context;
    assert_int_equal(number, (int)seen->count);
    seen->channels[seen->count++] = *channel;
    return 0;
}

static void channels_keep_their_numbers(void **state)
{
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, 3), *other = NULL;
    struct jb_diag diag = {0};
    struct jb_history_channel channel = {.id = "cpu/1/package", .name = "another", .in_total = true};
    assert_int_equal(jb_history_channel(history, &channel, &diag), 1);
    jb_history_close(history);
    history = open_history(store, for_ever, 0);
    jb_copy(channel.id, sizeof(channel.id), "gpu/0");
    assert_int_equal(jb_history_channel(history, &channel, &diag), 3);
    channel.id[0] = '\0';
    assert_int_equal(jb_history_channel(history, &channel, &diag), -EINVAL);
    assert_good(diag, jb_history_open(store, "other", &for_ever, &other, &diag)); /* numbers of its own */
    jb_copy(channel.id, sizeof(channel.id), "gpu/0");
    assert_int_equal(jb_history_channel(other, &channel, &diag), 0);
    jb_history_close(other);
    jb_history_close(history);
    jb_store_close(store);
    store = open_or_fail(path, JB_STORE_READ);
    struct seen seen = {0};
    assert_good(diag, jb_history_channels(store, "0123456789abcdef", see, &seen, &diag));
    assert_int_equal(seen.count, 4);
    assert_string_equal(seen.channels[0].source, "rapl-perf");
    assert_string_equal(seen.channels[1].name, "another");
    assert_string_equal(seen.channels[1].source, "");
    assert_string_equal(seen.channels[3].id, "gpu/0");
    assert_false(seen.channels[2].in_total);
    seen.count = 0;
    assert_good(diag, jb_history_channels(store, "nobody", see, &seen, &diag));
    assert_int_equal(seen.count, 0);
    jb_store_close(store);
}

static void rows_that_cannot_be_change_nothing(void **state)
{
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_history *history = open_history(store, for_ever, 2);
    struct random random = {.state = 1};
    struct jb_diag diag = {0};
    struct made_row made;
    for (int kind = 0; kind < 5; kind++) {
        make_row(&made, &random, DAY0, (uint64_t)S, 2, false);
        made.row.length_ns = kind == 0 ? 999 : made.row.length_ns;
        made.row.channel_count += kind == 1;
        made.values[1].runs_uj += kind == 2 ? made.values[1].energy_uj : 0;
        made.values[1].covered_ns += kind == 3;
        made.values[1].energy_uj = kind == 4 ? UINT64_MAX - 1 : made.values[1].energy_uj;
        assert_int_equal(jb_history_append(history, &made.row, &diag), -EINVAL);
    }
    struct jb_history_sum sum = {.energy_uj = 5};
    assert_good(diag, jb_history_sum(store, NULL, &sum, &diag));
    assert_true(sum.energy_uj == 0 && sum.first_ns == 0 && isnan(sum.grams));
    jb_history_close(history);
    jb_store_close(store);
}

static void a_history_is_not_written_where_only_reading_is_allowed(void **state)
{
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    struct jb_history *history = NULL;
    struct jb_diag diag = {0};
    struct jb_slice slice[2];
    enum jb_history_level level;
    assert_int_equal(jb_history_open(store, "m", &for_ever, &history, &diag), -EROFS);
    assert_null(history);
    assert_good(diag, jb_history_slices(store, NULL, DAY0, DAY0 + S, 1, 2, slice, NULL, &level, &diag));
    assert_true(slice[0].covered_ns == 0 && slice[1].covered_ns == 0);
    assert_int_equal(jb_history_slices(store, NULL, DAY0, DAY0, 1, 2, slice, NULL, &level, &diag), -EINVAL);
    assert_int_equal(jb_history_slices(store, NULL, DAY0, DAY0 + S, 0, 2, slice, NULL, &level, &diag), -EINVAL);
    assert_int_equal(jb_history_slices(store, NULL, -5, DAY0, 1, 2, slice, NULL, &level, &diag), -EINVAL);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(any_window_has_what_was_appended_in_it),
        IN_FOLDER(levels_agree_to_the_microjoule),
        IN_FOLDER(a_price_is_the_mean_over_the_energy),
        IN_FOLDER(channels_keep_their_numbers),
        IN_FOLDER(rows_that_cannot_be_change_nothing),
        IN_FOLDER(a_history_is_not_written_where_only_reading_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
