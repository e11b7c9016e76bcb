/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes of operators by words in their names.
 *
 * Names were taken from PyTorch's native_functions.yaml and derivatives.yaml (1.13 and 2.x), oneDNN's primitive kinds
 * (dnnl_types.h), XLA's opcodes (hlo_opcode.h), and kernel names as profilers print them for cuDNN, cuBLAS, CUTLASS,
 * Triton, FlashAttention and NCCL.
 *
 * Odd: a name is first spelled as lower-case words between underscores ("MaxPool2DWithIndicesBackward0" as
 * "_max_pool2d_with_indices_backward0_"), then the first row whose text occurs in it decides. A text that begins and
 * ends with an underscore is thus a whole word. Rows stand in the order of how heavy the work is, so that a fused
 * kernel has the class of its heaviest part; rows that would be caught by a row further down stand before it.
 */
#include "attribution/op_class.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define KEY_MAX 512

struct row {
    const char *text;
    enum jb_op_class op_class;
};

static const struct row rows[] = {
    /* What says what it is for. */
    {"_optimizer_", JB_OP_OPTIMIZER},
    {"_fused_adam", JB_OP_OPTIMIZER},
    {"_fused_sgd", JB_OP_OPTIMIZER},
    {"_fused_adagrad", JB_OP_OPTIMIZER},
    {"_fused_lamb", JB_OP_OPTIMIZER},
    {"_adam_", JB_OP_OPTIMIZER},
    {"_adamw_", JB_OP_OPTIMIZER},
    {"_lamb_", JB_OP_OPTIMIZER},
    {"_amp_foreach", JB_OP_OPTIMIZER},
    {"_amp_update_scale", JB_OP_OPTIMIZER},
    {"_accumulate_grad", JB_OP_ELEMENTWISE},
    {"_data_loader", JB_OP_DATA},
    {"dataloader", JB_OP_DATA},
    {"_data_pipe", JB_OP_DATA},
    {"_sgd_", JB_OP_OPTIMIZER},
    /* Between machines and memories. */
    {"nccl", JB_OP_COPY},
    {"_c10d", JB_OP_COPY},
    {"all_reduce", JB_OP_COPY},
    {"allreduce", JB_OP_COPY},
    {"all_gather", JB_OP_COPY},
    {"allgather", JB_OP_COPY},
    {"all_to_all", JB_OP_COPY},
    {"reduce_scatter", JB_OP_COPY},
    {"collective_permute", JB_OP_COPY},
    {"memcpy", JB_OP_COPY},
    {"memset", JB_OP_COPY},
    {"mem_cpy", JB_OP_COPY},
    {"pin_memory", JB_OP_COPY},
    /* Names of heavy work inside names of lighter work. */
    {"_is_complex", JB_OP_OTHER},
    {"_is_neg_", JB_OP_OTHER},
    {"_is_conj_", JB_OP_OTHER},
    {"_is_contiguous", JB_OP_OTHER},
    {"_is_coalesced", JB_OP_OTHER},
    {"_is_nonzero", JB_OP_COPY},
    {"_is_set_to_", JB_OP_OTHER},
    {"_view_as_", JB_OP_OTHER},
    {"_neg_view_", JB_OP_OTHER},
    {"_q_per_channel", JB_OP_OTHER},
    {"_q_zero_point", JB_OP_OTHER},
    {"_batch_dim_", JB_OP_OTHER},
    {"_can_cast", JB_OP_OTHER},
    {"_compatible_shallow", JB_OP_OTHER},
    {"_align_to_", JB_OP_OTHER},
    {"_broadcast_to_", JB_OP_OTHER},
    {"_cufft_", JB_OP_OTHER},
    {"_dropout_state", JB_OP_OTHER},
    {"_use_cudnn_", JB_OP_OTHER},
    {"_use_miopen_", JB_OP_OTHER},
    {"_sym_", JB_OP_OTHER},
    {"_nested_get_", JB_OP_OTHER},
    {"_nested_compute", JB_OP_OTHER},
    {"_autocast_to", JB_OP_COPY},
    {"_copysign", JB_OP_ELEMENTWISE},
    {"_copy_sign", JB_OP_ELEMENTWISE},
    {"_nan_to_num", JB_OP_ELEMENTWISE},
    {"_fill_diagonal", JB_OP_ELEMENTWISE},
    {"_clamp_max", JB_OP_ELEMENTWISE},
    {"_greater_equal", JB_OP_ELEMENTWISE},
    {"_less_equal", JB_OP_ELEMENTWISE},
    {"_not_equal", JB_OP_ELEMENTWISE},
    {"_cartesian_prod", JB_OP_COPY},
    {"_matrix_power", JB_OP_MATMUL},
    {"_nuclear_norm", JB_OP_INVERSE},
    {"_slice_inverse", JB_OP_COPY},
    {"_fbgemm_pack", JB_OP_COPY},
    {"_quantize_weight", JB_OP_ELEMENTWISE},
    {"_linear_combination", JB_OP_ELEMENTWISE},
    {"_conj", JB_OP_ELEMENTWISE},
    {"convert", JB_OP_COPY},
    {"reorder", JB_OP_COPY},
    {"weight_to_int4pack", JB_OP_COPY},
    {"flatten_weight", JB_OP_COPY},
    {"_fused_sdp_choice", JB_OP_OTHER},
    {"_embedding_loss", JB_OP_LOSS},
    {"_similarity_", JB_OP_REDUCTION},
    {"_logsumexp", JB_OP_REDUCTION},
    {"_logcumsumexp", JB_OP_REDUCTION},
    {"linalg_norm", JB_OP_REDUCTION},
    {"linalg_vector_norm", JB_OP_REDUCTION},
    {"linalg_matrix_norm", JB_OP_REDUCTION},
    {"linalg_powsum", JB_OP_REDUCTION},
    {"linalg__powsum", JB_OP_REDUCTION},
    {"linalg_cross", JB_OP_ELEMENTWISE},
    {"linalg_diagonal", JB_OP_OTHER},
    {"linalg_vander", JB_OP_ELEMENTWISE},
    {"linalg_check_errors", JB_OP_OTHER},
    {"linalg_vecdot", JB_OP_MATMUL},
    {"linalg_multi_dot", JB_OP_MATMUL},
    {"linalg_matmul", JB_OP_MATMUL},
    {"linalg_matrix_power", JB_OP_MATMUL},
    {"linalg_householder_product", JB_OP_MATMUL},
    {"linalg_tensordot", JB_OP_MATMUL},
    {"matrix_exp", JB_OP_MATMUL},
    {"log_normal", JB_OP_ELEMENTWISE},
    {"upsample", JB_OP_ELEMENTWISE},
    {"grid_sampler", JB_OP_ELEMENTWISE},
    {"affine_grid", JB_OP_ELEMENTWISE},
    {"_bilinear2d", JB_OP_ELEMENTWISE},
    {"fake_quantize", JB_OP_ELEMENTWISE},
    {"_fake_quant", JB_OP_ELEMENTWISE},
    {"moving_avg_obs", JB_OP_REDUCTION},
    {"_polynomial_", JB_OP_ELEMENTWISE},
    /* Attention. */
    {"attention", JB_OP_ATTENTION},
    {"scaled_dot_product", JB_OP_ATTENTION},
    {"flash_fwd", JB_OP_ATTENTION},
    {"flash_bwd", JB_OP_ATTENTION},
    {"_flash_attn", JB_OP_ATTENTION},
    {"fmha", JB_OP_ATTENTION},
    {"_mha_", JB_OP_ATTENTION},
    {"_sdpa_", JB_OP_ATTENTION},
    {"rescale_qkv", JB_OP_ATTENTION},
    {"transformer_encoder", JB_OP_ATTENTION},
    {"transformer_decoder", JB_OP_ATTENTION},
    /* Convolution: before matmul, since its kernels are named after the products that they are made of. */
    {"_fprop", JB_OP_CONVOLUTION},
    {"_dgrad", JB_OP_CONVOLUTION},
    {"_wgrad", JB_OP_CONVOLUTION},
    {"implicit_gemm", JB_OP_CONVOLUTION},
    {"winograd", JB_OP_CONVOLUTION},
    {"convol", JB_OP_CONVOLUTION},
    {"_conv", JB_OP_CONVOLUTION},
    {"_deconv", JB_OP_CONVOLUTION},
    {"cudnn_conv", JB_OP_CONVOLUTION},
    {"conv2d", JB_OP_CONVOLUTION},
    {"depthwise", JB_OP_CONVOLUTION},
    /* Solving. */
    {"_linalg_", JB_OP_INVERSE},
    {"cholesky", JB_OP_INVERSE},
    {"_inverse_", JB_OP_INVERSE},
    {"_pinverse_", JB_OP_INVERSE},
    {"_solve", JB_OP_INVERSE},
    {"_spsolve", JB_OP_INVERSE},
    {"lstsq", JB_OP_INVERSE},
    {"_lu_", JB_OP_INVERSE},
    {"_getrf", JB_OP_INVERSE},
    {"_getri", JB_OP_INVERSE},
    {"_potrf", JB_OP_INVERSE},
    {"_trsm", JB_OP_INVERSE},
    {"_geqrf", JB_OP_INVERSE},
    {"_orgqr", JB_OP_INVERSE},
    {"_ormqr", JB_OP_INVERSE},
    {"_qr_", JB_OP_INVERSE},
    {"_svd", JB_OP_INVERSE},
    {"_symeig", JB_OP_INVERSE},
    {"_eig", JB_OP_INVERSE},
    {"_det_", JB_OP_INVERSE},
    {"logdet", JB_OP_INVERSE},
    {"_ger_", JB_OP_MATMUL},
    /* Products. */
    {"_embedding", JB_OP_EMBEDDING},
    {"gemm", JB_OP_MATMUL},
    {"gemv", JB_OP_MATMUL},
    {"matmul", JB_OP_MATMUL},
    {"mat_mul", JB_OP_MATMUL},
    {"_nvjet", JB_OP_MATMUL},
    {"cublas", JB_OP_MATMUL},
    {"cutlass", JB_OP_MATMUL},
    {"split_kreduce", JB_OP_MATMUL},
    {"_splitk", JB_OP_MATMUL},
    {"mm_", JB_OP_MATMUL},
    {"_mv_", JB_OP_MATMUL},
    {"_addmv_", JB_OP_MATMUL},
    {"_addr_", JB_OP_MATMUL},
    {"_dot_", JB_OP_MATMUL},
    {"_vdot_", JB_OP_MATMUL},
    {"_tensordot", JB_OP_MATMUL},
    {"_einsum", JB_OP_MATMUL},
    {"_linear_", JB_OP_MATMUL},
    {"_bilinear_", JB_OP_MATMUL},
    {"_trilinear_", JB_OP_MATMUL},
    {"_inner_product", JB_OP_MATMUL},
    {"_inner_", JB_OP_MATMUL},
    {"_outer_", JB_OP_MATMUL},
    {"_kron_", JB_OP_MATMUL},
    {"_addmm", JB_OP_MATMUL},
    {"_cdist", JB_OP_MATMUL},
    {"_euclidean_dist", JB_OP_MATMUL},
    {"fbgemm", JB_OP_MATMUL},
    {"_lstm", JB_OP_MATMUL},
    {"_gru_", JB_OP_MATMUL},
    {"_rnn", JB_OP_MATMUL},
    {"_miopen_rnn", JB_OP_MATMUL},
    /* The rest of a network. */
    {"pool", JB_OP_POOLING},
    {"_reduce_window", JB_OP_POOLING},
    {"_select_and_scatter", JB_OP_POOLING},
    {"batch_norm", JB_OP_NORMALIZATION},
    {"layer_norm", JB_OP_NORMALIZATION},
    {"group_norm", JB_OP_NORMALIZATION},
    {"instance_norm", JB_OP_NORMALIZATION},
    {"rms_norm", JB_OP_NORMALIZATION},
    {"rmsnorm", JB_OP_NORMALIZATION},
    {"layernorm", JB_OP_NORMALIZATION},
    {"batchnorm", JB_OP_NORMALIZATION},
    {"weight_norm", JB_OP_NORMALIZATION},
    {"normalization", JB_OP_NORMALIZATION},
    {"_bn_fw", JB_OP_NORMALIZATION},
    {"_bn_bw", JB_OP_NORMALIZATION},
    {"_lrn_", JB_OP_NORMALIZATION},
    {"renorm", JB_OP_NORMALIZATION},
    {"cross_entropy", JB_OP_LOSS},
    {"loss", JB_OP_LOSS},
    {"_kl_div", JB_OP_LOSS},
    {"softmax", JB_OP_SOFTMAX},
    {"soft_max", JB_OP_SOFTMAX},
    {"dropout", JB_OP_DROPOUT},
    {"_bernoulli", JB_OP_DROPOUT},
    {"_masked_scale", JB_OP_DROPOUT},
    {"relu", JB_OP_ACTIVATION},
    {"re_lu", JB_OP_ACTIVATION},
    {"_clamp_min", JB_OP_ACTIVATION},
    {"_threshold", JB_OP_ACTIVATION},
    {"gelu", JB_OP_ACTIVATION},
    {"ge_lu", JB_OP_ACTIVATION},
    {"silu", JB_OP_ACTIVATION},
    {"si_lu", JB_OP_ACTIVATION},
    {"swish", JB_OP_ACTIVATION},
    {"_mish", JB_OP_ACTIVATION},
    {"sigmoid", JB_OP_ACTIVATION},
    {"_tanh", JB_OP_ACTIVATION},
    {"hardtanh", JB_OP_ACTIVATION},
    {"hardshrink", JB_OP_ACTIVATION},
    {"softshrink", JB_OP_ACTIVATION},
    {"softplus", JB_OP_ACTIVATION},
    {"softsign", JB_OP_ACTIVATION},
    {"_elu", JB_OP_ACTIVATION},
    {"_celu", JB_OP_ACTIVATION},
    {"_selu", JB_OP_ACTIVATION},
    {"_glu", JB_OP_ACTIVATION},
    {"_eltwise", JB_OP_ACTIVATION},
    {"_special_expit", JB_OP_ACTIVATION},
    {"_logistic_", JB_OP_ACTIVATION},
    /* One result of many. */
    {"_fftshift", JB_OP_COPY},
    {"_ifftshift", JB_OP_COPY},
    {"_fft", JB_OP_OTHER},
    {"scatter", JB_OP_COPY},
    {"reduction", JB_OP_REDUCTION},
    {"reduce", JB_OP_REDUCTION},
    {"_sum", JB_OP_REDUCTION},
    {"_nansum", JB_OP_REDUCTION},
    {"_mean", JB_OP_REDUCTION},
    {"_nanmean", JB_OP_REDUCTION},
    {"median", JB_OP_REDUCTION},
    {"quantile", JB_OP_REDUCTION},
    {"_kthvalue", JB_OP_REDUCTION},
    {"_mode_", JB_OP_REDUCTION},
    {"_prod", JB_OP_REDUCTION},
    {"_var_", JB_OP_REDUCTION},
    {"_std_", JB_OP_REDUCTION},
    {"_max_", JB_OP_REDUCTION},
    {"_min_", JB_OP_REDUCTION},
    {"_amax_", JB_OP_REDUCTION},
    {"_amin_", JB_OP_REDUCTION},
    {"aminmax", JB_OP_REDUCTION},
    {"_argmax", JB_OP_REDUCTION},
    {"_argmin", JB_OP_REDUCTION},
    {"_all_", JB_OP_REDUCTION},
    {"_any_", JB_OP_REDUCTION},
    {"_is_all_true", JB_OP_REDUCTION},
    {"_is_any_true", JB_OP_REDUCTION},
    {"_norm_", JB_OP_REDUCTION},
    {"_norm_except_dim", JB_OP_REDUCTION},
    {"_native_norm", JB_OP_REDUCTION},
    {"_cumsum", JB_OP_REDUCTION},
    {"_cumprod", JB_OP_REDUCTION},
    {"_cummax", JB_OP_REDUCTION},
    {"_cummin", JB_OP_REDUCTION},
    {"_cumulative_", JB_OP_REDUCTION},
    {"_trace_", JB_OP_REDUCTION},
    {"_trapezoid", JB_OP_REDUCTION},
    {"_trapz", JB_OP_REDUCTION},
    {"_bincount", JB_OP_REDUCTION},
    {"_hist", JB_OP_REDUCTION},
    {"_count_nonzero", JB_OP_REDUCTION},
    {"_allclose", JB_OP_REDUCTION},
    {"_equal_", JB_OP_REDUCTION},
    {"_pdist", JB_OP_REDUCTION},
    {"_pairwise_distance", JB_OP_REDUCTION},
    {"_dist_", JB_OP_REDUCTION},
    {"_cov_", JB_OP_REDUCTION},
    {"_corrcoef", JB_OP_REDUCTION},
    {"_topk_", JB_OP_REDUCTION},
    {"_top_k", JB_OP_REDUCTION},
    /* Memory to memory. */
    {"_fill_mem_eff", JB_OP_DROPOUT},
    {"copy", JB_OP_COPY},
    {"_clone", JB_OP_COPY},
    {"_contiguous", JB_OP_COPY},
    {"_to_", JB_OP_COPY},
    {"_item_", JB_OP_COPY},
    {"_local_scalar_dense", JB_OP_COPY},
    {"_cast", JB_OP_COPY},
    {"_type_as", JB_OP_COPY},
    {"_cat_", JB_OP_COPY},
    {"_cat_array", JB_OP_COPY},
    {"_concat", JB_OP_COPY},
    {"_chunk_cat", JB_OP_COPY},
    {"stack", JB_OP_COPY},
    {"_gather", JB_OP_COPY},
    {"_index", JB_OP_COPY},
    {"_unsafe_index", JB_OP_COPY},
    {"_take", JB_OP_COPY},
    {"_put_", JB_OP_COPY},
    {"_masked_select", JB_OP_COPY},
    {"_nonzero", JB_OP_COPY},
    {"_argwhere", JB_OP_COPY},
    {"_pad", JB_OP_COPY},
    {"pad1d", JB_OP_COPY},
    {"_reflection_pad", JB_OP_COPY},
    {"_replication_pad", JB_OP_COPY},
    {"_constant_pad", JB_OP_COPY},
    {"_zero_pad", JB_OP_COPY},
    {"_flip", JB_OP_COPY},
    {"_roll_", JB_OP_COPY},
    {"_rot90", JB_OP_COPY},
    {"_repeat", JB_OP_COPY},
    {"_tile_", JB_OP_COPY},
    {"_im2col", JB_OP_COPY},
    {"_col2im", JB_OP_COPY},
    {"_unfold_backward", JB_OP_COPY},
    {"shuffle", JB_OP_COPY},
    {"_transpose_kernel", JB_OP_COPY},
    {"_slice_backward", JB_OP_COPY},
    {"_select_backward", JB_OP_COPY},
    {"_diagonal_backward", JB_OP_COPY},
    {"_block_diag", JB_OP_COPY},
    {"_diag", JB_OP_COPY},
    {"_coalesce", JB_OP_COPY},
    {"_meshgrid", JB_OP_COPY},
    {"_dynamic_update_slice", JB_OP_COPY},
    {"_dynamic_slice", JB_OP_COPY},
    {"_infeed", JB_OP_COPY},
    {"_outfeed", JB_OP_COPY},
    /* Each element for itself. */
    {"elementwise", JB_OP_ELEMENTWISE},
    {"_foreach_", JB_OP_ELEMENTWISE},
    {"_multi_tensor", JB_OP_ELEMENTWISE},
    {"_resampling", JB_OP_ELEMENTWISE},
    {"_binary_", JB_OP_ELEMENTWISE},
    {"_special_", JB_OP_ELEMENTWISE},
    {"_bitwise", JB_OP_ELEMENTWISE},
    {"_logical", JB_OP_ELEMENTWISE},
    {"_masked_fill", JB_OP_ELEMENTWISE},
    {"_standard_gamma", JB_OP_ELEMENTWISE},
    {"_rand", JB_OP_ELEMENTWISE},
    {"_philox", JB_OP_ELEMENTWISE},
    {"_uniform", JB_OP_ELEMENTWISE},
    {"_normal", JB_OP_ELEMENTWISE},
    {"_quantize", JB_OP_ELEMENTWISE},
    {"_dequantize", JB_OP_ELEMENTWISE},
};

/* Whole words: arithmetic, comparison, filling, drawing at random. */
static const char *const elementwise_words[] = {
    "abs",       "absolute",    "acos",    "acosh",       "add",          "addcdiv",     "addcmul",   "and",
    "angle",     "arange",      "arccos",  "arccosh",     "arcsin",       "arcsinh",     "arctan",    "arctan2",
    "arctanh",   "asin",        "asinh",   "atan",        "atan2",        "atanh",       "binomial",  "bucketize",
    "cauchy",    "ceil",        "clamp",   "clip",        "compare",      "complex",     "copysign",  "cos",
    "cosh",      "cross",       "deg2rad", "digamma",     "div",          "divide",      "eq",        "erf",
    "erfc",      "erfinv",      "exp",     "exp2",        "expm1",        "exponential", "eye",       "fill",
    "fix",       "float_power", "floor",   "fmax",        "fmin",         "fmod",        "frac",      "frexp",
    "full",      "fusion",      "gcd",     "ge",          "geometric",    "gradient",    "greater",   "gt",
    "heaviside", "hypot",       "i0",      "igamma",      "igammac",      "iand",        "ilshift",   "ior",
    "iota",      "irshift",     "isclose", "isfinite",    "isin",         "isinf",       "isnan",     "isneginf",
    "isposinf",  "isreal",      "ixor",    "lcm",         "ldexp",        "le",          "lerp",      "less",
    "lgamma",    "linspace",    "log",     "log10",       "log1p",        "log2",        "logaddexp", "logaddexp2",
    "logit",     "logspace",    "lshift",  "lt",          "maximum",      "minimum",     "mul",       "multinomial",
    "multiply",  "mvlgamma",    "nan",     "ne",          "neg",          "negate",      "negative",  "nextafter",
    "not",       "one",         "ones",    "or",          "poisson",      "polar",       "polygamma", "positive",
    "pow",       "power",       "rad2deg", "reciprocal",  "remainder",    "round",       "rng",       "rrshift",
    "rshift",    "rsqrt",       "rsub",    "saturate",    "searchsorted", "select",      "sgn",       "sign",
    "signbit",   "sin",         "sinc",    "sinh",        "sqrt",         "square",      "sub",       "subtract",
    "tan",       "tril",        "triu",    "true_divide", "trunc",        "vander",      "where",     "xlogy",
    "xor",       "zero",        "zeros",
};

/* Lower-case words between underscores. */
static void spell(const char *name, size_t length, char key[KEY_MAX])
{
    size_t n = 0;

    key[n++] = '_';
    for (size_t i = 0; i < length && n + 3 < KEY_MAX; i++) {
        unsigned char c = (unsigned char)name[i];
        unsigned char before = i > 0 ? (unsigned char)name[i - 1] : 0;
        unsigned char after = i + 1 < length ? (unsigned char)name[i + 1] : 0;

        if (isupper(c) && (islower(before) || ((isupper(before) || isdigit(before)) && islower(after)))) {
            key[n++] = '_';
        }
        key[n++] = isalnum(c) ? (char)tolower(c) : '_';
    }
    key[n++] = '_';
    key[n] = '\0';
}

static bool has_word(const char *key, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(key, word); at != NULL; at = strstr(at + 1, word)) {
        if (at > key && at[-1] == '_' && at[length] == '_') {
            return true;
        }
    }
    return false;
}

static enum jb_op_class class_of_key(const char *key)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strstr(key, rows[i].text) != NULL) {
            return rows[i].op_class;
        }
    }
    for (size_t i = 0; i < sizeof(elementwise_words) / sizeof(elementwise_words[0]); i++) {
        if (has_word(key, elementwise_words[i])) {
            return JB_OP_ELEMENTWISE;
        }
    }
    return JB_OP_OTHER;
}

/* An XLA thunk says its opcode after its path; the path may be of another operator, that it was made from. */
static enum jb_op_class class_of_thunk(const char *name)
{
    const char *op = strstr(name, "hlo_op=");
    enum jb_op_class op_class;
    char key[KEY_MAX];

    op += strlen("hlo_op=");
    spell(op, strcspn(op, "#,"), key);
    op_class = class_of_key(key);
    if (op_class != JB_OP_OTHER && !has_word(key, "fusion") && !has_word(key, "custom")) {
        return op_class;
    }
    spell(name, strlen(name), key);
    return class_of_key(key);
}

enum jb_op_class jb_op_class_of(const char *name)
{
    char key[KEY_MAX];

    if (strcmp(name, "aten::select") == 0) {
        return JB_OP_OTHER; /* a view; XLA's of this name chooses element by element */
    }
    if (strcmp(name, "sum") == 0) {
        return JB_OP_ELEMENTWISE; /* oneDNN's primitive: several tensors added up element by element */
    }
    if (strstr(name, "hlo_op=") != NULL) {
        return class_of_thunk(name);
    }
    name = jb_op_short(name);
    spell(name, strlen(name), key);
    return class_of_key(key);
}

const char *jb_op_class_name(enum jb_op_class op_class)
{
    static const char *const names[JB_OP_CLASSES] = {
        [JB_OP_MATMUL] = "matmul",
        [JB_OP_INVERSE] = "inverse",
        [JB_OP_CONVOLUTION] = "convolution",
        [JB_OP_POOLING] = "pooling",
        [JB_OP_ACTIVATION] = "activation",
        [JB_OP_DROPOUT] = "dropout",
        [JB_OP_SOFTMAX] = "softmax",
        [JB_OP_NORMALIZATION] = "normalization",
        [JB_OP_EMBEDDING] = "embedding",
        [JB_OP_ATTENTION] = "attention",
        [JB_OP_LOSS] = "loss",
        [JB_OP_REDUCTION] = "reduction",
        [JB_OP_ELEMENTWISE] = "elementwise",
        [JB_OP_OPTIMIZER] = "optimizer",
        [JB_OP_DATA] = "data",
        [JB_OP_COPY] = "copy",
        [JB_OP_OTHER] = "other",
    };

    return (unsigned)op_class < JB_OP_CLASSES ? names[op_class] : names[JB_OP_OTHER];
}
