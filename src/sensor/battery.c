/* SPDX-License-Identifier: Apache-2.0 */
/*
 * battery.c - a laptop's battery: what flows out of it is what the whole machine takes in, while it is not charged.
 *
 * Documented in Documentation/ABI/testing/sysfs-class-power and Documentation/power/power_supply_class.rst: microwatts,
 * microamperes, microvolts. On the mains there is nothing to be measured here: then it is not opened, and what is read
 * once the charger is plugged in is a failure, not 0.
 *
 * Odd: drivers for ACPI show either power_now or current_now and voltage_now, as the battery counts; fuel gauges show a
 * current that is negative while it flows out. Mice and headsets have batteries too (scope "Device"). With two
 * batteries one is often emptied after the other: those that are full or idle give nothing, and the sum counts. A read
 * asks the embedded controller, which takes milliseconds and may block.
 */
#include "sensor/node.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLASS      "/sys/class/power_supply"
#define MAX_CELLS  8
#define MOST_UW    UINT64_C(500000000) /* no battery that a person carries gives more than 500 W */
#define MOST_UA    UINT64_C(100000000)
#define MOST_UV    UINT64_C(100000000)
#define REFRESH_NS JB_NS_PER_S

/* Fuel gauges measure current to 1 % (TI bq20z and bq40z data sheets, typical over temperature) but the controller
 * behind ACPI reports a mean of unknown length, once in some seconds, and what the charger's path loses is not in it.
 * 5 % is our bound for the sum of these; nothing was measured. */
#define REL_ERROR 0.05

struct cell {
    int status_fd, power_fd, current_fd, voltage_fd; /* -1: not there */
};

struct state {
    struct cell cells[MAX_CELLS];
    int count, channel;
};

static bool read_text(const char *root, const char *name, const char *file, char *to, size_t size)
{
    char path[160];
    int length = snprintf(path, sizeof(path), CLASS "/%s/%s", name, file);
    if (length < 0 || (size_t)length >= sizeof(path) || jb_root_read(root, path, to, size) < 0) {
        to[0] = '\0';
        return false;
    }
    return true;
}

static int open_file(const struct jb_sensor_env *env, const char *name, const char *file)
{
    char path[160];
    int length = snprintf(path, sizeof(path), CLASS "/%s/%s", name, file);
    return length < 0 || (size_t)length >= sizeof(path) ? -ENAMETOOLONG : jb_counter_open(env, path);
}

/* Does this supply the machine from within? Not a mouse, not the mains, not a port (USB). */
static bool is_own_battery(const char *root, const char *name)
{
    char type[32], scope[32], present[8];
    if (!read_text(root, name, "type", type, sizeof(type)) || !jb_streq(type, "Battery")) {
        return false;
    }
    if (read_text(root, name, "scope", scope, sizeof(scope)) && jb_streq(scope, "Device")) {
        return false;
    }
    return !read_text(root, name, "present", present, sizeof(present)) || !jb_streq(present, "0");
}

static void close_cell(struct cell *cell)
{
    int *const fds[] = {&cell->status_fd, &cell->power_fd, &cell->current_fd, &cell->voltage_fd};
    for (size_t i = 0; i < JB_COUNT(fds); i++) {
        jb_closep(fds[i]);
        *fds[i] = -1;
    }
}

/* 0, or why the power of this one cannot be known. */
static int open_cell(const struct jb_sensor_env *env, const char *name, struct cell *cell)
{
    *cell = (struct cell){-1, -1, -1, -1};
    cell->status_fd = open_file(env, name, "status");
    cell->power_fd = open_file(env, name, "power_now");
    cell->current_fd = cell->power_fd < 0 ? open_file(env, name, "current_now") : -1;
    cell->voltage_fd = cell->power_fd < 0 ? open_file(env, name, "voltage_now") : -1;
    int err = cell->status_fd < 0                                                       ? cell->status_fd
              : cell->power_fd >= 0 || (cell->current_fd >= 0 && cell->voltage_fd >= 0) ? 0
              : cell->current_fd == -EACCES || cell->power_fd == -EACCES || cell->voltage_fd == -EACCES ? -EACCES
                                                                                                        : -ENOTSUP;
    if (err < 0) {
        close_cell(cell);
    }
    return err;
}

/* Microwatts flowing out; -EAGAIN: it does not discharge. */
static int read_cell(const struct cell *cell, uint64_t *ret_uw)
{
    static const char discharging[] = "Discharging";
    char status[32] = "";
    int64_t power, current;
    uint64_t voltage;
    ssize_t length = jb_counter_read_blob(cell->status_fd, status, sizeof(status) - 1);
    if (length < 0) {
        return (int)length;
    }
    status[length] = '\0';
    if (!jb_streq(jb_trim(status), discharging)) {
        return -EAGAIN;
    }
    if (cell->power_fd >= 0) {
        int err = jb_counter_read_signed(cell->power_fd, &power);
        uint64_t uw = power < 0 ? (uint64_t)-power : (uint64_t)power;
        if (err < 0 || uw > MOST_UW) {
            return err < 0 ? err : -ERANGE;
        }
        *ret_uw = uw;
        return 0;
    }
    int err = jb_counter_read_signed(cell->current_fd, &current);
    err = err < 0 ? err : jb_counter_read(cell->voltage_fd, &voltage);
    if (err < 0) {
        return err;
    }
    uint64_t ua = current < 0 ? (uint64_t)-current : (uint64_t)current;
    if (ua > MOST_UA || voltage > MOST_UV) {
        return -ERANGE;
    }
    *ret_uw = ua * voltage / 1000000;
    return 0;
}

/* All batteries together; -EAGAIN: none discharges. One that cannot be read makes the sum unknown. */
static int read_all(const struct state *state, uint64_t *ret_uw)
{
    uint64_t sum = 0;
    bool any = false;
    for (int i = 0; i < state->count; i++) {
        uint64_t uw = 0;
        int err = read_cell(&state->cells[i], &uw);
        if (err < 0 && err != -EAGAIN) {
            return err;
        }
        sum += err == 0 ? uw : 0;
        any |= err == 0;
    }
    if (!any || sum == 0) { /* a machine that runs takes more than nothing: the controller has not looked yet */
        return any ? -ENODATA : -EAGAIN;
    }
    *ret_uw = sum;
    return 0;
}

static void tell_state(const struct state *state, struct jb_channel *channel)
{
    uint64_t uw;
    int err = read_all(state, &uw);
    if (err == -EAGAIN) { /* a meter that will tell nothing must not stand in the way of those that do, models too */
        jb_node_refuse(channel, -ENOTSUP, "not discharging now: tells nothing while the machine is on the mains");
    } else if (state->count > 1) {
        snprintf(channel->note, sizeof(channel->note), "sum of %d batteries; only while on battery", state->count);
    } else {
        jb_copy(channel->note, sizeof(channel->note), "only while on battery");
    }
}

static int tell_absence(struct jb_diag *diag)
{
    return jb_fail(diag, -ENODEV, "no battery here that runs the machine");
}

static int battery_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    bool found = false;
    DIR *folder = jb_root_opendir(env->root, CLASS);
    for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry && !found; entry = readdir(folder)) {
        found = entry->d_name[0] != '.' && is_own_battery(env->root, entry->d_name);
    }
    if (folder) {
        closedir(folder);
    }
    return found ? 0 : tell_absence(diag);
}

static int battery_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    struct jb_channel *channel = NULL;
    DIR *folder = jb_root_opendir(source->env->root, CLASS);
    int refused = 0;
    for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        char path[160];
        if (entry->d_name[0] == '.' || state->count == MAX_CELLS || !is_own_battery(source->env->root, entry->d_name)) {
            continue;
        }
        if (!channel) {
            snprintf(path, sizeof(path), CLASS "/%.100s", entry->d_name);
            channel = jb_node_add(source, "node/battery", "battery", path);
        } else {
            jb_copy(channel->path, sizeof(channel->path), CLASS);
        }
        int err = open_cell(source->env, entry->d_name, &state->cells[state->count]);
        if (err == 0) {
            state->count++;
        } else if (refused == 0) {
            refused = err;
            jb_node_refuse(channel, err, CLASS "/%.60s: %s", entry->d_name,
                           err == -ENOTSUP ? "shows neither power_now nor current_now with voltage_now"
                                           : strerror(-err));
        }
    }
    if (folder) {
        closedir(folder);
    }
    if (!channel) {
        return tell_absence(diag);
    }
    channel->refresh_ns = REFRESH_NS;
    channel->max_power_uw = MOST_UW;
    channel->rel_error = REL_ERROR;
    state->channel = (int)(channel - source->channels);
    if (refused == 0) { /* half of the batteries is not the machine */
        tell_state(state, channel);
    }
    return jb_source_result(source, "", diag);
}

static void battery_read(struct jb_source *source, struct jb_sink *sink)
{
    const struct state *state = source->priv;
    if (state->count == 0 || source->channels[state->channel].status != JB_OK) {
        return;
    }
    uint64_t uw;
    uint64_t before_ns = jb_mono_ns();
    int err = read_all(state, &uw);
    uint64_t after_ns = jb_mono_ns();
    if (err == 0) {
        jb_emit(sink, state->channel, before_ns, after_ns, uw);
    } else {
        jb_emit_failure(sink, state->channel, after_ns, JB_FAILED); /* it may be put back, or off the mains */
    }
}

static void battery_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->count > 0) {
        close_cell(&state->cells[--state->count]);
    }
}

const struct jb_sensor_driver jb_sensor_battery = {
    .name = "battery",
    .title = "battery",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .period_ns = REFRESH_NS,
    .glance = battery_glance,
    .open = battery_open,
    .read = battery_read,
    .close = battery_close,
};
