/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_records.h - activity records of CUPTI, decoded without NVIDIA's headers. Pure.
 *
 * Only the first fields of each record are read. Their places have been the same from CUDA 9 on: offsetof() over
 * cupti_activity.h and cupti_activity_deprecated.h of CUPTI 12.9 and 13.5, records Kernel4..13, Memcpy..Memcpy7,
 * MemcpyPtoP4, Memset..Memset5, GraphTrace, GraphTrace2, ExternalCorrelation, Overhead..Overhead3.
 */
#ifndef JB_PROBE_CUPTI_RECORDS_H
#define JB_PROBE_CUPTI_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CUpti_ActivityKind. */
enum cupti_kind {
    CUPTI_MEMCPY = 1,
    CUPTI_MEMSET = 2,
    CUPTI_KERNEL = 3,
    CUPTI_DRIVER = 4,
    CUPTI_RUNTIME = 5,
    CUPTI_CONCURRENT_KERNEL = 10,
    CUPTI_OVERHEAD = 17,
    CUPTI_MEMCPY_PEER = 22,
    CUPTI_EXTERNAL_CORRELATION = 39,
    CUPTI_GRAPH_TRACE = 51,
};

/* CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM2; PyTorch's profiler takes 0 and 1. */
#define CUPTI_OUR_CORRELATION 5u

enum cupti_what { CUPTI_NOTHING, CUPTI_SPAN, CUPTI_TIE, CUPTI_OWN_TIME };

struct cupti_record {
    enum cupti_what what;
    uint32_t kind;        /* enum cupti_kind */
    uint32_t correlation; /* of the call that launched it; CUPTI_TIE: of the call that the identity is of */
    uint64_t start, end;  /* ns of CUPTI's clock; CUPTI_OWN_TIME: what CUPTI spent */
    uint32_t device, context, stream;
    uint32_t graph;    /* of a CUPTI_GRAPH_TRACE */
    uint32_t copy;     /* CUpti_ActivityMemcpyKind */
    uint64_t identity; /* CUPTI_TIE: what was pushed */
    const char *name;  /* of a kernel: CUPTI's memory, valid until it is finalised; may be NULL */
};

/* `room`: bytes from the record to the end of its buffer. False: not enough of them for a record of this kind. Kinds
 * that nobody asked for are CUPTI_NOTHING, as are identities of others. */
bool cupti_record_decode(const void *record, size_t room, struct cupti_record *ret);

/* What to call a span that no operator launched: "at::native::vectorized_elementwise_kernel", "memcpy HtoD", "memset",
 * "CUDA graph 7". Of names as the compiler mangles them the first, qualified one; else the name as it is. */
void cupti_record_name(const struct cupti_record *record, char *buffer, size_t size);

#endif
