/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.h - what a run did with its energy: phases, epochs and regions, layers, operators; part of struct jb_record.
 *
 * All energies divide run_uj of the record (the marginal energy), exactly: the phases sum to it, and the operators with
 * `outside_uj` and `unattributed_uj` do. Uncertainties are one standard deviation of how the run's energy divides: what
 * is not known of that energy itself (run_uncertainty_uj) is common to all parts and is not in them. Confidence says
 * how far to believe them.
 */
#ifndef JB_STORE_WORK_H
#define JB_STORE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_record_phase {
    char name[16];
    double duration_s;
    uint64_t energy_uj;
    double uncertainty_uj;
};

struct jb_record_region {
    int64_t id, parent; /* ids from 1; parent 0: none */
    char kind[12];      /* "epoch", "phase", "step", "region" */
    char name[64];
    int64_t index; /* -1: none */
    double start_s, duration_s;
    uint64_t energy_uj;
    double uncertainty_uj, emissions_g; /* emissions: jb_record_work_price(); NAN: not known */
    bool guessed;                       /* its edges were inferred, not told */
};

/* A layer, or all regions of one name. Layers nest as modules do: they do not sum to anything. */
struct jb_record_group {
    char kind[12]; /* "layer", "region", "phase", "step", "range" */
    char name[160];
    uint64_t calls;
    double time_s;
    uint64_t energy_uj;
    double uncertainty_uj;
};

struct jb_record_operator {
    char name[160];      /* of the first where several are merged */
    char class_name[16]; /* interface.md */
    char device[16];     /* "cpu", "cuda:0" */
    uint64_t calls;      /* of the whole run; counted in caught steps and scaled to all where only some were caught */
    double time_s;       /* likewise */
    uint64_t energy_uj;
    double uncertainty_uj;
    char confidence[8]; /* "high", "medium", "low" */
    /* Number of the group of operators whose power cannot be told apart: their sum is what was measured, and inside it
     * they have their share of its time; their confidence is the group's. The same number on another device is another
     * group. -1: alone. */
    int merged;
    /* Of the group's sum, the same in each member: less than what its members' add up to, as what one of them has too
     * much another has too little. 0 or NAN: alone, or not known; then they are added up. */
    double merged_uncertainty_uj;
};

struct jb_record_work {
    bool known;              /* false: --ops off, or nothing was told by the program */
    char ops[8];             /* "off", "phases", "full", "auto" */
    char attribution[12];    /* "estimated", "time" */
    char sources[96];        /* what told: "pytorch, itt" */
    uint64_t epochs_planned; /* 0: not known */
    uint64_t steps, steps_caught;
    double caught_s;              /* of the program's time in which operators were caught */
    double slowdown, slowdown_sd; /* by catching, relative to the run without it; NAN: not known */
    double lag_s, edge_s;         /* of the host's sensor; NAN: not known */
    uint64_t outside_uj;          /* the program ran, but in no operator */
    double outside_uncertainty_uj, outside_s;
    uint64_t unattributed_uj; /* of devices or times that nothing is known of */
    struct jb_record_phase *phases;
    size_t phase_count;
    struct jb_record_region *regions;
    size_t region_count;
    struct jb_record_group *groups;
    size_t group_count;
    struct jb_record_operator *operators; /* most energy first */
    size_t operator_count;
};
void jb_record_work_finish(struct jb_record_work *work); /* NULL-safe; frees and zeroes */

/* What was divided over the phases, and over the operators with what is outside of them and what is unattributed.
 * run_uj in a run that has ended; less in one that was looked at or lost before: known up to some seconds earlier. */
uint64_t jb_record_phases_uj(const struct jb_record_work *work);
uint64_t jb_record_operators_uj(const struct jb_record_work *work);

/* Emissions of the regions: those of the record in proportion to the run's energy. They are not kept in the database,
 * so that a run that is priced anew has one price; jb_store_load() does this, and whoever prices a record in memory. */
struct jb_record;
void jb_record_work_price(struct jb_record *record);

/* What a record that is read from a database has at most; further rows are left out. */
#define JB_RECORD_WORK_ROWS 16384

#endif
