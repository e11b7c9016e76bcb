/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vitals.h - look at a Jetson once a second and hand what it says to the writer.
 *
 * On a thread of its own: some files are answered by firmware, which may take its time. Nothing here can fail a run: on
 * other machines, or without memory, there is no watch.
 */
#ifndef JB_ENGINE_VITALS_H
#define JB_ENGINE_VITALS_H

#include <stdint.h>

#include "engine/writer.h"
#include "hardware/vitals.h"

struct jb_buf;
struct jb_vitals_watch;

/* NULL when the machine at root is no Jetson, or writer is NULL. Times are since start_ns (CLOCK_MONOTONIC). */
struct jb_vitals_watch *jb_vitals_watch_start(const char *root, struct jb_writer *writer, uint64_t start_ns);

/* One last look, if the one before is not just over, then no more: after this the writer is not called. A look that
 * does not come back is left behind with all its memory. NULL-safe. */
void jb_vitals_watch_stop(struct jb_vitals_watch *watch);

/*
 * The object that is kept. Keys are there only when something is known; "off" is what is switched off:
 *   {"uptime_s":81772.7,"cpu":[12,"off",null],"ram_kb":[used,total],"swap_kb":[used,total],"emc":3,"gpu":412,
 *    "gpu_hz":612000000,"engines_khz":{"APE":150000,"VIC":"off"},"fans_pwm":{"pwmfan0":64},
 *    "temps_mdeg":{"cpu":47531},"nvp_model":"MAXN"}
 */
void jb_vitals_json(const struct jb_vitals *vitals, struct jb_buf *out);

#endif
