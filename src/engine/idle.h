/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idle.h - what a device draws when nobody uses it, and what that knowledge rests on.
 *
 * Best first: measured just before this run (--baseline), calibrated (`joulebook calibrate idle`), learned from quiet
 * seconds of earlier runs on this machine, the model's figure, none. A modelled channel always takes the model's own:
 * a baseline of a model would measure nothing.
 */
#ifndef JB_ENGINE_IDLE_H
#define JB_ENGINE_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "hardware/hardware.h"
#include "sensor/sensor.h"
#include "store/store.h"

struct jb_idle {
    uint64_t idle_uw, sigma_uw;
    const char *source; /* "measured before the run", "calibrated", "learned", "model", "none" */
};

/* store may be NULL. */
void jb_idle_choose(struct jb_store *store, const struct jb_machine *machine, const struct jb_channel *channel,
                    struct jb_idle *ret);

/* What was seen in quiet seconds: energy and time, and the spread between seconds (Welford). */
struct jb_quiet {
    double seconds, mean_uw, m2;
    uint64_t count;
};
void jb_quiet_add(struct jb_quiet *quiet, uint64_t energy_uj, uint64_t dt_ns);
bool jb_quiet_idle(const struct jb_quiet *quiet, double min_seconds, uint64_t *ret_idle_uw, uint64_t *ret_sigma_uw);

/* Fold what this run learned into what is stored ("learned", by seconds, forgetting beyond 10 minutes). A calibrated
 * baseline is left alone. */
int jb_idle_learn(struct jb_store *store, const char *machine_id, const char *channel_id, const struct jb_quiet *quiet,
                  int64_t now_ns, struct jb_diag *diag);

#endif
