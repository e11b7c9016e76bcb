/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work_in.h - what the files of work.h share. Private to src/attribution/work*.c.
 *
 *   work.c         made, fed, cut, asked
 *   work_name.c    a name's cell, group and mark, looked at once
 *   work_clock.c   time that passes: who is charged for it
 *   work_stack.c   spans of a thread begin and end
 *   work_phase.c   a process's phases, decided late
 *   work_level.c   are operators being caught?
 *   work_group.c   layers and regions by name; single epochs and regions
 *   work_epoch.c   epochs guessed from the loader
 *   work_step.c    steps
 *   work_log.c     the timeline, and looking back into it
 *   work_device.c  kernels of accelerators
 *
 * Charging. A thread inside an operator is *busy*; one that is only inside a mark (a loader that waits for its workers,
 * the Python of an optimiser) is *faintly* busy and shares an instant only while no thread is busy. Instead of dividing
 * each instant over all busy threads, a clock runs at 1 / (their number): what a thread spent in an operator is what
 * this clock went on meanwhile. One event then costs the same however many threads there are. The clocks are set to 0
 * at each cut, so that their doubles never lose anything.
 */
#ifndef JB_ATTRIBUTION_WORK_IN_H
#define JB_ATTRIBUTION_WORK_IN_H

#include "attribution/work.h"

#define NAMES         (1u << 16) /* numbers below it are quick; others are looked up by text each time */
#define NONE          UINT16_MAX
#define PROCESSES     JB_WORK_THREADS
#define LAST_CELL     (JB_WORK_CELLS - 1) /* shared by the names for which there was no other */
#define NO_PHASE      JB_PHASES
#define HOST_BLOCKS   4096 /* of the log, a power of two: 512k stretches in which at most 3 threads were busy */
#define DEVICE_BLOCKS 512
#define BLOCK_WORDS   256
#define KERNELS       (1u << 16) /* of one accelerator, told but not yet come up to */
#define RUNNING       128        /* at one time */
#define TURNS         (1u << 14) /* gaps whose phase was decided, for kernels, which are told later */
#define LENGTHS       1024       /* of steps of one level */

enum strength { IDLE, FAINT, BUSY };

struct name {
    uint16_t cell, group; /* + 1; 0: not yet looked for */
    uint8_t looked, mark, heavy, op_class;
};

/* A part of a program's time whose phase is not decided yet. */
struct pending {
    double cell_s[JB_WORK_CELLS];
    uint16_t touched[JB_WORK_CELLS], touched_count; /* cells that are not 0 */
    double unknown_s[JB_CONTEXTS];
    double program_s;
    bool heavy;   /* operators of a network were seen */
    bool unknown; /* operators were not caught all the time */
};

/* Where a process stands: its latest mark; zero_grad only where there was none before. */
enum last { LAST_NONE, LAST_API, LAST_DATA, LAST_ZERO, LAST_BACKWARD, LAST_OPTIMISE };

struct process {
    bool used, marked; /* marked: has shown a mark or a phase of its own */
    bool told;         /* its level */
    bool low;          /* tells of itself, and not its operators */
    bool backward_seen;
    bool zero_late; /* this program clears gradients between forward and backward */
    uint8_t level;
    uint8_t api;  /* phase that the program itself says; NO_PHASE */
    uint8_t pend; /* which of `pending` is being filled: 1 after zero_grad */
    uint8_t last; /* enum last: what pending[0] follows */
    int32_t pid;
    uint16_t threads, api_thread, lead;             /* lead: thread whose regions others inherit; NONE */
    uint16_t data_count, backward_count, opt_count; /* threads inside such a mark */
    uint64_t event_ns, pend_ns, zero_ns;
    struct pending pending[2];
    /* The loader. */
    bool fetch_known, trained, fetch_heavy, stray_heavy;
    uint64_t fetch0_ns, fetch1_ns, stray_ns; /* stray: the first fetch after which nothing was trained */
    uint32_t stray_count;
    uint32_t epoch;     /* region + 1; 0: none open */
    bool epoch_skipped; /* another rank tells of it */
    uint32_t epochs;
    /* Steps. */
    uint64_t step_ns; /* when the last ended; 0: none */
    bool step_mixed;  /* the level changed since */
};

struct span {
    uint16_t cell, group, region; /* NONE; region: index */
    uint8_t strength, mark, api, kind;
};

struct thread {
    bool used;
    uint8_t strength, mark, api;
    uint16_t cell, process, depth, groups, at; /* at: place in the list of its strength */
    uint32_t generation, over;                 /* over: open spans beyond the stack */
    double since;                              /* the clock of its strength when it was last charged */
    uint64_t step_ns;
    struct span stack[JB_WORK_DEPTH];
    uint16_t group[JB_WORK_DEPTH]; /* those open, each once */
};

struct cell {
    double calls, phase_s[JB_PHASES], context_s[JB_CONTEXTS];
    bool heavy;
    struct jb_work_cell view;
};

/* A stretch of the log is `end`, then count(16) and cells (16 bits each), as many words as that takes. Count 0: not
 * caught. A block has stretches that follow each other without a gap. */
struct block {
    uint64_t t0_ns, t1_ns;
    uint32_t used, stretches, last;
    uint64_t word[BLOCK_WORDS];
};
struct log {
    struct block *blocks;
    uint32_t capacity, first, count;
};

struct kernel {
    uint64_t t0_ns, t1_ns;
    uint16_t cell;
    uint8_t origin;
};

struct domain {
    uint64_t now_ns, cut_ns;
    size_t cells;
    struct cell *cell; /* JB_WORK_CELLS */
    double *piece_cell_s;
    double piece_context_s[JB_CONTEXTS];
    double unknown_s[JB_CONTEXTS], unknown_phase_s[JB_CONTEXTS][JB_PHASES];
    struct log log;
    uint16_t *cell_of;      /* of a name's number, + 1 (accelerators) */
    struct kernel *waiting; /* a heap by begin */
    size_t waiting_count;
    struct kernel running[RUNNING];
    size_t running_count;
    double host_s[JB_CONTEXTS][JB_PHASES]; /* of the host when this was last advanced */
};

struct group {
    struct jb_work_group view;
    double calls, seconds, context_s[JB_CONTEXTS];
    double *cell_s;
    float *view_cell_s;
    uint32_t open; /* by how many threads */
    uint16_t at;
    uint64_t since_ns;
};

struct lengths {
    uint64_t count;
    double total_s;
    double sample[LENGTHS];
};

struct turn {
    uint64_t end_ns;
    uint8_t phase;
    bool told; /* by the program itself */
};

struct jb_work {
    bool started, caught;
    uint64_t log_ns, start_ns;
    struct jb_work_health health;
    struct domain domain[JB_WORK_DOMAINS];
    struct name *names;
    struct thread *threads;
    struct process *processes;
    uint16_t process_of_pid; /* the one asked for last */

    /* Who is busy, and their clocks: [FAINT] and [BUSY]. */
    uint16_t list[BUSY + 1][JB_WORK_THREADS], list_cell[BUSY + 1][JB_WORK_THREADS], list_count[BUSY + 1];
    double clock[BUSY + 1];
    double per_thread[JB_WORK_THREADS + 1]; /* seconds of a nanosecond for each of n threads */

    /* Where the program's own time goes now. */
    uint8_t phase, context;   /* phase: NO_PHASE while it is not decided */
    struct process *deciding; /* then whose pending it is */
    double phase_s[JB_PHASES];
    double host_s[JB_CONTEXTS][JB_PHASES]; /* caught or not, as far as decided; the rest below other */

    uint32_t low_count, full_count, marked_count; /* processes */
    uint16_t process_high;                        /* those in use lie below */
    uint64_t low_check_ns;

    struct group *groups;
    size_t group_count;
    uint16_t open_group[JB_WORK_GROUPS];
    size_t open_groups;
    double *group_cell_s;
    float *group_view_s;

    struct jb_work_region *regions;
    size_t region_count, other_regions;
    bool epoch_told;       /* by the program itself: nothing is guessed any more */
    uint32_t open_epochs;  /* told ones */
    int32_t epoch_pid;     /* whose they are */
    uint32_t guessed_open; /* region + 1 */
    int64_t last_epoch;
    bool epoch_seen;

    bool step_told;
    int32_t step_pid;
    uint64_t step_pid_ns, step_count;
    uint64_t step_end_ns[33];
    struct lengths lengths[JB_LEVEL_FULL + 1];
    uint64_t seed;

    struct turn *turns;
    uint64_t turn_count;
};

/* work_name.c */
struct name *work_name(struct jb_work *work, const char *text, uint32_t number, struct name *spare);
uint16_t work_cell_of(struct jb_work *work, unsigned number, const char *text); /* of domain `number` */
uint16_t work_group_of(struct jb_work *work, enum jb_event_kind kind, const char *text, struct name *name);

/* work_clock.c */
void work_pass(struct jb_work *work, uint64_t t_ns);           /* time goes on to t */
void work_charge(struct jb_work *work, struct thread *thread); /* ... up to now */
void work_charge_all(struct jb_work *work, uint16_t process);  /* NONE: of all processes */
void work_busy(struct jb_work *work, struct thread *thread, enum strength strength, uint16_t cell);

/* work_stack.c */
struct thread *work_thread(struct jb_work *work, uint32_t number, uint32_t generation, int32_t pid);
void work_begin(struct jb_work *work, struct thread *thread, const struct jb_event *event, const char *text);
void work_end(struct jb_work *work, struct thread *thread);
void work_empty(struct jb_work *work, struct thread *thread);
void work_thread_gone(struct jb_work *work, struct thread *thread); /* what it had begun ends now */

/* work_phase.c */
struct process *work_process(struct jb_work *work, int32_t pid);
/* A thread that was inside `from` is inside `mark` now; and back again. */
void work_mark_begin(struct jb_work *work, struct process *process, enum jb_mark from, enum jb_mark mark);
void work_mark_end(struct jb_work *work, struct process *process, enum jb_mark mark, enum jb_mark back);
void work_api_phase(struct jb_work *work, struct process *process, const struct thread *thread);
void work_process_gone(struct jb_work *work, struct process *process);
enum jb_context work_context_of_phase(uint8_t phase);
/* Phase (NO_PHASE: not decided, it is *ret_pending's) and context of what a thread does. */
uint8_t work_phase_of(struct jb_work *work, const struct thread *thread, enum jb_context *ret,
                      struct pending **ret_pending);
void work_decide_old(struct jb_work *work);
void work_look(struct jb_work *work); /* the program's phase and context anew */
/* What undecided time would be if nothing came any more. */
uint8_t work_would_be(const struct process *process, int which);

/* work_level.c */
void work_level(struct jb_work *work, struct process *process, unsigned level);
void work_level_event(struct jb_work *work, struct process *process, enum jb_event_kind kind);
void work_level_gone(struct jb_work *work, struct process *process);

/* work_group.c */
void work_group_open(struct jb_work *work, struct thread *thread, uint16_t number);
void work_group_close(struct jb_work *work, struct thread *thread, uint16_t number);
void work_group_charge(struct jb_work *work, const struct thread *thread, double seconds);
uint16_t work_region_open(struct jb_work *work, const struct thread *thread, const struct jb_event *event,
                          const char *text);
void work_region_close(struct jb_work *work, uint16_t number);
struct jb_work_region *work_region_add(struct jb_work *work, enum jb_event_kind kind, const char *text, uint64_t t0_ns);

/* work_epoch.c */
void work_fetch(struct jb_work *work, struct process *process, bool begins);
void work_trained(struct jb_work *work, struct process *process);
void work_epoch_gone(struct jb_work *work, struct process *process);

/* work_step.c */
void work_step(struct jb_work *work, struct process *process, uint64_t t0_ns, bool told);

/* work_log.c */
void work_log_add(struct jb_work *work, struct domain *domain, uint64_t end_ns, const uint16_t *cells, size_t count);

/* work_device.c */
int work_device_create(struct domain *domain);
const struct turn *work_turn(const struct jb_work *work, uint64_t t_ns);

static inline struct domain *host(struct jb_work *work)
{
    return &work->domain[JB_WORK_HOST];
}

static inline uint64_t now(const struct jb_work *work)
{
    return work->domain[JB_WORK_HOST].now_ns;
}

#endif
