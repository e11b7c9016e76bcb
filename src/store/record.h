/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - one run as it is kept, shown and exported: interface.md's run record as a struct.
 *
 * Unknown is NAN for doubles, empty for strings, false in the `has_` fields: never 0. Energies are integer
 * microjoules; `machine_uj = run_uj + idle_uj + others_uj + unattributed_uj`, for each channel and for the totals over
 * channels with in_total.
 *
 * A record owns everything it points to; jb_record_finish() frees it and accepts a zeroed one.
 */
#ifndef JB_STORE_RECORD_H
#define JB_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/work.h"

#define JB_RUN_ID_TEXT 27

enum jb_run_status {
    JB_RUN_RUNNING,     /* its meter is alive */
    JB_RUN_FINISHED,    /* exit status 0 */
    JB_RUN_FAILED,      /* another exit status */
    JB_RUN_KILLED,      /* the child was ended by a signal */
    JB_RUN_INTERRUPTED, /* the user ended it: INT or TERM passed through us */
    JB_RUN_LOST,        /* the meter died: known up to its last second */
};
const char *jb_run_status_name(enum jb_run_status status); /* "finished" ... */

struct jb_tag {
    char *key, *value;
};

struct jb_record_channel {
    char id[64], device[16], name[96], source[32], method[16];
    int number; /* index in the series; its row in the store */
    bool in_total;
    int parent;  /* index in record.channels; -1 */
    int twin_of; /* index in record.channels; -1 */
    uint64_t energy_uj, run_uj, idle_uj, others_uj, unattributed_uj, footprint_uj;
    double uncertainty_uj; /* one sigma of energy_uj */
    double run_uncertainty_uj;
    uint64_t idle_uw; /* the idle power that was used */
    char
        idle_source[32]; /* "measured before the run", "calibrated", "learned", "model", "none"; "sensors": as theirs */
    uint64_t covered_ns, gap_ns, update_period_ns; /* period 0: not known */
    unsigned flags;                                /* ledger/account.h, enum jb_entry_flags */
    char flag_text[96];                            /* the same as words, comma-separated: "wrapped,gap" */
    char note[192];
    double context_w;     /* what a GPU drew above idle because the run held a context on it; NAN: not known */
    double context_tax_j; /* over the run: a part of run_uj, no further joule; NAN */
};

/* A stretch of the run that was priced alike. Segments follow each other without a hole, and their energies sum to that
 * of the basis, exactly. */
struct jb_record_segment {
    int64_t start_ns, end_ns; /* wall */
    double g_per_kwh;
    double rel_error; /* of g_per_kwh, one sigma; NAN: not known */
    char source[160], factor[16];
    bool estimated; /* by the provider, foretold, or held from before; of a yearly figure: derived from another place's
                     */
    bool live;      /* of the very time of the segment, and no forecast: nothing better is to be had later */
    double age_s;   /* by how much the time that the figure is of ended before the segment did; 0: it is of that time;
                       NAN:   a yearly figure */
    uint64_t energy_uj; /* of the basis */
};

/* What the run was priced at before something better was known. */
struct jb_record_price {
    int64_t until_ns; /* when it was replaced, wall */
    double emissions_g, uncertainty_g, intensity_g_per_kwh;
    char source[96];  /* "electricitymaps-yearly-2025 (ODbL)", "ukgrid, energinet" */
    char reason[128]; /* why it was replaced: "hourly values came in for 3 h 20 min" */
};

/* The same energy by what plants that follow the load emit; never added to or mixed with the average. */
struct jb_record_marginal {
    bool known;
    double emissions_g, uncertainty_g, intensity_g_per_kwh;
    double coverage; /* the part of the energy that has a marginal value; the figures are of that part */
    char source[32];
};

struct jb_record_cost {
    bool known;
    double amount, per_kwh; /* of the basis, PUE included; mean weighted by energy */
    double coverage;        /* the part of the energy that has a price; the figures are of that part */
    char currency[8];
};

/* How this machine's wall follows its sensors, as `calibrate wall` found: P_wall = a_w + b * P_sensors. */
struct jb_record_fit {
    double a_w, b, residual_w;
    double min_w, max_w; /* of the sensors, in the readings */
    int readings;
    char meter[64];
    int64_t measured_ns; /* wall clock */
};

/* What the whole machine took in, losses, fans and disks too: as a node meter measured it, and as the fit tells. */
struct jb_record_wall {
    bool measured;
    char source[32], channel[64]; /* of the meter */
    uint64_t energy_uj;           /* while it was read; what was filled in is not in here */
    double uncertainty_uj;
    uint64_t covered_ns;
    bool has_sensors;
    uint64_t sensors_uj; /* of the disjoint sensors, over the same time */
    uint64_t filled_uj;  /* where the wall is the total: put in from the sensors where the meter was not read */
    bool has_fit;
    struct jb_record_fit fit;
    double fitted_uj, fitted_uncertainty_uj; /* of the whole run */
};

struct jb_record {
    /* run */
    char id[JB_RUN_ID_TEXT];
    char *name, *project; /* NULL: not given */
    char host[65], machine_id[65];
    struct jb_tag *tags;
    size_t tag_count;
    char **command;
    size_t command_count;
    int64_t started_ns, ended_ns; /* wall; ended 0: not ended */
    double duration_s;
    enum jb_run_status status;
    bool has_exit_code, has_signal;
    int exit_code, signal;
    char parent[JB_RUN_ID_TEXT];
    int64_t owner; /* user id of whoever started it; -1: not known (made by an older version) */
    /* energy: totals over channels in_total */
    struct jb_record_channel *channels;
    size_t channel_count;
    uint64_t machine_uj, run_uj, idle_uj, others_uj, unattributed_uj, footprint_uj, measured_uj, modelled_uj;
    double uncertainty_uj, run_uncertainty_uj, footprint_uncertainty_uj;
    char total[16]; /* "sensors", "wall": what machine_uj is the sum of */
    struct jb_record_wall wall;
    double coverage; /* covered time over run time, mean of the channels in total weighted by energy */
    /* carbon */
    char basis[16]; /* "machine", "run", "footprint" */
    double emissions_g, emissions_uncertainty_g, embodied_g, intensity_g_per_kwh, intensity_rel_error, pue;
    char zone[64], zone_name[96], zone_note[192];
    struct jb_record_segment *segments;
    size_t segment_count;
    char **steps; /* on the way down the chain: "electricitymaps: the key is not valid for IT (HTTP 403)" */
    size_t step_count;
    char **credits; /* what the terms of the providers want to be shown with their values */
    size_t credit_count;
    struct jb_record_price *prices; /* former ones, oldest first */
    size_t price_count;
    struct jb_record_marginal marginal;
    struct jb_record_cost cost;
    struct jb_record_work work;
    /* self */
    double self_cpu_s, self_energy_j; /* energy: our CPU time at the machine's mean active power per busy second; NAN */
    uint64_t self_max_rss_bytes, events_dropped;
    /* hardware and words */
    char *hardware_json; /* the "hardware" object, compact */
    char **warnings;
    size_t warning_count;
};

void jb_record_finish(struct jb_record *record); /* frees and zeroes */
int jb_record_warn(struct jb_record *record, const char *format, ...) __attribute__((format(printf, 2, 3)));
int jb_record_tag(struct jb_record *record, const char *key, const char *value);

/* Fill the totals from the channels (in_total) and the basis energy. The one place that adds channels up.
 * Uncertainties: channels of one source add linearly (their errors are of one kind), sources in quadrature. */
void jb_record_sum(struct jb_record *record);
uint64_t jb_record_basis_uj(const struct jb_record *record);

#endif
