/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vitals.h - what a board said of itself beside power, about once a second: loads, clocks, temperatures.
 *
 * Each look is one JSON object, made by engine/vitals.c and kept as it is, because what there is to say differs from
 * board to board. Runs of machines without such looks have none. What comes out of a file is hostile: the reader parses
 * it with bounds.
 */
#ifndef JB_STORE_VITALS_H
#define JB_STORE_VITALS_H

#include "store/store.h"

#define JB_VITALS_JSON 16384 /* longest look that is kept */

/* Add a look to the run that this store is writing: one transaction. A second one of the same millisecond replaces the
 * first. -EINVAL when no run is being written or the text is too long; else as jb_store_append(). */
int jb_store_vitals_put(struct jb_store *store, uint64_t t_ns, const char *json, struct jb_diag *diag);

/* The looks of a run in order of time, since its start. A non-zero value of the callback stops it and is returned. */
typedef int (*jb_vitals_fn)(void *context, uint64_t t_ns, const char *json);
int jb_store_vitals(struct jb_store *store, const char *id, jb_vitals_fn fn, void *context, struct jb_diag *diag);

#endif
