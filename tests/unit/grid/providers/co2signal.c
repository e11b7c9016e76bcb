/* SPDX-License-Identifier: Apache-2.0 */
/*
 * co2signal.c - the older free interface: one question, one shape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "electricitymaps.h"

static void ask_france(void)
{
    ask(JB_ASK_LATEST, NULL, NULL);
    exchange.ask.zone = "FR";
}

static void the_latest_value_is_asked_for_by_country_code(void **state)
{
    struct jb_request asked = {0};
    ask_france();
    assert_int_equal(provider->request(&exchange, &asked, &diag), 0);
    assert_string_equal(asked.url, "https://api.co2signal.com/v1/latest?countryCode=FR");
    assert_string_equal(asked.headers[0], "auth-token: " KEY);
    exchange.ask.zone = "DK-DK1";
    assert_int_equal(provider->request(&exchange, &asked, &diag), 0);
    assert_string_equal(asked.url, "https://api.co2signal.com/v1/latest?countryCode=DK-DK1");
}

static void what_it_has_not_is_not_asked_for(void **state)
{
    struct jb_request asked = {0};
    ask(JB_ASK_RANGE, "2026-03-29T15:00:00Z", "2026-03-29T18:00:00Z");
    assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
    ask(JB_ASK_FORECAST, NULL, "2026-03-29T21:00:00Z");
    assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
    ask_france();
    exchange.ask.zone = "a&b";
    assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
    ask_france();
    exchange.ask.access.token = "a\nb";
    assert_int_equal(provider->request(&exchange, &asked, &diag), -EINVAL);
    assert_non_null(strstr(diag.fix, "co2signal_token"));
    assert_true(provider->opt_in && provider->max_span_ns == 0 && provider->forecast_ns == 0 && !provider->direct);
}

static void its_zones_are_those_of_electricity_maps(void **state)
{
    ask_france();
    assert_true(provider->serves(&exchange.ask));
    exchange.ask.zone = "World";
    assert_false(provider->serves(&exchange.ask));
    exchange.ask.zone = NULL;
    exchange.ask.latitude = exchange.ask.longitude = 50;
    assert_false(provider->serves(&exchange.ask));
}

static void its_value_is_one_of_the_life_cycle(void **state)
{
    ask_france();
    exchange.ask.direct = true; /* it cannot be asked for that */
    assert_int_equal(answered("latest.json"), 0);
    assert_int_equal(track.count, 1);
    expect_point(0, "2026-03-29T18:00:00Z", 60, 92.97078744790771, 0);
    assert_float_equal(track.points[0].rel_error, 0.17, 1e-9);
}

static void nothing_is_no_point(void **state)
{
    ask_france();
    expect_said(answered("no_data.json"), -ENODATA, "nothing recent");
    expect_said(answered("unknown_status.json"), -EBADMSG, "");
    expect_said(answered("no_time.json"), -EBADMSG, "datetime");
    expect_said(answered("pounds.json"), -EBADMSG, "unit");
    exchange.ask.zone = "DE";
    expect_said(answered("latest.json"), -EBADMSG, "about FR, asked was DE");
}

int main(void)
{
    provider = &jb_provider_co2signal;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_value_is_asked_for_by_country_code),
        cmocka_unit_test(what_it_has_not_is_not_asked_for),
        cmocka_unit_test(its_zones_are_those_of_electricity_maps),
        cmocka_unit_test(its_value_is_one_of_the_life_cycle),
        cmocka_unit_test(nothing_is_no_point),
    };
    return cmocka_run_group_tests_name("grid/providers/co2signal", tests, NULL, finish);
}
