/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of history_block.c, history_value.c and history_entry.c: what comes out is what went in, two rows as one, and
 * bytes that are no block.
 */
#include "store/history_block.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "common.h"

#define ROWS 200

static uint64_t any_size(struct random *random, uint64_t most)
{
    uint64_t value = random_next(random) >> random_below(random, 64);
    return most == UINT64_MAX ? value : value % (most + 1);
}

/* Anything that a row may be; the last one on in time. */
static void any_row(struct random *random, size_t channels, int64_t *end_us, struct jb_history_entry *row)
{
    jb_history_entry_clear(row);
    row->length_ns = random_below(random, 4) == 0 ? any_size(random, UINT64_C(1) << 52) : 1000000000;
    *end_us += 1 + (int64_t)(random_below(random, 8) == 0 ? any_size(random, 1000000000) : row->length_ns / 1000);
    row->end_us = *end_us;
    row->span_us = random_below(random, 4) == 0 ? any_size(random, 1000000000) : row->length_ns / 1000;
    row->channel_count = channels;
    for (size_t i = 0; i < channels; i++) {
        struct jb_history_value *value = &row->values[i];
        *value = (struct jb_history_value){.energy_uj = JB_NO_VALUE};
        row->in_total[i] = i % 3 != 1;
        if (random_below(random, 9) == 0) {
            continue;
        }
        value->energy_uj = any_size(random, JB_HISTORY_MAX_UJ);
        value->runs_uj = random_below(random, 3) == 0 ? 0 : any_size(random, value->energy_uj);
        uint64_t rest = value->energy_uj - value->runs_uj;
        value->idle_uj = random_below(random, 3) == 0 ? rest : any_size(random, rest);
        value->covered_ns = random_below(random, 3) == 0 ? any_size(random, row->length_ns) : row->length_ns;
        value->min_mw = (uint32_t)any_size(random, UINT32_MAX);
        value->max_mw = (uint32_t)any_size(random, UINT32_MAX);
    }
    row->total_uj = any_size(random, JB_HISTORY_MAX_UJ);
    if (random_below(random, 3) != 0) {
        row->g_per_kwh = random_below(random, 2) == 0 ? 415.5 : (double)random_below(random, 1000000) / 7;
        row->priced_uj = random_below(random, 2) == 0 ? row->total_uj : any_size(random, row->total_uj);
        row->estimated = random_below(random, 2) == 0;
    }
}

static void assert_same(const struct jb_history_entry *a, const struct jb_history_entry *b)
{
    assert_true(a->end_us == b->end_us && a->span_us == b->span_us && a->length_ns == b->length_ns);
    assert_true(a->total_uj == b->total_uj && a->priced_uj == b->priced_uj && a->estimated == b->estimated);
    assert_true(a->g_per_kwh == b->g_per_kwh || (isnan(a->g_per_kwh) && isnan(b->g_per_kwh)));
    assert_int_equal(a->channel_count, b->channel_count);
    for (size_t i = 0; i < a->channel_count; i++) {
        const struct jb_history_value *v = &a->values[i], *w = &b->values[i];
        assert_int_equal(a->in_total[i], b->in_total[i]);
        assert_true(v->energy_uj == w->energy_uj && v->runs_uj == w->runs_uj && v->idle_uj == w->idle_uj &&
                    v->covered_ns == w->covered_ns);
        if (v->energy_uj != JB_NO_VALUE) { /* outward, by no more than a step, the mean between them */
            uint64_t mean = jb_history_mean_mw(v), step = mean / 256 + 1;
            uint64_t low = v->min_mw < mean ? v->min_mw : mean, high = v->max_mw > mean ? v->max_mw : mean;
            assert_true(w->min_mw <= low && low - w->min_mw < step && w->max_mw >= high && w->max_mw - high < step);
        }
    }
}

static void rows_come_out_as_they_went_in(void **state)
{
    struct jb_history_packer *packer = calloc(1, sizeof(*packer));
    struct jb_history_unpacker *unpacker = calloc(1, sizeof(*unpacker));
    struct jb_history_entry *rows = calloc(ROWS, sizeof(*rows)), out;
    assert_int_equal(jb_history_entry_make(&out), 0);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(jb_history_entry_make(&rows[i]), 0);
    }
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random random = {.state = seed};
        size_t channels = seed % 50 == 0 ? JB_HISTORY_CHANNELS : random_below(&random, 20);
        size_t count = 1 + random_below(&random, seed % 50 == 0 ? 5 : ROWS);
        int64_t end_us = 1 + (int64_t)any_size(&random, 1000000000000000);
        jb_history_pack_begin(packer);
        for (size_t i = 0; i < count; i++) {
            any_row(&random, channels, &end_us, &rows[i]);
            assert_int_equal(jb_history_pack(packer, &rows[i]), 0);
        }
        assert_int_equal(jb_history_unpack_begin(unpacker, packer->blob.data, packer->blob.length), 0);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(jb_history_unpack(unpacker, &out), 1);
            assert_same(&rows[i], &out);
        }
        assert_int_equal(jb_history_unpack(unpacker, &out), 0);
    }
    for (int i = 0; i < ROWS; i++) {
        jb_history_entry_finish(&rows[i]);
    }
    jb_history_entry_finish(&out);
    jb_history_packer_finish(packer);
    free(rows);
    free(packer);
    free(unpacker);
}

static void what_cannot_be_is_not_packed(void **state)
{
    struct jb_history_packer *packer = calloc(1, sizeof(*packer));
    struct jb_history_entry row;
    struct random random = {.state = 4};
    assert_int_equal(jb_history_entry_make(&row), 0);
    for (int kind = 0; kind < 10; kind++) {
        int64_t end_us = 1000000;
        jb_history_pack_begin(packer);
        any_row(&random, 2, &end_us, &row);
        row.values[0] = (struct jb_history_value){.energy_uj = 100, .runs_uj = 60, .idle_uj = 40};
        assert_int_equal(jb_history_pack(packer, &row), 0);
        row.end_us++;
        row.g_per_kwh = 1;
        row.total_uj = row.priced_uj = 5;
        row.end_us = kind == 0 ? 0 : kind == 1 ? 1000000 : kind == 2 ? JB_WALL_MAX_NS / 1000 + 1 : row.end_us;
        row.values[0].idle_uj += kind == 3;
        row.values[0].runs_uj = kind == 4 ? 101 : row.values[0].runs_uj;
        row.priced_uj += kind == 5;
        row.g_per_kwh = kind == 6 ? -1 : kind == 7 ? INFINITY : row.g_per_kwh;
        row.channel_count += kind == 8;
        row.in_total[0] = kind == 9 ? !row.in_total[0] : row.in_total[0];
        assert_int_equal(jb_history_pack(packer, &row), -EINVAL);
    }
    jb_history_entry_finish(&row);
    jb_history_packer_finish(packer);
    free(packer);
}

static void a_block_is_closed_when_it_is_full_or_time_or_channels_change(void **state)
{
    struct jb_history_packer *packer = calloc(1, sizeof(*packer));
    struct jb_history_entry row;
    struct random random = {.state = 9};
    int64_t end_us = 1000000000;
    assert_int_equal(jb_history_entry_make(&row), 0);
    jb_history_pack_begin(packer);
    any_row(&random, 1, &end_us, &row);
    row.end_us = end_us = 1000000000;
    assert_int_equal(jb_history_pack(packer, &row), 0);
    row.end_us++;
    assert_true(jb_history_pack_fits(packer, &row, 1000000, end_us));
    row.end_us = end_us + 60000001;
    assert_false(jb_history_pack_fits(packer, &row, 1000000, end_us));
    row.end_us = end_us;
    assert_false(jb_history_pack_fits(packer, &row, 1000000, end_us));
    row.end_us++;
    row.in_total[0] = !row.in_total[0];
    assert_false(jb_history_pack_fits(packer, &row, 1000000, end_us));
    row.in_total[0] = !row.in_total[0];
    for (int i = 1; i < JB_HISTORY_BLOCK_ROWS; i++) {
        assert_true(jb_history_pack_fits(packer, &row, 1000000, end_us));
        assert_int_equal(jb_history_pack(packer, &row), 0);
        row.end_us++;
    }
    assert_false(jb_history_pack_fits(packer, &row, 1000000, end_us));
    jb_history_entry_finish(&row);
    jb_history_packer_finish(packer);
    free(packer);
}

static void two_rows_are_one(void **state)
{
    struct jb_history_entry a, b;
    assert_int_equal(jb_history_entry_make(&a), 0);
    assert_int_equal(jb_history_entry_make(&b), 0);
    a.end_us = 10000000;
    a.span_us = 1000000;
    a.length_ns = 1000000000;
    a.channel_count = 2;
    a.total_uj = a.priced_uj = 100;
    a.g_per_kwh = 400;
    a.values[0] = (struct jb_history_value){100, 60, 30, 1000000000, 5, 9};
    a.values[1] = (struct jb_history_value){.energy_uj = JB_NO_VALUE};
    jb_history_entry_copy(&b, &a);
    b.end_us = 15000000; /* with a gap of 4 s before it */
    b.channel_count = 3;
    b.total_uj = b.priced_uj = 300;
    b.g_per_kwh = 200;
    b.estimated = true;
    b.values[0] = (struct jb_history_value){300, 0, 300, 500000000, 4, 8};
    b.values[1] = (struct jb_history_value){7, 1, 2, 1000000000, 3, 3};
    b.values[2] = (struct jb_history_value){8, 8, 0, 1000000000, 2, 2};
    jb_history_entry_add(&a, &b);
    assert_int_equal(jb_history_start_us(&a), 9000000);
    assert_int_equal(a.end_us, 15000000);
    assert_int_equal(a.length_ns, 2000000000);
    assert_int_equal(a.total_uj, 400);
    assert_int_equal(a.priced_uj, 400);
    assert_true(fabs(a.g_per_kwh - 250) < 1e-12);
    assert_true(a.estimated);
    assert_int_equal(a.channel_count, 3);
    assert_memory_equal(&a.values[0], (&(struct jb_history_value){400, 60, 330, 1500000000, 4, 9}), 40);
    assert_memory_equal(&a.values[1], &b.values[1], 40);
    assert_memory_equal(&a.values[2], &b.values[2], 40);
    b.g_per_kwh = NAN; /* what has no price leaves that of the rest */
    b.priced_uj = 0;
    jb_history_entry_add(&a, &b);
    assert_true(fabs(a.g_per_kwh - 250) < 1e-12);
    assert_int_equal(a.priced_uj, 400);
    assert_int_equal(a.total_uj, 700);
    jb_history_entry_finish(&a);
    jb_history_entry_finish(&b);
}

static void bytes_that_are_no_block_are_refused(void **state)
{
    struct jb_history_packer *packer = calloc(1, sizeof(*packer));
    struct jb_history_unpacker *unpacker = calloc(1, sizeof(*unpacker));
    struct jb_history_entry row;
    struct random random = {.state = 77};
    int64_t end_us = 1000000000;
    size_t refused = 0;
    assert_int_equal(jb_history_entry_make(&row), 0);
    jb_history_pack_begin(packer);
    for (int i = 0; i < 10; i++) {
        any_row(&random, 5, &end_us, &row);
        assert_int_equal(jb_history_pack(packer, &row), 0);
    }
    size_t size = packer->blob.length;
    assert_int_equal(jb_history_unpack_begin(unpacker, packer->blob.data, 0), -EBADMSG);
    for (int round = 0; round < 20000; round++) {
        char *bytes = malloc(size);
        memcpy(bytes, packer->blob.data, size);
        size_t length = round % 2 == 0 ? size : random_below(&random, size);
        for (uint64_t flips = random_below(&random, 4); length > 0 && flips > 0; flips--) {
            bytes[random_below(&random, length)] ^= (char)(1 << random_below(&random, 8));
        }
        int r = jb_history_unpack_begin(unpacker, bytes, length);
        for (int rows = 0; r == 0 && (r = jb_history_unpack(unpacker, &row)) == 1; rows++) {
            assert_true(rows < 10000 && row.total_uj <= JB_HISTORY_MAX_UJ && row.end_us > 0);
            for (size_t i = 0; i < row.channel_count; i++) {
                const struct jb_history_value *value = &row.values[i];
                assert_true(value->energy_uj == JB_NO_VALUE || value->runs_uj + value->idle_uj <= value->energy_uj);
            }
            r = 0;
        }
        refused += r == -EBADMSG;
        free(bytes);
    }
    assert_true(refused > 5000);
    jb_history_entry_finish(&row);
    jb_history_packer_finish(packer);
    free(packer);
    free(unpacker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_out_as_they_went_in),
        cmocka_unit_test(what_cannot_be_is_not_packed),
        cmocka_unit_test(a_block_is_closed_when_it_is_full_or_time_or_channels_change),
        cmocka_unit_test(two_rows_are_one),
        cmocka_unit_test(bytes_that_are_no_block_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
