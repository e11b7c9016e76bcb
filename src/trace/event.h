/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - what a measured program tells: 16 bytes for each begin and each end.
 *
 * Spans of one thread nest; an end closes the innermost open span of its thread. Everything here may come from a
 * hostile program: readers believe nothing of it (decode.h).
 */
#ifndef JB_TRACE_EVENT_H
#define JB_TRACE_EVENT_H

#include <stdint.h>

enum jb_event_kind {
    JB_EVENT_NONE,
    JB_EVENT_OPERATOR, /* an operator of a framework or library: "aten::mm", a oneDNN primitive, an XLA thunk */
    JB_EVENT_BACKWARD, /* a node of the backward graph: "autograd::engine::evaluate_function: MmBackward0" */
    JB_EVENT_MARK,     /* a range that a framework names for its users: "Optimizer.step#SGD.step" */
    JB_EVENT_RANGE,    /* a range that a program named through NVTX or ITT */
    JB_EVENT_LAYER,    /* a module of a network, by its path: "features.3" */
    JB_EVENT_EPOCH,    /* of joulebook.h and the Python package; `value` is the index, modulo 65536 */
    JB_EVENT_PHASE,
    JB_EVENT_STEP, /* `value` likewise */
    JB_EVENT_REGION,
    JB_EVENT_KERNEL, /* on a device slot only: the name is that of the operator that launched it, or its own; `value` is
                        of enum jb_kernel_origin */
    JB_EVENT_LEVEL,  /* no span: from now on this process catches as much as `value` (enum jb_level) says */
    JB_EVENT_KINDS,
};

#define JB_EVENT_END 1u /* in `flags`: the span ends; `name` is not looked at */

enum jb_kernel_origin { JB_KERNEL_FORWARD, JB_KERNEL_BACKWARD, JB_KERNEL_OPTIMISE, JB_KERNEL_DATA, JB_KERNEL_UNKNOWN };

/* How much is caught; each level includes the ones before. */
enum jb_level {
    JB_LEVEL_OFF,    /* only what the program says itself, through joulebook.h or the Python package */
    JB_LEVEL_MARKS,  /* optimiser steps, data loading */
    JB_LEVEL_PHASES, /* and nodes of the backward graph */
    JB_LEVEL_FULL,   /* and every operator; kernels of accelerators */
};

struct jb_event {
    uint64_t t_ns; /* CLOCK_MONOTONIC */
    uint32_t name; /* number of a name in the ring's table */
    uint8_t kind;  /* enum jb_event_kind */
    uint8_t flags;
    uint16_t value;
};
_Static_assert(sizeof(struct jb_event) == 16, "the wire's events have 16 bytes");

#endif
