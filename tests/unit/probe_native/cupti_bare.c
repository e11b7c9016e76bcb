/* SPDX-License-Identifier: Apache-2.0 */
/* A libcupti that lacks what is needed: said once, and never tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"
#include "stub/cupti_stub.h"

#include "probe/probe.h"

#include <string.h>

static void test_given_up(void **state)
{
    (void)state;
    double_reset();
    stub_cupti_reset();
    stub_cuda_set(0, 1);
    probe_cupti_begin(jb_wire_attach());
    assert_non_null(strstr(double_state.notes, "lacks functions"));
    double_state.notes[0] = '\0';
    probe_cupti_begin(jb_wire_attach());
    for (int i = 0; i < 3000; i++) {
        assert_false(probe_cupti_push(1));
        probe_cupti_pop();
    }
    probe_cupti_end(jb_wire_attach());
    assert_string_equal(double_state.notes, "");
    assert_int_equal(stub_cupti()->subscriptions, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_given_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
