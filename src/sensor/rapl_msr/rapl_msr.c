/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_msr.c - RAPL by the processor's own registers: the last resort, opened unasked only where neither perf nor
 * powercap measures the processors.
 *
 * Registers: Intel SDM vol. 4, AMD PPR; which model has which of them, and with what unit, is in
 * rapl_msr_model.c. Read by pread at the register's number from /dev/cpu/N/msr (msr(4)) or msr_safe. Below a root the
 * device is a folder with a file for each register, "/dev/cpu/0/msr/611", that holds the value in decimal.
 *
 * Odd: only the lower 32 bits count. AMD documents 64 for Zen 4 and later, but on an EPYC 9354P they were found to be
 * 32, and the kernel masks them for all, so we do. A counter that reads 0 is taken for one that is not there, as by the
 * kernel: a virtual machine answers 0 for registers that it does not know.
 */
#include "sensor/rapl.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/recording.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/counter_file.h"
#include "sensor/rapl_msr/rapl_msr_model.h"
#include "sensor/topology.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_CPUS    4096
#define MAX_SOCKETS 32

struct socket {
    int cpu, package, die;
};

struct state {
    struct {
        int fd, channel, cpu;
        uint32_t number; /* of the register */
    } open[JB_MAX_CHANNELS];
    int count;
    bool files; /* a made-up machine: a file for each register */
};

static int read_register(const struct state *state, int fd, uint32_t number, uint64_t *ret)
{
    uint64_t value;
    if (state->files) {
        return jb_counter_read(fd, ret);
    }
    ssize_t length = pread(fd, &value, sizeof(value), (off_t)number);
    if (length != (ssize_t)sizeof(value)) {
        return length < 0 ? -errno : -EIO;
    }
    *ret = value;
    return 0;
}

/* A register is no file: what it said is kept under the name that it has in a made-up machine. */
static void keep(const struct jb_source *source, int cpu, uint32_t number, uint64_t value)
{
    const struct state *state = source->priv;
    struct jb_recording recording;
    char path[64], text[32];
    if (!state->files && jb_recording_of(source->env->root, &recording)) {
        snprintf(path, sizeof(path), "/dev/cpu/%d/msr/%x", cpu, (unsigned)number);
        jb_snprintf(text, sizeof(text), "%" PRIu64, value);
        jb_recording_said(&recording, path, text);
    }
}

/* msr_safe is what a site gives its users; msr is for root. */
static int open_register(const struct jb_source *source, int cpu, uint32_t number, char *path, size_t size)
{
    static const char *const devices[] = {"msr", "msr_safe"};
    const struct state *state = source->priv;
    int err = -ENOENT;
    for (size_t i = 0; i < JB_COUNT(devices); i++) {
        char file[16] = "";
        if (state->files) {
            snprintf(file, sizeof(file), "/%x", (unsigned)number);
        }
        snprintf(path, size, "/dev/cpu/%d/%s%s", cpu, devices[i], file);
        int fd = jb_counter_open(source->env, path);
        if (fd >= 0) {
            return fd;
        }
        err = err == -ENOENT || err == -ENXIO ? fd : err; /* "not for you" tells more than "not there" */
    }
    snprintf(path, size, "/dev/cpu/%d/msr", cpu);
    return err;
}

/* The unit of energy: bits 12:8, in powers of 1/2 J. */
static int read_unit(const struct jb_source *source, const struct jb_msr_model *model, int cpu, unsigned *ret)
{
    char path[64];
    uint64_t value = 0;
    int fd = open_register(source, cpu, model->unit_register, path, sizeof(path));
    if (fd < 0) {
        return fd;
    }
    int err = read_register(source->priv, fd, model->unit_register, &value);
    close(fd);
    if (err < 0) {
        return err;
    }
    keep(source, cpu, model->unit_register, value);
    *ret = (unsigned)(value >> 8) & 0x1f;
    return value == 0 ? -ENODATA : 0;
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

static void add_counter(struct jb_source *source, const struct jb_msr_counter *counter, const struct socket *socket,
                        unsigned unit)
{
    struct state *state = source->priv;
    char path[64];
    uint64_t now = 0;
    int fd = open_register(source, socket->cpu, counter->number, path, sizeof(path));
    int err = fd < 0 ? fd : read_register(state, fd, counter->number, &now);
    err = err == 0 && (uint32_t)now == 0 ? -ENODEV : err;
    bool absent = err == -EIO || err == -ENOENT || err == -ENODEV;
    /* Not every machine has every domain; but each must have its package. */
    struct jb_channel *channel = absent && counter->domain != JB_RAPL_PACKAGE ? NULL : jb_source_add_channel(source);
    if (!channel) {
        close_if_open(fd);
        return;
    }
    jb_rapl_describe(channel, source->env->machine, counter->domain, socket->package, socket->die);
    jb_snprintf(channel->path, sizeof(channel->path), "%s, register 0x%x", path, (unsigned)counter->number);
    channel->unit_num = 1000000;
    channel->unit_den = UINT64_C(1) << (counter->unit < 0 ? unit : (unsigned)counter->unit);
    channel->wrap = UINT64_C(1) << 32;
    jb_rapl_horizon(channel, channel->wrap / channel->unit_den * channel->unit_num);
    if (err < 0) {
        jb_rapl_refuse(channel, err, "%s: %s", channel->path,
                       err == -ENODEV ? "the counter reads 0, which is to say that it does not count" : strerror(-err));
        close_if_open(fd);
        return;
    }
    state->open[state->count].fd = fd;
    state->open[state->count].number = counter->number;
    state->open[state->count].cpu = socket->cpu;
    state->open[state->count++].channel = (int)(channel - source->channels);
}

/* The die is part of a channel's name only where a socket has several, so that all interfaces agree on the others. */
static void drop_single_dies(struct socket *sockets, int count)
{
    bool several[MAX_SOCKETS] = {false};
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < count; k++) {
            several[i] |= i != k && sockets[k].package == sockets[i].package;
        }
    }
    for (int i = 0; i < count; i++) {
        sockets[i].die = several[i] ? sockets[i].die : -1;
    }
}

/* One CPU for each package; on Intel, for each die, which is what the kernel does for Cascade Lake AP. */
static int find_sockets(const char *root, bool by_package, struct socket sockets[MAX_SOCKETS])
{
    char text[4096];
    int cpus[MAX_CPUS], count = 0;
    ssize_t length = jb_root_read(root, "/sys/devices/system/cpu/online", text, sizeof(text));
    int cpu_count = length < 0 ? 0 : jb_cpu_list_parse(text, cpus, JB_COUNT(cpus));
    for (int i = 0; i < cpu_count; i++) {
        struct jb_cpu_place place;
        bool known = false;
        jb_cpu_place(root, cpus[i], &place);
        for (int k = 0; k < count; k++) {
            known |= sockets[k].package == place.package && (by_package || sockets[k].die == place.die);
        }
        if (place.known && !known && count < MAX_SOCKETS) {
            sockets[count++] = (struct socket){.cpu = cpus[i], .package = place.package, .die = place.die};
        }
    }
    drop_single_dies(sockets, count);
    return count;
}

static int refuse(const struct jb_machine *machine, int cpu, int err, struct jb_diag *diag)
{
    switch (err) {
    case -ENOENT:
    case -ENXIO:
        jb_fail(diag, -ENODEV, "/dev/cpu/%d/msr is not there", cpu);
        if (!machine->virtual_machine) {
            jb_fix(diag, "sudo modprobe msr");
        }
        return -ENODEV;
    case -EACCES:
    case -EPERM:
        jb_fail(diag, -EACCES, "cannot read /dev/cpu/%d/msr: %s", cpu, strerror(-err));
        jb_fix(diag, "run as root; better, give perf to joulebook, which needs less: "
                     "sudo setcap cap_perfmon+ep \"$(command -v joulebook)\"");
        return -EACCES;
    case -EIO:
    case -ENODATA:
        return jb_fail(diag, -ENODEV, "the processor does not tell its unit of energy%s",
                       machine->virtual_machine ? ": a virtual machine" : "");
    default:
        return jb_fail(diag, -ENODEV, "cannot read /dev/cpu/%d/msr: %s", cpu, strerror(-err));
    }
}

/* Each socket shows the same platform: one is asked for it. */
static int add_socket(struct jb_source *source, const struct jb_msr_model *model, const struct socket *socket,
                      bool platform)
{
    unsigned unit;
    int err = read_unit(source, model, socket->cpu, &unit);
    for (size_t i = 0; i < model->counter_count && err == 0; i++) {
        if (platform || model->counters[i].domain != JB_RAPL_PSYS) {
            add_counter(source, &model->counters[i], socket, unit);
        }
    }
    return err;
}

/* A socket that is missing from the total, while others are in it. */
static void tell_silent_socket(struct jb_source *source, const struct socket *socket, int err)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (channel) {
        jb_rapl_describe(channel, source->env->machine, JB_RAPL_PACKAGE, socket->package, socket->die);
        jb_rapl_refuse(channel, err, "the registers of CPU %d: %s", socket->cpu, strerror(-err));
    }
}

static int rapl_msr_open(struct jb_source *source, struct jb_diag *diag)
{
    const struct jb_machine *machine = source->env->machine;
    struct state *state = source->priv;
    const struct jb_msr_model *model = machine ? jb_msr_model_of(machine) : NULL;
    struct socket sockets[MAX_SOCKETS];
    state->files = !jb_root_is_real(source->env->root);
    if (!model) {
        return jb_fail(diag, -ENODEV, "no processor whose energy registers are known");
    }
    int count = find_sockets(source->env->root, model->by_package, sockets);
    if (count == 0) {
        return jb_fail(diag, -ENODEV, "cannot tell which CPU is in which socket");
    }
    int errs[MAX_SOCKETS] = {0};
    for (int i = 0; i < count; i++) {
        errs[i] = add_socket(source, model, &sockets[i], i == 0);
    }
    if (source->channel_count == 0) {
        return refuse(machine, sockets[0].cpu, errs[0], diag);
    }
    for (int i = 0; i < count; i++) {
        if (errs[i] < 0) {
            tell_silent_socket(source, &sockets[i], errs[i]);
        }
    }
    return jb_rapl_result(source, diag);
}

static void rapl_msr_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    for (int i = 0; i < state->count; i++) {
        uint64_t value = 0, before_ns = jb_mono_ns();
        int err = read_register(state, state->open[i].fd, state->open[i].number, &value);
        uint64_t after_ns = jb_mono_ns();
        if (err < 0) { /* -ENXIO: the CPU was taken offline, and may come back */
            jb_emit_failure(sink, state->open[i].channel, after_ns, JB_FAILED);
        } else {
            keep(source, state->open[i].cpu, state->open[i].number, value);
            jb_emit(sink, state->open[i].channel, before_ns, after_ns, (uint32_t)value);
        }
    }
}

static void rapl_msr_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->count > 0) {
        close(state->open[--state->count].fd);
    }
}

const struct jb_sensor_driver jb_sensor_rapl_msr = {
    .name = "rapl-msr",
    .title = "RAPL by registers",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .stand_in = true, /* not a model, but raw registers are not touched where the kernel measures for us */
    .stand_in_for = JB_DEVICE_CPU,
    .priv_size = sizeof(struct state),
    .open = rapl_msr_open,
    .read = rapl_msr_read,
    .close = rapl_msr_close,
};
