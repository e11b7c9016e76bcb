/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - one metering session: the only place that sees sensors, ledger, attribution, grid and store together.
 *
 *     create -> (baseline) -> start -> attach -> tick, tick, ... -> stop -> record
 *
 * `run` drives it with a child; `doctor` and `calibrate` drive it without one. A session belongs to one thread; lanes
 * of blocking sensors and the writer of the store are threads of its own, so that neither a vendor library nor a disk
 * delays a reading. Between start and stop a tick allocates nothing, except when a lane brings new channels.
 */
#ifndef JB_ENGINE_SESSION_H
#define JB_ENGINE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/diag.h"
#include "engine/ops_plan.h"
#include "grid/grid.h"
#include "grid/settings.h"
#include "grid/tariff.h"
#include "hardware/hardware.h"
#include "meter/meter.h"
#include "store/record.h"

struct jb_session;

struct jb_session_config {
    const char *root, *sensors; /* NULL: the real machine, all sensors */
    struct jb_sensor_settings settings;
    const char *db_path; /* NULL: the default place; "none": keep nothing */
    uint64_t interval_ns;
    uint64_t open_wait_ns; /* how long create may wait for vendor libraries to open */
    const char *basis;     /* "machine", "run", "footprint" */
    const char *total;     /* "wall": what a node meter says, where one answers; "sensors" or NULL */
    double pue;
    const struct jb_intensity *intensity; /* the place and its yearly figure; copied */
    const struct jb_grid_settings *grid;  /* whom to ask for better ones; NULL: nobody. Must outlive the process
                                             where somebody does not answer */
    const struct jb_tariff *tariff;       /* NULL: none */
    struct jb_walltime walltime;          /* the calendar */
    struct jb_machine_hints hints;
    double embodied_kg, lifetime_s; /* 0: defaults */
    enum jb_ops ops;                /* what is heard of what the program does */
    bool time_share;                /* --attribution time: operators get joules by their time alone */
    unsigned epochs;                /* planned, where the program does not tell; 0: not known */
    bool no_perf;                   /* count the run's CPU time through /proc even where perf would do (tests) */
    const char *name, *project;
    const struct jb_tag *tags;
    size_t tag_count;
    char **command; /* NULL-terminated; NULL: none */
    bool attach;    /* measure through the machine's one meter where it runs (engine/remote.h) */
    pid_t top;      /* of the process tree, where it is not our child: for that meter; 0 */
    bool endless;   /* the machine's meter itself: nothing is kept that grows (engine/daemon.h) */
};

/* Probe the machine, open the sensors and the store. A store that cannot be used is a warning in the record and not an
 * error; -EINVAL for a bad sensor list. The strings of config must outlive the session. */
int jb_session_create(const struct jb_session_config *config, struct jb_session **ret, struct jb_diag *diag);
/* NULL-safe. True: a thread that asks for intensities was left behind, see jb_feed_destroy(). */
bool jb_session_destroy(struct jb_session *session);

/* Measure idle power for so long, blocking. 1: done and quiet; 0: done, but the machine was busy (said in a warning);
 * -EINTR: stop_fd (-1: none) became readable. */
int jb_session_baseline(struct jb_session *session, uint64_t duration_ns, int stop_fd);
/* Keep what baseline() found as this machine's calibrated idle power; the number of channels stored. */
int jb_session_store_baseline(struct jb_session *session, struct jb_diag *diag);

/* What baseline() found for a channel; false: nothing. */
bool jb_session_measured_idle(const struct jb_session *session, int channel, uint64_t *ret_idle_uw,
                              uint64_t *ret_sigma_uw);

/* First readings; the run begins here. `child` waits to be released and has used no CPU yet; 0: none. */
int jb_session_start(struct jb_session *session, pid_t child, struct jb_diag *diag);
/* Read at another interval from now on; sensors on lanes keep theirs. 0 or -errno. */
int jb_session_pace(struct jb_session *session, uint64_t interval_ns);
/* Where the program tells what it does, for JOULEBOOK_RING (engine/inject.h); NULL: nothing is heard. */
const char *jb_session_ring_place(const struct jb_session *session);
/* Readable when the program's events are to be looked at, beside ticks; -1: never. */
int jb_session_events_fd(const struct jb_session *session);
void jb_session_events(struct jb_session *session);

int jb_session_timer_fd(const struct jb_session *session); /* readable when a tick is due */
void jb_session_tick(struct jb_session *session);
/* A process was waited for and had used this much CPU, its own waited-for children included. */
void jb_session_reaped(struct jb_session *session, pid_t pid, uint64_t cpu_ns);

struct jb_ending {
    enum jb_run_status status;
    bool has_exit_code, has_signal;
    int exit_code, signal;
};
/* Last readings, the final record, and its way to the store. */
void jb_session_stop(struct jb_session *session, const struct jb_ending *ending);
/* The child never ran: forget the run. */
void jb_session_cancel(struct jb_session *session);

/* What has been booked since the start, to take differences: of the node meter and of the sensors over the very time
 * that it covers, and of the sensors up to now. */
struct jb_wall_mark {
    bool has_wall; /* there is a node meter that is read */
    int channel;   /* its number */
    double wall_j, wall_s, beside_j;
    double sensors_j, t_s;
};
void jb_session_wall_mark(const struct jb_session *session, struct jb_wall_mark *ret);
/* The ids of the disjoint sensors, sorted, one a line; malloc'd. What a fit of the wall was made with. */
char *jb_session_leaves(const struct jb_session *session);

struct jb_live {
    double elapsed_s, power_w, energy_j, run_j, grams;
};
void jb_session_live(const struct jb_session *session, struct jb_live *ret);

/* How often the channel was seen to change so far; 0: not known yet. */
uint64_t jb_session_period_ns(const struct jb_session *session, int channel);

struct jb_record *jb_session_record(struct jb_session *session); /* the session's; complete after stop() */
bool jb_session_stored(const struct jb_session *session);
/* For --strict: nothing was measured at all, a sensor was lost, the store failed, or the wall was to be the total and
 * nobody measured it. */
bool jb_session_failed(const struct jb_session *session);
const struct jb_machine *jb_session_machine(const struct jb_session *session);
const struct jb_meter *jb_session_meter(const struct jb_session *session);

#endif
