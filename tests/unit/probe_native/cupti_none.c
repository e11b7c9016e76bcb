/* SPDX-License-Identifier: Apache-2.0 */
/* A process without CUDA: nothing is opened, nothing is said, and CUDA's own entry answers as it must. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"

#include "probe/probe.h"

#include <dlfcn.h>

int InitializeInjection(void);

static void test_without_cuda(void **state)
{
    (void)state;
    double_reset();
    probe_cupti_begin(jb_wire_attach());
    for (int i = 0; i < 3000; i++) {
        assert_false(probe_cupti_push(1));
        probe_cupti_pop();
    }
    probe_cupti_end(jb_wire_attach());
    assert_int_equal(InitializeInjection(), 1);
    assert_string_equal(double_state.notes, "");
    assert_int_equal(double_state.attached, 0);
    assert_null(dlerror()); /* nothing is left for the program to read */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_cuda)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
