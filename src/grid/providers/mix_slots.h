/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix_slots.h - what each source generated in each stretch of a window of time, and the points that come of it.
 *
 * Answers come source by source or row by row, and their newest stretches are half published: some sources are there
 * and others not yet. Of such a stretch no intensity is made. What is missing is weighed by what the same source
 * generated in the stretch before that has it (else the one after); where all that is missing weighs more than 2 % of
 * the whole the stretch does not count. So solar may be absent at night, and a plant that runs on cold days all
 * summer, while a noon without solar or an hour with nothing but wind is waited for.
 *
 * Pure.
 */
#ifndef JB_GRID_PROVIDERS_MIX_SLOTS_H
#define JB_GRID_PROVIDERS_MIX_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "grid/provider.h"
#include "grid/providers/mix.h"

#define JB_STORAGE (-1) /* in the place of a fuel: read, and left out */

/* One spelling of a source. Two codes may be of one fuel. */
struct jb_mix_code {
    const char *code;
    int fuel; /* enum jb_fuel or JB_STORAGE */
};

struct jb_slots {
    const struct jb_mix_code *codes;
    size_t code_count;
    int64_t start_ns, step_ns;
    size_t count;
    double *amount; /* count * code_count; NAN: not published */
};

/* The stretches of step_ns that a question is about: of JB_ASK_RANGE those that lie in [from, to) at least in part, of
 * JB_ASK_LATEST those of the last `latest_ns` up to now. -EINVAL: a forecast, or a window that cannot be; -ENOMEM. */
int jb_slots_init(struct jb_slots *slots, const struct jb_mix_code *codes, size_t code_count, const struct jb_ask *ask,
                  int64_t latest_ns, int64_t step_ns, struct jb_diag *diag);
void jb_slots_finish(struct jb_slots *slots); /* accepts a zeroed one */

/* The window alone, for the request: *ret_to may be past `to` and past now. False: a forecast, or none that can be. */
bool jb_slots_window(const struct jb_ask *ask, int64_t latest_ns, int64_t step_ns, int64_t *ret_from, int64_t *ret_to);

/* The index of a code; code_count: not known. */
size_t jb_slots_code(const struct jb_mix_code *codes, size_t code_count, const char *code);

/* Every stretch that lies wholly in [from, to) gets the amount, in the place of what it had; what is outside of the
 * window is nothing. An amount that is not finite is not published. */
void jb_slots_set(struct jb_slots *slots, size_t code, int64_t from_ns, int64_t to_ns, double amount);
/* The same, onto what is there: for sources that nobody knows and that share a code. */
void jb_slots_add(struct jb_slots *slots, size_t code, int64_t from_ns, int64_t to_ns, double amount);

/* The points of all that counts, estimated, with the error of the mix and `more_error` (relative, one sigma) on top.
 * -ENODATA: none; -ENOMEM, -E2BIG. */
int jb_slots_points(const struct jb_slots *slots, const struct jb_ask *ask, const struct jb_provider *provider,
                    double more_error, struct jb_track *track, struct jb_diag *diag);

/* The same where the provider knows more than factors: what a stretch that counts comes to; false: no point. */
typedef bool jb_slot_intensity(const struct jb_slots *slots, size_t slot, bool direct, const void *context,
                               double *ret_g_per_kwh, double *ret_rel_error);
int jb_slots_points_by(const struct jb_slots *slots, const struct jb_ask *ask, const struct jb_provider *provider,
                       jb_slot_intensity *intensity, const void *context, struct jb_track *track, struct jb_diag *diag);

/* "202611200500" of a time, UTC: the digits of RFC 3339 up to `length`; `buffer` holds length + 1. */
void jb_time_digits(int64_t wall_ns, size_t length, char *buffer);

#endif
