/* SPDX-License-Identifier: Apache-2.0 */
/* What --when may say. */
#include "cli/when.h"

#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define HOUR_NS (3600 * JB_NS_PER_S)

static void good(const char *text, uint64_t length_ns, uint64_t within_ns)
{
    struct cli_when when = {0};
    struct jb_diag diag = {0};
    if (cli_when_parse(text, &when, &diag) != 0) {
        fail_msg("%s: %s", text, diag.text);
    }
    assert_int_equal(when.length_ns, length_ns);
    assert_int_equal(when.within_ns, within_ns);
}

static void bad(const char *text)
{
    struct cli_when when = {.length_ns = 7, .within_ns = 8};
    struct jb_diag diag = {0};
    if (cli_when_parse(text, &when, &diag) != -EINVAL) {
        fail_msg("'%s' was taken", text);
    }
    assert_int_equal(when.length_ns, 7);
    assert_int_equal(when.within_ns, 8);
    assert_non_null(strstr(diag.text, "--when"));
}

static void what_may_be_said(void **state)
{
    good("greenest:4h,within:24h", 4 * HOUR_NS, 24 * HOUR_NS);
    good("greenest:4h", 4 * HOUR_NS, 24 * HOUR_NS);
    good("greenest:30h", 30 * HOUR_NS, 30 * HOUR_NS);
    good("greenest:1s,within:1s", JB_NS_PER_S, JB_NS_PER_S);
    good("greenest:72h,within:3d", 72 * HOUR_NS, 72 * HOUR_NS);
    good("greenest:1.5h,within:90m", 90 * 60 * JB_NS_PER_S, 90 * 60 * JB_NS_PER_S);
}

static void what_may_not(void **state)
{
    static const char *const texts[] = {
        "",
        "greenest",
        "greenest:",
        "greenest:4",
        "greenest:0s",
        "greenest:999ms",
        "greenest:73h",
        "greenest:4h,within:100h",
        "greenest:4h,within:2h",
        "greenest:4h,",
        "greenest:4h,within",
        "greenest:4h,within:",
        "greenest:4h,within:24h,x",
        "greenest:4h, within:24h",
        "greenest:-4h",
        "greenest:4h,until:24h",
        "Greenest:4h",
        "brownest:4h",
        "within:24h,greenest:4h",
        "greenest:4000000000000000000000000000000000000h",
        "greenest:99999999999999999999h",
        "\xff\x1b[31m",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        bad(texts[i]);
    }
    bad(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_said),
        cmocka_unit_test(what_may_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
