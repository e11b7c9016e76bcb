/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_stub.h - a libcupti and a libcuda without a GPU, for the tests of src/probe/cupti*.c: the test launches the
 * kernels and says when calls return.
 *
 * Built as libcupti.so.13 (all functions), libcupti.so.11 (-DJB_STUB_OLD: as CUDA 11.8 had them) and libcupti.so.9
 * (-DJB_STUB_BARE: too little). libcuda.so.1 is a library of its own.
 */
#ifndef JB_TESTS_STUB_CUPTI_STUB_H
#define JB_TESTS_STUB_CUPTI_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stub_cupti {
    /* What the test sets. */
    int subscribe_result, kernel_result; /* of cuptiSubscribe, of cuptiActivityEnable(CONCURRENT_KERNEL) */
    const char *holder;                  /* who has it, when subscribe_result is 39 */
    uint32_t version;
    int64_t ahead_ns; /* its clock is so far ahead of CLOCK_MONOTONIC */
    bool clock_fails;
    size_t dropped; /* told by the next cuptiActivityGetNumDroppedRecords */
    bool refuse_pushes;
    /* What it saw. */
    bool subscribed, finalized, flushed;
    unsigned subscriptions, finalisations, flushes, timestamps, requests, refused_requests, completions;
    unsigned pushes, pops, underflows;
    bool kinds[64];
    unsigned api_ids, callback_ids; /* enabled one by one */
    unsigned without_subscription;  /* calls of the activity API that came without one */
};
struct stub_cupti *stub_cupti(void);
void stub_cupti_reset(void); /* version 130200 or 18; nothing was seen */

/* A kernel that this thread launches; times of CUPTI's clock. Records go to the buffers if their kinds are asked for:
 * the tie first, then that of the call, then the kernel's. */
void stub_cupti_launch(uint32_t correlation, uint32_t stream, uint64_t start, uint64_t end, const char *name);
/* Only the tie, only the kernel: CUPTI's buffers fill in any order. */
void stub_cupti_tie(uint32_t correlation);
void stub_cupti_kernel(uint32_t correlation, uint32_t device, uint32_t stream, uint64_t start, uint64_t end,
                       const char *name);
void stub_cupti_graph(uint32_t correlation, uint32_t graph, uint64_t start, uint64_t end);
void stub_cupti_copy(uint32_t correlation, uint8_t kind, uint64_t start, uint64_t end);
void stub_cupti_overhead(uint64_t start, uint64_t end);
void stub_cupti_raw(const void *record, size_t size);
/* Give the buffer in use back, as CUPTI's own thread does. */
void stub_cupti_complete(void);
/* A call of the runtime (domain 2) or driver (1) enters (0) and returns (1); true: somebody was told. */
bool stub_cupti_call(int domain, uint32_t id, int site);

/* libcuda */
void stub_cuda_set(int result, int devices);

#endif
