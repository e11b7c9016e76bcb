/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_view.h - the document of GET api/v1/live (docs/api.md) as top shows it.
 *
 * The text is hostile input: sizes are bounded, texts are sanitised, what is missing or of another type is unknown
 * (NAN, -1, an empty text) and never 0. What exceeds the room of an array is left out and counted.
 */
#ifndef JB_CLI_TOP_VIEW_H
#define JB_CLI_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

#define TOP_MAX_CHANNELS 256
#define TOP_MAX_SOURCES  64
#define TOP_MAX_RUNS     128
#define TOP_MAX_WARNINGS 32

enum top_device { TOP_DEVICE_CPU, TOP_DEVICE_RAM, TOP_DEVICE_GPU, TOP_DEVICE_BOARD, TOP_DEVICES };
extern const char *const top_device_names[TOP_DEVICES]; /* "cpu", ... */

struct top_channel {
    char id[64], name[96], source[32], domain[16], status[16], twin_of[64], reason[192], fix[192], note[192];
    enum top_device device;
    int unit;
    bool modelled, in_total;
    double power_w, limit_w, energy_j, rel_error, update_period_s, covered_s, gap_s;
};

struct top_source_state {
    char source[32], title[96], status[16], reason[192], fix[192];
};

struct top_run {
    char id[32], user[40], name[128], project[128], command[512], basis[16], phase[16];
    bool mine;
    int64_t pid, epoch, step, epochs_planned, epoch_nth; /* -1: not known */
    double elapsed_s, power_w, device_w[TOP_DEVICES];
    double run_j, footprint_j, machine_j, uncertainty_j, emissions_g, emissions_sigma_g;
    double projected_j, projected_sigma_j, projected_s, projected_g; /* in all */
};

struct top_grid {
    char zone[64], zone_name[96], source[160], factor[16], kind[16], note[192];
    double g_per_kwh, rel_error, age_s;
    bool estimated;
};

struct top_view {
    int64_t t_ms; /* -1: not known */
    char version[32], host[72];
    double elapsed_s, interval_s;
    double power_w, energy_j, uncertainty_j, runs_j, idle_j, others_j, unattributed_j, measured_j, modelled_j,
        emissions_g, pue;
    double self_cpu_s, self_share, self_energy_j, self_rss_bytes, clients;
    bool history_kept;
    char history_error[256], history_fix[256];
    struct top_grid grid;
    size_t channel_count, source_count, run_count, warning_count, left_out;
    struct top_channel channels[TOP_MAX_CHANNELS];
    struct top_source_state sources[TOP_MAX_SOURCES];
    struct top_run runs[TOP_MAX_RUNS];
    char warnings[TOP_MAX_WARNINGS][256];
};

/* *ret is large: not for a stack; untouched on failure. -EBADMSG with a message: no JSON, or of another schema. */
int top_view_parse(const char *bytes, size_t length, struct top_view *ret, struct jb_diag *diag);

/* Forget what was only true when it was told: powers. */
void top_view_forget_now(struct top_view *view);

/* Of the energy so far, how much was modelled and not measured: 0 to 1; NAN: not known. */
double top_modelled_share(const struct top_view *view);
/* Joules of what the run's emissions are of. */
double top_run_energy(const struct top_run *run);

#endif
