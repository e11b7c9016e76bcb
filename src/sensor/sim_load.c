/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_load.c - the power of a made-up machine that follows what a program does (sim_load.h).
 *
 * Energy is kept in microwatts times nanoseconds. A mean of powers is cut to whole microwatts before, so that energy
 * does not depend on where time was cut into pieces. What each operator cost is for people and in doubles.
 */
#include "sensor/sim_load.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define NONE 0xffffu

static int set_power(struct jb_sim_powers *powers, const char *pattern, uint64_t power_uw)
{
    if (jb_streq(pattern, "idle")) {
        powers->idle_uw = power_uw;
    } else if (jb_streq(pattern, "default")) {
        powers->default_uw = power_uw;
    } else if (powers->count == JB_SIM_ROWS || !jb_copy(powers->rows[powers->count].pattern, JB_SIM_PATTERN, pattern)) {
        return -EINVAL;
    } else {
        powers->rows[powers->count++].power_uw = power_uw;
    }
    powers->most_uw = power_uw > powers->most_uw ? power_uw : powers->most_uw;
    return 0;
}

/* The last word is the number, what stands before it the pattern, which may have blanks. */
static int parse_line(struct jb_sim_powers *powers, char *line)
{
    char *comment = strchr(line, '#');
    if (comment) {
        *comment = '\0';
    }
    line = jb_trim(line);
    if (*line == '\0') {
        return 0;
    }
    char *end = line + strlen(line);
    while (end > line && end[-1] != ' ' && end[-1] != '\t') {
        end--;
    }
    double watts;
    if (end == line || jb_parse_double(end, &watts) < 0 || !(watts >= 0 && watts <= 1e5)) {
        return -EINVAL;
    }
    *--end = '\0';
    return set_power(powers, jb_trim(line), (uint64_t)(watts * 1e6 + 0.5));
}

int jb_sim_powers_parse(char *text, struct jb_sim_powers *ret, struct jb_diag *diag)
{
    struct jb_sim_powers powers = {.default_uw = UINT64_MAX};
    unsigned number = 1;
    for (char *line = text, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next) {
            *next++ = '\0';
        }
        if (parse_line(&powers, line) < 0) {
            return jb_fail(diag, -EINVAL,
                           "powers, line %u: a pattern of less than %d letters and watts, as in \"mm 60\"", number,
                           JB_SIM_PATTERN);
        }
    }
    powers.default_uw = powers.default_uw == UINT64_MAX ? powers.idle_uw : powers.default_uw;
    *ret = powers;
    return 0;
}

uint64_t jb_sim_power_uw(const struct jb_sim_powers *powers, const char *name)
{
    for (size_t i = 0; i < powers->count; i++) {
        if (strstr(name, powers->rows[i].pattern)) {
            return powers->rows[i].power_uw;
        }
    }
    return powers->default_uw;
}

void jb_sim_load_init(struct jb_sim_load *load)
{
    for (size_t i = 0; i < JB_WIRE_SLOTS; i++) {
        load->threads[i].inner[0] = NONE;
    }
}

void jb_sim_load_name(struct jb_sim_load *load, uint32_t number, const char *name)
{
    load->power_uw[number] = jb_sim_power_uw(&load->powers, name);
    load->known[number] = true;
}

static uint16_t innermost(const struct jb_sim_thread *thread)
{
    return thread->inner[thread->depth < JB_SIM_DEPTH ? thread->depth : JB_SIM_DEPTH];
}

void jb_sim_load_advance(struct jb_sim_load *load, uint64_t t_ns)
{
    if (t_ns <= load->t_ns) {
        return;
    }
    uint64_t ns = t_ns - load->t_ns,
             power_uw = load->busy_count ? load->busy_uw / load->busy_count : load->powers.idle_uw;
    load->t_ns = t_ns;
    load->energy_uwns += (unsigned __int128)power_uw * ns;
    if (load->busy_count == 0) {
        load->idle.seconds += (double)ns * 1e-9;
        load->idle.joules += (double)ns * (double)power_uw * 1e-15;
    }
    for (size_t i = 0; i < load->busy_count; i++) {
        uint16_t name = innermost(&load->threads[load->busy[i]]);
        double part_ns = (double)ns / (double)load->busy_count;
        load->operators[name].seconds += part_ns * 1e-9;
        load->operators[name].joules += part_ns * (double)load->power_uw[name] * 1e-15;
    }
}

/* Put the thread at `depth`, whose innermost operator is known, and on or off the list of the busy. */
static void set_depth(struct jb_sim_load *load, uint32_t number, uint32_t depth)
{
    struct jb_sim_thread *thread = &load->threads[number];
    uint16_t before = innermost(thread);
    thread->depth = depth;
    uint16_t after = innermost(thread);
    load->busy_uw += after != NONE ? load->power_uw[after] : 0;
    load->busy_uw -= before != NONE ? load->power_uw[before] : 0;
    if (before == NONE && after != NONE) {
        thread->place = (uint16_t)load->busy_count;
        load->busy[load->busy_count++] = (uint16_t)number;
    } else if (before != NONE && after == NONE) {
        uint16_t last = load->busy[--load->busy_count];
        load->busy[thread->place] = last;
        load->threads[last].place = thread->place;
    }
}

void jb_sim_load_event(struct jb_sim_load *load, const struct jb_traced *traced)
{
    const struct jb_event *event = &traced->event;
    if (traced->thread >= JB_WIRE_SLOTS || event->name >= JB_WIRE_NAMES || event->kind == JB_EVENT_LEVEL) {
        return;
    }
    struct jb_sim_thread *thread = &load->threads[traced->thread];
    jb_sim_load_advance(load, event->t_ns);
    if (thread->generation != traced->generation ||
        event->kind == JB_EVENT_NONE) { /* another thread, or it has ended */
        set_depth(load, traced->thread, 0);
        thread->generation = traced->generation;
    }
    if (event->kind == JB_EVENT_NONE) {
        return;
    }
    if ((event->flags & JB_EVENT_END) != 0) {
        if (thread->depth > 0) {
            set_depth(load, traced->thread, thread->depth - 1);
        }
        return;
    }
    bool is_operator = event->kind == JB_EVENT_OPERATOR;
    load->operators[event->name].calls += is_operator;
    if (thread->depth < JB_SIM_DEPTH) {
        thread->inner[thread->depth + 1] = is_operator ? (uint16_t)event->name : thread->inner[thread->depth];
    }
    set_depth(load, traced->thread, thread->depth + 1);
}

void jb_sim_load_forget(struct jb_sim_load *load)
{
    while (load->busy_count > 0) {
        set_depth(load, load->busy[0], 0);
    }
    for (size_t i = 0; i < JB_WIRE_SLOTS; i++) {
        load->threads[i].depth = 0;
    }
}

uint64_t jb_sim_load_uj(const struct jb_sim_load *load)
{
    return (uint64_t)(load->energy_uwns / JB_NS_PER_S);
}
