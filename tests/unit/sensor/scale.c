/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text to exact fractions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/scale.h"

#include <errno.h>
#include <stdio.h>

static void expect(const char *text, int power, uint64_t num, uint64_t den)
{
    uint64_t got_num = 0, got_den = 0;
    assert_int_equal(jb_scale_parse(text, power, &got_num, &got_den), 0);
    assert_int_equal(got_num, num);
    assert_int_equal(got_den, den);
}

static void the_kernels_scale_is_two_to_the_minus_32(void **state)
{
    expect("2.3283064365386962890625e-10", 0, 1, UINT64_C(1) << 32);
}

static void microjoules_of_that_scale_are_reduced(void **state)
{
    /* 10^6 / 2^32 with 2^6 taken out. */
    expect("2.3283064365386962890625e-10", 6, 15625, UINT64_C(1) << 26);
}

static void plain_decimals_are_exact(void **state)
{
    expect("1", 6, 1000000, 1);
    expect("1.0", 6, 1000000, 1);
    expect("0.5", 0, 1, 2);
    expect("6.103515625e-05", 0, 1, 16384);
    expect("0.00006103515625", 0, 1, 16384);
    expect("1e-6", 6, 1, 1);
    expect("1.5e+3", 0, 1500, 1);
    expect("18446744073709551615", 0, UINT64_MAX, 1);
    expect("000000000000000000000000000000000000000000000002", 0, 2, 1);
}

static void what_does_not_fit_is_an_error(void **state)
{
    static const char *const texts[] = {"18446744073709551616",
                                        "1e20",
                                        "1e-30",
                                        "1e1001",
                                        "1e99999999999999999999",
                                        "1234567890123456789012345678901234567890",
                                        "0.3333333333333333333333"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t num = 7, den = 9;
        if (jb_scale_parse(texts[i], 0, &num, &den) != -ERANGE) {
            fail_msg("%s", texts[i]);
        }
        assert_int_equal(num, 7);
        assert_int_equal(den, 9);
    }
}

static void what_is_not_a_positive_number_is_an_error(void **state)
{
    static const char *const texts[] = {"",    ".", "-1",  "+1",  "1e", "1e-", "e5",  "1.2.3",  "0x10",
                                        "nan", "0", "0.0", "inf", " 1", "1 ",  "1,5", "0e-100", "1e5x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t num, den;
        if (jb_scale_parse(texts[i], 6, &num, &den) != -EINVAL) {
            fail_msg("\"%s\"", texts[i]);
        }
    }
}

static void powers_of_two_come_out_as_such(void **state)
{
    /* Written out by printf as the kernel's tables are, for every unit that RAPL can have. */
    for (int bits = 0; bits <= 31; bits++) {
        char text[80];
        snprintf(text, sizeof(text), "%.31f", 1.0 / (double)(UINT64_C(1) << bits));
        expect(text, 0, 1, UINT64_C(1) << bits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernels_scale_is_two_to_the_minus_32),
        cmocka_unit_test(microjoules_of_that_scale_are_reduced),
        cmocka_unit_test(plain_decimals_are_exact),
        cmocka_unit_test(what_does_not_fit_is_an_error),
        cmocka_unit_test(what_is_not_a_positive_number_is_an_error),
        cmocka_unit_test(powers_of_two_come_out_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
