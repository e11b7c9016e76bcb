/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double.h - a wire and the other half of the probe, for tests of itt.c, nvtx.c and cupti*.c: keeps what was written.
 */
#ifndef JB_TESTS_PROBE_NATIVE_DOUBLE_H
#define JB_TESTS_PROBE_NATIVE_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>

#define DOUBLE_MOST 4096

struct double_span {
    int32_t device;
    char device_id[44];
    unsigned stream; /* number of jb_wire_device_open() */
    uint64_t t0_ns, t1_ns;
    char name[256];
    unsigned origin;
};

struct double_state {
    bool ring, allowed, listening, pytorch, full; /* full: begin() has no room */
    unsigned level, forbidden;                    /* forbidden: kill switches, bits of enum jb_path */
    unsigned attached, levels;                    /* levels: LEVEL events */
    char log[1 << 16]; /* "<name" begins and ">" ends an operator, "[name" and "]" a range, "(n)" is a level */
    char notes[4096];  /* one line each */
    uint64_t gpu_lost;
    struct double_span spans[DOUBLE_MOST];
    unsigned span_count, devices_open, devices_opened;
    unsigned origin;                       /* probe_current_origin() */
    unsigned pushed, popped, begun, ended; /* where cupti.c is a double too */
    unsigned interned;                     /* calls */
};
extern struct double_state double_state;
void double_reset(void); /* listening at JB_LEVEL_FULL, all allowed */
const char *double_name(uint32_t number);

#endif
