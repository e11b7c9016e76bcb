/* SPDX-License-Identifier: Apache-2.0 */
/*
 * burn.h - a load of a known size, for calibrating: so many of the machine's CPUs kept busy until told to stop.
 *
 * Threads that count; a load that is no whole number of CPUs is spread over the next larger number of them, each busy
 * for a part of every 20 ms. It keeps nothing but CPUs busy: no memory, no accelerator.
 */
#ifndef JB_ENGINE_BURN_H
#define JB_ENGINE_BURN_H

struct jb_burn;

/* load: 0 (no thread at all) to 1 (all of the CPUs that we may run on). 0 or a negative errno. */
int jb_burn_start(double load, struct jb_burn **ret);
void jb_burn_stop(struct jb_burn *burn); /* NULL-safe; returns when all threads have ended */

#endif
