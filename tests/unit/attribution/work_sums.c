/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a program tells: pieces sum to their time, phases to the run, phases and contexts of a cell to its seconds,
 * features of a piece are the piece, and add up. Over random events of a few threads of a few processes.
 */
#include "work_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void run(uint64_t seed, size_t size, unsigned calm)
{
    static uint8_t bytes[20000];
    struct jb_work *work;
    const char *wrong;

    assert_true(size <= sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        uint64_t number = draw(&seed);

        /* Calm ones tell spans and little else, at one level. */
        bytes[i] = i % 4 == 0 && number % 100 < calm ? (uint8_t)(number >> 32 | 64 | 8) : (uint8_t)(number >> 24);
        if (i % 4 == 2 && bytes[i] >= 250 && calm > 0) {
            bytes[i] = 100;
        }
    }
    assert_int_equal(jb_work_create(UINT64_C(1000000000), &work), 0);
    wrong = random_run(work, bytes, size);
    if (wrong != NULL) {
        print_error("%s\n", wrong);
    }
    assert_null(wrong);
    jb_work_destroy(work);
}

static void test_wild(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        run(seed * UINT64_C(0x9e3779b97f4a7c15), 4000, 0);
    }
}

static void test_calm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run(seed * UINT64_C(0x9e3779b97f4a7c15), 20000, 90);
        run(seed * UINT64_C(0xc2b2ae3d27d4eb4f), 20000, 99);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wild),
        cmocka_unit_test(test_calm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
