/* SPDX-License-Identifier: Apache-2.0 */
/* Marks and phases by the names that PyTorch 1.13 and 2.x give, and words of a program's own. */
#include "attribution/op_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_marks(void **state)
{
    static const struct {
        const char *name;
        enum jb_mark mark;
    } all[] = {
        {"Optimizer.step#SGD.step", JB_MARK_OPTIMISE},
        {"Optimizer.zero_grad#SGD.zero_grad", JB_MARK_ZERO_GRAD},
        {"enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__", JB_MARK_DATA},
        {"enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__", JB_MARK_DATA},
        {"enumerate(DataPipe)#MapperIterDataPipe", JB_MARK_DATA},
        {"autograd::engine::evaluate_function: MmBackward0", JB_MARK_BACKWARD},
        {"autograd::engine::evaluate_function: torch::autograd::AccumulateGrad", JB_MARK_BACKWARD},
        {"torch::autograd::AccumulateGrad", JB_MARK_BACKWARD},
        {"ConvolutionBackward0", JB_MARK_BACKWARD},
        {"CompiledFunctionBackward", JB_MARK_BACKWARD},
        {"MyFunctionBackward", JB_MARK_BACKWARD},
        {"Torch-Compiled Region: 0/0", JB_MARK_COMPILED},
        {"## Call CompiledFxGraph fdqfhmvq ##", JB_MARK_COMPILED},
        {"CompiledFunction", JB_MARK_COMPILED},
        {"aten::convolution_backward", JB_MARK_NONE},
        {"aten::BackwardThing", JB_MARK_NONE},
        {"Backward", JB_MARK_NONE},
        {"Backward pass", JB_MARK_NONE},
        {"My Backward", JB_MARK_NONE},
        {"Optimizer", JB_MARK_NONE},
        {"", JB_MARK_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(jb_mark_of(all[i].name), all[i].mark);
    }
}

static void test_words(void **state)
{
    (void)state;
    for (unsigned phase = 0; phase < JB_PHASE_BODY; phase++) {
        assert_int_equal(jb_phase_of_word(jb_phase_name(phase)), phase);
    }
    assert_int_equal(jb_phase_of_word("optimize"), JB_PHASE_OPTIMISE);
    assert_int_equal(jb_phase_of_word("train"), JB_PHASE_FORWARD);
    assert_int_equal(jb_phase_of_word("validate"), JB_PHASE_EVALUATE);
    assert_int_equal(jb_phase_of_word("warm up"), JB_PHASES);
    assert_int_equal(jb_phase_of_word(""), JB_PHASES);
    assert_string_equal(jb_phase_name(JB_PHASES), "other");
}

static void test_short(void **state)
{
    const char *node = "autograd::engine::evaluate_function: MmBackward0";

    (void)state;
    assert_string_equal(jb_op_short(node), "MmBackward0");
    assert_ptr_equal(jb_op_short(node) + strlen("MmBackward0"), node + strlen(node));
    assert_string_equal(jb_op_short("aten::mm"), "aten::mm");
    assert_string_equal(jb_op_short(""), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
