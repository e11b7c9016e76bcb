/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that wait: in order while there is room, added up when there is none, and never a joule less. */
#include "test.h"

#include "engine/history_queue.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

#define FIRST_NS (1795305600 * (int64_t)JB_NS_PER_S)
#define ROOM     JB_HISTORY_WAITING

struct line {
    struct jb_history_queue queue;
    struct jb_held_row out;
    uint64_t added_uj, taken_uj;
    unsigned added;
    int64_t end_ns;
};

static void line_begin(struct line *line)
{
    memset(line, 0, sizeof(*line));
    line->end_ns = FIRST_NS;
    assert_int_equal(jb_history_queue_init(&line->queue), 0);
}

/* Row number n (from 1): n mJ on each channel but every third row's last one, which was not read. */
static void add(struct line *line, size_t channels)
{
    struct jb_history_value values[JB_HISTORY_CHANNELS];
    uint32_t n = ++line->added;

    for (size_t i = 0; i < channels; i++) {
        bool read = i == 0 || i + 1 < channels || n % 3 != 0;
        values[i] = (struct jb_history_value){.energy_uj = read ? n * UINT64_C(1000) : JB_NO_VALUE,
                                              .runs_uj = n,
                                              .idle_uj = 1,
                                              .covered_ns = JB_NS_PER_S,
                                              .min_mw = 100 + n,
                                              .max_mw = 100 + n};
        line->added_uj += read ? values[i].energy_uj : 0;
    }
    line->end_ns += (int64_t)JB_NS_PER_S;
    struct jb_history_row row = {.end_ns = line->end_ns,
                                 .length_ns = JB_NS_PER_S,
                                 .g_per_kwh = n,
                                 .estimated = n == 5,
                                 .channel_count = channels,
                                 .values = values};
    jb_history_queue_add(&line->queue, &row);
    memset(values, 0xff, sizeof(values)); /* it is the caller's again */
}

static bool take(struct line *line)
{
    if (!jb_history_queue_take(&line->queue, &line->out)) {
        return false;
    }
    assert_ptr_equal(line->out.row.values, line->out.values);
    for (size_t i = 0; i < line->out.row.channel_count; i++) {
        uint64_t energy_uj = line->out.values[i].energy_uj;
        line->taken_uj += energy_uj != JB_NO_VALUE ? energy_uj : 0;
    }
    return true;
}

static void put_back(struct line *line)
{
    for (size_t i = 0; i < line->out.row.channel_count; i++) {
        uint64_t energy_uj = line->out.values[i].energy_uj;
        line->taken_uj -= energy_uj != JB_NO_VALUE ? energy_uj : 0;
    }
    jb_history_queue_put_back(&line->queue, &line->out);
    memset(&line->out, 0xff, sizeof(line->out));
}

static void line_end(struct line *line)
{
    while (take(line)) {
    }
    assert_int_equal(line->taken_uj, line->added_uj);
    jb_history_queue_finish(&line->queue);
    jb_history_queue_finish(&line->queue);
}

static void rows_leave_as_they_came(void **state)
{
    struct line line;
    line_begin(&line);
    assert_false(take(&line));
    for (unsigned row = 1; row <= 5 * ROOM; row++) { /* around the ring */
        add(&line, 2);
        if (row > 1) {
            assert_true(take(&line));
            assert_int_equal(line.out.row.end_ns, FIRST_NS + (int64_t)((row - 1) * JB_NS_PER_S));
            assert_int_equal(line.out.row.length_ns, JB_NS_PER_S);
            assert_int_equal(line.out.values[0].energy_uj, (row - 1) * 1000);
        }
    }
    assert_int_equal(line.queue.count, 1);
    line_end(&line);
}

static void what_finds_no_room_is_added_to_the_last(void **state)
{
    struct line line;
    line_begin(&line);
    for (unsigned row = 0; row < ROOM + 2; row++) {
        add(&line, 2);
    }
    assert_int_equal(line.queue.count, ROOM);
    for (unsigned row = 1; row < ROOM; row++) {
        assert_true(take(&line));
        assert_int_equal(line.out.row.length_ns, JB_NS_PER_S);
    }
    assert_true(take(&line)); /* 32, 33 (whose second channel was not read) and 34 */
    const struct jb_history_row *row = &line.out.row;
    assert_int_equal(row->length_ns, 3 * JB_NS_PER_S);
    assert_int_equal(row->end_ns, line.end_ns);
    assert_int_equal(row->values[0].energy_uj, 99000);
    assert_int_equal(row->values[0].runs_uj, 99);
    assert_int_equal(row->values[0].idle_uj, 3);
    assert_int_equal(row->values[0].covered_ns, 3 * JB_NS_PER_S);
    assert_int_equal(row->values[0].min_mw, 132);
    assert_int_equal(row->values[0].max_mw, 134);
    assert_int_equal(row->values[1].energy_uj, 66000);
    assert_int_equal(row->values[1].covered_ns, 2 * JB_NS_PER_S);
    double grams = 32.0 * 64 + 33.0 * 33 + 34.0 * 68; /* by the energy of each */
    assert_true(fabs(row->g_per_kwh - grams / (64 + 33 + 68)) < 1e-9);
    line_end(&line);
}

static void a_doubt_stays_in_what_was_added_up(void **state)
{
    struct line line;
    line_begin(&line);
    line.added = 4;
    add(&line, 1); /* the fifth: estimated */
    for (unsigned row = 1; row < ROOM + 3; row++) {
        add(&line, 1);
    }
    assert_true(take(&line));
    assert_true(line.out.row.estimated);
    assert_true(take(&line));
    assert_false(line.out.row.estimated);
    line_end(&line);
}

static void channels_that_come_later_have_a_place(void **state)
{
    struct line line;
    line_begin(&line);
    for (unsigned row = 0; row < ROOM; row++) {
        add(&line, 1);
    }
    add(&line, 4);
    add(&line, 2);
    for (unsigned row = 0; row < ROOM; row++) {
        assert_true(take(&line));
    }
    assert_int_equal(line.out.row.channel_count, 4);
    assert_int_equal(line.out.values[0].energy_uj, (32 + 33 + 34) * 1000);
    assert_int_equal(line.out.values[1].energy_uj, (33 + 34) * 1000);
    assert_int_equal(line.out.values[2].energy_uj, 33000);
    assert_true(line.out.values[3].energy_uj == JB_NO_VALUE);
    line_end(&line);
}

static void a_row_that_was_not_written_comes_first_again(void **state)
{
    struct line line;
    line_begin(&line);
    for (unsigned row = 0; row < ROOM; row++) {
        add(&line, 2);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(take(&line));
        assert_int_equal(line.out.row.end_ns, FIRST_NS + (int64_t)JB_NS_PER_S);
        put_back(&line);
        assert_int_equal(line.queue.count, ROOM);
    }
    line_end(&line);
}

/* While it was being written another one took its place. */
static void a_row_that_finds_its_place_taken_joins_the_next(void **state)
{
    struct line line;
    line_begin(&line);
    for (unsigned row = 0; row < ROOM; row++) {
        add(&line, 2);
    }
    assert_true(take(&line));
    add(&line, 2);
    put_back(&line);
    assert_int_equal(line.queue.count, ROOM);
    assert_true(take(&line));
    assert_int_equal(line.out.row.end_ns, FIRST_NS + 2 * (int64_t)JB_NS_PER_S);
    assert_int_equal(line.out.row.length_ns, 2 * JB_NS_PER_S);
    assert_int_equal(line.out.values[0].energy_uj, 3000);
    assert_true(take(&line));
    assert_int_equal(line.out.row.length_ns, JB_NS_PER_S);
    line_end(&line);
}

/* Whatever happens in whatever order: the joules and the seconds are all there, in order of time. */
static void no_order_of_events_loses_a_joule(void **state)
{
    uint64_t dice = 20261122;
    struct line line;
    line_begin(&line);
    int64_t last_ns = 0;
    uint64_t length_ns = 0;
    for (int event = 0; event < 20000; event++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if ((dice >> 62 != 0) == (event / 500 % 2 == 0)) { /* it fills for long, and empties for long */
            add(&line, 1 + (dice >> 40) % 3);
        } else if (take(&line)) {
            if ((dice >> 50) % 4 == 0) {
                for (uint64_t more = (dice >> 40) % 40; more > 0; more--) {
                    add(&line, 2);
                }
                put_back(&line);
            } else {
                assert_true(line.out.row.end_ns > last_ns);
                last_ns = line.out.row.end_ns;
                length_ns += line.out.row.length_ns;
            }
        }
    }
    while (take(&line)) {
        assert_true(line.out.row.end_ns > last_ns);
        last_ns = line.out.row.end_ns;
        length_ns += line.out.row.length_ns;
    }
    assert_int_equal(last_ns, line.end_ns);
    assert_int_equal(length_ns, line.added * JB_NS_PER_S);
    line_end(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_leave_as_they_came),
        cmocka_unit_test(what_finds_no_room_is_added_to_the_last),
        cmocka_unit_test(a_doubt_stays_in_what_was_added_up),
        cmocka_unit_test(channels_that_come_later_have_a_place),
        cmocka_unit_test(a_row_that_was_not_written_comes_first_again),
        cmocka_unit_test(a_row_that_finds_its_place_taken_joins_the_next),
        cmocka_unit_test(no_order_of_events_loses_a_joule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
