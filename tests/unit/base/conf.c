/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/conf.c and the table in base/conf_keys.c. */
#include "base/conf.h"

#include "base/diag.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>

static int make(void **state)
{
    *state = jb_conf_create();
    return *state ? 0 : -1;
}

static int unmake(void **state)
{
    jb_conf_destroy(*state);
    return 0;
}

static void defaults_are_those_of_the_contract(void **state)
{
    const struct jb_conf *conf = *state;
    uint64_t ns = 0;
    double number = 0;
    assert_true(jb_conf_duration(conf, "run", "interval", &ns));
    assert_int_equal(ns, 100000000);
    assert_string_equal(jb_conf_string(conf, "run", "basis"), "footprint");
    assert_true(jb_conf_number(conf, "grid", "pue", &number));
    assert_true(number == 1.0);
    assert_true(jb_conf_number(conf, "hardware", "lifetime", &number));
    assert_true(number == 4);
    assert_false(jb_conf_bool(conf, "run", "quiet"));
    assert_false(jb_conf_bool(conf, "run", "live"));
    assert_string_equal(jb_conf_origin(conf, "run", "interval"), "default");
}

static void an_unset_key_gives_nothing(void **state)
{
    const struct jb_conf *conf = *state;
    uint64_t ns = 77;
    double number = 77;
    assert_null(jb_conf_string(conf, "grid", "zone"));
    assert_null(jb_conf_string(conf, "store", "db"));
    assert_null(jb_conf_string(conf, "run", "sensors"));
    assert_null(jb_conf_string(conf, "hardware", "table"));
    assert_false(jb_conf_number(conf, "grid", "intensity", &number));
    assert_false(jb_conf_number(conf, "hardware", "cpu_tdp", &number));
    assert_false(jb_conf_number(conf, "hardware", "embodied_kg", &number));
    assert_false(jb_conf_duration(conf, "run", "baseline", &ns));
    assert_true(ns == 77 && number == 77);
    assert_string_equal(jb_conf_origin(conf, "grid", "zone"), "default");
}

static void the_table_is_sound(void **state)
{
    for (const struct jb_conf_key *k = jb_conf_keys; k->section; k++) {
        assert_true(k->help && *k->help);
        assert_true(k->min <= k->max);
        assert_true(k->type == JB_CONF_NUMBER || k->type == JB_CONF_DURATION || (k->min == 0 && k->max == 0));
        for (const char *p = k->key; *p; p++) {
            assert_true((*p >= 'a' && *p <= 'z') || *p == '_' || (p > k->key && *p >= '0' && *p <= '9'));
        }
        for (const struct jb_conf_key *other = jb_conf_keys; other != k; other++) {
            assert_false(jb_streq(k->section, other->section) && jb_streq(k->key, other->key));
        }
        /* A fallback is held to the same rules as a user's value. */
        assert_true(!k->fallback || jb_conf_set(*state, k->section, k->key, k->fallback, NULL) == 0);
    }
}

static void a_flag_wins_and_says_so(void **state)
{
    struct jb_conf *conf = *state;
    assert_int_equal(jb_conf_parse(conf, "[grid]\nzone = KR\n", "file", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "grid", "zone", "DE", NULL), 0);
    assert_string_equal(jb_conf_string(conf, "grid", "zone"), "DE");
    assert_string_equal(jb_conf_origin(conf, "grid", "zone"), "flag");
}

static void the_config_owns_its_strings(void **state)
{
    struct jb_conf *conf = *state;
    char value[] = "KR";
    assert_int_equal(jb_conf_set(conf, "grid", "zone", value, NULL), 0);
    value[0] = 'X';
    assert_string_equal(jb_conf_string(conf, "grid", "zone"), "KR");
    /* Also when it is given its own string back. */
    assert_int_equal(jb_conf_set(conf, "grid", "zone", jb_conf_string(conf, "grid", "zone"), NULL), 0);
    assert_string_equal(jb_conf_string(conf, "grid", "zone"), "KR");
}

static void bad_values_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *section, *key, *value, *message;
    } cases[] = {
        {"run", "interval", "100", "100ms"},
        {"run", "interval", "-5s", "not a duration"},
        {"run", "interval", "0s", "between 0.001s and 60s"},
        {"run", "interval", "61s", "between 0.001s and 60s"},
        {"run", "interval", "", "not a duration"},
        {"run", "baseline", "2h", "between 0s and 3600s"},
        {"run", "basis", "everything", "machine, run, footprint"},
        {"run", "quiet", "maybe", "neither true nor false"},
        {"run", "quiet", "", "neither true nor false"},
        {"grid", "pue", "0.9", "between 1 and 10"},
        {"grid", "pue", "11", "between 1 and 10"},
        {"grid", "pue", "1,5", "not a number"},
        {"grid", "pue", "nan", "not a number"},
        {"grid", "pue", "", "not a number"},
        {"grid", "intensity", "-1", "at least 0"},
        {"grid", "intensity", "1e999", "not a number"},
        {"hardware", "cpu_tdp", "0", "between 1 and 10000"},
        {"hardware", "lifetime", "0", "between 0.1 and 100"},
        {"hardware", "embodied_kg", "-0.1", "at least 0"},
    };
    struct jb_conf *conf = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jb_diag diag = {0};
        assert_int_equal(jb_conf_set(conf, cases[i].section, cases[i].key, cases[i].value, &diag), -EINVAL);
        assert_non_null(strstr(diag.text, cases[i].message));
        assert_non_null(strstr(diag.text, cases[i].key));
        assert_string_equal(jb_conf_origin(conf, cases[i].section, cases[i].key), "default");
    }
    defaults_are_those_of_the_contract(state);
}

static void limits_belong_to_the_range(void **state)
{
    struct jb_conf *conf = *state;
    assert_int_equal(jb_conf_set(conf, "run", "interval", "1ms", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "run", "interval", "60s", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "grid", "pue", "1", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "grid", "pue", "10", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "grid", "intensity", "0", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "grid", "intensity", "1e6", NULL), 0);
    double number = 77;
    assert_true(jb_conf_number(conf, "grid", "intensity", &number));
    assert_true(number == 1e6);
}

static void booleans_have_four_spellings(void **state)
{
    static const char *const yes[] = {"true", "YES", "On", "1"}, *const no[] = {"false", "No", "OFF", "0"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(jb_conf_set(*state, "run", "quiet", yes[i], NULL), 0);
        assert_true(jb_conf_bool(*state, "run", "quiet"));
        assert_int_equal(jb_conf_set(*state, "run", "quiet", no[i], NULL), 0);
        assert_false(jb_conf_bool(*state, "run", "quiet"));
    }
}

static void an_empty_string_goes_back_to_the_default(void **state)
{
    struct jb_conf *conf = *state;
    assert_int_equal(jb_conf_set(conf, "grid", "zone", "KR", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "grid", "zone", "", NULL), 0);
    assert_null(jb_conf_string(conf, "grid", "zone"));
    assert_string_equal(jb_conf_origin(conf, "grid", "zone"), "default");
    assert_int_equal(jb_conf_set(conf, "run", "basis", "run", NULL), 0);
    assert_int_equal(jb_conf_set(conf, "run", "basis", "", NULL), 0);
    assert_string_equal(jb_conf_string(conf, "run", "basis"), "footprint");
}

static void an_unknown_key_is_refused_with_a_hint(void **state)
{
    struct jb_diag diag = {0};
    assert_int_equal(jb_conf_set(*state, "grid", "zoen", "x", &diag), -EINVAL);
    assert_string_equal(diag.text, "unknown key 'zoen' in [grid]");
    assert_string_equal(diag.fix, "did you mean 'zone'?");
    assert_int_equal(jb_conf_set(*state, "run", "pue", "1", &diag), -EINVAL);
    assert_string_equal(diag.fix, "did you mean 'pue' in [grid]?");
    assert_int_equal(jb_conf_set(*state, "grid", "nothing_like_it", "1", &diag), -EINVAL);
    assert_non_null(strstr(diag.fix, "zone, intensity, pue"));
    assert_int_equal(jb_conf_set(*state, "gird", "zone", "x", &diag), -EINVAL);
    assert_string_equal(diag.text, "unknown section [gird]");
    assert_string_equal(diag.fix, "did you mean [grid]?");
    assert_int_equal(jb_conf_set(*state, "", "", "", NULL), -EINVAL);
}

static void destroy_accepts_null(void **state)
{
    jb_conf_destroy(NULL);
}

#define WITH_CONF(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CONF(defaults_are_those_of_the_contract),
        WITH_CONF(an_unset_key_gives_nothing),
        WITH_CONF(the_table_is_sound),
        WITH_CONF(a_flag_wins_and_says_so),
        WITH_CONF(the_config_owns_its_strings),
        WITH_CONF(bad_values_are_refused_and_change_nothing),
        WITH_CONF(limits_belong_to_the_range),
        WITH_CONF(booleans_have_four_spellings),
        WITH_CONF(an_empty_string_goes_back_to_the_default),
        WITH_CONF(an_unknown_key_is_refused_with_a_hint),
        cmocka_unit_test(destroy_accepts_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
