/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of NVTX ranges as XLA, PyTorch, NCCL and users write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/nvtx_name.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static struct nvtx_name name;

static const char *of(const char *domain, const char *text)
{
    memset(&name, 0x5a, sizeof(name));
    nvtx_name_of(domain, text, &name);
    return name.text;
}

static void test_thunks(void **state)
{
    (void)state;
    assert_string_equal(
        of("TSL", "Thunk:#name=transpose(jvp(Dense_0))/dot_general,hlo_op=fusion.12.1,unique_hlo_op_id=7#"),
        "xla::fusion [transpose(jvp(Dense_0))/dot_general]");
    assert_int_equal(name.kind, JB_EVENT_OPERATOR);
    assert_int_equal(name.origin, JB_KERNEL_BACKWARD);
    assert_false(name.of_pytorch);
    assert_string_equal(
        of("TSL", "Thunk:#name=jit(step)/jit(main)/jvp(Conv_1)/conv_general_dilated,hlo_op=cudnn-conv.3#"),
        "xla::cudnn-conv [jvp(Conv_1)/conv_general_dilated]");
    assert_int_equal(name.origin, JB_KERNEL_FORWARD);
    assert_string_equal(of("TSL", "Thunk:#hlo_op=copy.4#"), "xla::copy");
    assert_int_equal(name.origin, JB_KERNEL_UNKNOWN);
    assert_string_equal(of("TSL", "Thunk:#hlo_op=fusion.9,hlo_module=jit_f,program_id=3#"), "xla::fusion");
    /* Parameters of jaxpr have commas. */
    assert_string_equal(
        of("TSL", "Thunk:#name=jit(f)/dot_general[dimension_numbers=(((1,), (0,)), ((), ()))],hlo_op=gemm.1#"),
        "xla::gemm [dot_general]");
    assert_string_equal(of("TSL", "Thunk:#name=add#"), "xla::thunk [add]");
    assert_string_equal(of("TSL", "Thunk:#"), "xla::thunk");
    assert_string_equal(of("TSL", "Thunk:#hlo_op=.5#"), "xla::.5");
    assert_string_equal(of("TSL", "Thunk:#hlo_op=loop_add_fusion#"), "xla::loop_add_fusion");
}

static void test_modules(void **state)
{
    (void)state;
    assert_string_equal(
        of("TSL", "XlaModule:#prefix=jit(train_step)/jit(main),hlo_module=jit_train_step,program_id=12#"),
        "XlaModule: jit_train_step");
    assert_int_equal(name.kind, JB_EVENT_RANGE);
    assert_string_equal(of("TSL", "XlaModule:#hlo_module=jit_f#"), "XlaModule: jit_f");
    assert_string_equal(of("TSL", "XlaModule:#"), "XlaModule");
}

static void test_pytorch(void **state)
{
    (void)state;
    assert_string_equal(of(NULL, "aten::mm, seq = 3, op_id = 7, sizes = [[2, 3], [3, 4]]"), "aten::mm");
    assert_int_equal(name.kind, JB_EVENT_OPERATOR);
    assert_true(name.of_pytorch);
    assert_string_equal(of(NULL, "MmBackward0, op_id = 9"), "MmBackward0");
    assert_string_equal(of(NULL, "aten::relu"), "aten::relu");
    assert_string_equal(of("mine", "aten::relu"), "mine: aten::relu"); /* only the default domain is PyTorch's */
    assert_int_equal(name.kind, JB_EVENT_RANGE);
}

static void test_others(void **state)
{
    (void)state;
    assert_string_equal(of("NCCL", "ncclAllReduce"), "ncclAllReduce");
    assert_int_equal(name.kind, JB_EVENT_OPERATOR);
    assert_string_equal(of(NULL, "my range"), "my range");
    assert_int_equal(name.kind, JB_EVENT_RANGE);
    assert_string_equal(of("NCCLX", "w"), "NCCLX: w");
    assert_string_equal(of("TSL", "XlaAutotunerMeasurement:#hlo_op=fusion#"), "TSL: XlaAutotunerMeasurement");
    assert_string_equal(of(NULL, NULL), "");
    assert_string_equal(of("", ""), "");
    assert_string_equal(of("d", NULL), "d: ");
}

static void test_long_texts(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'x', sizeof(text) - 1);
    assert_int_equal(strlen(of(NULL, text)), JB_WIRE_NAME_MAX);
    memcpy(text, "Thunk:#name=", 12);
    memcpy(text + 3000, ",hlo_op=reduce.5#", 17);
    of("TSL", text); /* the operation stands behind what is cut */
    assert_true(strncmp(name.text, "xla::reduce [xxxx", 17) == 0);
    assert_true(strlen(name.text) < JB_WIRE_NAME_MAX);
    memcpy(text + 3000, "xxxxxxxxxxxxxxxxx", 17);
    of("TSL", text);
    assert_true(strncmp(name.text, "xla::thunk [xxxx", 16) == 0);
}

static const char *bound(const char *text)
{
    memset(&name, 0, sizeof(name));
    snprintf(name.text, sizeof(name.text), "%s", text);
    nvtx_name_bound(&name);
    return name.text;
}

static void test_counters_are_folded(void **state)
{
    (void)state;
    char text[64];
    for (unsigned i = 0; i < NVTX_OF_A_STEM; i++) {
        snprintf(text, sizeof(text), "iteration %u of run", i);
        assert_string_equal(bound(text), text);
    }
    assert_string_equal(bound("iteration 7 of run"), "iteration 7 of run"); /* known ones stay */
    assert_string_equal(bound("iteration 1064 of run"), "iteration * of run");
    assert_string_equal(bound("iteration 99999 of run"), "iteration * of run");
    assert_string_equal(bound("layer 3"), "layer 3");
    assert_string_equal(bound("no number"), "no number");
    assert_string_equal(bound(""), "");
}

static void test_wide(void **state)
{
    (void)state;
    char buffer[16];
    nvtx_name_narrow(L"a\u00e9\u20ac\U0001F600", buffer, sizeof(buffer));
    assert_string_equal(buffer, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    nvtx_name_narrow(L"\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac", buffer, sizeof(buffer)); /* whole characters only */
    assert_int_equal(strlen(buffer), 15);
    const wchar_t bad[] = {(wchar_t)0xd800, (wchar_t)0x7fffffff, L'x', 0};
    nvtx_name_narrow(bad, buffer, sizeof(buffer));
    assert_string_equal(buffer, "??x");
    nvtx_name_narrow(NULL, buffer, sizeof(buffer));
    assert_string_equal(buffer, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thunks), cmocka_unit_test(test_modules),    cmocka_unit_test(test_pytorch),
        cmocka_unit_test(test_others), cmocka_unit_test(test_long_texts), cmocka_unit_test(test_counters_are_folded),
        cmocka_unit_test(test_wide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
