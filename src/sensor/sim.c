/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.c - a made-up sensor whose power depends on which operator the measured program is inside, so that what comes out
 * of a whole run can be held against a truth. For tests only; reads no hardware.
 *
 * --sensors "sim:powers=FILE". Options, apart by ':' :
 *   powers=FILE    the table of powers (sim_load.h)
 *   update=DUR     how often the counter moves (1ms): at multiples of this on CLOCK_MONOTONIC
 *   lag=DUR        how much older than that moment is what it shows (0s)
 *   device=cpu|gpu (cpu)
 *   unit=N         microjoules of one raw unit (1)
 *   truth=PATH     there what each operator cost in truth is written when the sensor is closed, as JSON
 *
 * It looks at the run's ring without taking anything away (jb_ring_peek) and keeps its own account of who is inside
 * what. Two sources of one spec show the same value at the same time as long as both see all events: a thread that was
 * taken off the processor between its clock and its write tells late, and a source that has already shown that moment
 * gives the event the time up to which it had looked; `lag` of some milliseconds spares that.
 *
 * A source that is not read for long finds events overwritten (65536 of a thread wait); a full ring drops them, too.
 * What it shows is then short or long by the energy of that gap, threads count as idle until they begin something anew,
 * and it writes no truth. Increments after the gap are right again within a step of the program.
 */
#include "sensor/sim_load.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "sensor/sensor.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT     (64 * 1024)
#define EVENTS         512                 /* taken at a time */
#define FINEST_NS      (JB_NS_PER_MS / 10) /* the finest update: what is read costs some microseconds */
#define LONGEST_LAG_NS (10 * JB_NS_PER_S)

struct spec {
    char powers[256], truth[256];
    uint64_t update_ns, lag_ns, unit;
    bool gpu;
};

struct sim {
    struct spec spec;
    struct jb_ring *ring;
    uint64_t shown_ns, raw, dropped; /* shown_ns: of the latest update */
    uint64_t opened_ns;
    double opened_j, idle_j, idle_s; /* as they were then */
    struct jb_traced events[EVENTS];
    struct jb_sim_load load;
};

static int set_option(struct spec *spec, const char *name, const char *value)
{
    if (jb_streq(name, "powers")) {
        return jb_copy(spec->powers, sizeof(spec->powers), value) ? 0 : -EINVAL;
    }
    if (jb_streq(name, "truth")) {
        return jb_copy(spec->truth, sizeof(spec->truth), value) ? 0 : -EINVAL;
    }
    if (jb_streq(name, "update")) {
        return jb_duration_parse(value, &spec->update_ns, NULL) < 0 || spec->update_ns < FINEST_NS ? -EINVAL : 0;
    }
    if (jb_streq(name, "lag")) {
        return jb_duration_parse(value, &spec->lag_ns, NULL) < 0 || spec->lag_ns > LONGEST_LAG_NS ? -EINVAL : 0;
    }
    if (jb_streq(name, "unit")) {
        return jb_parse_u64(value, &spec->unit) < 0 || spec->unit == 0 ? -EINVAL : 0;
    }
    if (jb_streq(name, "device")) {
        spec->gpu = jb_streq(value, "gpu");
        return spec->gpu || jb_streq(value, "cpu") ? 0 : -EINVAL;
    }
    return -ENOENT;
}

static int parse_spec(const char *text, struct spec *ret, struct jb_diag *diag)
{
    struct spec spec = {.update_ns = JB_NS_PER_MS, .unit = 1};
    char copy[768];
    if (!jb_copy(copy, sizeof(copy), text ? text : "")) {
        return jb_fail(diag, -EINVAL, "sim sensor: more than %zu characters of options", sizeof(copy) - 1);
    }
    for (char *item = copy, *next; item && *item; item = next) {
        next = strchr(item, ':');
        if (next) {
            *next++ = '\0';
        }
        char *value = strchr(item, '=');
        if (!value) {
            return jb_fail(diag, -EINVAL, "sim sensor: \"%s\" is not NAME=VALUE", item);
        }
        *value++ = '\0';
        int err = set_option(&spec, item, value);
        if (err == -ENOENT) {
            return jb_fail(diag, -EINVAL, "sim sensor: there is no option \"%s\"", item);
        }
        if (err < 0) {
            return jb_fail(diag, -EINVAL, "sim sensor: %s=%s makes no sense", item, value);
        }
    }
    if (!spec.powers[0]) {
        return jb_fail(diag, -EINVAL, "sim sensor: say powers=FILE");
    }
    *ret = spec;
    return 0;
}

static int load_powers(struct sim *sim, struct jb_diag *diag)
{
    char *text;
    size_t length;
    int err = jb_read_all(sim->spec.powers, FILE_LIMIT, &text, &length, diag);
    if (err < 0) {
        return err;
    }
    err = jb_sim_powers_parse(text, &sim->load.powers, diag);
    free(text);
    return err;
}

static void describe(struct jb_source *source, const struct sim *sim)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return;
    }
    const char *device = sim->spec.gpu ? "gpu" : "cpu";
    snprintf(channel->id, sizeof(channel->id), "%s/0/sim", device);
    snprintf(channel->name, sizeof(channel->name), "made-up %s that follows the program", device);
    snprintf(channel->path, sizeof(channel->path), "%.190s", sim->spec.powers);
    channel->method = JB_METHOD_COUNTER;
    channel->domain = sim->spec.gpu ? JB_DOMAIN_GPU : JB_DOMAIN_PACKAGE;
    channel->device = sim->spec.gpu ? JB_DEVICE_GPU : JB_DEVICE_CPU;
    channel->unit = 0;
    channel->unit_num = sim->spec.unit;
    channel->max_power_uw = 10 * sim->load.powers.most_uw;
    channel->idle_uw = sim->load.powers.idle_uw;
    channel->refresh_ns = sim->spec.update_ns;
    channel->rel_error = 0.01;
}

/* Take in what happened up to `t_ns`. */
static void follow(struct sim *sim, uint64_t t_ns)
{
    struct jb_ring_state state;
    size_t count;
    do {
        count = jb_ring_drain(sim->ring, t_ns, sim->events, EVENTS);
        jb_ring_state(sim->ring, &state);
        if (state.dropped != sim->dropped) {
            sim->dropped = state.dropped;
            jb_sim_load_forget(&sim->load);
        }
        for (size_t i = 0; i < count; i++) {
            uint32_t name = sim->events[i].event.name;
            if (name < JB_WIRE_NAMES && !sim->load.known[name]) {
                jb_sim_load_name(&sim->load, name, jb_ring_name(sim->ring, name));
            }
            jb_sim_load_event(&sim->load, &sim->events[i]);
        }
    } while (count == EVENTS);
    jb_sim_load_advance(&sim->load, t_ns);
}

/* The counter's latest update before `now_ns`. */
static void update(struct sim *sim, uint64_t now_ns)
{
    uint64_t moment_ns = now_ns - now_ns % sim->spec.update_ns;
    if (moment_ns == sim->shown_ns) {
        return;
    }
    follow(sim, moment_ns > sim->spec.lag_ns ? moment_ns - sim->spec.lag_ns : 0);
    sim->shown_ns = moment_ns;
    sim->raw = jb_sim_load_uj(&sim->load) / sim->spec.unit;
}

static double joules(const struct sim *sim)
{
    return (double)sim->load.energy_uwns * 1e-15;
}

static int open_sim(struct jb_source *source, struct jb_diag *diag)
{
    struct sim *sim = source->priv;
    int err = parse_spec(source->spec, &sim->spec, diag);
    if (err < 0) {
        return err;
    }
    if (!source->env->ring) {
        return jb_fail(diag, -ENODEV, "sim sensor: there is no ring to follow; run with --ops full");
    }
    err = load_powers(sim, diag);
    if (err < 0) {
        return err;
    }
    jb_sim_load_init(&sim->load);
    err = jb_ring_peek(source->env->ring, &sim->ring, diag);
    if (err < 0) {
        return err;
    }
    describe(source, sim);
    sim->opened_ns = jb_mono_ns();
    update(sim, sim->opened_ns);
    sim->opened_j = joules(sim);
    sim->idle_j = sim->load.idle.joules;
    sim->idle_s = sim->load.idle.seconds;
    return 0;
}

static void read_sim(struct jb_source *source, struct jb_sink *sink)
{
    struct sim *sim = source->priv;
    uint64_t now_ns = jb_mono_ns();
    update(sim, now_ns);
    jb_emit(sink, 0, now_ns, jb_mono_ns(), sim->raw);
}

static json_t *truth_of(const struct jb_sim_truth *truth)
{
    return json_pack("{s:I, s:f, s:f}", "calls", (json_int_t)truth->calls, "joules", truth->joules, "seconds",
                     truth->seconds);
}

static void write_truth(struct sim *sim)
{
    struct jb_sim_truth idle = {.joules = sim->load.idle.joules - sim->idle_j,
                                .seconds = sim->load.idle.seconds - sim->idle_s};
    json_t *operators = json_object();
    for (uint32_t i = 0; i < JB_WIRE_NAMES; i++) {
        if (sim->load.operators[i].calls) {
            json_object_set_new(operators, jb_ring_name(sim->ring, i), truth_of(&sim->load.operators[i]));
        }
    }
    json_t *truth =
        json_pack("{s:f, s:f, s:o, s:o}", "joules", joules(sim) - sim->opened_j, "seconds",
                  (double)(sim->load.t_ns - sim->opened_ns) * 1e-9, "idle", truth_of(&idle), "operators", operators);
    char *text = truth ? json_dumps(truth, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) : NULL;
    if (text) { /* who asked for it finds it missing if this fails */
        (void)jb_write_atomic(sim->spec.truth, text, strlen(text), 0644, NULL);
    }
    free(text);
    json_decref(truth);
}

static void close_sim(struct jb_source *source)
{
    struct sim *sim = source->priv;
    if (!sim->ring) {
        return;
    }
    if (sim->spec.truth[0] && source->channel_count > 0) {
        follow(sim, jb_mono_ns());
        if (sim->dropped == 0) {
            write_truth(sim);
        }
    }
    jb_ring_destroy(sim->ring);
    sim->ring = NULL;
}

const struct jb_sensor_driver jb_sensor_sim = {
    .name = "sim",
    .title = "made-up sensor that follows the program",
    .abi = JB_SENSOR_ABI,
    .test = true,
    .priv_size = sizeof(struct sim),
    .open = open_sim,
    .read = read_sim,
    .close = close_sim,
};
