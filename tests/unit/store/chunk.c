/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of chunk.c and chunk_read.c: exact round trips, what is refused, and hostile blobs.
 */
#include "store/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static void make_times(uint64_t *tick_us, const struct jb_chunk *chunk)
{
    for (size_t i = 0; i < chunk->tick_count; i++) {
        tick_us[i] = chunk->tick_ns[i] / 1000;
    }
}

static void random_chunks_come_back_to_the_microjoule(void **state)
{
    struct random random = {.state = 4242};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_chunk_reader *reader = calloc(1, sizeof(*reader));
    uint64_t tick_us[JB_CHUNK_MAX_TICKS];
    uint64_t t_ns = 0;
    for (int round = 0; round < 300; round++) {
        uint64_t seed = random.state;
        size_t ticks = round % 50 == 0 ? JB_CHUNK_MAX_TICKS : 1 + random_below(&random, 40),
               channels = random_below(&random, 17);
        make_chunk(made, &random, &t_ns, ticks, 1000000 + random_below(&random, 1000000000), channels, round % 2 == 0,
                   NULL);
        if (round % 3 == 0 && channels > 0) { /* anything goes, as long as sums fit */
            for (size_t i = 0; i < ticks; i++) {
                made->values[0][i] = random_next(&random) >> (11 + random_below(&random, 50));
            }
            split_parts(made, &random, NULL);
        }
        struct jb_anchor anchors[16];
        make_times(tick_us, &made->chunk);
        uint64_t t0_us = made->chunk.t0_ns / 1000;
        for (size_t c = 0; c < 16; c++) {
            anchors[c] = (struct jb_anchor){.t_us = t0_us - (c % 2 == 0 ? 0 : random_below(&random, t0_us + 1)),
                                            .gap = c % 4 == 3};
        }
        struct jb_buf out = {0};
        assert_int_equal(jb_chunk_encode(&made->chunk, t0_us, tick_us, anchors, &out), 0);
        assert_int_equal(jb_chunk_read(reader, out.data, out.length), 0);
        assert_true(reader->t0_us == t0_us && reader->t1_us == tick_us[ticks - 1]);
        assert_int_equal(reader->tick_count, ticks);
        assert_memory_equal(reader->tick_us, tick_us, ticks * sizeof(uint64_t));
        for (size_t c = 0; c < channels; c++) {
            assert_int_equal(jb_chunk_next_channel(reader), 1);
            if (memcmp(reader->value_uj, made->values[c], ticks * sizeof(uint64_t)) != 0) {
                fail_msg("seed %llu: channel %zu differs", (unsigned long long)seed, c);
            }
            assert_true(reader->anchor.t_us == anchors[c].t_us && reader->anchor.gap == anchors[c].gap);
            assert_true(reader->run_uj == made->channels[c].run_uj && reader->idle_uj == made->channels[c].idle_uj);
            assert_true(reader->others_uj == made->channels[c].others_uj);
            assert_true(reader->unattributed_uj == made->channels[c].unattributed_uj);
        }
        assert_int_equal(jb_chunk_next_channel(reader), 0);
        jb_buf_finish(&out);
    }
    free(reader);
    free(made);
}

/* One channel, ticks of 100 us from 0. */
static int encode_values(const uint64_t *values, size_t count, uint64_t run_uj, struct jb_buf *out)
{
    static uint64_t tick_us[JB_CHUNK_MAX_TICKS + 1];
    for (size_t i = 0; i < count; i++) {
        tick_us[i] = (i + 1) * 100;
    }
    const struct jb_chunk_channel channel = {.energy_uj = values, .run_uj = run_uj};
    const struct jb_chunk chunk = {.tick_ns = tick_us, .tick_count = count, .channels = &channel, .channel_count = 1};
    const struct jb_anchor anchor = {0};
    return jb_chunk_encode(&chunk, 0, tick_us, &anchor, out);
}

static void the_largest_values_come_back(void **state)
{
    const uint64_t values[] = {0, JB_GAP - 1, 0, 0};
    struct jb_buf out = {0};
    struct jb_chunk_reader *reader = calloc(1, sizeof(*reader));
    assert_int_equal(encode_values(values, 4, JB_GAP - 1, &out), 0);
    assert_int_equal(jb_chunk_read(reader, out.data, out.length), 0);
    assert_int_equal(jb_chunk_next_channel(reader), 1);
    assert_memory_equal(reader->value_uj, values, sizeof(values));
    assert_true(reader->run_uj == JB_GAP - 1);
    free(reader);
    jb_buf_finish(&out);
}

static void parts_that_do_not_add_up_are_refused(void **state)
{
    const uint64_t values[] = {10, 20, 30}, huge[] = {JB_GAP - 1, JB_GAP - 1};
    struct jb_buf out = {0};
    assert_int_equal(encode_values(values, 3, 60, &out), 0);
    assert_int_equal(encode_values(values, 3, 61, &out), -EINVAL);
    assert_int_equal(encode_values(values, 3, 0, &out), -EINVAL);
    assert_int_equal(encode_values(huge, 2, 0, &out), -EINVAL);
    jb_buf_finish(&out);
}

static void times_and_counts_out_of_range_are_refused(void **state)
{
    static const uint64_t values[JB_CHUNK_MAX_TICKS + 1];
    struct jb_buf out = {0};
    assert_int_equal(encode_values(values, 0, 0, &out), -EINVAL);
    assert_int_equal(encode_values(values, JB_CHUNK_MAX_TICKS, 0, &out), 0);
    assert_int_equal(encode_values(values, JB_CHUNK_MAX_TICKS + 1, 0, &out), -EINVAL);
    const struct jb_chunk chunk = {.tick_count = 2};
    const uint64_t same[] = {100, 100}, back[] = {100, 99}, early[] = {50, 60}, late[] = {100, JB_TIME_MAX_US + 1};
    assert_int_equal(jb_chunk_encode(&chunk, 0, same, NULL, &out), -EINVAL);
    assert_int_equal(jb_chunk_encode(&chunk, 0, back, NULL, &out), -EINVAL);
    assert_int_equal(jb_chunk_encode(&chunk, 50, early, NULL, &out), -EINVAL);
    assert_int_equal(jb_chunk_encode(&chunk, 0, late, NULL, &out), -EINVAL);
    assert_int_equal(jb_chunk_encode(&chunk, 49, early, NULL, &out), 0);
    jb_buf_finish(&out);
}

static void a_value_covers_the_time_since_the_last_value_or_gap(void **state)
{
    const uint64_t values[] = {5, JB_NO_VALUE, 7, JB_GAP, 11, JB_NO_VALUE, JB_GAP, JB_GAP, 13, JB_NO_VALUE};
    struct jb_buf out = {0};
    struct jb_chunk_reader *reader = calloc(1, sizeof(*reader));
    assert_int_equal(encode_values(values, 10, 36, &out), 0);
    assert_int_equal(jb_chunk_read(reader, out.data, out.length), 0);
    assert_int_equal(jb_chunk_next_channel(reader), 1);
    static const struct {
        uint64_t t0, t1, energy;
        bool gap;
    } expected[] = {{0, 100, 5, false}, {100, 300, 7, false}, {400, 500, 11, true}, {800, 900, 13, true}};
    struct jb_interval interval;
    for (size_t i = 0; i < 4; i++) {
        assert_true(jb_chunk_next_interval(reader, &interval));
        assert_int_equal(interval.t0_us, expected[i].t0);
        assert_int_equal(interval.t1_us, expected[i].t1);
        assert_int_equal(interval.energy_uj, expected[i].energy);
        assert_int_equal(interval.run_uj, expected[i].energy);
        assert_int_equal(interval.gap_before, expected[i].gap);
    }
    assert_false(jb_chunk_next_interval(reader, &interval));
    assert_int_equal(reader->anchor.t_us, 900);
    assert_false(reader->anchor.gap);
    free(reader);
    jb_buf_finish(&out);
}

static void shares_of_the_run_add_up(void **state)
{
    struct random random = {.state = 1};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_chunk_reader *reader = calloc(1, sizeof(*reader));
    uint64_t tick_us[JB_CHUNK_MAX_TICKS], t_ns = 0;
    for (int round = 0; round < 100; round++) {
        uint64_t seed = random.state;
        make_chunk(made, &random, &t_ns, 1 + random_below(&random, 100), 10000000, 4, true, NULL);
        make_times(tick_us, &made->chunk);
        struct jb_anchor anchors[4] = {{0}, {0}, {0}, {0}};
        struct jb_buf out = {0};
        assert_int_equal(jb_chunk_encode(&made->chunk, made->chunk.t0_ns / 1000, tick_us, anchors, &out), 0);
        assert_int_equal(jb_chunk_read(reader, out.data, out.length), 0);
        while (jb_chunk_next_channel(reader) == 1) {
            uint64_t energy = 0, run = 0;
            struct jb_interval interval;
            while (jb_chunk_next_interval(reader, &interval)) {
                energy += interval.energy_uj;
                run += interval.run_uj;
            }
            if (energy != reader->energy_uj || run != reader->run_uj) {
                fail_msg("seed %llu", (unsigned long long)seed);
            }
        }
        jb_buf_finish(&out);
    }
    free(reader);
    free(made);
}

/* Read to the end, checking what a reader may rely on. */
static int read_all(struct jb_chunk_reader *reader, const void *data, size_t size)
{
    int r = jb_chunk_read(reader, data, size);
    if (r < 0) {
        return r;
    }
    while ((r = jb_chunk_next_channel(reader)) == 1) {
        struct jb_interval interval;
        while (jb_chunk_next_interval(reader, &interval)) {
            assert_true(interval.t0_us < interval.t1_us && interval.t1_us <= JB_TIME_MAX_US);
        }
    }
    return r;
}

static void cut_and_changed_blobs_are_read_safely(void **state)
{
    struct random random = {.state = 31337};
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_chunk_reader *reader = calloc(1, sizeof(*reader));
    uint64_t tick_us[JB_CHUNK_MAX_TICKS], t_ns = 5000000000;
    size_t cut_and_good = 0;
    for (int round = 0; round < 60; round++) {
        make_chunk(made, &random, &t_ns, 12, 100000000, 6, round % 2 == 0, NULL);
        make_times(tick_us, &made->chunk);
        struct jb_anchor anchors[6];
        for (size_t c = 0; c < 6; c++) {
            anchors[c] = (struct jb_anchor){.t_us = made->chunk.t0_ns / 1000};
        }
        struct jb_buf out = {0};
        assert_int_equal(jb_chunk_encode(&made->chunk, made->chunk.t0_ns / 1000, tick_us, anchors, &out), 0);
        for (size_t size = 0; size <= out.length; size++) {
            uint8_t *copy = malloc(size == 0 ? 1 : size);
            memcpy(copy, out.data, size);
            int r = read_all(reader, copy, size);
            assert_true(r == 0 || r == -EBADMSG);
            cut_and_good += r == 0 && size < out.length;
            for (int i = 0; i < 4 && size > 0; i++) {
                copy[random_below(&random, size)] ^= (uint8_t)(1 << random_below(&random, 8));
                r = read_all(reader, copy, size);
                assert_true(r == 0 || r == -EBADMSG);
            }
            free(copy);
        }
        jb_buf_finish(&out);
    }
    assert_int_equal(cut_and_good, 0);
    free(reader);
    free(made);
}

/* A blob by hand: ticks from 0 to 1000 us of which the first deviates, channels with the same value at every tick. */
static int read_made(uint64_t ticks, uint64_t channels, uint64_t deviation, uint64_t value, uint64_t run_uj)
{
    struct jb_buf out = {0};
    struct jb_bit_writer bits = {.out = &out};
    struct jb_chunk_reader *reader = calloc(1, sizeof(*reader));
    jb_bits_put(&bits, 1, 8);
    jb_bits_put_number(&bits, 0);
    jb_bits_put_number(&bits, 1000);
    jb_bits_put_number(&bits, ticks);
    jb_bits_put_number(&bits, channels);
    jb_bits_put(&bits, 10, 6);
    for (uint64_t i = 1; i < ticks; i++) {
        jb_bits_put_rice(&bits, jb_zigzag(i == 1 ? deviation : 0), 10);
    }
    for (uint64_t c = 0; c < channels; c++) {
        jb_bits_put(&bits, 0, 1); /* no anchor */
        jb_bits_put(&bits, 1, 1); /* all values */
        jb_bits_put_number(&bits, value);
        jb_bits_put(&bits, 0, 6);
        for (uint64_t i = 1; i < ticks; i++) {
            jb_bits_put_rice(&bits, 0, 0);
        }
        jb_bits_put(&bits, 1, 2); /* idle is the rest */
        jb_bits_put_part(&bits, run_uj, ticks * value);
        jb_bits_put_part(&bits, 0, 0);
        jb_bits_put_part(&bits, 0, 0);
    }
    jb_bits_flush(&bits);
    int r = read_all(reader, out.data, out.length);
    jb_buf_finish(&out);
    free(reader);
    return r;
}

static void what_a_chunk_cannot_say_is_refused(void **state)
{
    assert_int_equal(read_made(2, 1, 0, 100, 60), 0);
    assert_int_equal(read_made(2, 1, 499, 100, 60), 0);
    assert_int_equal(read_made(2, 1, 500, 100, 60), -EBADMSG);            /* the first tick ends with the second */
    assert_int_equal(read_made(2, 1, (uint64_t)-500, 100, 60), -EBADMSG); /* ... or has no length */
    assert_int_equal(read_made(2, 1, (uint64_t)-501, 100, 60), -EBADMSG); /* ... or a negative one */
    assert_int_equal(read_made(2, 1, 501, 100, 60), -EBADMSG);
    assert_int_equal(read_made(1, 1, 0, JB_GAP - 1, 0), 0);
    assert_int_equal(read_made(1, 1, 0, JB_GAP, 0), -EBADMSG); /* no energy, but a mark */
    assert_int_equal(read_made(1, 1, 0, JB_NO_VALUE, 0), -EBADMSG);
    assert_int_equal(read_made(2, 1, 0, UINT64_C(1) << 63, 0), -EBADMSG); /* a sum that overflows */
    assert_int_equal(read_made(2, 1, 0, 100, 201), -EBADMSG);             /* a part greater than the whole */
    assert_int_equal(read_made(0, 1, 0, 100, 0), -EBADMSG);
    assert_int_equal(read_made(1000, 1, 0, 100, 60), 0); /* ticks of one microsecond */
    assert_int_equal(read_made(1001, 1, 0, 100, 60), -EBADMSG);
    assert_int_equal(read_made(1, JB_CHUNK_MAX_CHANNELS, 0, 100, 60), 0);
    assert_int_equal(read_made(1, JB_CHUNK_MAX_CHANNELS + 1, 0, 100, 60), -EBADMSG);
}

static void shares_are_exact_for_large_numbers(void **state)
{
    assert_true(jb_share(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(jb_share(UINT64_MAX, 1, 2) == UINT64_MAX / 2);
    assert_true(jb_share(UINT32_MAX, UINT32_MAX, UINT64_C(1) << 32) == UINT32_MAX - 1);
    assert_true(jb_share(10, 1, 3) == 3);
    assert_true(jb_share(10, 0, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_chunks_come_back_to_the_microjoule),
        cmocka_unit_test(the_largest_values_come_back),
        cmocka_unit_test(parts_that_do_not_add_up_are_refused),
        cmocka_unit_test(times_and_counts_out_of_range_are_refused),
        cmocka_unit_test(a_value_covers_the_time_since_the_last_value_or_gap),
        cmocka_unit_test(shares_of_the_run_add_up),
        cmocka_unit_test(cut_and_changed_blobs_are_read_safely),
        cmocka_unit_test(what_a_chunk_cannot_say_is_refused),
        cmocka_unit_test(shares_are_exact_for_large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
