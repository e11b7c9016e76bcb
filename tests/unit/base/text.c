/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/text.c. */
#include "base/text.h"
#include "support.h"

static void copy_terminates_and_tells_when_it_cut(void **state)
{
    char to[4] = "xxx";
    assert_true(jb_copy(to, sizeof(to), "abc"));
    assert_string_equal(to, "abc");
    assert_false(jb_copy(to, sizeof(to), "abcd"));
    assert_string_equal(to, "abc");
    assert_true(jb_copy(to, sizeof(to), NULL));
    assert_string_equal(to, "");
    assert_false(jb_copy(to, 1, "a"));
    assert_false(jb_copy(to, 0, ""));
}

static void trim_takes_blanks_off_both_ends(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {{"  a b\t\r\n", "a b"}, {"", ""}, {" \t\n", ""}, {"x", "x"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[32];
        jb_copy(text, sizeof(text), cases[i].from);
        assert_string_equal(jb_trim(text), cases[i].to);
    }
}

static void null_equals_only_null(void **state)
{
    assert_true(jb_streq(NULL, NULL));
    assert_false(jb_streq(NULL, ""));
    assert_false(jb_streq("", NULL));
    assert_true(jb_streq("a", "a"));
    assert_false(jb_streq("a", "A"));
    assert_true(jb_ieq(NULL, NULL));
    assert_false(jb_ieq("", NULL));
}

static void ieq_ignores_ascii_case_only(void **state)
{
    assert_true(jb_ieq("TRUE", "true"));
    assert_true(jb_ieq("", ""));
    assert_false(jb_ieq("tru", "true"));
    assert_false(jb_ieq("true", "tru"));
    assert_false(jb_ieq("[", "{")); /* 0x20 apart, as letters of two cases are */
    assert_false(jb_ieq("\xc3\x84", "\xc3\xa4"));
}

static void starts_compares_the_front(void **state)
{
    assert_true(jb_starts("abc", "ab"));
    assert_true(jb_starts("abc", ""));
    assert_false(jb_starts("a", "ab"));
    assert_false(jb_starts(NULL, ""));
}

static void sanitise_leaves_good_text_alone(void **state)
{
    static const char *const good[] = {
        "",         "plain",        "\xc3\xa9t\xc3\xa9", "\xed\x95\x9c\xea\xb5\xad", "\xf0\x9f\x94\xa5",
        "\xc2\xa0", "\xed\x9f\xbf", "\xee\x80\x80",      "\xf4\x8f\xbf\xbf",         "\xe2\x80\xa7"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[64];
        jb_copy(text, sizeof(text), good[i]);
        jb_sanitise(text);
        assert_string_equal(text, good[i]);
    }
}

static void sanitise_replaces_what_a_terminal_would_obey(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"a\033[31mb", "a?[31mb"},      /* escape sequence */
        {"a\rb\nc\td\177", "a?b?c?d?"}, /* other control bytes */
        {"a\xc2\x9b"
         "31m",
         "a?31m"}, /* C1 CSI in UTF-8 */
        {"a\x9b"
         "31m",
         "a?31m"}, /* and as a byte */
        {"a\xe2\x80\xae"
         "b",
         "a?b"}, /* right-to-left override */
        {"a\xe2\x81\xa6"
         "b",
         "a?b"},                      /* left-to-right isolate */
        {"\xc0\xaf", "??"},           /* overlong '/' */
        {"\xe0\x80\xaf", "???"},      /* overlong */
        {"\xed\xa0\x80", "???"},      /* surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
        {"\xf5", "?"},
        {"\xe2\x82", "??"}, /* cut short by the end */
        {"\xf0\x9f\x94", "???"},
        {"\xe2(\xa1", "?(?"},
        {"\x80", "?"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64];
        jb_copy(text, sizeof(text), cases[i].from);
        jb_sanitise(text);
        assert_string_equal(text, cases[i].to);
    }
}

static void sanitised_text_is_clean_and_stays_as_it_is(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        char text[33], again[33];
        size_t length = random_below(&r, sizeof(text));
        for (size_t j = 0; j < length; j++) {
            text[j] = (char)(random_below(&r, 255) + 1);
        }
        text[length] = '\0';
        jb_sanitise(text);
        CHECK_SEEDED(&r, strlen(text) <= length);
        for (const char *p = text; *p; p++) {
            CHECK_SEEDED(&r, (unsigned char)*p >= 0x20 && *p != 0x7f);
        }
        jb_copy(again, sizeof(again), text);
        jb_sanitise(again);
        CHECK_SEEDED(&r, strcmp(text, again) == 0);
    }
}

static const char *const names[] = {"interval", "zone", "quiet", "json", "project", "db", NULL};

static void a_typo_finds_its_name(void **state)
{
    static const struct {
        const char *typo, *name;
    } cases[] = {{"intervall", "interval"}, {"intreval", "interval"}, {"nterval", "interval"}, {"zoen", "zone"},
                 {"qiet", "quiet"},         {"JSON", "json"},         {"projcts", "project"},  {"zone", "zone"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(jb_nearest(cases[i].typo, names), cases[i].name);
    }
}

static void what_is_too_far_away_is_no_typo(void **state)
{
    assert_null(jb_nearest("xyz", names));
    assert_null(jb_nearest("intxxxal", names)); /* three letters off */
    assert_null(jb_nearest("bd", names));       /* half of it is wrong */
    assert_null(jb_nearest("", names));
    assert_null(jb_nearest(NULL, names));
    assert_null(jb_nearest("zone", (const char *const[]){NULL}));
}

static void the_nearest_of_several_wins(void **state)
{
    assert_string_equal(jb_nearest("forwart", (const char *const[]){"fortward", "forward", "backward", NULL}),
                        "forward");
}

static void long_text_is_no_typo_and_no_overflow(void **state)
{
    char text[300];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_null(jb_nearest(text, names));
    assert_null(jb_nearest("aaaaaaaaaa", (const char *const[]){text, NULL}));
    text[64] = '\0';
    assert_ptr_equal(jb_nearest(text, (const char *const[]){text, NULL}), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_terminates_and_tells_when_it_cut),
        cmocka_unit_test(trim_takes_blanks_off_both_ends),
        cmocka_unit_test(null_equals_only_null),
        cmocka_unit_test(ieq_ignores_ascii_case_only),
        cmocka_unit_test(starts_compares_the_front),
        cmocka_unit_test(sanitise_leaves_good_text_alone),
        cmocka_unit_test(sanitise_replaces_what_a_terminal_would_obey),
        cmocka_unit_test(sanitised_text_is_clean_and_stays_as_it_is),
        cmocka_unit_test(a_typo_finds_its_name),
        cmocka_unit_test(what_is_too_far_away_is_no_typo),
        cmocka_unit_test(the_nearest_of_several_wins),
        cmocka_unit_test(long_text_is_no_typo_and_no_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
