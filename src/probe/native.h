/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.h - spans that libraries announce themselves, through ITT or NVTX; for itt.c and nvtx.c.
 *
 * ITT and NVTX keep one stack for each domain, so spans of two domains need not nest; those of the wire do
 * (trace/event.h). Here each thread has one stack for all of them. What ends below the top is ended on the wire when
 * all above it has ended: time belongs to the innermost span, so each gets the time in which it was innermost.
 *
 * What is written is decided at each begin: operators at JB_LEVEL_FULL, ranges from JB_LEVEL_MARKS on, nothing where
 * the path is not allowed. A span that is not written stands on the stack all the same, so that its end is known as
 * such. In a process without PyTorch these calls also notice that the meter wants another level: they write the LEVEL
 * event and begin and end the bursts of cupti.c.
 *
 * Threads: all functions from any, without a lock. Stacks have PROBE_NATIVE_DEPTH entries; what is deeper is not
 * written.
 */
#ifndef JB_PROBE_NATIVE_H
#define JB_PROBE_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

struct jb_wire;

#define PROBE_NATIVE_DEPTH 24

/* `owner` says on whose stack a span is: a pointer or a number, of which the lowest three bits are 0. */

/* The ring when spans of this path and kind are wanted now; NULL: begin() with the same would write nothing. */
struct jb_wire *probe_native_ring(unsigned path, unsigned kind);

/* Begin a span of enum jb_event_kind JB_EVENT_OPERATOR or JB_EVENT_RANGE. `ring`: of probe_native_ring(); NULL: the
 * span is not written. `origin` (enum jb_kernel_origin) goes to the kernels that an operator launches. */
void probe_native_begin(struct jb_wire *ring, uint64_t owner, unsigned kind, uint32_t name, unsigned origin);
/* End the innermost open span of `owner` on this thread; false: there is none. */
bool probe_native_end(uint64_t owner);
/* Open spans of `owner` on this thread. */
unsigned probe_native_depth(uint64_t owner);

/* A number that tells one ring from another in caches of names: after jb_wire_attach_place() numbers mean others. */
uint32_t probe_native_epoch(const struct jb_wire *ring);

#endif
