/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c - [grid] of the configuration: what is taken, and what is refused with what to do.
 */
#include "grid/settings.h"

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

static struct jb_conf *conf;
static struct jb_grid_settings settings;
static struct jb_diag diag;

static int begin(void **state)
{
    static const char *const variables[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (size_t i = 0; i < JB_COUNT(variables); i++) {
        unsetenv(variables[i]);
    }
    int err = machine_setup(state);
    setenv("XDG_CACHE_HOME", machine, 1);
    conf = jb_conf_create();
    diag = (struct jb_diag){0};
    return err;
}

static int end(void **state)
{
    jb_conf_destroy(conf);
    return machine_teardown(state);
}

static void set(const char *key, const char *value)
{
    assert_int_equal(jb_conf_set(conf, "grid", key, value, NULL), 0);
}

static int load(void)
{
    diag = (struct jb_diag){0};
    return jb_grid_settings_load(conf, machine, &settings, &diag);
}

static struct jb_access access_of(const char *name)
{
    struct jb_access access;
    const struct jb_provider *provider = jb_provider_find(name);
    assert_non_null(provider);
    jb_grid_access(&settings, provider, &access);
    return access;
}

static void nothing_set_is_live_and_as_the_providers_say(void **state)
{
    assert_int_equal(load(), 0);
    assert_true(settings.live);
    assert_false(settings.fixed);
    assert_null(settings.providers);
    assert_int_equal(settings.factor, JB_FACTOR_ANY);
    assert_true(isnan(settings.latitude) && isnan(settings.longitude));
    assert_null(settings.ca_file);
    assert_non_null(strstr(settings.cache, machine));
    assert_non_null(strstr(settings.cache, "/joulebook/grid"));
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        assert_true(i < JB_MAX_PROVIDERS);
        struct jb_access access = access_of(jb_providers[i]->name);
        assert_true(jb_streq(access.url, jb_providers[i]->url));
        assert_null(access.token);
        assert_null(access.user);
        assert_int_equal(jb_grid_has_key(&settings, jb_providers[i]), jb_providers[i]->needs == NULL);
    }
}

static void what_is_set_is_taken(void **state)
{
    set("live", "false");
    set("intensity", "12");
    set("providers", "electricitymaps, ukgrid");
    set("factor", "direct");
    set("latitude", "-33.9");
    set("longitude", "151.2");
    set("ca", "/my/ca.pem");
    set("electricitymaps_token", "abc");
    set("ukgrid_region", "RG10");
    set("watttime_user", "me");
    set("watttime_password", "secret");
    set("file", "/my/intensities.csv");
    setenv("CURL_CA_BUNDLE", "/other.pem", 1);
    assert_int_equal(load(), 0);
    assert_false(settings.live);
    assert_true(settings.fixed);
    assert_string_equal(settings.providers, "electricitymaps, ukgrid");
    assert_int_equal(settings.factor, JB_FACTOR_DIRECT);
    assert_float_equal(settings.latitude, -33.9, 1e-9);
    assert_float_equal(settings.longitude, 151.2, 1e-9);
    assert_string_equal(settings.ca_file, "/my/ca.pem");
    assert_string_equal(access_of("electricitymaps").token, "abc");
    assert_string_equal(access_of("ukgrid").region, "RG10");
    assert_string_equal(access_of("watttime").user, "me");
    assert_string_equal(access_of("watttime").password, "secret");
    assert_null(access_of("ukgrid").token);
    set("factor", "lifecycle");
    assert_int_equal(load(), 0);
    assert_int_equal(settings.factor, JB_FACTOR_LIFECYCLE);
}

static void an_address_has_no_slash_at_its_end(void **state)
{
    set("ukgrid_url", "https://example.org/a/b//");
    assert_int_equal(load(), 0);
    assert_string_equal(access_of("ukgrid").url, "https://example.org/a/b");
    const struct jb_grid_settings copy = settings; /* settings may be copied */
    settings.urls[jb_grid_provider_index(jb_provider_find("ukgrid"))][0] = 'X';
    struct jb_access access;
    jb_grid_access(&copy, jb_provider_find("ukgrid"), &access);
    assert_string_equal(access.url, "https://example.org/a/b");
    set("ukgrid_url", "http://127.0.0.1:8080");
    assert_int_equal(load(), 0);
    assert_string_equal(access_of("ukgrid").url, "http://127.0.0.1:8080");
}

static void an_address_that_is_none_is_refused_and_not_repeated(void **state)
{
    static const char *const bad[] = {"example.org",
                                      "ftp://example.org",
                                      "https://",
                                      "https:///x",
                                      "http:/x",
                                      "https://me:hunter2@example.org",
                                      "https://example.org/?key=hunter2",
                                      "https://example.org/#hunter2",
                                      "https://exa mple.org",
                                      "https://example.org\\x",
                                      "https://ex\xc3\xa4mple.org"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        settings.fixed = true;
        set("ukgrid_url", bad[i]);
        assert_int_equal(load(), -EINVAL);
        assert_non_null(strstr(diag.text, "ukgrid_url"));
        assert_null(strstr(diag.text, "hunter2"));
        assert_non_null(strstr(diag.fix, "https://HOST"));
        assert_true(settings.fixed); /* untouched */
    }
    char url[400] = "https://";
    memset(url + 8, 'x', sizeof(url) - 9);
    set("ukgrid_url", url);
    assert_int_equal(load(), -EINVAL);
}

/* The environment may hold anything. */
static void a_key_that_would_be_a_second_header_is_refused(void **state)
{
    static const char *const bad[] = {"a\r\nEvil: hunter2", "hunter2\n", "a\x7f", "hunter2 ", " hunter2", "\thunter2"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        set("electricitymaps_token", bad[i]);
        assert_int_equal(load(), -EINVAL);
        assert_non_null(strstr(diag.text, "electricitymaps_token"));
        assert_null(strstr(diag.text, "hunter2"));
    }
    static char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    set("electricitymaps_token", text);
    assert_int_equal(load(), -EINVAL);
    set("electricitymaps_token", "a+/=_-.~b c");
    assert_int_equal(load(), 0);
}

static void a_provider_that_is_not_known_has_a_name_like_it(void **state)
{
    set("providers", "ukgrid, electrcitymaps");
    assert_int_equal(load(), -EINVAL);
    assert_non_null(strstr(diag.text, "electrcitymaps"));
    assert_non_null(strstr(diag.fix, "\"electricitymaps\""));
    set("providers", "nobody");
    assert_int_equal(load(), -EINVAL);
    assert_non_null(strstr(diag.fix, "--providers"));
    set("providers", " , ,");
    assert_int_equal(load(), 0);
    assert_null(settings.providers);
    set("providers", "ukgrid,,energinet rte");
    assert_int_equal(load(), 0);
}

static void half_a_place_is_none(void **state)
{
    set("latitude", "51");
    assert_int_equal(load(), -EINVAL);
    assert_non_null(strstr(diag.fix, "longitude"));
    set("longitude", "0");
    assert_int_equal(load(), 0);
    jb_conf_destroy(conf);
    conf = jb_conf_create();
    set("longitude", "0");
    assert_int_equal(load(), -EINVAL);
    assert_non_null(strstr(diag.fix, "latitude"));
}

static void certificates_are_where_libcurl_looks(void **state)
{
    setenv("SSL_CERT_FILE", "/ssl.pem", 1);
    assert_int_equal(load(), 0);
    assert_string_equal(settings.ca_file, "/ssl.pem");
    setenv("CURL_CA_BUNDLE", "/curl.pem", 1);
    assert_int_equal(load(), 0);
    assert_string_equal(settings.ca_file, "/curl.pem");
    setenv("CURL_CA_BUNDLE", "", 1);
    assert_int_equal(load(), 0);
    assert_string_equal(settings.ca_file, "/ssl.pem");
}

static void a_user_without_a_password_is_no_key(void **state)
{
    const struct jb_provider needy = {.name = "watttime", .needs = "user"}, keyed = {.name = "x", .needs = "token"};
    assert_int_equal(load(), 0);
    assert_false(jb_grid_has_key(&settings, &needy)); /* not in the table at all */
    assert_false(jb_grid_has_key(&settings, &keyed));
    assert_int_equal(jb_grid_provider_index(&needy), JB_MAX_PROVIDERS);
}

static void the_clock_of_a_made_up_machine_is_used(void **state)
{
    machine_file("/clock", "2026-11-22T12:00:00Z\n");
    assert_int_equal(load(), 0);
    int64_t shown_ns = jb_walltime_ns(&settings.walltime);
    assert_true(shown_ns >= INT64_C(1795348800000000000) && shown_ns < INT64_C(1795348860000000000));
    machine_file("/clock", "noon\n");
    assert_int_equal(load(), -EINVAL);
}

static void names_of_a_list_come_one_by_one(void **state)
{
    const char *list = " a,bb ,\tccc, ";
    char name[JB_GRID_NAME_TEXT];
    assert_string_equal(jb_grid_next_name(&list, name), "a");
    assert_string_equal(jb_grid_next_name(&list, name), "bb");
    assert_string_equal(jb_grid_next_name(&list, name), "ccc");
    assert_null(jb_grid_next_name(&list, name));
    assert_null(jb_grid_next_name(&list, name));
    char text[200];
    memset(text, 'x', sizeof(text));
    memcpy(text + 150, ",y", 3);
    list = text;
    assert_int_equal(strlen(jb_grid_next_name(&list, name)), JB_GRID_NAME_TEXT - 1);
    assert_string_equal(jb_grid_next_name(&list, name), "y");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_set_is_live_and_as_the_providers_say),
        TEST(what_is_set_is_taken),
        TEST(an_address_has_no_slash_at_its_end),
        TEST(an_address_that_is_none_is_refused_and_not_repeated),
        TEST(a_key_that_would_be_a_second_header_is_refused),
        TEST(a_provider_that_is_not_known_has_a_name_like_it),
        TEST(half_a_place_is_none),
        TEST(certificates_are_where_libcurl_looks),
        TEST(a_user_without_a_password_is_no_key),
        TEST(the_clock_of_a_made_up_machine_is_used),
        TEST(names_of_a_list_come_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
