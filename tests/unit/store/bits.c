/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of bits.c: what is written is read back, and reading never leaves the data.
 */
#include "store/bits.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"

static void every_width_comes_back(void **state)
{
    struct jb_buf out = {0};
    struct jb_bit_writer writer = {.out = &out};
    for (unsigned width = 0; width <= 64; width++) {
        jb_bits_put(&writer, UINT64_MAX, width);
        jb_bits_put(&writer, 0, 1);
    }
    jb_bits_flush(&writer);
    struct jb_bit_reader reader = {.data = (const uint8_t *)out.data, .size = out.length};
    for (unsigned width = 0; width <= 64; width++) {
        uint64_t expected = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
        assert_true(jb_bits_get(&reader, width) == expected);
        assert_true(jb_bits_get(&reader, 1) == 0);
    }
    assert_false(reader.failed);
    jb_buf_finish(&out);
}

static void numbers_and_rice_codes_come_back_at_their_limits(void **state)
{
    static const uint64_t values[] = {
        0, 1, 2, 3, 255, 256, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX >> 1, UINT64_MAX - 1, UINT64_MAX};
    for (unsigned k = 0; k <= JB_RICE_MAX_K; k++) {
        struct jb_buf out = {0};
        struct jb_bit_writer writer = {.out = &out};
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            jb_bits_put_number(&writer, values[i]);
            jb_bits_put_rice(&writer, values[i], k);
        }
        jb_bits_flush(&writer);
        struct jb_bit_reader reader = {.data = (const uint8_t *)out.data, .size = out.length};
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            assert_true(jb_bits_get_number(&reader) == values[i]);
            assert_true(jb_bits_get_rice(&reader, k) == values[i]);
        }
        assert_false(reader.failed);
        jb_buf_finish(&out);
    }
}

static void random_streams_come_back(void **state)
{
    struct random random = {.state = 20261122};
    for (int round = 0; round < 500; round++) {
        uint64_t seed = random.state;
        struct jb_buf out = {0};
        struct jb_bit_writer writer = {.out = &out};
        uint64_t values[64];
        unsigned kinds[64];
        for (size_t i = 0; i < 64; i++) {
            values[i] = random_next(&random) >> random_below(&random, 64);
            kinds[i] = (unsigned)random_below(&random, 66);
            if (kinds[i] < 64) {
                jb_bits_put_rice(&writer, values[i], kinds[i]);
            } else {
                jb_bits_put_number(&writer, values[i]);
            }
        }
        jb_bits_flush(&writer);
        struct jb_bit_reader reader = {.data = (const uint8_t *)out.data, .size = out.length};
        for (size_t i = 0; i < 64; i++) {
            uint64_t got = kinds[i] < 64 ? jb_bits_get_rice(&reader, kinds[i]) : jb_bits_get_number(&reader);
            if (got != values[i]) {
                fail_msg("seed %llu, value %zu", (unsigned long long)seed, i);
            }
        }
        assert_false(reader.failed);
        jb_buf_finish(&out);
    }
}

static void parts_of_a_whole_come_back_and_nothing_costs_two_bits(void **state)
{
    struct random random = {.state = 5};
    struct jb_buf out = {0};
    struct jb_bit_writer writer = {.out = &out};
    uint64_t wholes[256], parts[256];
    for (size_t i = 0; i < 256; i++) {
        wholes[i] = i == 0 ? UINT64_MAX : random_next(&random) >> random_below(&random, 64);
        parts[i] = i < 2            ? wholes[i]
                   : wholes[i] == 0 ? 0
                                    : random_below(&random, wholes[i]) >> random_below(&random, 64);
        jb_bits_put_part(&writer, parts[i], wholes[i]);
    }
    jb_bits_flush(&writer);
    struct jb_bit_reader reader = {.data = (const uint8_t *)out.data, .size = out.length};
    for (size_t i = 0; i < 256; i++) {
        assert_true(jb_bits_get_part(&reader, wholes[i]) == parts[i]);
    }
    assert_false(reader.failed);
    jb_buf_clear(&out);
    writer = (struct jb_bit_writer){.out = &out};
    jb_bits_put_part(&writer, 0, 123456789);
    assert_int_equal(writer.used, 2);
    jb_buf_finish(&out);
}

static void zigzag_keeps_small_differences_small_and_all_differences_apart(void **state)
{
    assert_true(jb_zigzag(0) == 0);
    assert_true(jb_zigzag((uint64_t)-1) == 1);
    assert_true(jb_zigzag(1) == 2);
    static const uint64_t values[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1, 12345};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_true(jb_unzigzag(jb_zigzag(values[i])) == values[i]);
    }
}

static void the_chosen_k_is_close_to_the_best(void **state)
{
    struct random random = {.state = 7};
    for (int round = 0; round < 200; round++) {
        uint64_t values[10], seed = random.state;
        unsigned scale = (unsigned)random_below(&random, 50);
        for (size_t i = 0; i < 10; i++) {
            values[i] = random_next(&random) >> (63 - scale);
        }
        size_t best = SIZE_MAX, chosen = 0;
        unsigned k_chosen = jb_bits_rice_k(values, 10);
        for (unsigned k = 0; k <= JB_RICE_MAX_K; k++) {
            struct jb_buf out = {0};
            struct jb_bit_writer writer = {.out = &out};
            for (size_t i = 0; i < 10; i++) {
                jb_bits_put_rice(&writer, values[i], k);
            }
            size_t bits = out.length * 8 + writer.used;
            best = bits < best ? bits : best;
            chosen = k == k_chosen ? bits : chosen;
            jb_buf_finish(&out);
        }
        if (chosen > best + best / 20) {
            fail_msg("seed %llu: %zu bits where %zu are enough", (unsigned long long)seed, chosen, best);
        }
    }
}

static void reading_stays_inside_the_data(void **state)
{
    struct random random = {.state = 99};
    for (size_t size = 0; size < 24; size++) {
        uint8_t *data = malloc(size == 0 ? 1 : size); /* exact, so that a sanitizer sees one byte too many */
        for (int round = 0; round < 50; round++) {
            for (size_t i = 0; i < size; i++) {
                data[i] = round == 0 ? 0xff : (uint8_t)random_next(&random);
            }
            struct jb_bit_reader reader = {.data = data, .size = size};
            for (int i = 0; i < 400 && !reader.failed; i++) {
                switch (random_below(&random, 4)) {
                case 0:
                    jb_bits_get(&reader, (unsigned)random_below(&random, 65));
                    break;
                case 1:
                    jb_bits_get_number(&reader);
                    break;
                case 2:
                    jb_bits_get_part(&reader, random_next(&random) >> random_below(&random, 64));
                    break;
                default:
                    jb_bits_get_rice(&reader, (unsigned)random_below(&random, 64));
                }
                assert_true(reader.position <= size * 8);
            }
        }
        struct jb_bit_reader reader = {.data = data, .size = size};
        jb_bits_get(&reader, 64);
        jb_bits_get(&reader, 64);
        jb_bits_get(&reader, 64);
        assert_int_equal(reader.failed, size < 24);
        assert_true(jb_bits_get(&reader, 1) == 0);
        assert_true(reader.failed);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_comes_back),
        cmocka_unit_test(numbers_and_rice_codes_come_back_at_their_limits),
        cmocka_unit_test(random_streams_come_back),
        cmocka_unit_test(parts_of_a_whole_come_back_and_nothing_costs_two_bits),
        cmocka_unit_test(zigzag_keeps_small_differences_small_and_all_differences_apart),
        cmocka_unit_test(the_chosen_k_is_close_to_the_best),
        cmocka_unit_test(reading_stays_inside_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
