/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_capture.h - the records of a burst: what CUPTI is asked for, its buffers, and their way to the wire.
 *
 * One for a process. CUPTI fills buffers of ours and gives them back on a thread of its own, or on the one that
 * flushes; they are decoded there and then. There are CUPTI_BUFFERS of them; when all are out CUPTI drops records and
 * tells how many: the program never waits.
 *
 * on(), off() and flush(): one thread at a time (cupti.c's states see to that); clock(): any, between on() and off().
 */
#ifndef JB_PROBE_CUPTI_CAPTURE_H
#define JB_PROBE_CUPTI_CAPTURE_H

#include "probe/cupti_join.h"
#include "probe/cupti_library.h"

#define CUPTI_BUFFERS     16u
#define CUPTI_BUFFER_SIZE (1u << 20) /* NVIDIA recommends 1 to 10 MB */

/* Begin to collect. 0, -ENOMEM, or the CUptiResult with which CUPTI refuses kernels, as a positive number. `library`
 * must live on. */
int cupti_capture_on(const struct cupti_library *library, struct jb_wire *ring);
/* Collect no more. `mine`: false when another profiler has taken over: then only what it cannot want is turned off. */
void cupti_capture_off(bool mine);
/* Read the clocks; now and then during a burst. */
void cupti_capture_clock(void);
/* Have CUPTI give back all buffers, complete or not, and write everything that they hold. Not from its callbacks but
 * those of the runtime and driver. */
void cupti_capture_flush(void);
void cupti_capture_sums(struct cupti_join_sums *ret);

#endif
