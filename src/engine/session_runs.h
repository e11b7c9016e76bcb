/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_runs.h - runs that share an endless session: who of them used what part of what the session lays on "the
 * run". Private to engine/.
 *
 * Their processes together are the session's run; its joules are divided among them in turn, exactly: processors and
 * memory by CPU time, an accelerator by who held it and how busy each was, the wall like the sensors. What nobody of
 * them can be charged with (who was how busy is not known) goes back to unattributed.
 *
 * A run that begins inside of another's processes is part of that one: its joules are told in both, and those of the
 * runs on top sum to the session's. So is one that another begins around, from then on; and whose outer run ends is on
 * top, or part of the next one. Nothing here allocates but begin().
 *
 * A sensor that tells of five seconds at once may tell of a run that has ended meanwhile: what was used by that one is
 * not laid on those that go on, but nobody's. That is so by CPU time. Of an accelerator it is not: who held it when is
 * not kept, and what its counter shows only after the cut (one update of the counter, 20 to 100 ms on most; more where
 * its lane took longer than the cut waits) falls to the runs that still hold it, or to others. Waiting longer would not
 * mend it, for a counter that moves once a second would have to be waited for by everybody, each time.
 */
#ifndef JB_ENGINE_SESSION_RUNS_H
#define JB_ENGINE_SESSION_RUNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attribution/attribution.h"
#include "attribution/usage.h"

struct jb_session;
struct session_runs;
struct session_run;

/* -ENOSPC (there are JB_SESSION_RUNS already), or why its processes cannot be watched. The caller has cut the second
 * (session_cut()). The process tree begins at `top`, which counts itself. */
#define JB_SESSION_RUNS 64
int session_run_begin(struct jb_session *session, pid_t top, struct session_run **ret);
void session_run_end(struct jb_session *session, struct session_run *run); /* after a cut; NULL-safe */

/* Of channel `number`, since the run began: four parts that sum to what the session booked and divided of it since. */
void session_run_parts(const struct jb_session *session, const struct session_run *run, int number,
                       struct jb_parts *ret);
uint64_t session_run_cpu_ns(const struct session_run *run); /* of its whole tree, at the last look; for tests */
const struct session_run *session_run_parent(const struct session_run *run); /* that it is part of; NULL */

/* Read what there is, book it, and divide it: a moment at which runs may begin and end. `last`: lanes are waited for,
 * 100 ms at most and a tenth of the time at most: of runs that end one upon the other the first ones. */
void session_cut(struct jb_session *session, bool last);

/* ---- for session_attribute.c and session_uses.c; all accept a session without runs ---- */
int session_runs_create(struct jb_session *session);
void session_runs_destroy(struct jb_session *session);
/* The CPU time of all runs together, cumulative; each one's use is noted. */
uint64_t session_runs_look(struct jb_session *session, const struct jb_usage_point *point);
void session_runs_know(struct jb_session *session, int32_t pid);
void session_runs_forget(struct jb_session *session); /* pids that no accelerator is used by any more */
bool session_runs_own(const struct jb_session *session, int32_t pid);
/* Divide parts->run_uj of what is pending of a channel. */
void session_runs_divide(struct jb_session *session, int number, struct jb_parts *parts);
void session_runs_divided(struct jb_session *session); /* the second is over */

#endif
