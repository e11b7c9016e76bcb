/* SPDX-License-Identifier: Apache-2.0 */
/* In which format a scraper gets its metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "server/accept.h"

/* As Prometheus 2.42 sends it. */
#define PROMETHEUS                                                                                                     \
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"                    \
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

static void openmetrics_is_taken_where_it_is_wanted_more(void **state)
{
    static const char *const wanted[] = {
        "application/openmetrics-text",
        PROMETHEUS,
        "application/openmetrics-text; version=1.0.0; charset=utf-8, text/plain;q=0.5",
        "APPLICATION/OpenMetrics-Text;Version=\"1.0.0\";Q=0.9,text/*;q=0.8",
        "text/plain;q=0,application/*",
        "application/openmetrics-text;q=0.001",
        "application/openmetrics-text;x=\"a,b;q=0\";q=0.3,text/plain;q=0.2",
        ",, application/openmetrics-text ,",
    };
    for (size_t i = 0; i < JB_COUNT(wanted); i++) {
        if (!jb_accept_openmetrics(wanted[i])) {
            fail_msg("not taken: %s", wanted[i]);
        }
    }
}

static void text_is_what_everybody_else_gets(void **state)
{
    static const char *const other[] = {
        "",
        "*/*",
        "text/plain",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/openmetrics-text;q=0.5,text/plain",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=0,*/*;q=1", /* the special range goes before the general one */
        "application/openmetrics-text;q=2",
        "application/openmetrics-text;q=-1",
        "application/openmetrics-text;q=",
        "application/openmetrics-text;q=1.5",
        "application/openmetrics-text;q=0.1234",
        "application/openmetrics-text;q=nan",
        "application/openmetrics-textual",
        "application/openmetrics",
        "\"application/openmetrics-text\"",
        ";;;,,,===\"\\",
        "\"unterminated,application/openmetrics-text",
    };
    assert_false(jb_accept_openmetrics(NULL));
    for (size_t i = 0; i < JB_COUNT(other); i++) {
        if (jb_accept_openmetrics(other[i])) {
            fail_msg("taken: %s", other[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openmetrics_is_taken_where_it_is_wanted_more),
        cmocka_unit_test(text_is_what_everybody_else_gets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
