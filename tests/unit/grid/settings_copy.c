/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of settings has texts of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grid/settings.h"

#include <string.h>

static void texts_are_its_own(void **state)
{
    char list[] = "ukgrid", url[] = "https://a", token[] = "t0ken", password[] = "", region[] = "7";
    struct jb_grid_settings settings = {.live = true, .providers = list, .latitude = 1.5};
    settings.access[0].url = url;
    settings.access[JB_MAX_PROVIDERS - 1] = (struct jb_access){.token = token, .password = password, .region = region};
    struct jb_grid_settings *copy = jb_grid_settings_copy(&settings);
    assert_non_null(copy);
    memset(list, 'x', sizeof(list) - 1);
    memset(url, 'x', sizeof(url) - 1);
    memset(token, 'x', sizeof(token) - 1);
    assert_true(copy->live);
    assert_string_equal(copy->providers, "ukgrid");
    assert_null(copy->ca_file);
    assert_string_equal(copy->access[0].url, "https://a");
    assert_null(copy->access[0].token);
    assert_string_equal(copy->access[JB_MAX_PROVIDERS - 1].token, "t0ken");
    assert_string_equal(copy->access[JB_MAX_PROVIDERS - 1].password, "");
    assert_string_equal(copy->access[JB_MAX_PROVIDERS - 1].region, "7");
    jb_grid_settings_free(copy);
    jb_grid_settings_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
