/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvtx_name.h - what the text of an NVTX range means; for nvtx.c only.
 *
 * Pure but for nvtx_name_bound(). Sources of the formats:
 *   XLA      xla/backends/gpu/../annotation.cc: "Thunk:#name=PATH,hlo_op=fusion.3,unique_hlo_op_id=7#" around each
 * thunk, "XlaModule:#prefix=P,hlo_module=jit_step,program_id=3#" around a run of a program, other texts of domain "TSL"
 * as "Words:#key=value,...#". PATH is where the program says the operation comes from
 *            ("transpose(jvp(Dense_0))/dot_general"), it may contain commas.
 *   PyTorch  torch/csrc/profiler/stubs/cuda.cpp, of emit_nvtx(): "aten::mm, seq = 3, op_id = 7, sizes = [...]"
 *   NCCL     domain "NCCL": "ncclAllReduce"
 */
#ifndef JB_PROBE_NVTX_NAME_H
#define JB_PROBE_NVTX_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "trace/wire.h"

#define NVTX_LONGEST 4096u /* bytes of a text that are looked at */

struct nvtx_name {
    unsigned kind;   /* JB_EVENT_OPERATOR or JB_EVENT_RANGE */
    unsigned origin; /* enum jb_kernel_origin, of kernels launched inside */
    bool of_pytorch; /* PyTorch's callbacks tell of the same, when they are attached */
    char text[JB_WIRE_NAME_MAX + 1];
};

/*
 * "xla::fusion [transpose(jvp(Dense_0))/dot_general]" for a thunk: numbers of instructions are taken off, so that the
 * same layer of another compilation has the same name; "XlaModule: jit_step"; "aten::mm"; "domain: text" for the rest,
 * without a domain the text alone. NULL texts are empty.
 */
void nvtx_name_of(const char *domain, const char *text, struct nvtx_name *ret);

/* Programs count in the names of their ranges ("iteration 123"), and names are never forgotten. When more than
 * NVTX_OF_A_STEM ranges were seen that differ in their last number only, '*' is put for it. Process-wide, lock-free. */
#define NVTX_OF_A_STEM 64u
void nvtx_name_bound(struct nvtx_name *name);

/* UTF-8 of wide characters, cut to `size`; what is no character becomes '?'. */
void nvtx_name_narrow(const wchar_t *text, char *buffer, size_t size);

#endif
