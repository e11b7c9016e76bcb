/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.c - who is asked, in which order, and why somebody is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes.h"

static struct jb_chain chain;
static struct jb_steps steps;

static void make(enum jb_signal signal)
{
    steps.count = 0;
    jb_chain_make(&fake_settings, &fake_place, signal, &chain, &steps);
}

/* "alpha gamma" */
static void expect(const char *names)
{
    char text[256] = "";
    for (size_t i = 0; i < chain.count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "", chain.providers[i]->name);
    }
    assert_string_equal(text, names);
}

static void expect_step(const char *text)
{
    assert_int_equal(steps.count, 1);
    assert_string_equal(steps.text[0], text);
}

static void those_that_need_no_key_are_asked(void **state)
{
    fake_make(NULL);
    make(JB_AVERAGE);
    expect("beta gamma"); /* delta only where it is named */
    assert_int_equal(steps.count, 0);
}

static void those_with_a_key_come_before(void **state)
{
    fake_make(NULL);
    fake_settings.access[ALPHA].token = FAKE_KEY;
    make(JB_AVERAGE);
    expect("alpha beta gamma");
    fake_settings.access[PAPER].url = "/a/file.csv";
    make(JB_AVERAGE);
    expect("paper alpha beta gamma");
}

static void those_that_are_named_are_asked_in_their_order(void **state)
{
    fake_make("delta, gamma,beta gamma");
    make(JB_AVERAGE);
    expect("delta gamma beta");
    assert_int_equal(steps.count, 0);
    fake_settings.access[PAPER].url = "/a/file.csv"; /* the user's own file is first, named or not */
    make(JB_AVERAGE);
    expect("paper delta gamma beta");
    fake_settings.providers = "gamma, paper";
    make(JB_AVERAGE);
    expect("paper gamma");
}

static void static_ends_the_list(void **state)
{
    fake_make("beta, static, gamma");
    make(JB_AVERAGE);
    expect("beta");
    assert_int_equal(steps.count, 0);
    fake_settings.providers = "static";
    make(JB_AVERAGE);
    expect("");
    assert_int_equal(steps.count, 1);
    assert_non_null(strstr(steps.text[0], "static"));
}

static void one_that_is_named_and_left_out_is_told(void **state)
{
    fake_make("alpha, gamma");
    make(JB_AVERAGE);
    expect("gamma");
    expect_step("alpha: no key: set [grid] alpha_token");
    fake_make("beta, gamma");
    fake_settings.factor = JB_FACTOR_DIRECT;
    make(JB_AVERAGE);
    expect("gamma");
    expect_step("beta: it gives no direct figures");
    fake_settings.factor = JB_FACTOR_LIFECYCLE;
    make(JB_AVERAGE);
    expect("beta");
    expect_step("gamma: it gives no life-cycle figures");
    fake_make("beta");
    snprintf(fake_place.live_zone, sizeof(fake_place.live_zone), "YY");
    make(JB_AVERAGE);
    expect("");
    expect_step("beta: it does not serve YY");
    fake_make("beta");
    fake_settings.access[BETA].url = NULL;
    make(JB_AVERAGE);
    expect_step("beta: no address: set [grid] beta_url");
}

static void the_marginal_signal_is_a_chain_of_its_own(void **state)
{
    fake_make(NULL);
    make(JB_MARGINAL);
    expect("");
    assert_int_equal(steps.count, 0);
    fake_settings.access[MOE].user = "me";
    make(JB_MARGINAL);
    expect("");
    fake_settings.access[MOE].password = "secret";
    make(JB_MARGINAL);
    expect("moe");
    make(JB_AVERAGE);
    expect("beta gamma");
    fake_settings.providers = "moe, gamma";
    make(JB_AVERAGE);
    expect("gamma");
    assert_int_equal(steps.count, 0);
    make(JB_MARGINAL);
    expect("moe");
    fake_settings.access[MOE].password = NULL;
    make(JB_MARGINAL);
    expect_step("moe: no key: set [grid] moe_password");
}

static void a_factor_is_asked_for_where_there_are_two(void **state)
{
    struct jb_ask ask;
    fake_make(NULL);
    jb_chain_ask(&fake_settings, &fake_place, &alpha, &ask);
    assert_false(ask.direct);
    assert_string_equal(ask.zone, "XX");
    assert_string_equal(ask.access.url, fake_settings.access[ALPHA].url);
    jb_chain_ask(&fake_settings, &fake_place, &gamma_one, &ask); /* has nothing else */
    assert_true(ask.direct);
    fake_settings.factor = JB_FACTOR_DIRECT;
    fake_settings.latitude = 1;
    fake_settings.longitude = 2;
    jb_chain_ask(&fake_settings, &fake_place, &alpha, &ask);
    assert_true(ask.direct);
    assert_float_equal(ask.latitude, 1, 0);
    assert_float_equal(ask.longitude, 2, 0);
    jb_chain_ask(&fake_settings, &fake_place, &beta, &ask);
    assert_false(ask.direct);
}

static void ones_own_figure_ends_it_all(void **state)
{
    fake_make("gamma");
    fake_settings.fixed = true;
    fake_settings.access[PAPER].url = "/a/file.csv";
    make(JB_AVERAGE);
    expect("");
    assert_int_equal(steps.count, 1);
    assert_non_null(strstr(steps.text[0], "[grid] intensity"));
}

static void without_the_network_there_is_the_file(void **state)
{
    fake_make(NULL);
    fake_settings.live = false;
    make(JB_AVERAGE);
    expect("");
    expect_step("[grid] live is off: no provider was asked");
    fake_settings.access[PAPER].url = "/a/file.csv";
    make(JB_AVERAGE);
    expect("paper");
    assert_int_equal(steps.count, 0);
}

static void the_world_is_nobodys_zone(void **state)
{
    fake_make(NULL);
    jb_copy(fake_place.name, sizeof(fake_place.name), "World");
    fake_place.live_zone[0] = '\0';
    make(JB_AVERAGE);
    expect("");
    assert_int_equal(steps.count, 1);
    assert_non_null(strstr(steps.text[0], "World"));
    fake_settings.access[PAPER].url = "/a/file.csv";
    make(JB_AVERAGE);
    expect("paper");
}

static void a_key_that_would_help_is_named(void **state)
{
    fake_make(NULL);
    fake_settings.access[BETA].url = fake_settings.access[GAMMA].url = NULL;
    make(JB_AVERAGE);
    expect("");
    expect_step("nobody to ask about XX without a key or your word: set [grid] alpha_token or providers = delta");
    jb_copy(fake_place.live_zone, sizeof(fake_place.live_zone), "YY");
    make(JB_AVERAGE);
    expect_step("no provider serves YY");
}

static void steps_are_kept_once_and_clean(void **state)
{
    struct jb_steps some = {.count = 0};
    char text[500];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    jb_steps_add(&some, "a %d", 1);
    jb_steps_add(&some, "a %s", "1");
    jb_steps_add(&some, "\033[31m%s", "red");
    jb_steps_add(&some, "%s", text);
    jb_steps_add(&some, "%s", text);
    assert_int_equal(some.count, 3);
    assert_string_equal(some.text[1], "?[31mred");
    assert_int_equal(strlen(some.text[2]), JB_STEP_TEXT - 1);
    for (int i = 0; i < 50; i++) {
        jb_steps_add(&some, "step %d", i);
    }
    assert_int_equal(some.count, JB_MAX_STEPS);
    jb_steps_add(NULL, "nobody listens");
    jb_chain_make(&fake_settings, &fake_place, JB_AVERAGE, &chain, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_need_no_key_are_asked),
        cmocka_unit_test(those_with_a_key_come_before),
        cmocka_unit_test(those_that_are_named_are_asked_in_their_order),
        cmocka_unit_test(static_ends_the_list),
        cmocka_unit_test(one_that_is_named_and_left_out_is_told),
        cmocka_unit_test(the_marginal_signal_is_a_chain_of_its_own),
        cmocka_unit_test(a_factor_is_asked_for_where_there_are_two),
        cmocka_unit_test(ones_own_figure_ends_it_all),
        cmocka_unit_test(without_the_network_there_is_the_file),
        cmocka_unit_test(the_world_is_nobodys_zone),
        cmocka_unit_test(a_key_that_would_help_is_named),
        cmocka_unit_test(steps_are_kept_once_and_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
