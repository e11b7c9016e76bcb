/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_format.c. */
#include "../base/support.h"
#include "cli/top_draw.h"

#include <math.h>

static void parts_sum_to_the_whole(void **state)
{
    struct random r = random_start();
    for (int round = 0; round < 5000; round++) {
        double sizes[12];
        int parts[12], sum = 0;
        size_t count = 1 + random_below(&r, 12), more = 0;
        for (size_t i = 0; i < count; i++) {
            const double odd[] = {0, NAN, -1, 1e-9, 1e12};
            sizes[i] = random_below(&r, 3) ? (double)random_below(&r, 1000) : odd[random_below(&r, 5)];
            more += sizes[i] > 0;
        }
        int whole = (int)random_below(&r, 200);
        bool divided = top_apportion(sizes, count, whole, parts);
        CHECK_SEEDED(&r, divided == (more > 0));
        for (size_t i = 0; i < count && divided; i++) {
            CHECK_SEEDED(&r, parts[i] >= 0 && (sizes[i] > 0 || parts[i] == 0));
            CHECK_SEEDED(&r, whole < (int)more * 2 || !(sizes[i] > 0) || parts[i] > 0); /* nothing vanishes */
            sum += parts[i];
        }
        CHECK_SEEDED(&r, !divided || sum == whole);
    }
}

static void equal_parts_are_equal(void **state)
{
    const double sizes[] = {1, 1, 2}, nothing[] = {0, 0}, endless[] = {INFINITY, 1};
    int parts[3];
    assert_true(top_apportion(sizes, 3, 100, parts));
    assert_true(parts[0] == 25 && parts[1] == 25 && parts[2] == 50);
    assert_false(top_apportion(nothing, 2, 100, parts));
    assert_false(top_apportion(endless, 2, 100, parts));
}

static void unknown_is_no_number(void **state)
{
    char text[TOP_NUMBER];
    const struct top_canvas ascii = {0}, utf8 = {.utf8 = true};
    assert_string_equal(top_power((double)NAN, text), "-");
    assert_string_equal(top_power(0, text), "0 W");
    assert_string_equal(top_power(2.5e-6, text), "<1 mW");
    assert_string_equal(top_power(0.002, text), "2.00 mW");
    assert_string_equal(top_energy((double)INFINITY, text), "-");
    assert_string_equal(top_mass(346.2, text), "346 g");
    assert_string_equal(top_duration((double)NAN, text), "-");
    assert_string_equal(top_duration(59.9, text), "59 s");
    assert_string_equal(top_duration(7200.1, text), "2 h 00 m");
    assert_string_equal(top_percent_sigma(&utf8, 59371, 2968560, text), "±2.0 %");
    assert_string_equal(top_percent_sigma(&ascii, 0.3, 1, text), "+-30 %");
    assert_string_equal(top_percent_sigma(&ascii, 1e9, 1, text), "+-999 %");
    assert_string_equal(top_percent_sigma(&utf8, (double)NAN, 1, text), "");
    assert_string_equal(top_percent_sigma(&utf8, 1, 0, text), "");
}

static void what_is_selected_stays_in_sight(void **state)
{
    struct random r = random_start();
    for (int round = 0; round < 5000; round++) {
        int count = 1 + (int)random_below(&r, 50), rows = 1 + (int)random_below(&r, 20);
        int from = (int)random_below(&r, (size_t)count), to = from + 1 + (from + 1 < count && random_below(&r, 2));
        struct top_list list = {.first = (int)random_below(&r, 80)};
        top_list_settle(&list, from, to, count, rows);
        CHECK_SEEDED(&r, list.first >= 0 && (list.first == 0 || list.first <= count - rows));
        CHECK_SEEDED(&r, to - list.first <= rows && (from >= list.first || to - from > rows));
        CHECK_SEEDED(&r, list.page == rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_sum_to_the_whole),
        cmocka_unit_test(equal_parts_are_equal),
        cmocka_unit_test(unknown_is_no_number),
        cmocka_unit_test(what_is_selected_stays_in_sight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
