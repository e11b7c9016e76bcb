/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work_parts.h - the run's energy by cell, context and phase, before it is told: for the session_work*.c files.
 */
#ifndef JB_ENGINE_WORK_PARTS_H
#define JB_ENGINE_WORK_PARTS_H

#include "engine/session_work.h"

struct jb_session;

struct work_cell {
    unsigned domain;
    size_t cell;
    double energy_uj, sd_uj;
    double caught_uj; /* of energy_uj, from time in which it was seen itself */
    double seconds;   /* of the whole run: seen, and its share of time that was not caught */
    double scale;     /* seconds over those seen */
    enum jb_confidence confidence;
    int group;          /* merged with others of this number; -1 */
    double group_sd_uj; /* of their sum */
};

struct work_parts {
    struct work_cell *cells; /* of all domains; those of one domain follow each other, cell 0 first */
    size_t cell_count, first_cell[JB_WORK_DOMAINS];
    double context_uj[JB_CONTEXTS];    /* of the host, not caught; in the cells too as far as these stand for it */
    double context_sd_uj[JB_CONTEXTS]; /* of what the cells do not stand for, since then it is divided by time */
    double phase_uj[JB_PHASES], phase_sd_uj[JB_PHASES];
    double unattributed_uj;  /* what no cell stands for ... */
    double unknown_phase_uj; /* ... and is in a phase all the same */
    double lag_s, edge_s;    /* of the host's best sensor; NAN */
    double scale;            /* the run's energy over that of the channels that divide it; in all of the above */
};
int work_parts_make(struct jb_session *session, struct work_parts *ret);
void work_parts_finish(struct work_parts *parts);

/* Energy of a layer or of all regions of a name, and its deviation. */
void work_parts_group(const struct work_parts *parts, const struct jb_work *work, const struct jb_work_group *group,
                      double *ret_uj, double *ret_sd_uj);

/* How well a channel's updates are placed, without what former runs have learned of operators. */
struct jb_estimate_setup work_parts_setup(const struct jb_session *session, const struct work_channel *channel);

/* Keep for later runs on this machine what this one has learned of its sensors and operators. */
void work_parts_learn(struct jb_session *session);

#endif
