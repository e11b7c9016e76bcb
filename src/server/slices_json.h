/* SPDX-License-Identifier: Apache-2.0 */
/* slices_json.h - power over time as arrays for drawing; what history and series share. Private to doc_*.c. */
#ifndef JB_SERVER_SLICES_JSON_H
#define JB_SERVER_SLICES_JSON_H

#include "server/documents_impl.h"

#define JB_PX_MIN     16
#define JB_PX_MAX     4000
#define JB_PX_DEFAULT 600

/* How many slices are made when `px` are asked for of so many channels: fewer where it would be too much memory. */
size_t jb_slice_count(int64_t px, size_t channel_count);

/* The middles of `count` slices from `start` on, each `step` long. */
void jb_slice_middles(struct jb_json *json, const char *key, double start, double step, size_t count);

/* mean_w, min_w, max_w, energy_j (and run_w) of one channel; null where nothing is known. */
void jb_slices_json(struct jb_json *json, const struct jb_slice *slices, size_t count, bool with_run);

#endif
