/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is written in order: what is not known is null, and never 0 or an empty text. */
#include "base/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void what_is_not_known_is_null(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_json json = {.out = &out};

    jb_json_open(&json, NULL, '{');
    jb_json_integer_if(&json, "a", true, -3);
    jb_json_integer_if(&json, "b", false, -3);
    jb_json_joules_if(&json, "c", true, 12345678);
    jb_json_joules_if(&json, "d", false, 12345678);
    jb_json_joules_if(&json, "e", true, 0);
    jb_json_close(&json, '}');
    assert_string_equal(out.data, "{\"a\":-3,\"b\":null,\"c\":12.345678,\"d\":null,\"e\":0.0}");
}

static void a_time_that_is_none_is_null(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_json json = {.out = &out};

    jb_json_open(&json, NULL, '[');
    jb_json_time(&json, NULL, INT64_C(1795316400123456789));
    jb_json_time(&json, NULL, 0);
    jb_json_time(&json, NULL, -1);
    jb_json_close(&json, ']');
    assert_string_equal(out.data, "[\"2026-11-22T03:00:00.123Z\",null,null]");
}

static void texts_are_an_array_that_may_be_empty(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_json json = {.out = &out};
    char first[] = "a \"b\"", second[] = "";
    char *const texts[] = {first, second};

    jb_json_open(&json, NULL, '{');
    jb_json_texts(&json, "two", texts, 2);
    jb_json_texts(&json, "none", NULL, 0);
    jb_json_close(&json, '}');
    assert_string_equal(out.data, "{\"two\":[\"a \\\"b\\\"\",\"\"],\"none\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(a_time_that_is_none_is_null),
        cmocka_unit_test(texts_are_an_array_that_may_be_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
