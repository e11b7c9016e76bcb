/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_join.h - from activity records to spans of the wire: who launched what, in order of time for each stream.
 *
 * Records come in the order in which buffers fill, not in that of time, and the tie between a launch and its operator
 * may come before or after the kernel. So spans are kept until the burst ends, or until they are old enough that
 * nothing before them can come any more.
 *
 * Not thread-safe: the caller locks. Memory: one mapping of a fixed size, of which only what is used is ever touched.
 */
#ifndef JB_PROBE_CUPTI_JOIN_H
#define JB_PROBE_CUPTI_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/cupti_clock.h"
#include "probe/cupti_records.h"

struct jb_wire;
struct cupti_join;

#define CUPTI_MOST_SPANS   65536u
#define CUPTI_MOST_TIES    131072u /* ids of launches ascend: one place each, modulo this */
#define CUPTI_MOST_STREAMS 64u
#define CUPTI_MOST_DEVICES 64u
#define CUPTI_LATE_NS      UINT64_C(1000000000) /* how late a record may come after a newer one */

/* NULL: no memory. Never freed: CUPTI may call as long as the process lives. */
struct cupti_join *cupti_join_create(void);
/* PCI address of a device as CUDA numbers it. */
void cupti_join_device(struct cupti_join *join, uint32_t device, const char *id);

/* Take one record. Spans without times, or that end before they begin, are counted as lost. */
void cupti_join_add(struct cupti_join *join, struct jb_wire *ring, const struct cupti_record *record);
/* Write what is older than CUPTI_LATE_NS before the newest, if there is much of it; `all`: write everything. */
void cupti_join_write(struct cupti_join *join, struct jb_wire *ring, const struct cupti_clock *clock, bool all);

/* Since it was made: spans written, spans that no operator launched, ns that CUPTI says it took. */
struct cupti_join_sums {
    uint64_t written, untied, lost, own_ns;
    bool graphs; /* a CUDA graph was seen */
};
void cupti_join_sums(const struct cupti_join *join, struct cupti_join_sums *ret);

#endif
