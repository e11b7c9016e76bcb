/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon.c - power and energy that Linux shows of chips on the board (Documentation/hwmon/sysfs-interface.rst): energyN
 * in microjoules, powerN in microwatts, inN times currN in millivolts and milliamperes.
 *
 * Odd: a chip tells how much, not of what. So only chips are used that hwmon_table.c knows; any other that shows power
 * is listed, with that reason, and counted in nothing. Chips that another driver reads are left to it. Values may take
 * a transfer on a slow bus.
 */
#include "sensor/hwmon/hwmon.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/counter_file.h"
#include "sensor/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PERIOD_NS   (200 * JB_NS_PER_MS)
#define NO_CHIPS    "no chips: /sys/class/hwmon is empty"
#define NOTHING_OWN "no chip shows power that is not another sensor's"
#define WATT        UINT64_C(1000000)

int jb_hwmon_add_file(struct jb_source *source, struct jb_hwmon_gauge *gauge, const char *path)
{
    struct jb_hwmon_state *state = source->priv;
    if (state->fd_count >= JB_HWMON_FILES) {
        return -ENOSPC;
    }
    int fd = jb_counter_open(source->env, path);
    if (fd < 0) {
        return fd;
    }
    state->fds[state->fd_count++] = fd;
    gauge->count++;
    return 0;
}

int jb_hwmon_value(const struct jb_hwmon_state *state, const struct jb_hwmon_gauge *gauge, uint64_t *ret)
{
    uint64_t result = gauge->product;
    for (int i = 0; i < gauge->count; i++) {
        uint64_t value;
        int err = jb_counter_read(state->fds[gauge->first + i], &value);
        if (err < 0) {
            return err;
        }
        if (gauge->product ? __builtin_mul_overflow(result, value, &result)
                           : __builtin_add_overflow(result, value, &result)) {
            return -ERANGE;
        }
    }
    *ret = result;
    return result == 0 && gauge->never_zero ? -ENODATA : 0;
}

static bool is_never_zero(enum jb_domain domain)
{
    return domain == JB_DOMAIN_NODE || domain == JB_DOMAIN_BOARD || domain == JB_DOMAIN_PACKAGE;
}

void jb_hwmon_keep(struct jb_source *source, const struct jb_hwmon_gauge *gauge, int err)
{
    struct jb_hwmon_state *state = source->priv;
    struct jb_channel *channel = &source->channels[gauge->channel];
    if (err == 0) {
        state->gauges[state->gauge_count++] = *gauge;
        return;
    }
    while (state->fd_count > gauge->first) {
        close(state->fds[--state->fd_count]);
    }
    bool denied = err == -EACCES || err == -EPERM;
    channel->status = denied ? JB_DENIED : err == -ENOENT ? JB_UNSUPPORTED : JB_FAILED;
    jb_snprintf(channel->reason, sizeof(channel->reason), "cannot read %s: %s", channel->path, strerror(-err));
    if (denied) {
        jb_snprintf(channel->fix, sizeof(channel->fix), "sudo chgrp $(id -g) %s; sudo chmod g+r %s   (until reboot)",
                    channel->path, channel->path);
    }
}

static bool id_taken(const struct jb_source *source, const struct jb_channel *channel)
{
    for (const struct jb_channel *other = source->channels; other < channel; other++) {
        if (jb_streq(other->id, channel->id)) {
            return true;
        }
    }
    return false;
}

void jb_hwmon_make_unique(const struct jb_source *source, struct jb_channel *channel)
{
    size_t length = strlen(channel->id);
    for (int number = 2; id_taken(source, channel) && number <= JB_MAX_CHANNELS; number++) {
        snprintf(channel->id + length, sizeof(channel->id) - length, "#%d", number);
    }
}

static void make_id(const struct jb_source *source, struct jb_channel *channel, const char *device, const char *name)
{
    char safe[40];
    jb_copy(safe, sizeof(safe), name);
    for (char *at = safe; *at; at++) {
        if (*at == '/' || *at == ' ' || *at == '?') {
            *at = '_';
        }
    }
    snprintf(channel->id, sizeof(channel->id), "%s/%s", device, safe);
    jb_hwmon_make_unique(source, channel);
}

/* Which of the sockets the n-th chip of a kind is for: in order, because nothing tells. */
static int unit_of(const struct jb_machine *machine, int nth)
{
    return machine && (unsigned)nth < machine->cpu.sockets && nth < JB_MAX_SOCKETS ? machine->cpu.package_of[nth] : nth;
}

static struct jb_channel *describe(struct jb_source *source, const struct jb_hwmon_rule *rule, int nth)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    bool of_socket = rule->per_chip && rule->domain != JB_DOMAIN_RAIL;
    if (of_socket) {
        channel->unit = unit_of(source->env->machine, nth);
        snprintf(channel->id, sizeof(channel->id), "%s/%d/%s", jb_device_name(rule->device), channel->unit, rule->id);
        jb_hwmon_make_unique(source, channel);
        if (nth > 0) {
            jb_copy(channel->note, sizeof(channel->note), "socket number guessed: chips are taken in their order");
        }
    } else {
        make_id(source, channel, rule->domain == JB_DOMAIN_NODE ? "node" : jb_device_name(rule->device), rule->id);
    }
    jb_copy(channel->name, sizeof(channel->name), rule->name);
    channel->method = JB_METHOD_INTEGRATED;
    channel->domain = rule->domain;
    channel->device = rule->device;
    channel->max_power_uw = rule->max_w * WATT;
    channel->rel_error = rule->rel_error;
    return channel;
}

static int add_value(struct jb_source *source, struct jb_hwmon_gauge *gauge, const struct jb_hwmon_chip *chip,
                     const char *kind, int index, struct jb_channel *channel)
{
    char path[128];
    jb_hwmon_path(chip, kind, index, "input", path, sizeof(path));
    int err = jb_hwmon_add_file(source, gauge, path);
    if (err == -ENOENT && jb_streq(kind, "power")) {
        jb_hwmon_path(chip, kind, index, "average", path, sizeof(path));
        err = jb_hwmon_add_file(source, gauge, path);
    }
    if (channel && !channel->path[0]) {
        jb_copy(channel->path, sizeof(channel->path), path);
    }
    return err;
}

static void add_gauge(struct jb_source *source, const struct jb_hwmon_rule *rule, const struct jb_hwmon_chip *chip,
                      int nth)
{
    const char *root = source->env->root;
    struct jb_hwmon_state *state = source->priv;
    bool product = rule->use == JB_HWMON_VOLT_AMPERE;
    int index = jb_hwmon_find(root, chip, product ? "in" : "power", rule->label);
    int index2 = product ? jb_hwmon_find(root, chip, "curr", rule->label2) : 0;
    struct jb_channel *channel = index < 0 || index2 < 0 ? NULL : describe(source, rule, nth);
    if (!channel) {
        return; /* not every board has every value */
    }
    struct jb_hwmon_gauge gauge = {.channel = (int)(channel - source->channels),
                                   .first = state->fd_count,
                                   .product = product,
                                   .never_zero = is_never_zero(rule->domain)};
    int err = add_value(source, &gauge, chip, product ? "in" : "power", index, channel);
    if (err == 0 && product) {
        err = add_value(source, &gauge, chip, "curr", index2, NULL);
    }
    uint64_t now;
    jb_hwmon_keep(source, &gauge, err < 0 ? err : jb_hwmon_value(state, &gauge, &now));
}

/* All supplies that can be seen, as one: what the machine takes in. */
static void add_supplies(struct jb_source *source, const struct jb_hwmon_chip *chips, size_t count)
{
    static const struct jb_hwmon_rule node = {
        .domain = JB_DOMAIN_NODE, .device = JB_DEVICE_BOARD, .id = "psu", .name = "input of the power supplies"};
    const char *root = source->env->root;
    struct jb_hwmon_state *state = source->priv;
    struct jb_hwmon_gauge gauge = {.channel = -1, .first = state->fd_count, .never_zero = true};
    struct jb_channel *channel = NULL;
    int err = 0;
    for (size_t i = 0; i < count && err == 0; i++) {
        const struct jb_hwmon_rule *rule = jb_hwmon_rule(chips[i].name, NULL);
        int index = rule && rule->use == JB_HWMON_SUPPLY ? jb_hwmon_find(root, &chips[i], "power", rule->label) : -1;
        if (index < 0 || (!channel && !(channel = describe(source, &node, 0)))) {
            continue;
        }
        channel->max_power_uw += rule->max_w * WATT;
        channel->rel_error = rule->rel_error;
        err = add_value(source, &gauge, &chips[i], "power", index, channel);
    }
    if (!channel) {
        return;
    }
    gauge.channel = (int)(channel - source->channels);
    snprintf(channel->note, sizeof(channel->note),
             "sum of %d power suppl%s; one that does not show itself is not in it", gauge.count,
             gauge.count == 1 ? "y" : "ies");
    uint64_t now;
    jb_hwmon_keep(source, &gauge, err < 0 ? err : jb_hwmon_value(state, &gauge, &now));
}

static void list_unknown(struct jb_source *source, const struct jb_hwmon_chip *chip)
{
    static const char *const kinds[] = {"power", "energy"};
    for (size_t i = 0; i < JB_COUNT(kinds); i++) {
        int index = jb_hwmon_find(source->env->root, chip, kinds[i], NULL);
        struct jb_channel *channel = index < 0 ? NULL : jb_source_add_channel(source);
        if (!channel) {
            continue;
        }
        make_id(source, channel, jb_device_name(JB_DEVICE_BOARD), chip->name);
        jb_hwmon_path(chip, kinds[i], index, "input", channel->path, sizeof(channel->path));
        snprintf(channel->name, sizeof(channel->name), "chip \"%s\"", chip->name);
        channel->domain = JB_DOMAIN_RAIL;
        channel->device = JB_DEVICE_BOARD;
        channel->status = JB_UNSUPPORTED;
        snprintf(channel->reason, sizeof(channel->reason), "the chip's name is \"%s\": it is not known what it covers",
                 chip->name);
        return;
    }
}

static bool shows_power(const char *root, const struct jb_hwmon_chip *chip)
{
    return jb_hwmon_find(root, chip, "power", NULL) >= 0 || jb_hwmon_find(root, chip, "energy", NULL) >= 0;
}

static int hwmon_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    struct jb_hwmon_chip chips[JB_HWMON_CHIPS];
    size_t count = jb_hwmon_chips(env->root, chips);
    for (size_t i = 0; i < count; i++) {
        const struct jb_hwmon_rule *rule = jb_hwmon_rule(chips[i].name, NULL);
        if (rule ? rule->use != JB_HWMON_ELSEWHERE : shows_power(env->root, &chips[i])) {
            return 0;
        }
    }
    return jb_fail(diag, -ENODEV, "%s", count ? NOTHING_OWN : NO_CHIPS);
}

static int hwmon_open(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_hwmon_chip chips[JB_HWMON_CHIPS];
    size_t count = jb_hwmon_chips(source->env->root, chips);
    for (size_t i = 0; i < count; i++) {
        const struct jb_hwmon_rule *rule = jb_hwmon_rule(chips[i].name, NULL);
        int nth = 0;
        for (size_t k = 0; k < i; k++) {
            nth += jb_streq(chips[k].name, chips[i].name);
        }
        if (rule && rule->use == JB_HWMON_SOCKETS && nth == 0) {
            jb_hwmon_add_sockets(source, &chips[i]);
        }
        for (; rule; rule = jb_hwmon_rule(chips[i].name, rule)) {
            if (rule->use == JB_HWMON_POWER_OF || rule->use == JB_HWMON_VOLT_AMPERE) {
                add_gauge(source, rule, &chips[i], nth);
            }
        }
    }
    add_supplies(source, chips, count);
    for (size_t i = 0; i < count; i++) { /* last: they must not take the room of those that are known */
        if (!jb_hwmon_rule(chips[i].name, NULL)) {
            list_unknown(source, &chips[i]);
        }
    }
    return jb_source_result(source, count ? NOTHING_OWN : NO_CHIPS, diag);
}

static void hwmon_read(struct jb_source *source, struct jb_sink *sink)
{
    struct jb_hwmon_state *state = source->priv;
    for (int i = 0; i < state->gauge_count; i++) {
        const struct jb_hwmon_gauge *gauge = &state->gauges[i];
        uint64_t value, before_ns = jb_mono_ns();
        int err = jb_hwmon_value(state, gauge, &value);
        uint64_t after_ns = jb_mono_ns();
        if (err < 0) {
            jb_emit_failure(sink, gauge->channel, after_ns, jb_counter_status(err));
        } else {
            jb_emit(sink, gauge->channel, before_ns, after_ns, value);
        }
    }
}

static void hwmon_close(struct jb_source *source)
{
    struct jb_hwmon_state *state = source->priv;
    while (state->fd_count > 0) {
        close(state->fds[--state->fd_count]);
    }
    state->gauge_count = 0;
}

const struct jb_sensor_driver jb_sensor_hwmon = {
    .name = "hwmon",
    .title = "Linux hwmon",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct jb_hwmon_state),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = hwmon_glance,
    .open = hwmon_open,
    .read = hwmon_read,
    .close = hwmon_close,
};
