/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cray.c - the power management counters of HPE Cray EX (and XC) nodes: /sys/cray/pm_counters.
 *
 * Documented in "User Access to Compute Node Power Data" of HPE's Cray System Management. A file holds
 * "<value> J <microseconds since 1970> us". The blade's controller measures, so the numbers are those of a wall meter
 * of the node, in whole joules, 10 times a second.
 *
 * Odd: `freshness` counts updates, and when it stands, everything stands though the files still answer: then nothing is
 * emitted as good. `generation` counts changes of the power cap and is no reset. The timestamps are the controller's
 * clock, which may be set, so times are ours: late by one update at most, and the same at both ends of a run.
 * accelN is a whole module, both dies of an MI250X, while the accelerator's own driver counts otherwise: where it is
 * loaded these are details of the node, and where it is not they are the accelerators.
 */
#include "sensor/node.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER    "/sys/cray/pm_counters"
#define MAX_PARTS 16 /* of one kind; nodes have up to 8 accelerators */
#define UPDATE_NS (100 * JB_NS_PER_MS)
#define STALE_NS  (20 * UPDATE_NS)
#define WATT      UINT64_C(1000000)

/* HPE states no accuracy and no comparison was found: 5 % is what shunts and controllers of this kind are built to. */
#define REL_ERROR 0.05

struct kind {
    const char *prefix, *id, *name;
    enum jb_domain domain;
    enum jb_device device;
    uint64_t max_w; /* of one; what is above is not believed */
};

static const struct kind node = {"", "cray", "whole node", JB_DOMAIN_NODE, JB_DEVICE_BOARD, 20000};
static const struct kind kinds[] = {
    {"cpu", "package", "processor", JB_DOMAIN_PACKAGE, JB_DEVICE_CPU, 1000},
    {"memory", "dram", "memory", JB_DOMAIN_DRAM, JB_DEVICE_RAM, 600},
    {"accel", "module", "accelerator", JB_DOMAIN_GPU, JB_DEVICE_GPU, 2500},
};

struct state {
    struct {
        int fd, channel;
    } open[JB_MAX_CHANNELS];
    int count;
    bool watching;
    int freshness_fd; /* when watching */
    uint64_t freshness, moved_ns;
};

/* "12345 J 1734094386462336 us"; a file of watts is none of joules. */
static int parse_joules(const char *text, size_t length, uint64_t *ret)
{
    const char *end;
    uint64_t value;
    int err = jb_scan_u64(text, length, &value, &end);
    if (err < 0) {
        return err;
    }
    size_t rest = length - (size_t)(end - text);
    if (rest < 2 || end[0] != ' ' || end[1] != 'J' || (rest > 2 && end[2] != ' ' && end[2] != '\n')) {
        return -EINVAL;
    }
    *ret = value;
    return 0;
}

static int read_joules(int fd, uint64_t *ret)
{
    char text[96];
    ssize_t length = jb_counter_read_blob(fd, text, sizeof(text));
    return length < 0 ? (int)length : parse_joules(text, (size_t)length, ret);
}

static int read_freshness(int fd, uint64_t *ret)
{
    char text[96];
    const char *end;
    ssize_t length = jb_counter_read_blob(fd, text, sizeof(text));
    return length < 0 ? (int)length : jb_scan_u64(text, (size_t)length, ret, &end);
}

/* Who else counts the accelerators: a driver that joulebook reads on its own. */
static bool have_own_driver(const char *root)
{
    static const char *const signs[] = {"/sys/module/amdgpu", "/sys/module/nvidia", "/proc/driver/nvidia/version"};
    for (size_t i = 0; i < JB_COUNT(signs); i++) {
        if (jb_root_exists(root, signs[i])) {
            return true;
        }
    }
    return false;
}

static void refuse(struct jb_channel *channel, int err)
{
    bool denied = err == -EACCES || err == -EPERM;
    channel->status = denied ? JB_DENIED : JB_FAILED;
    jb_snprintf(channel->reason, sizeof(channel->reason), "cannot read %s: %s", channel->path, strerror(-err));
    if (denied) {
        snprintf(channel->fix, sizeof(channel->fix), "ask the site: the files of " FOLDER " are meant for all users");
    }
}

/* The socket that is meant, so that twins are known by it; -1: all of them. */
static int unit_of(const struct jb_machine *machine, const struct kind *kind, int number)
{
    unsigned sockets = machine ? machine->cpu.sockets : 0;
    if (kind->domain != JB_DOMAIN_PACKAGE && kind->domain != JB_DOMAIN_DRAM) {
        return number;
    }
    unsigned place = number < 0 && sockets == 1 ? 0 : (unsigned)number;
    return place < sockets && place < JB_MAX_SOCKETS ? machine->cpu.package_of[place] : number;
}

static void describe(struct jb_channel *channel, const struct jb_machine *machine, const struct kind *kind, int number)
{
    const char *device = kind->domain == JB_DOMAIN_NODE ? "node" : jb_device_name(kind->device);
    channel->unit = unit_of(machine, kind, number);
    if (channel->unit >= 0) {
        snprintf(channel->id, sizeof(channel->id), "%s/%d/%s", device, channel->unit, kind->id);
        snprintf(channel->name, sizeof(channel->name), "%s %d", kind->name, channel->unit);
    } else {
        snprintf(channel->id, sizeof(channel->id), "%s/%s", device, kind->id);
        jb_copy(channel->name, sizeof(channel->name), kind->name);
    }
    channel->method = JB_METHOD_COUNTER;
    channel->domain = kind->domain;
    channel->device = kind->device;
    channel->unit_num = WATT; /* microjoules in a joule */
    channel->max_power_uw = kind->max_w * WATT;
    if (channel->unit < 0 && kind->domain != JB_DOMAIN_NODE) {
        channel->max_power_uw *= MAX_PARTS; /* one file for all */
    }
    channel->refresh_ns = UPDATE_NS;
    channel->rel_error = REL_ERROR;
}

/* The channel of a file that is there, or NULL. number -1: one file for all of that kind. */
static struct jb_channel *add(struct jb_source *source, const struct kind *kind, int number)
{
    struct state *state = source->priv;
    char path[64], digits[8] = "";
    if (number >= 0) {
        snprintf(digits, sizeof(digits), "%d", number);
    }
    jb_snprintf(path, sizeof(path), FOLDER "/%s%s%senergy", kind->prefix, digits, kind->prefix[0] ? "_" : "");
    int fd = jb_counter_open(source->env, path);
    struct jb_channel *channel = fd == -ENOENT ? NULL : jb_source_add_channel(source);
    uint64_t now;
    int err = fd < 0 ? fd : read_joules(fd, &now);
    if (channel) {
        describe(channel, source->env->machine, kind, number);
        jb_copy(channel->path, sizeof(channel->path), path);
    }
    if (channel && err == 0) {
        state->open[state->count].fd = fd;
        state->open[state->count++].channel = (int)(channel - source->channels);
        return channel;
    }
    if (channel) {
        refuse(channel, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    return channel;
}

static void make_detail(struct jb_channel *channel, int node_channel)
{
    if (channel->status != JB_OK) {
        return;
    }
    if (node_channel < 0) {
        channel->status = JB_UNSUPPORTED; /* nothing to put it under: it would be added to what the driver counts */
        jb_copy(channel->reason, sizeof(channel->reason), "the accelerator's own driver counts this");
        return;
    }
    channel->domain = JB_DOMAIN_RAIL;
    channel->parent = node_channel;
    jb_copy(channel->note, sizeof(channel->note), "a check only: the accelerator's own driver counts it");
}

/* Files of single parts where there are any, else the one of all of them: never both, which are the same joules. */
static void add_kind(struct jb_source *source, const struct kind *kind, int node_channel)
{
    int first = source->channel_count;
    for (int i = 0; i < MAX_PARTS; i++) {
        (void)add(source, kind, i);
    }
    if (source->channel_count == first) {
        (void)add(source, kind, -1);
    }
    for (int i = first; i < source->channel_count && kind->domain == JB_DOMAIN_GPU; i++) {
        if (have_own_driver(source->env->root)) {
            make_detail(&source->channels[i], node_channel);
        }
    }
}

static void watch(struct state *state, int fd)
{
    state->watching = fd >= 0 && read_freshness(fd, &state->freshness) == 0;
    state->freshness_fd = fd;
    state->moved_ns = jb_mono_ns();
    if (fd >= 0 && !state->watching) {
        close(fd);
    }
}

static int cray_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    return jb_root_exists(env->root, FOLDER)
               ? 0
               : jb_fail(diag, -ENODEV, "no counters of a Cray blade: " FOLDER " is not there");
}

static int cray_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    struct jb_channel *whole = add(source, &node, -1);
    int node_channel = whole && whole->status == JB_OK ? (int)(whole - source->channels) : -1;
    for (size_t i = 0; i < JB_COUNT(kinds); i++) {
        add_kind(source, &kinds[i], node_channel);
    }
    watch(state, jb_counter_open(source->env, FOLDER "/freshness"));
    return jb_source_result(source, "no counters of a Cray blade: " FOLDER "/energy is not there", diag);
}

/* Is the blade's controller still counting? Without the file nobody can tell, and the counters speak for themselves. */
static bool is_fresh(struct state *state, uint64_t now_ns)
{
    uint64_t freshness;
    if (!state->watching) {
        return true;
    }
    if (read_freshness(state->freshness_fd, &freshness) == 0 && freshness != state->freshness) {
        state->freshness = freshness;
        state->moved_ns = now_ns;
    }
    return now_ns - state->moved_ns < STALE_NS;
}

static void cray_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    bool fresh = is_fresh(state, jb_mono_ns());
    for (int i = 0; i < state->count; i++) {
        int channel = state->open[i].channel;
        if (source->channels[channel].status != JB_OK) {
            continue;
        }
        uint64_t joules = 0, before_ns = jb_mono_ns();
        int err = read_joules(state->open[i].fd, &joules);
        uint64_t after_ns = jb_mono_ns();
        if (err < 0 || !fresh) {
            jb_emit_failure(sink, channel, after_ns, err == -ENODEV ? JB_GONE : JB_FAILED);
        } else {
            jb_emit(sink, channel, before_ns, after_ns, joules);
        }
    }
}

static void cray_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->count > 0) {
        close(state->open[--state->count].fd);
    }
    if (state->watching) {
        close(state->freshness_fd);
    }
    state->watching = false;
}

const struct jb_sensor_driver jb_sensor_cray = {
    .name = "cray",
    .title = "Cray power management counters",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true, /* a module that few have seen asks a controller: let it take its time */
    .period_ns = UPDATE_NS,
    .glance = cray_glance,
    .open = cray_open,
    .read = cray_read,
    .close = cray_close,
};
