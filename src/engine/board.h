/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board.h - what the machine is doing now, for everybody who shows it.
 *
 * The meter's thread writes it at every tick; faces on other threads look at it. One lock, held for microseconds by
 * both: a face formats what it sees and does nothing else under it. Nothing is allocated between create and destroy.
 *
 * Powers are means over the last second, energies since the meter began, or the run. Unknown is NAN, never 0.
 */
#ifndef JB_ENGINE_BOARD_H
#define JB_ENGINE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sensor/sensor.h"
#include "store/record.h"

#define JB_BOARD_CHANNELS 256
#define JB_BOARD_RUNS     64
#define JB_BOARD_SOURCES  32
#define JB_BOARD_LEDGERS  32
#define JB_BOARD_WARNINGS 16

struct jb_board_channel {
    char id[64], name[96], source[32], note[192], reason[192], fix[192];
    enum jb_device device;
    enum jb_domain domain;
    enum jb_method method;
    enum jb_status status;
    int unit;
    bool in_total;
    int parent, twin_of; /* index of the channel that contains it, of the one that stands for it; -1 */
    double power_w;      /* NAN: nothing was read in the last seconds */
    double limit_w;      /* NAN: not known, as of all drivers so far */
    uint64_t energy_uj, runs_uj, idle_uj, others_uj, unattributed_uj;
    double sigma_uj;           /* one sigma of energy_uj */
    double rel_error;          /* of the sensor, one sigma */
    uint64_t update_period_ns; /* 0: not known */
    uint64_t covered_ns, gap_ns;
};

/* A driver, whether it answers or not. */
struct jb_board_source {
    char driver[32], title[96], reason[192], fix[192];
    int result; /* of opening it: 0, -ENODEV, -EACCES, ... */
    bool hung;
};

/* A run that is attached. */
struct jb_board_run {
    char id[JB_RUN_ID_TEXT], parent[JB_RUN_ID_TEXT];
    char name[128], project[128], command[1024];
    uid_t uid;
    char user[33];
    pid_t pid;
    int64_t started_ns; /* wall */
    double elapsed_s;
    double power_w;     /* its share of the active power */
    double device_w[4]; /* the same by enum jb_device; NAN: no channel */
    uint64_t run_uj, footprint_uj, machine_uj;
    double sigma_uj;           /* one sigma of footprint_uj */
    double grams, grams_sigma; /* of the basis */
    char basis[16];
    char phase[16];      /* as it told last; empty */
    int64_t epoch, step; /* -1: not told */
    /* Where it means to go: epochs it plans, and which of them it is at, from 1; -1: not told. What it will have used
     * and how long it will have run in all (attribution/plan.h), never less than now; NAN: not known. Energy and
     * grams are of the basis, grams to come at the intensity of now. */
    int64_t epochs_planned, epoch_nth;
    double projected_uj, projected_sigma_uj, projected_s, projected_sigma_s, projected_grams, projected_grams_sigma;
};

/* What has been emitted, by where the intensity came from. */
struct jb_board_emission {
    char zone[64], source[96];
    bool estimated;
    double grams;
};
struct jb_board_project {
    char name[128]; /* empty: runs without a project */
    uint64_t run_uj;
};

struct jb_board_grid {
    char zone[64], zone_name[96], source[160], factor[16];
    char kind[16]; /* "live", "held", "forecast", "yearly", "given" */
    double g_per_kwh, rel_error;
    bool estimated;
    double age_s; /* since the time that the figure is of; 0: it is of now, NAN: a yearly one */
    char note[192];
};

struct jb_board_view {
    uint64_t seq; /* grows with each tick */
    /* Grows when channels, runs, grid or the history's state change: what need not be said at each tick. */
    uint64_t layout;
    int64_t wall_ns, began_wall_ns;
    uint64_t t_ns, began_ns, interval_ns;
    char host[65], machine_id[65];
    size_t channel_count, source_count, run_count, emission_count, project_count, warning_count;
    struct jb_board_channel channels[JB_BOARD_CHANNELS];
    struct jb_board_source sources[JB_BOARD_SOURCES];
    struct jb_board_run runs[JB_BOARD_RUNS];
    struct jb_board_emission emissions[JB_BOARD_LEDGERS]; /* the last also takes what found no room */
    struct jb_board_project projects[JB_BOARD_LEDGERS];   /* likewise */
    struct jb_board_grid grid;
    /* Sums over channels in_total. */
    double power_w;
    uint64_t energy_uj, runs_uj, idle_uj, others_uj, unattributed_uj, measured_uj, modelled_uj;
    double sigma_uj, grams, pue;
    /* Ourselves. */
    double self_cpu_s, self_share, self_energy_j; /* share: of one processor, over the last minute */
    uint64_t self_rss_bytes;
    unsigned clients;
    bool keeps_history;
    int history_error; /* of writing it, last; 0: it is kept */
    char history_text[256], history_fix[256];
    char warnings[JB_BOARD_WARNINGS][256];
};

struct jb_board;

int jb_board_create(struct jb_board **ret);
void jb_board_destroy(struct jb_board *board); /* NULL-safe; nobody may be looking any more */

/* The writer's: change the view between begin and publish. publish() calls the listener, outside the lock. */
struct jb_board_view *jb_board_begin(struct jb_board *board);
void jb_board_publish(struct jb_board *board);
/* One listener, told of each publish on the writer's thread; NULL: none. When this returns the former one is not
 * running and will not be called again; not to be called from a listener. */
void jb_board_listen(struct jb_board *board, void (*published)(void *context), void *context);

/* A reader's: valid up to release. Readers and the writer wait for each other: format, and let go. */
const struct jb_board_view *jb_board_look(struct jb_board *board);
void jb_board_release(struct jb_board *board);

#endif
