/* SPDX-License-Identifier: Apache-2.0 */
/* The pattern matcher: what each construct means, what is refused, and that no input takes long. */
#include "support.h"

#include "hardware/pattern.h"

static void expect(const char *pattern, bool fold, const char *text, int start, int end)
{
    struct jb_pattern p;
    struct jb_pattern_match m;
    assert_true(jb_pattern_compile(&p, pattern, fold));
    bool found = jb_pattern_search(&p, text, 0, &m);
    if (found != (start >= 0) || (found && (m.start[0] != start || m.end[0] != end))) {
        fail_msg("%s in \"%s\": %d..%d, expected %d..%d", pattern, text, found ? m.start[0] : -1, found ? m.end[0] : -1,
                 start, end);
    }
}

static void each_construct_means_what_it_says(void **state)
{
    (void)state;
    expect("b", false, "abc", 1, 2);
    expect("B", false, "abc", -1, -1);
    expect("B", true, "abc", 1, 2);
    expect("a.c", false, "a\nc abc", 4, 7);
    expect("[b-d]+", false, "abcde", 1, 4);
    expect("[^b-d]+", false, "bcxyz", 2, 5);
    expect("[A-C]+", true, "xabCd", 1, 4);
    expect("[\\d.]+", false, "v1.25x", 1, 5);
    expect("[ab-]+", false, "x-ab", 1, 4);
    expect("\\d+\\s\\w+", false, "a 12 b_3.", 2, 8);
    expect("\\bcat\\b", false, "concat cat", 7, 10);
    expect("^a", false, "ba", -1, -1);
    expect("a$", false, "aba", 2, 3);
    expect("a$", false, "ba\n", 1, 2);
    expect("ab|cd", false, "xcd", 1, 3);
    expect("a(b|cd|)e", false, "acde", 0, 4);
    expect("a(b|cd|)e", false, "ae", 0, 2);
    expect("x*y", false, "xxxy", 0, 4);
    expect("x?y", false, "xxy", 1, 3);
    expect("a.*b", false, "axbxb", 0, 5);
    expect("a.*?b", false, "axbxb", 0, 3);
    expect("a.+?b", false, "abxb", 0, 4);
    expect("\\d{3}", false, "12 1234", 3, 6);
    expect("\\d{2,3}x", false, "12345x", 2, 6);
    expect("^[a-z]{0,2}-?\\d$", false, "ab-1", 0, 4);
    expect("^[a-z]{0,2}-?\\d$", false, "abc-1", -1, -1);
    expect("a{2,}", false, "a aaaa", 2, 6);
    expect("(ab){2}", false, "ababab", 0, 4);
    expect("foo(?= bar)", false, "foo foo bar", 4, 7);
    expect("foo(?! bar)", false, "foo bar foo", 8, 11);
    expect("\\((?!.*gb)[^)]*\\)", true, "(a) (8GB) (b)", 10, 13);
}

static void the_first_alternative_wins_not_the_longest(void **state)
{
    (void)state;
    expect("a|ab", false, "ab", 0, 1);
    expect("(a|ab)(c|bcd)", false, "abcd", 0, 4);
}

static void groups_tell_where_they_matched(void **state)
{
    (void)state;
    struct jb_pattern p;
    struct jb_pattern_match m;
    assert_true(jb_pattern_compile(&p, "(\\w+)-(x)?(\\d+)", false));
    assert_true(jb_pattern_search(&p, "  i7-990", 0, &m));
    assert_int_equal(m.start[1], 2);
    assert_int_equal(m.end[1], 4);
    assert_int_equal(m.start[2], -1); /* took no part */
    assert_int_equal(m.start[3], 5);
    assert_int_equal(m.end[3], 8);
}

static void a_search_may_begin_within_the_text(void **state)
{
    (void)state;
    struct jb_pattern p;
    struct jb_pattern_match m;
    assert_true(jb_pattern_compile(&p, "\\bab", false));
    assert_true(jb_pattern_search(&p, "ab ab", 1, &m));
    assert_int_equal(m.start[0], 3);
    assert_false(jb_pattern_search(&p, "xab", 1, &m)); /* what stands before still counts for the edge */
    assert_false(jb_pattern_search(&p, "ab", 3, &m));
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"(", ")", "a)", "[a", "*", "+a", "a{", "a{2", "a{3,2}", "\\", "(?=a", "a|*"};
    struct jb_pattern p;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (jb_pattern_compile(&p, wrong[i], false)) {
            fail_msg("%s was taken", wrong[i]);
        }
    }
    char nested[200] = "";
    memset(nested, '(', 60);
    assert_false(jb_pattern_compile(&p, nested, false));
    char many[2000] = "";
    memset(many, 'a', 1500);
    assert_false(jb_pattern_compile(&p, many, false));
}

/* Expressions that cost naive backtracking more than the age of the universe. */
static void no_input_takes_long(void **state)
{
    (void)state;
    char text[JB_PATTERN_TEXT + 1];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect("(a*)*b", false, text, -1, -1);
    expect("(a|a)*b", false, text, -1, -1);
    expect("(a+a+)+b", false, text, -1, -1);
    expect("a*a*a*a*a*a*a*a*b", false, text, -1, -1);
    expect("a(?!.*a.*b)a(?=.*b)", false, text, -1, -1);
}

static void a_text_beyond_the_limit_is_not_searched(void **state)
{
    (void)state;
    char text[JB_PATTERN_TEXT + 2];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect("a", false, text, -1, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_construct_means_what_it_says),
        cmocka_unit_test(the_first_alternative_wins_not_the_longest),
        cmocka_unit_test(groups_tell_where_they_matched),
        cmocka_unit_test(a_search_may_begin_within_the_text),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(no_input_takes_long),
        cmocka_unit_test(a_text_beyond_the_limit_is_not_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
