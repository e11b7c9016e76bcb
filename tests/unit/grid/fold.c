/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold.c - names that people would call the same have one key; what is no name has none.
 */
#include "grid/fold.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void folds_to(const char *text, const char *expected)
{
    char key[JB_FOLD_TEXT];
    assert_int_equal(jb_grid_fold(text, key), 0);
    assert_string_equal(key, expected);
}

static void case_is_dropped(void **state)
{
    folds_to("US-Cal-CISO", "us-cal-ciso");
}

static void accents_are_dropped_composed_or_combining(void **state)
{
    folds_to("Tōhoku", "tohoku");
    folds_to("CURAÇAO", "curacao");
    folds_to("Que\xcc\x81"
             "bec",
             "quebec");
    folds_to("Łódź ÿ Ž", "lodz y z");
    folds_to("Åland", "aland");
}

static void blanks_are_trimmed_and_single(void **state)
{
    folds_to(" \t South \t Korea  ", "south korea");
}

static void what_is_no_latin_letter_is_refused(void **state)
{
    static const char *const names[] = {"",     "   ",   "\xcc\x81", "서울", "a\nb", "a\x01",
                                        "\xc3", "\xc3(", "\x80",     "×",    "Æ",    "\xff"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char key[JB_FOLD_TEXT] = "kept";
        assert_int_equal(jb_grid_fold(names[i], key), -EINVAL);
        assert_string_equal(key, "kept");
    }
}

static void a_name_of_any_length_stays_in_bounds(void **state)
{
    char text[3 * JB_FOLD_TEXT];
    for (size_t length = 1; length < sizeof(text); length++) {
        struct {
            char key[JB_FOLD_TEXT];
            char after[8];
        } out;
        memset(&out, '#', sizeof(out));
        memset(text, 'a', length);
        text[length - 1] = 'z';
        if (length > 2) {
            text[length - 2] = ' ';
        }
        text[length] = '\0';
        if (jb_grid_fold(text, out.key) == 0) {
            assert_int_equal(strlen(out.key), length);
        } else {
            assert_true(length > 90);
        }
        assert_memory_equal(out.after, "########", 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_is_dropped),
        cmocka_unit_test(accents_are_dropped_composed_or_combining),
        cmocka_unit_test(blanks_are_trimmed_and_single),
        cmocka_unit_test(what_is_no_latin_letter_is_refused),
        cmocka_unit_test(a_name_of_any_length_stays_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
