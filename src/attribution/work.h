/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.h - from begin and end events to "who was busy when": operators, phases, layers, epochs and regions of a
 * program.
 *
 * Pure: no clock, no file, no global; allocates in create() only (some 40 MB of address space, of which a run touches
 * what it uses; most is the timeline). Fed with events in order of time it keeps a timeline for each *domain*: the
 * host, and each accelerator. A domain's instant belongs to one or more *cells*:
 *
 *   cell 0          no operator: the program ran, between operators or outside of them (host); idle (accelerator)
 *   cells 1 .. n-1  one for each operator by name (jb_op_short(), a loader without its class), in the order first seen;
 *                   those for which there is no other share the last one of JB_WORK_CELLS, "(others)"
 *   unknown         operators were not being caught at that instant (level below JB_LEVEL_FULL): its *context* is
 *                   known from the marks alone, and what is known of the same context in caught time stands for it
 *
 * An instant of the host is divided equally between the threads that are inside an operator, over all processes (DDP
 * ranks too); with none inside it is cell 0's. Innermost operator on a thread: the others on its stack only wrap it.
 * An optimiser's step, zero_grad and a loader's fetch have cells too, for what they do outside of operators, but share
 * an instant only while no thread is inside an operator: a loader that waits for its workers does nothing. An instant
 * of an accelerator is divided equally between the kernels that run. (operators.md 3.2 and issue 5.7.)
 *
 * An instant is caught when at least one process catches operators and none that tells its phases does not.
 *
 * Phases (operators.md 2.3) are those of a process: inside a backward node = backward; inside an optimiser's step or
 * zero_grad = optimise; inside a loader's fetch = data; before the first of these = create; what lies between a fetch
 * or zero_grad and a backward node = forward; between two nodes = backward; what lies after a fetch or a step, has
 * operators of a network (products, convolutions, normalisation, ...) and no backward at all = evaluate; the rest =
 * other. work_phase.c has the whole table. A phase() of the program itself goes before all of it. Forward or evaluate
 * is known late: such time waits, at most JB_WORK_PENDING_NS, and is forward then if a fetch or zero_grad came before
 * it in a program that has trained. Where operators are not caught, what lies between two fetches without a node is
 * evaluate, and what follows a step is other, though it may have been an evaluation without a loader. A process that
 * has operators and no mark, while another has marks, is a loader's worker: its operators are data, and it does not
 * count for the program's phase.
 *
 * Steps end where an optimiser's step ends, or with a step() of the program. Their lengths are kept for each level at
 * which they were caught throughout: what catching costs is their difference.
 *
 * Hostile input (ends without begin, depth without end, names without end, jumps of time): bounded, counted in
 * jb_work_health, never an error.
 */
#ifndef JB_ATTRIBUTION_WORK_H
#define JB_ATTRIBUTION_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribution/op_class.h"
#include "trace/event.h"

#define JB_WORK_CELLS      256
#define JB_WORK_DOMAINS    9 /* the host and 8 accelerators */
#define JB_WORK_HOST       0
#define JB_WORK_GROUPS     1024 /* layers, regions and phases by name */
#define JB_WORK_DEPTH      128  /* of one thread; deeper spans are counted and not seen */
#define JB_WORK_THREADS    512  /* JB_WIRE_SLOTS */
#define JB_WORK_REGIONS    4096 /* single epochs and regions that are kept; of further ones only the sum by name */
#define JB_WORK_PENDING_NS (UINT64_C(600) * 1000000000)
#define JB_WORK_NAME       160

struct jb_work;

/* What is known of an instant when operators are not caught. */
enum jb_context {
    JB_CONTEXT_CREATE, /* before the first mark */
    JB_CONTEXT_DATA,
    JB_CONTEXT_BODY,     /* between a fetch or zero_grad and the optimiser's step: forward and backward */
    JB_CONTEXT_BACKWARD, /* as far as nodes are caught */
    JB_CONTEXT_OPTIMISE,
    JB_CONTEXT_REST, /* after the optimiser's step: evaluation, checkpoints, printing */
    JB_CONTEXTS,
};

/* log_ns: how far back features() can look; the timeline is kept that long, or as long as its room lasts. */
int jb_work_create(uint64_t log_ns, struct jb_work **ret);
void jb_work_destroy(struct jb_work *work); /* NULL-safe */
/* The program began: time counts from here. */
void jb_work_start(struct jb_work *work, uint64_t t_ns);

/* One event of a thread; a time that falls is taken for the time before. `name` is clean text; event->name is the same
 * number for the same text always, so that text is looked at once (of numbers below 65536; above, each time).
 * thread: below JB_WORK_THREADS. generation: jb_traced's. Of kind JB_EVENT_NONE: the thread has ended. */
void jb_work_event(struct jb_work *work, const struct jb_event *event, const char *name, uint32_t thread,
                   uint32_t generation, int32_t pid);
/* Time has come so far on the host, whether or not there was an event. What is asked for below is as of the last
 * advance or cut. */
void jb_work_advance(struct jb_work *work, uint64_t t_ns);
/* A process has ended, by whatever means: what it had open ends now. Not needed for the sums, but a rank that was
 * killed inside a fetch would fetch for ever. */
void jb_work_gone(struct jb_work *work, int32_t pid);
/* A kernel of accelerator `domain` (1..8), by order of end for each stream; over streams they may come in any order
 * within 1 s. advance_device() says that all have come up to a time; `caught`: were kernels caught since the last call?
 */
void jb_work_kernel(struct jb_work *work, unsigned domain, uint64_t t0_ns, uint64_t t1_ns, const char *name,
                    uint32_t name_number, unsigned origin, unsigned stream);
void jb_work_advance_device(struct jb_work *work, unsigned domain, uint64_t t_ns, bool caught);

/* ---- for the estimator ---- */

struct jb_work_share {
    uint16_t cell;
    double seconds;
};
/* Who was busy in (t0, t1] of a domain: cells with their seconds, which sum to t1 - t0. The number of cells; -EAGAIN:
 * not yet known up to t1; -ENODATA: too long ago, or part of it was not caught at the full level; -E2BIG: more than
 * max. */
int jb_work_features(const struct jb_work *work, unsigned domain, uint64_t t0_ns, uint64_t t1_ns,
                     struct jb_work_share *ret, size_t max);
/* How many whole steps lie in a second, lately; 0: not known. For "steps per update" (operators.md 3.2.6). */
double jb_work_steps_per_s(const struct jb_work *work);

/* ---- for the division of energy ---- */

/* Time of a domain since the last cut: of cells (caught) and of contexts (not caught). */
struct jb_work_piece {
    uint64_t t0_ns, t1_ns;
    double cell_s[JB_WORK_CELLS];
    double context_s[JB_CONTEXTS];
};
/* Up to where the domain has been advanced; afterwards the next piece begins there. */
void jb_work_cut(struct jb_work *work, unsigned domain, struct jb_work_piece *ret);

/* ---- what came of it ---- */

struct jb_work_cell {
    char name[JB_WORK_NAME]; /* cell 0: "" */
    enum jb_op_class op_class;
    double calls, seconds;         /* caught */
    double phase_s[JB_PHASES];     /* sums to seconds; what waits is shown as what it would be */
    double context_s[JB_CONTEXTS]; /* likewise */
};
size_t jb_work_cell_count(const struct jb_work *work, unsigned domain);
const struct jb_work_cell *jb_work_cell(const struct jb_work *work, unsigned domain, size_t cell);

struct jb_work_context {
    double caught_s, unknown_s;        /* of the domain */
    double unknown_phase_s[JB_PHASES]; /* of unknown_s; sums to it */
};
void jb_work_context(const struct jb_work *work, unsigned domain, enum jb_context context, struct jb_work_context *ret);
/* Time of each phase on the program's own clock: time in which at least one process was in it, the first of the order
 * of enum jb_phase where several are (one that is not decided yet comes after data, backward and optimise), so that all
 * sum to the run. */
double jb_work_phase_s(const struct jb_work *work, enum jb_phase phase);

/* Layers, and regions of the program, by name: what was busy inside them, as part of the domain's cells. A layer or
 * range has the operators of its thread. A region, phase or step has those of its process's other threads too where
 * they have no group of their own, as those of the backward graph. */
struct jb_work_group {
    enum jb_event_kind kind; /* JB_EVENT_LAYER, _REGION, _PHASE (words of its own), _STEP, _RANGE (marks too that say
                                nothing of the phase: record_function() of the user) */
    char name[JB_WORK_NAME];
    double calls, seconds;         /* seconds: on the program's clock, nesting and threads counted once */
    const float *cell_s;           /* of each cell of the host, JB_WORK_CELLS of them: part of the cell's seconds */
    double context_s[JB_CONTEXTS]; /* not caught */
};
size_t jb_work_group_count(const struct jb_work *work);
const struct jb_work_group *jb_work_group(const struct jb_work *work, size_t i);

/* Single epochs and regions, in the order they were noticed: as they begin, a guessed epoch at its first backward node.
 * parent: index + 1 of the region around it on its thread; 0: none. t1_ns 0: still open. An epoch that was guessed from
 * the loader's fetches (work_epoch.c) says so; there are none once the program has told one itself. Ranks that tell the
 * same epochs at one time have them once. A quarter of the room is kept for epochs. */
struct jb_work_region {
    enum jb_event_kind kind;
    char name[64];
    int64_t index; /* of epochs, unwrapped; guessed ones from 0; -1: none */
    uint32_t parent;
    uint64_t t0_ns, t1_ns;
    bool guessed;
    bool ended; /* t1_ns stands; that of a guessed epoch may be taken back or move as long as it does not */
};
size_t jb_work_region_count(const struct jb_work *work);
const struct jb_work_region *jb_work_region(const struct jb_work *work, size_t i);

struct jb_work_steps {
    uint64_t count;       /* at this level throughout */
    double mean_s, var_s; /* of their length; the longest and shortest twentieth left out where there are 40 or more */
    double total_s;
};
void jb_work_steps(const struct jb_work *work, enum jb_level level, struct jb_work_steps *ret);
/* All. Of ranks, which take the same steps, those of one are counted. Two optimisers in turn make two. */
uint64_t jb_work_step_count(const struct jb_work *work);

struct jb_work_health {
    uint64_t events, unmatched_ends, too_deep, too_many_cells, too_many_groups, too_many_regions, late;
    uint64_t log_lost; /* stretches of the timeline that were thrown away before anybody looked */
};
void jb_work_health(const struct jb_work *work, struct jb_work_health *ret);

#endif
