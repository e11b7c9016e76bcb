/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - one metering session: the only place that sees sensors, ledger, attribution, grid and store together.
 *
 *     create -> (baseline) -> start -> tick, tick, ... -> stop -> record
 *
 * A session belongs to one thread; disk writes happen on a writer thread of its own, so that a slow or full disk never
 * delays a reading. After start() no function but stop() and record() allocates.
 */
#ifndef JB_ENGINE_SESSION_H
#define JB_ENGINE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/diag.h"
#include "grid/grid.h"
#include "hardware/hardware.h"
#include "store/record.h"

struct jb_conf;
struct jb_session;

struct jb_session_config {
    const char *root, *sensors;   /* NULL: real machine, all sensors */
    const char *db_path;          /* NULL: default; "none": keep nothing */
    uint64_t interval_ns, baseline_ns;
    const char *basis;            /* "machine", "run", "footprint" */
    double pue;
    const struct jb_intensity *intensity;
    const struct jb_conf *conf;   /* hardware overrides */
    const char *name, *project;
    struct jb_tag *tags;          /* copied */
    size_t tag_count;
    char **command;               /* NULL-terminated, copied */
};

/* Probe the machine, open the sensors, open the store. A store that cannot be opened is a warning in the record, not an
 * error; -EINVAL for a bad sensor list. */
int jb_session_create(const struct jb_session_config *config, struct jb_session **ret, struct jb_diag *diag);
void jb_session_destroy(struct jb_session *session);

/* Measure idle power for baseline_ns, blocking. -EBUSY when the machine was not quiet (still used, with a warning). */
int jb_session_baseline(struct jb_session *session, uint64_t duration_ns);

int jb_session_start(struct jb_session *session, pid_t child); /* first readings; the run begins here */
/* The child exists now (it may be told after start, so that the first readings come before it runs). */
void jb_session_attach(struct jb_session *session, pid_t child);
int jb_session_timer_fd(const struct jb_session *session);     /* readable when a tick is due */
void jb_session_tick(struct jb_session *session);
/* A process of the run was reaped by us and had used this much CPU (rusage, its waited-for children included). */
void jb_session_reaped(struct jb_session *session, pid_t pid, uint64_t cpu_ns);
void jb_session_stop(struct jb_session *session, enum jb_run_status status, bool has_exit, int exit_code, bool has_signal, int signal);

/* Live view: energies so far. */
struct jb_live { double elapsed_s, power_w, run_w, energy_j, run_j, grams; };
void jb_session_live(const struct jb_session *session, struct jb_live *ret);

/* The finished record; owned by the session. */
struct jb_record *jb_session_record(struct jb_session *session);
bool jb_session_stored(const struct jb_session *session);
bool jb_session_failed(const struct jb_session *session); /* for --strict: nothing was measured, or a sensor or the store failed */

#endif
