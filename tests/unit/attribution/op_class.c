/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes of real names: of PyTorch's operators and backward nodes, oneDNN's primitives, XLA's thunks, and kernels as
 * profilers print them.
 */
#include "attribution/op_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct expected {
    const char *name;
    enum jb_op_class op_class;
};

static void check(const struct expected *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (jb_op_class_of(all[i].name) != all[i].op_class) {
            print_error("%s: %s\n", all[i].name, jb_op_class_name(jb_op_class_of(all[i].name)));
        }
        assert_int_equal(jb_op_class_of(all[i].name), all[i].op_class);
    }
}
#define CHECK(all) check(all, sizeof(all) / sizeof((all)[0]))

static void test_pytorch(void **state)
{
    static const struct expected all[] = {
        {"aten::mm", JB_OP_MATMUL},
        {"aten::addmm_", JB_OP_MATMUL},
        {"aten::linear", JB_OP_MATMUL},
        {"aten::lstm", JB_OP_MATMUL},
        {"aten::_weight_int8pack_mm", JB_OP_MATMUL},
        {"aten::linalg_solve_ex", JB_OP_INVERSE},
        {"aten::linalg_vector_norm", JB_OP_REDUCTION},
        {"aten::cholesky", JB_OP_INVERSE},
        {"aten::mkldnn_convolution", JB_OP_CONVOLUTION},
        {"aten::convolution_backward", JB_OP_CONVOLUTION},
        {"aten::conv_transpose2d", JB_OP_CONVOLUTION},
        {"aten::max_pool2d_with_indices", JB_OP_POOLING},
        {"aten::adaptive_avg_pool2d", JB_OP_POOLING},
        {"aten::clamp_min", JB_OP_ACTIVATION},
        {"aten::clamp_max", JB_OP_ELEMENTWISE},
        {"aten::threshold_backward", JB_OP_ACTIVATION},
        {"aten::log_sigmoid", JB_OP_ACTIVATION},
        {"aten::bernoulli_", JB_OP_DROPOUT},
        {"aten::native_dropout_backward", JB_OP_DROPOUT},
        {"aten::_log_softmax_backward_data", JB_OP_SOFTMAX},
        {"aten::native_batch_norm_backward", JB_OP_NORMALIZATION},
        {"aten::norm", JB_OP_REDUCTION},
        {"aten::normal_", JB_OP_ELEMENTWISE},
        {"aten::embedding_dense_backward", JB_OP_EMBEDDING},
        {"aten::_scaled_dot_product_flash_attention_for_cpu", JB_OP_ATTENTION},
        {"aten::cross_entropy_loss", JB_OP_LOSS},
        {"aten::cosine_embedding_loss", JB_OP_LOSS},
        {"aten::sum", JB_OP_REDUCTION},
        {"aten::max", JB_OP_REDUCTION},
        {"aten::maximum", JB_OP_ELEMENTWISE},
        {"aten::logsumexp", JB_OP_REDUCTION},
        {"aten::add_", JB_OP_ELEMENTWISE},
        {"aten::_foreach_addcdiv_", JB_OP_ELEMENTWISE},
        {"aten::__and__", JB_OP_ELEMENTWISE},
        {"aten::upsample_bilinear2d", JB_OP_ELEMENTWISE},
        {"aten::_fused_adamw_", JB_OP_OPTIMIZER},
        {"aten::copy_", JB_OP_COPY},
        {"aten::cat", JB_OP_COPY},
        {"aten::_local_scalar_dense", JB_OP_COPY},
        {"aten::mkldnn_reorder_conv2d_weight", JB_OP_COPY},
        {"aten::view", JB_OP_OTHER},
        {"aten::select", JB_OP_OTHER},
        {"aten::is_contiguous", JB_OP_OTHER},
        {"aten::empty_strided", JB_OP_OTHER},
        {"Optimizer.step#Adam.step", JB_OP_OPTIMIZER},
        {"Optimizer.zero_grad#SGD.zero_grad", JB_OP_OPTIMIZER},
        {"enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__", JB_OP_DATA},
        {"c10d::allreduce_", JB_OP_COPY},
        {"vllm::unified_attention", JB_OP_ATTENTION},
        {"Torch-Compiled Region: 0/0", JB_OP_OTHER},
        {"", JB_OP_OTHER},
    };

    (void)state;
    CHECK(all);
}

/* A node has the class of what it is the backward of, whichever way it is told. */
static void test_backward(void **state)
{
    static const struct expected all[] = {
        {"autograd::engine::evaluate_function: ConvolutionBackward0", JB_OP_CONVOLUTION},
        {"ConvolutionBackward0", JB_OP_CONVOLUTION},
        {"MmBackward0", JB_OP_MATMUL},
        {"AddmmBackward0", JB_OP_MATMUL},
        {"AddBackward0", JB_OP_ELEMENTWISE},
        {"Exp2Backward0", JB_OP_ELEMENTWISE},
        {"MaxPool2DWithIndicesBackward0", JB_OP_POOLING},
        {"NativeBatchNormBackward0", JB_OP_NORMALIZATION},
        {"NllLossBackward0", JB_OP_LOSS},
        {"LogSoftmaxBackward0", JB_OP_SOFTMAX},
        {"ReluBackward0", JB_OP_ACTIVATION},
        {"ScaledDotProductEfficientAttentionBackward0", JB_OP_ATTENTION},
        {"EmbeddingBackward0", JB_OP_EMBEDDING},
        {"TBackward0", JB_OP_OTHER},
        {"torch::autograd::AccumulateGrad", JB_OP_ELEMENTWISE},
        {"CompiledFunctionBackward", JB_OP_OTHER},
    };

    (void)state;
    CHECK(all);
}

static void test_kernels(void **state)
{
    static const struct expected all[] = {
        {"ampere_sgemm_128x64_nn", JB_OP_MATMUL},
        {"nvjet_tst_256x160_64x5_2x1_2cta_v_bz_TNT", JB_OP_MATMUL},
        {"void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x128_32x5_tn_align8>", JB_OP_MATMUL},
        {"void cublasLt::splitKreduce_kernel<32, 16, int, float, float>", JB_OP_MATMUL},
        {"sm80_xmma_fprop_implicit_gemm_indexed_tf32f32_tf32f32_f32_nhwckrsc_nchw", JB_OP_CONVOLUTION},
        {"implicit_convolve_sgemm", JB_OP_CONVOLUTION},
        {"void cudnn::bn_fw_tr_1C11_kernel_NCHW<float, float, int, 512>", JB_OP_NORMALIZATION},
        {"void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>>", JB_OP_ELEMENTWISE},
        {"void at::native::vectorized_elementwise_kernel<4, at::native::GeluCUDAKernelImpl>", JB_OP_ACTIVATION},
        {"void at::native::unrolled_elementwise_kernel<at::native::direct_copy_kernel_cuda>", JB_OP_COPY},
        {"void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::MeanOps>>", JB_OP_REDUCTION},
        {"void at::native::(anonymous namespace)::cunn_SoftMaxForward<4, float>", JB_OP_SOFTMAX},
        {"void flash_fwd_kernel<Flash_fwd_kernel_traits<64, 128, 128, 4, cutlass::bfloat16_t>>", JB_OP_ATTENTION},
        {"fmha_cutlassF_bf16_aligned_64x64_rf_sm80", JB_OP_ATTENTION},
        {"void multi_tensor_apply_kernel<TensorListMetadata<4>, FusedAdamMathFunctor<float>>", JB_OP_OPTIMIZER},
        {"ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgsStorage<4096ul>)", JB_OP_COPY},
        {"Memcpy HtoD (Pageable -> Device)", JB_OP_COPY},
        {"triton_poi_fused_add_cos_sin_0", JB_OP_ELEMENTWISE},
        {"triton_red_fused__softmax_sub_3", JB_OP_SOFTMAX},
        {"triton_poi_fused_convolution_relu_0", JB_OP_CONVOLUTION},
        {"triton_tem_fused_mm_1", JB_OP_MATMUL},
    };

    (void)state;
    CHECK(all);
}

static void test_onednn_and_xla(void **state)
{
    static const struct expected all[] = {
        {"convolution", JB_OP_CONVOLUTION},
        {"deconvolution", JB_OP_CONVOLUTION},
        {"inner_product", JB_OP_MATMUL},
        {"matmul", JB_OP_MATMUL},
        {"rnn", JB_OP_MATMUL},
        {"eltwise", JB_OP_ACTIVATION},
        {"binary", JB_OP_ELEMENTWISE},
        {"sum", JB_OP_ELEMENTWISE},
        {"reduction", JB_OP_REDUCTION},
        {"reorder", JB_OP_COPY},
        {"lrn", JB_OP_NORMALIZATION},
        {"batch_normalization_v2", JB_OP_NORMALIZATION},
        {"resampling", JB_OP_ELEMENTWISE},
        {"sdpa", JB_OP_ATTENTION},
        {"Thunk:#name=jit(step)/jvp(Net)/Dense_0/dot_general,hlo_op=dot.3#", JB_OP_MATMUL},
        {"Thunk:#name=jit(f)/transpose(jvp(Net))/conv_general_dilated,hlo_op=custom-call.12#", JB_OP_CONVOLUTION},
        {"Thunk:#name=jit(step)/softmax/exp,hlo_op=fusion.7#", JB_OP_SOFTMAX},
        {"Thunk:#hlo_op=loop_add_fusion.2#", JB_OP_ELEMENTWISE},
        {"Thunk:#hlo_op=input_reduce_fusion#", JB_OP_REDUCTION},
        {"Thunk:#name=jit(f)/conv,hlo_op=copy.3#", JB_OP_COPY},
        {"Thunk:#hlo_op=all-reduce-start.1#", JB_OP_COPY},
    };

    (void)state;
    CHECK(all);
}

static void test_names_of_classes(void **state)
{
    (void)state;
    assert_string_equal(jb_op_class_name(JB_OP_MATMUL), "matmul");
    assert_string_equal(jb_op_class_name(JB_OP_OTHER), "other");
    assert_string_equal(jb_op_class_name(JB_OP_CLASSES), "other");
    for (unsigned i = 0; i < JB_OP_CLASSES; i++) {
        assert_non_null(jb_op_class_name(i));
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(jb_op_class_name(i), jb_op_class_name(j));
        }
    }
}

/* However long a name, and whatever is in it. */
static void test_long_names(void **state)
{
    char name[4096];

    (void)state;
    for (unsigned c = 1; c < 256; c++) {
        memset(name, (int)c, sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        assert_true(jb_op_class_of(name) < JB_OP_CLASSES);
        assert_int_equal(jb_mark_of(name), JB_MARK_NONE);
    }
    memset(name, 'A', sizeof(name) - 1);
    memcpy(name, "aten::conv", strlen("aten::conv"));
    assert_int_equal(jb_op_class_of(name), JB_OP_CONVOLUTION);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pytorch),          cmocka_unit_test(test_backward),
        cmocka_unit_test(test_kernels),          cmocka_unit_test(test_onednn_and_xla),
        cmocka_unit_test(test_names_of_classes), cmocka_unit_test(test_long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
