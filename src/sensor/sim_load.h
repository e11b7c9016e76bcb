/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_load.h - the power of a made-up machine that follows what a program does: a table of powers by operator, and the
 * energy of a history of events. Pure; for sim.c and its tests.
 *
 * The table, a line each, `#` begins a comment:
 *
 *     idle 20               watts while no thread is inside an operator
 *     convolution 95        watts while the innermost operator's name contains "convolution"; the first line that fits
 *     default 60            and of all other operators; without this line as idle
 *
 * Where several threads are inside operators the machine draws the mean of theirs. Then an instant that is divided
 * equally over the threads, as attribution/work.h does it, is divided as it truly was: each of n operators has 1/n of
 * the instant at its own power.
 *
 * Time begins with the clock, at 0, at idle: energy at an instant is a function of the events before it alone, so that
 * all who follow the same events show the same.
 */
#ifndef JB_SENSOR_SIM_LOAD_H
#define JB_SENSOR_SIM_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/ring.h"

#define JB_SIM_ROWS    128
#define JB_SIM_PATTERN 96
#define JB_SIM_DEPTH   128 /* spans of one thread; deeper ones are counted and have their parent's power */

struct jb_diag;

struct jb_sim_powers {
    uint64_t idle_uw, default_uw, most_uw;
    struct {
        char pattern[JB_SIM_PATTERN];
        uint64_t power_uw;
    } rows[JB_SIM_ROWS];
    size_t count;
};
/* `text` is cut up. -EINVAL with the line's number. */
int jb_sim_powers_parse(char *text, struct jb_sim_powers *ret, struct jb_diag *diag);
uint64_t jb_sim_power_uw(const struct jb_sim_powers *powers, const char *name);

struct jb_sim_thread {
    uint32_t generation;
    uint32_t depth;
    uint16_t inner[JB_SIM_DEPTH + 1]; /* [d]: name of the innermost operator of the first d spans; 0xffff: none */
    uint16_t place;                   /* in `busy`, when it is inside an operator */
};

/* What an operator cost in truth. */
struct jb_sim_truth {
    uint64_t calls;
    double joules, seconds;
};

struct jb_sim_load {
    struct jb_sim_powers powers;
    bool known[JB_WIRE_NAMES]; /* power_uw[] is set */
    uint64_t power_uw[JB_WIRE_NAMES];
    struct jb_sim_thread threads[JB_WIRE_SLOTS];
    uint16_t busy[JB_WIRE_SLOTS]; /* threads inside an operator */
    size_t busy_count;
    uint64_t busy_uw; /* sum of their powers */
    uint64_t t_ns;
    unsigned __int128 energy_uwns;
    struct jb_sim_truth idle, operators[JB_WIRE_NAMES];
};
/* The load is zeroed but for its powers. All of it is one block: a megabyte. */
void jb_sim_load_init(struct jb_sim_load *load);

/* Must be called once for a name before its first event; `known` says whether it was. */
void jb_sim_load_name(struct jb_sim_load *load, uint32_t number, const char *name);
/* Times never fall; one that does is taken for the one before. */
void jb_sim_load_event(struct jb_sim_load *load, const struct jb_traced *traced);
void jb_sim_load_advance(struct jb_sim_load *load, uint64_t t_ns);
/* Events were lost: no thread is known to be inside anything. */
void jb_sim_load_forget(struct jb_sim_load *load);
uint64_t jb_sim_load_uj(const struct jb_sim_load *load); /* since the clock began */

#endif
