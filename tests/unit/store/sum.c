/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of sum.c: cutting intervals into bins loses nothing, bins come back, hostile bins are refused.
 */
#include "store/sum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static void the_parts_of_an_interval_add_up_to_it(void **state)
{
    struct random random = {.state = 4};
    for (int round = 0; round < 2000; round++) {
        uint64_t seed = random.state;
        uint64_t width = 1 + random_below(&random, 10000000), t0 = random_below(&random, 1000000000);
        uint64_t length = 1 + random_below(&random, round % 2 == 0 ? width * 20 : width / 3 + 1);
        struct jb_interval interval = {
            .t0_us = t0, .t1_us = t0 + length, .energy_uj = random_next(&random) >> random_below(&random, 60)};
        interval.run_uj = interval.energy_uj == 0 ? 0 : random_below(&random, interval.energy_uj);
        struct jb_sum all = {0};
        for (uint64_t i = t0 / width; i * width < interval.t1_us; i++) {
            struct jb_sum part = jb_sum_part(&interval, i, width);
            assert_true(part.covered_us > 0 && part.covered_us <= width);
            jb_sum_add(&all, &part);
        }
        if (all.energy_uj != interval.energy_uj || all.run_uj != interval.run_uj || all.covered_us != length) {
            fail_msg("seed %llu", (unsigned long long)seed);
        }
        assert_true(all.min_uw == all.max_uw); /* power is the same all through an interval */
    }
}

static void a_bin_that_an_interval_does_not_touch_gets_nothing(void **state)
{
    const struct jb_interval interval = {.t0_us = 100, .t1_us = 200, .energy_uj = 50};
    static const uint64_t apart[] = {0, 2, 3, 1000};
    for (size_t i = 0; i < 4; i++) {
        struct jb_sum part = jb_sum_part(&interval, apart[i], 100);
        assert_true(part.covered_us == 0 && part.energy_uj == 0);
    }
    assert_int_equal(jb_sum_part(&interval, 1, 100).energy_uj, 50);
    assert_int_equal(jb_sum_part(&interval, 1, 100).min_uw, 500000); /* 50 uJ in 100 us */
}

static void lowest_and_highest_power_are_kept(void **state)
{
    struct jb_sum all = {0};
    const struct jb_sum parts[] = {{.covered_us = 1, .min_uw = 50, .max_uw = 50},
                                   {0},
                                   {.covered_us = 1, .min_uw = 70, .max_uw = 90},
                                   {.covered_us = 1, .min_uw = 20, .max_uw = 30}};
    for (size_t i = 0; i < 4; i++) {
        jb_sum_add(&all, &parts[i]);
    }
    assert_int_equal(all.min_uw, 20);
    assert_int_equal(all.max_uw, 90);
    assert_int_equal(all.covered_us, 3);
}

static void bins_come_back(void **state)
{
    struct random random = {.state = 6};
    for (int round = 0; round < 200; round++) {
        struct jb_bin bin = {0}, again = {.index = 7};
        struct jb_buf out = {0};
        size_t count = random_below(&random, 20);
        assert_int_equal(jb_bin_reserve(&bin, count), 0);
        for (size_t i = 0; i < count; i++) {
            if (random_below(&random, 4) != 0) {
                bin.channels[i] = (struct jb_sum){.energy_uj = random_next(&random) >> random_below(&random, 64),
                                                  .run_uj = random_next(&random),
                                                  .covered_us = 1 + random_below(&random, 10000000),
                                                  .min_uw = random_below(&random, 1000)};
                bin.channels[i].max_uw = bin.channels[i].min_uw + random_below(&random, 1000);
            }
        }
        assert_int_equal(jb_bin_encode(&bin, 10000000, &out), 0);
        assert_int_equal(jb_bin_decode(&again, out.data, out.length, 10000000), 0);
        assert_int_equal(again.index, 7);
        assert_int_equal(again.channel_count, count);
        for (size_t i = 0; i < count; i++) {
            assert_memory_equal(&again.channels[i], &bin.channels[i], sizeof(struct jb_sum));
        }
        for (size_t size = 0; size < out.length; size++) { /* cut short */
            char *copy = malloc(size == 0 ? 1 : size);
            memcpy(copy, out.data, size);
            assert_int_equal(jb_bin_decode(&again, copy, size, 10000000), -EBADMSG);
            free(copy);
        }
        jb_buf_finish(&out);
        jb_bin_finish(&bin);
        jb_bin_finish(&again);
    }
}

static void hostile_bins_ask_for_little_memory(void **state)
{
    struct random random = {.state = 8};
    struct jb_bin bin = {0};
    for (int round = 0; round < 20000; round++) {
        uint8_t data[64];
        for (size_t i = 0; i < sizeof(data); i++) {
            data[i] = i == 0 ? 1 : (uint8_t)random_next(&random);
        }
        int r = jb_bin_decode(&bin, data, random_below(&random, sizeof(data) + 1), 10000000);
        assert_true(r == 0 || r == -EBADMSG);
        assert_true(bin.channel_count <= JB_CHUNK_MAX_CHANNELS);
        for (size_t i = 0; r == 0 && i < bin.channel_count; i++) {
            assert_true(bin.channels[i].covered_us <= 10000000 && bin.channels[i].min_uw <= bin.channels[i].max_uw);
        }
    }
    jb_bin_finish(&bin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_an_interval_add_up_to_it),
        cmocka_unit_test(a_bin_that_an_interval_does_not_touch_gets_nothing),
        cmocka_unit_test(lowest_and_highest_power_are_kept),
        cmocka_unit_test(bins_come_back),
        cmocka_unit_test(hostile_bins_ask_for_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
