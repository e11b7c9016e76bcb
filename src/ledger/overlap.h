/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlap.h - which channels may be added up.
 *
 * Pure. The machine's total is the sum over leaves that are disjoint and, as far as sensors go, complete. For each
 * channel the graph says: is it in the total; which channel contains it; of which channel it is a twin (the same
 * joules seen through another interface). Everything stays booked: parents and twins serve as checks, and a twin
 * takes over when the leaf turns out to be false.
 *
 * Rules (sensors.md 4.1, 4.3, 7):
 *  - Twins: the same domain, unit and die from two sources, or twice from one (RAPL by perf and by powercap, MSR
 *    and MMIO zones, NVML counter and NVML power). The most preferred source wins; within a source a counter beats
 *    power beats a model, then the lower number. A measured channel of any source beats every model. A rejected
 *    channel yields to every twin that is not; without one it stays. Rails are never twins by domain: a board has many.
 *  - A machine-wide model (unit -1) yields to any measured channel of the same domain, unless all are rejected: then
 *    it stands for them.
 *  - Mirrored dies: packages of one socket with different dies whose raw values are one counter (the caller tells,
 *    from bracketed reads: see jb_overlap_node.mirror_of) are twins. They part again when they advance differently.
 *    A source with only one die to show for a socket (all others mirror it) shows the socket.
 *  - psys and board contain packages and DRAM (a board everything else too), a package contains cores and uncore, a
 *    module contains its GPU and package. DRAM is outside the package, unless the driver says that it is in it
 *    (jb_channel.with_memory: NVIDIA Grace). A parent is in the total only when none of its
 *    leaves is there, or when they would leave out what it is mostly made of: a module whose package or accelerator is
 *    not measured, and a board without a measured package or module, stand for all that is in them.
 *    Domain and unit decide, so that this holds across sources. A driver's own `parent` is heard for
 *    rails, and where it says which module a package or an accelerator is in, whatever their numbers are.
 *  - Parts are no leaves: cores, uncore and rails may leave out a share of what contains them, so with their container
 *    it counts, and not they. The same holds for dies beside their socket, and units beside the machine, of one domain,
 *    unless the wider one is rejected. Cores or uncore without their package, and rails that name no parent, are
 * leaves.
 *  - A model never displaces what was measured, neither by being a leaf below it nor by containing it, but for a twin
 * of it that was rejected.
 *  - A node meter (a plug, the BMC, the power supplies) contains everything, losses, fans and disks too. It answers
 *    another question than the sensors do, so it is their check and not in the total as long as anything else measured
 *    stands; with nothing else it counts, and beats all models. Meters of one node are twins like any others: the
 *    order of the drivers is the order of trust. jb_overlap_total_wall() lets it be the total all the same.
 *  - A channel that is not usable (status other than JB_OK at open) takes no part.
 */
#ifndef JB_LEDGER_OVERLAP_H
#define JB_LEDGER_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/sensor.h"

struct jb_overlap_node {
    const struct jb_channel *channel;
    int source;     /* channels with equal source are of one driver, all present and in that driver's order */
    int preference; /* of the driver: lower is better */
    int mirror_of;  /* in: number of a channel whose raw counter is this one's; -1 */
    bool rejected;  /* in: found false while measuring (frozen, at odds with its twin): its twin takes over */
    /* out */
    bool in_total;
    bool leaf;   /* in the sum of disjoint sensors: in the total unless jb_overlap_total_wall() said otherwise */
    int parent;  /* the channel that contains this one; -1 */
    int twin_of; /* the leaf (or parent) that stands for this one, itself no twin; -1 */
    bool whole;  /* speaks for its unit, not for one die of it */
};

/* Settle the graph for nodes[0..count). Deterministic; may be called again when channels appear or are rejected. */
void jb_overlap_resolve(struct jb_overlap_node *nodes, size_t count);

/* After resolve(). The channel that measures what the whole machine takes in; -1: there is none, or only one that was
 * rejected or is a model, or meters of single supplies that nobody has added up. */
int jb_overlap_wall(const struct jb_overlap_node *nodes, size_t count);
/* After resolve(). Let that channel alone be the total; what it contains keeps `leaf`. Without one nothing changes. */
void jb_overlap_total_wall(struct jb_overlap_node *nodes, size_t count);

/* Compare a leaf with its twin after both covered the same time: do they tell the same story?
 * Energies in microjoules over covered_ns; under 2 s it is too early. A counter that stands still while power says
 * otherwise is false; so is one that differs from its twin by more than `tolerance` (relative to the larger, e.g. 0.25)
 * plus both errors. */
enum jb_verdict { JB_VERDICT_TOO_EARLY, JB_VERDICT_AGREE, JB_VERDICT_FROZEN, JB_VERDICT_DISAGREE };
enum jb_verdict jb_crosscheck(uint64_t leaf_uj, double leaf_sigma_uj, uint64_t twin_uj, double twin_sigma_uj,
                              uint64_t covered_ns, double tolerance);

#endif
