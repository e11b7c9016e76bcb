/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a run: nothing is lost when neighbours are put together, and memory does not grow. */
#include "engine/pieces.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void add(struct jb_pieces *pieces, uint64_t i)
{
    struct jb_work_piece time = {.t0_ns = i * 1000, .t1_ns = (i + 1) * 1000};
    uint64_t run_uj[3] = {i, 2 * i, 7};

    time.cell_s[0] = 0.5;
    time.cell_s[JB_WORK_CELLS - 1] = (double)i;
    time.context_s[JB_CONTEXT_REST] = 0.25;
    jb_pieces_add(pieces, &time, run_uj, 3);
}

static void check(uint64_t chunks)
{
    struct jb_pieces pieces;
    uint64_t energy_uj[3] = {0};
    double cells = 0, last = 0, contexts = 0;

    assert_int_equal(jb_pieces_init(&pieces), 0);
    for (uint64_t i = 0; i < chunks; i++) {
        add(&pieces, i);
        assert_true(pieces.count <= JB_PIECES);
    }
    for (size_t p = 0; p < pieces.count; p++) {
        assert_int_equal(pieces.time[p].t0_ns, p > 0 ? pieces.time[p - 1].t1_ns : 0);
        cells += pieces.time[p].cell_s[0];
        last += pieces.time[p].cell_s[JB_WORK_CELLS - 1];
        contexts += pieces.time[p].context_s[JB_CONTEXT_REST];
        for (size_t c = 0; c < 3; c++) {
            energy_uj[c] += pieces.run_uj[p * JB_PIECE_CHANNELS + c];
        }
    }
    double sum = (double)chunks * (double)(chunks - 1) / 2;
    assert_int_equal(pieces.time[pieces.count - 1].t1_ns, chunks * 1000);
    assert_true(fabs(cells - 0.5 * (double)chunks) < 1e-6 && fabs(last - sum) < 1e-3 &&
                fabs(contexts - 0.25 * (double)chunks) < 1e-6);
    assert_int_equal(energy_uj[0], (uint64_t)sum);
    assert_int_equal(energy_uj[1], 2 * (uint64_t)sum);
    assert_int_equal(energy_uj[2], 7 * chunks);
    jb_pieces_finish(&pieces);
}

static void every_joule_and_second_stays(void **state)
{
    const uint64_t counts[] = {1,    2,    JB_PIECES - 1, JB_PIECES, JB_PIECES + 1, 2 * JB_PIECES, 2 * JB_PIECES + 3,
                               5000, 70001};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        check(counts[i]);
    }
}

static void channels_that_join_later_begin_with_nothing(void **state)
{
    struct jb_pieces pieces;
    struct jb_work_piece time = {.t1_ns = 1};
    uint64_t one[1] = {5}, two[2] = {5, 9};

    assert_int_equal(jb_pieces_init(&pieces), 0);
    jb_pieces_add(&pieces, &time, one, 1);
    jb_pieces_add(&pieces, &time, two, 2);
    assert_int_equal(pieces.channel_count, 2);
    assert_int_equal(pieces.run_uj[1], 0);
    assert_int_equal(pieces.run_uj[JB_PIECE_CHANNELS + 1], 9);
    jb_pieces_finish(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_joule_and_second_stays),
        cmocka_unit_test(channels_that_join_later_begin_with_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
