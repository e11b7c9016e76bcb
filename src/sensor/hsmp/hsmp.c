/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hsmp.c - power of AMD EPYC sockets and of their memory modules, told by the system management unit.
 *
 * Documented in the HSMP chapter of AMD's PPRs (55898 for family 19h) and in AMD's esmi_ib_library, whose table of
 * messages by protocol version (src/e_smi_plat.c) is followed here: modules since 5, energy counters since 7.
 *
 * Odd: the address of a module is that of its SPD hub, 80h to 8bh for the first module of a socket's twelve channels.
 * Where the board does not feed the unit, it answers 0 for every address (seen on an EPYC 9354P): that is no answer. A
 * sum that leaves modules out is worse than none, so it is refused when fewer answer than are installed.
 * Each question takes up to a millisecond, when it fails 100, and then the kernel logs it: what keeps failing is given
 * up.
 */
#include "sensor/sensor.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/hsmp/hsmp_message.h"
#include "sensor/rapl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_SOCKETS   8
#define FIRST_DIMM    0x80
#define SOCKET_DIMMS  12
#define MAX_QUESTIONS (MAX_SOCKETS * (SOCKET_DIMMS + 1))
#define PERIOD_NS     (250 * JB_NS_PER_MS)
#define DIMM_AGE_NS   (511 * JB_NS_PER_MS) /* the largest age that fits into the answer */
#define MAX_FAILURES  20

/* Over 65 runs of an EPYC 9354P the unit's socket power was 0.976 of the energy counter (within 0.1 %), which itself
 * errs by 2 % (rapl.c): together 3 %. */
#define POWER_ERROR 0.03
/* Told by the modules' regulators; nobody has published a comparison. Twice the error of Intel's memory counter. */
#define DIMM_ERROR 0.10

/* One channel: the sum of its answers, or the two words of one. */
struct gauge {
    int channel, first, count; /* questions */
    int failures;              /* in a row */
};

struct state {
    struct jb_hsmp hsmp;
    struct jb_hsmp_question questions[MAX_QUESTIONS];
    int question_count;
    struct gauge gauges[JB_MAX_CHANNELS];
    int gauge_count;
};

static int ask_once(const struct state *state, unsigned socket, enum jb_hsmp_id id, uint32_t *ret)
{
    uint32_t words[JB_HSMP_WORDS];
    struct jb_hsmp_question question = jb_hsmp_prepare(&state->hsmp, socket, id, -1);
    int err = jb_hsmp_ask(&state->hsmp, &question, words);
    jb_hsmp_forget(&question);
    if (err == 0) {
        *ret = words[0];
    }
    return err;
}

static int answer_of(const struct jb_hsmp *hsmp, const struct jb_hsmp_question *question, uint64_t *ret)
{
    uint32_t words[JB_HSMP_WORDS];
    int err = jb_hsmp_ask(hsmp, question, words);
    if (err < 0) {
        return err;
    }
    switch (question->id) {
    case JB_HSMP_DIMM_POWER:
        *ret = words[0] >> 17;
        return *ret == 0 || (int)(words[0] & 0xff) != question->argument ? -ENODATA : 0;
    case JB_HSMP_RAPL_PACKAGE:
        *ret = (uint64_t)words[1] << 32 | words[0];
        return 0;
    default:
        *ret = words[0];
        return *ret == 0 ? -ENODATA : 0; /* a socket that runs us draws something */
    }
}

/* Keep the question when it is answered. */
static int add_question(struct state *state, unsigned socket, enum jb_hsmp_id id, int argument)
{
    uint64_t value;
    if (state->question_count >= MAX_QUESTIONS) {
        return -ENOSPC;
    }
    struct jb_hsmp_question question = jb_hsmp_prepare(&state->hsmp, socket, id, argument);
    int err = answer_of(&state->hsmp, &question, &value);
    if (err < 0) {
        jb_hsmp_forget(&question);
        return err;
    }
    state->questions[state->question_count++] = question;
    return 0;
}

static void add_gauge(struct jb_source *source, const struct jb_channel *channel, int first)
{
    struct state *state = source->priv;
    state->gauges[state->gauge_count++] = (struct gauge){
        .channel = (int)(channel - source->channels), .first = first, .count = state->question_count - first};
}

static struct jb_channel *describe(struct jb_source *source, enum jb_rapl_domain domain, unsigned socket, unsigned id)
{
    const struct jb_machine *machine = source->env->machine;
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    bool known = machine && socket < machine->cpu.sockets;
    jb_rapl_describe(channel, machine, domain, known ? machine->cpu.package_of[socket] : (int)socket, -1);
    snprintf(channel->path, sizeof(channel->path), "/dev/hsmp, message %02xh to socket %u", id, socket);
    channel->method = JB_METHOD_INTEGRATED;
    channel->unit_num = 1000; /* milliwatts */
    return channel;
}

static void add_package(struct jb_source *source, unsigned socket, bool counters)
{
    struct state *state = source->priv;
    int first = state->question_count;
    uint32_t units;
    if (counters && ask_once(state, socket, JB_HSMP_RAPL_UNITS, &units) == 0 &&
        add_question(state, socket, JB_HSMP_RAPL_PACKAGE, -1) == 0) {
        struct jb_channel *channel = describe(source, JB_RAPL_PACKAGE, socket, JB_HSMP_RAPL_PACKAGE);
        if (channel) {
            channel->method = JB_METHOD_COUNTER;
            channel->unit_num = 1000000;
            channel->unit_den = UINT64_C(1) << ((units >> 8) & 0x1f);
            jb_rapl_horizon(channel, (UINT64_C(1) << 32) / channel->unit_den * channel->unit_num); /* were it 32 bits */
            add_gauge(source, channel, first);
        }
        return;
    }
    int err = add_question(state, socket, JB_HSMP_SOCKET_POWER, -1);
    struct jb_channel *channel = describe(source, JB_RAPL_PACKAGE, socket, JB_HSMP_SOCKET_POWER);
    if (!channel) {
        return;
    }
    channel->rel_error = POWER_ERROR;
    if (err < 0) {
        jb_rapl_refuse(channel, err == -ENOMSG || err == -ENODATA ? -ENOTSUP : err, "%s: %s", channel->path,
                       err == -ENODATA ? "the answer is 0" : strerror(-err));
        return;
    }
    add_gauge(source, channel, first);
}

/* Which modules answer; how many. */
static int add_dimms(struct jb_source *source, unsigned socket)
{
    struct state *state = source->priv;
    int first = state->question_count;
    for (int i = 0; i < SOCKET_DIMMS; i++) {
        int err = add_question(state, socket, JB_HSMP_DIMM_POWER, FIRST_DIMM + i);
        if (err == -ENOMSG || err == -ETIMEDOUT) {
            break; /* the next ones would only be logged too */
        }
    }
    int count = state->question_count - first;
    struct jb_channel *channel = describe(source, JB_RAPL_DRAM, socket, JB_HSMP_DIMM_POWER);
    if (!channel) {
        return count;
    }
    channel->rel_error = DIMM_ERROR;
    channel->refresh_ns = DIMM_AGE_NS;
    if (count == 0) {
        jb_rapl_refuse(channel, -ENOTSUP,
                       "no memory module of socket %u tells its power: the board does not pass it on", socket);
        return 0;
    }
    snprintf(channel->note, sizeof(channel->note), "sum of %d memory modules", count);
    add_gauge(source, channel, first);
    return count;
}

static void refuse_partial_memory(struct jb_source *source, unsigned answering)
{
    const struct jb_machine *machine = source->env->machine;
    struct state *state = source->priv;
    unsigned installed = machine ? machine->dimms : 0;
    int kept = 0;
    for (int i = 0; i < state->gauge_count; i++) {
        struct jb_channel *channel = &source->channels[state->gauges[i].channel];
        if (channel->domain == JB_DOMAIN_DRAM && answering < installed) {
            jb_rapl_refuse(channel, -ENOTSUP,
                           "%u memory modules tell their power, %u are installed: some would be missing", answering,
                           installed);
        } else {
            state->gauges[kept++] = state->gauges[i];
        }
    }
    state->gauge_count = kept;
}

static int refuse(const struct jb_machine *machine, int err, struct jb_diag *diag)
{
    switch (err) {
    case -ENOENT:
    case -ENXIO:
    case -ENODEV:
    case -ENOMSG:
        jb_fail(diag, -ENODEV, "no management port: /dev/hsmp is not there");
        if (!machine->virtual_machine) {
            jb_fix(diag, "sudo modprobe amd_hsmp   (the firmware must have HSMP enabled)");
        }
        return -ENODEV;
    case -EACCES:
    case -EPERM:
        jb_fail(diag, -EACCES, "cannot open /dev/hsmp: %s", strerror(-err));
        jb_fix(diag, "sudo chmod a+r /dev/hsmp");
        return -EACCES;
    case -ETIMEDOUT:
        jb_fail(diag, -ENODEV, "/dev/hsmp does not answer");
        jb_fix(diag, "enable it in the firmware: AMD CBS > NBIO Common Options > SMU Common Options > HSMP Support");
        return -ENODEV;
    default:
        return jb_fail(diag, -ENODEV, "/dev/hsmp: %s", strerror(-err));
    }
}

static bool is_epyc(const struct jb_machine *machine)
{
    return machine && jb_streq(machine->cpu.vendor, "AMD") && machine->cpu.family >= 0x19 &&
           (strstr(machine->cpu.name, "EPYC") || strstr(machine->cpu.name, "Instinct"));
}

static int hsmp_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    if (!is_epyc(env->machine)) {
        return jb_fail(diag, -ENODEV, "no AMD EPYC of a generation that has a management port");
    }
    return jb_hsmp_is_there(env) ? 0 : refuse(env->machine, -ENOENT, diag);
}

static int hsmp_open(struct jb_source *source, struct jb_diag *diag)
{
    const struct jb_machine *machine = source->env->machine;
    struct state *state = source->priv;
    uint32_t protocol = 0;
    int err = hsmp_glance(source->env, diag);
    if (err < 0) {
        return err;
    }
    err = jb_hsmp_open(source->env, &state->hsmp);
    err = err < 0 ? err : ask_once(state, 0, JB_HSMP_PROTOCOL, &protocol);
    if (err < 0) {
        return refuse(machine, err, diag);
    }
    bool turin = protocol >= 7 || (protocol == 5 && machine->cpu.family >= 0x1a);
    bool dimms = protocol == 5 || turin; /* 6 is the MI300A, whose memory has no modules */
    unsigned sockets = machine->cpu.sockets < MAX_SOCKETS ? machine->cpu.sockets : MAX_SOCKETS;
    unsigned answering = 0;
    for (unsigned i = 0; i < sockets; i++) {
        add_package(source, i, turin);
        answering += dimms ? (unsigned)add_dimms(source, i) : 0;
    }
    refuse_partial_memory(source, answering);
    return jb_rapl_result(source, diag);
}

static void hsmp_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    for (int i = 0; i < state->gauge_count; i++) {
        struct gauge *gauge = &state->gauges[i];
        uint64_t sum = 0, before_ns = jb_mono_ns();
        int err = gauge->failures < MAX_FAILURES ? 0 : -ENODEV;
        for (int k = 0; k < gauge->count && err == 0; k++) {
            uint64_t value = 0;
            err = answer_of(&state->hsmp, &state->questions[gauge->first + k], &value);
            sum += value;
        }
        uint64_t after_ns = jb_mono_ns();
        if (err == 0) {
            gauge->failures = 0;
            jb_emit(sink, gauge->channel, before_ns, after_ns, sum);
        } else {
            gauge->failures += gauge->failures < MAX_FAILURES;
            jb_emit_failure(sink, gauge->channel, after_ns, gauge->failures < MAX_FAILURES ? JB_FAILED : JB_GONE);
        }
    }
}

static void hsmp_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->question_count > 0) {
        jb_hsmp_forget(&state->questions[--state->question_count]);
    }
    state->gauge_count = 0;
    jb_hsmp_close(&state->hsmp);
}

const struct jb_sensor_driver jb_sensor_hsmp = {
    .name = "hsmp",
    .title = "AMD EPYC management port",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = hsmp_glance,
    .open = hsmp_open,
    .read = hsmp_read,
    .close = hsmp_close,
};
