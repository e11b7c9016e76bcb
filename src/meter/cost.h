/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost.h - what a thread has cost so far: a system call, so ask seldom.
 */
#ifndef JB_METER_COST_H
#define JB_METER_COST_H

#include <stdint.h>

uint64_t jb_thread_cpu_ns(void);

#endif
