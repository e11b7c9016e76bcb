/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribution.h - whose joules: each energy entry is divided into four parts that sum to it exactly.
 *
 * Pure.   entry = idle + run + others + unattributed
 *   idle          what the device would have drawn anyway: idle power x time, at most the entry itself
 *   run           the run's share of the rest (the active energy): marginal
 *   others        the other processes' share of the active energy
 *   unattributed  active energy that nobody can be charged with: interrupts, no process seen, shares unknown
 *
 * Shares: CPU and memory by CPU time (attribution/usage.h); memory traffic cannot be told per process without
 * privileges, CPU time is its stand-in and the report says so. Accelerators by utilisation per process
 * (attribution/gpu_share.h).
 *
 * footprint = run + the run's share of idle, where the share is run / (run + others) over the whole run, and all of it
 * when nothing else was active.
 */
#ifndef JB_ATTRIBUTION_ATTRIBUTION_H
#define JB_ATTRIBUTION_ATTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/account.h"

struct jb_shares {
    bool known;                   /* false: all active energy is unattributed */
    uint64_t run, others, nobody; /* weights, any scale */
};

struct jb_parts {
    uint64_t run_uj, idle_uj, others_uj, unattributed_uj;
};

/* Divide one entry. idle_uw < 0 would be absurd and is not expressible; 0 means "no idle power is known". */
void jb_attribute(const struct jb_entry *entry, uint64_t idle_uw, const struct jb_shares *shares, struct jb_parts *ret);

/* The same for a meter that cannot tell who used what, such as the wall: in the proportions in which the channels it
 * contains were divided over the same time (`like`). False, and nothing done, when these have no energy. */
bool jb_attribute_like(uint64_t energy_uj, const struct jb_parts *like, struct jb_parts *ret);

void jb_parts_add(struct jb_parts *sum, const struct jb_parts *parts);
uint64_t jb_parts_total(const struct jb_parts *parts);

/* run + its share of idle, from totals; never more than run + idle. */
uint64_t jb_footprint_uj(const struct jb_parts *totals);
/* A channel that never drew more than its idle power says nothing of who used it: then `run` and `others`, what they
 * used of the machine (CPU time over the whole run), divide its idle energy. Both 0: all of it is the run's. */
bool jb_parts_silent(const struct jb_parts *totals);
uint64_t jb_footprint_silent_uj(const struct jb_parts *totals, uint64_t run, uint64_t others);

/* One sigma of run_uj: the channel's own error on it, and what is not known of the idle power (sigma_idle_uw over
 * covered_ns, moved between idle and run in the run's proportion). Of a run of 0 where nobody else was charged either:
 * what is unattributed or may be hidden in idle. */
double jb_run_sigma_uj(const struct jb_parts *totals, double channel_sigma_uj, double idle_sigma_uw,
                       uint64_t covered_ns);

#endif
