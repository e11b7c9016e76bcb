/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_class.h - what the names that frameworks give their work mean: the class of an operator, the phase that a mark
 * begins.
 *
 * Pure. By tables of words, not by lists of all names; sources in op_class.c and op_phase.c. Names of PyTorch
 * ("aten::mkldnn_convolution", "ConvolutionBackward0", "autograd::engine::evaluate_function: ...",
 * "Optimizer.step#SGD.step", "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"), oneDNN ("convolution"),
 * XLA ("Thunk:#name=...,hlo_op=dot.3#"), cuDNN/cuBLAS/Triton kernels ("triton_poi_fused_add_cos_sin_0",
 * "ampere_sgemm_128x64_nn"), NCCL.
 */
#ifndef JB_ATTRIBUTION_OP_CLASS_H
#define JB_ATTRIBUTION_OP_CLASS_H

#include <stdbool.h>

/* In interface.md's order. */
enum jb_op_class {
    JB_OP_MATMUL,
    JB_OP_INVERSE,
    JB_OP_CONVOLUTION,
    JB_OP_POOLING,
    JB_OP_ACTIVATION,
    JB_OP_DROPOUT,
    JB_OP_SOFTMAX,
    JB_OP_NORMALIZATION,
    JB_OP_EMBEDDING,
    JB_OP_ATTENTION,
    JB_OP_LOSS,
    JB_OP_REDUCTION,
    JB_OP_ELEMENTWISE,
    JB_OP_OPTIMIZER,
    JB_OP_DATA,
    JB_OP_COPY,
    JB_OP_OTHER,
    JB_OP_CLASSES,
};
const char *jb_op_class_name(enum jb_op_class op_class); /* "matmul" */
enum jb_op_class jb_op_class_of(const char *name);

enum jb_phase {
    JB_PHASE_CREATE,
    JB_PHASE_DATA,
    JB_PHASE_FORWARD,
    JB_PHASE_BACKWARD,
    JB_PHASE_OPTIMISE,
    JB_PHASE_EVALUATE,
    JB_PHASE_OTHER,
    JB_PHASE_BODY, /* no phase of its own: forward and backward of steps in which nodes were not caught */
    JB_PHASES,
};
const char *jb_phase_name(enum jb_phase phase);
/* Of a program's own phase(): JB_PHASES when the word is none of ours ("optimize", "train", "eval", "test", "validate",
 * "load" and "init" are understood too). */
enum jb_phase jb_phase_of_word(const char *word);

/* What the begin of a span with this name says of the phase. */
enum jb_mark {
    JB_MARK_NONE,
    JB_MARK_BACKWARD,  /* inside it gradients are computed */
    JB_MARK_OPTIMISE,  /* an optimiser's step; its end ends a training step */
    JB_MARK_ZERO_GRAD, /* gradients are cleared: optimise, and a training step's forward follows */
    JB_MARK_DATA,      /* a loader fetches a batch: data, and a step's forward follows */
    JB_MARK_COMPILED,  /* a region that torch.compile fused; an operator by its own name */
};
enum jb_mark jb_mark_of(const char *name);

/* The name as people want to read it: "aten::" and the numbers of graph nodes kept, "evaluate_function: " taken off; a
 * view into `name`. */
const char *jb_op_short(const char *name);

#endif
