/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/choice.c. */
#include "base/choice.h"

#include "base/diag.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>

static void words_come_one_by_one(void **state)
{
    const char *next = "auto|a|never";
    size_t length = 0;
    assert_memory_equal(jb_choice_next(&next, &length), "auto", 4);
    assert_int_equal(length, 4);
    assert_memory_equal(jb_choice_next(&next, &length), "a", 1);
    assert_int_equal(length, 1);
    assert_memory_equal(jb_choice_next(&next, &length), "never", 5);
    assert_int_equal(length, 5);
    jb_choice_next(&next, &length);
    assert_int_equal(length, 0);
    jb_choice_next(&next, &length);
    assert_int_equal(length, 0);
}

static void only_whole_words_match(void **state)
{
    assert_true(jb_choice_has("auto|always", "auto"));
    assert_true(jb_choice_has("auto|always", "always"));
    assert_false(jb_choice_has("auto|always", "aut"));
    assert_false(jb_choice_has("auto|always", "auto|always"));
    assert_false(jb_choice_has("auto|always", ""));
    assert_false(jb_choice_has("auto|always", "AUTO"));
}

static void a_wrong_word_is_told_with_the_right_ones(void **state)
{
    struct jb_diag diag = {0};
    assert_int_equal(jb_choice_fail(&diag, "--color", "auto|always|never", "alway"), -EINVAL);
    assert_string_equal(diag.text, "--color: 'alway' is none of auto, always, never");
    assert_string_equal(diag.fix, "did you mean 'always'?");
    jb_choice_fail(&diag, "--color", "auto|always|never", "pink");
    assert_string_equal(diag.fix, "");
    assert_int_equal(jb_choice_fail(NULL, "--color", "a|b", "c"), -EINVAL);
}

static void a_list_longer_than_any_buffer_is_cut(void **state)
{
    struct jb_buf list = {0};
    for (int i = 0; i < 500; i++) {
        jb_buf_printf(&list, "%schoice-number-%d", i ? "|" : "", i);
    }
    struct jb_diag diag = {0};
    assert_int_equal(jb_choice_fail(&diag, "x", list.data, "choice-nmber-3"), -EINVAL);
    assert_string_equal(diag.fix, "did you mean 'choice-number-3'?");
    assert_true(jb_choice_has(list.data, "choice-number-499"));
    jb_buf_finish(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_one_by_one),
        cmocka_unit_test(only_whole_words_match),
        cmocka_unit_test(a_wrong_word_is_told_with_the_right_ones),
        cmocka_unit_test(a_list_longer_than_any_buffer_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
