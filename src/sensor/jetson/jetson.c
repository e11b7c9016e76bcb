/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jetson.c - the power monitors of NVIDIA's Jetsons: INA3221, and on Thor an INA238.
 *
 * Linux: Documentation/hwmon/ina3221.rst, ina238.rst; which rails there are and what they add up to: jetson_rails.c.
 * Millivolts times milliamperes are microwatts, exactly, so that all readings are in microwatts whatever the layout.
 *
 * Odd: where no rail feeds the whole board the total is a channel of its own, the sum of what the rails said in the
 * same pass; when one of them fails it fails too. The INA3221 driver waits in each read for the end of a conversion
 * (drivers/hwmon/ina3221.c, ina3221_wait_for_data): two reads a rail, some 7 ms each unless averaging makes it more.
 * Hence the lane; and the chip is left alone for 20 ms between two passes, which old drivers do not see to. Currents
 * may read a little below zero where nothing flows (the offset is up to 80 uV of shunt): that is a reading of nothing,
 * booked as 0.
 */
#include "sensor/jetson/jetson_chips.h"
#include "sensor/sensor.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "hardware/jetson.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REST_NS (20 * JB_NS_PER_MS)

/* What cannot come from the chips: the INA3221 has 12 bits of 8 mV and 163.8 mV of shunt, which is 164 A over 1 mOhm,
 * the least that boards have. Three times the largest module (Thor, 130 W) is not believed of any rail. */
#define MOST_MV      32760
#define MOST_MA      200000
#define MOST_UW      INT64_C(6552000000)
#define NOT_BELIEVED UINT64_C(400000000)

/* One sigma. INA3221 (TI SBOS576): gains of shunt and bus within 0.25 % each, shunt offset within 80 uV, which at 5
 * mOhm and 5 V is 80 mW: 0.5 to 2 % of an idle board, less under load. The shunts' class is not published; 1 % is
 * usual. INA238 (TI SBOS693): gain within 0.1 %, offset within 5 uV: the shunt alone. Held against nothing: of
 * published comparisons (PMT with PowerSensor3 on an AGX Orin) none gives figures. */
#define ERROR_INA3221 0.02
#define ERROR_INA238  0.01

struct open_rail {
    enum jb_jetson_files files;
    int fd[2], channel;
    bool addend;
};

struct state {
    struct open_rail rails[JB_JETSON_RAILS];
    int count;
    int total; /* channel of the sum; -1 */
    uint64_t last_ns;
};

/* Only for open(): too large for the stack of a lane. */
struct found {
    struct jb_jetson_rail rails[JB_JETSON_RAILS];
    char labels[JB_JETSON_RAILS][JB_JETSON_LABEL];
    bool usable[JB_JETSON_RAILS], negative[JB_JETSON_RAILS];
    int error[JB_JETSON_RAILS], fd[JB_JETSON_RAILS][2];
    const char *failed[JB_JETSON_RAILS]; /* the file that did not answer */
    size_t count;
    struct jb_jetson_plan plan;
};

static int read_within(int fd, int64_t least, int64_t most, int64_t *ret)
{
    int64_t value;
    int err = jb_counter_read_signed(fd, &value);
    if (err < 0) {
        return err;
    }
    if (value < least || value > most) {
        return -ERANGE;
    }
    *ret = value;
    return 0;
}

/* Microwatts, below zero too; *ret_file: which of the files failed. */
static int read_power(enum jb_jetson_files files, const int fd[2], int64_t *ret_uw, int *ret_file)
{
    int64_t first = 0, second = 0;
    int err;
    *ret_file = 0;
    switch (files) {
    case JB_JETSON_MV_MA:
        err = read_within(fd[0], 0, MOST_MV, &first);
        if (err == 0) {
            *ret_file = 1;
            err = read_within(fd[1], -MOST_MA, MOST_MA, &second);
        }
        *ret_uw = first * second;
        return err;
    case JB_JETSON_MW:
        err = read_within(fd[0], -MOST_UW / 1000, MOST_UW / 1000, &first);
        *ret_uw = first * 1000;
        return err;
    case JB_JETSON_UW:
        err = read_within(fd[0], -MOST_UW, MOST_UW, &first);
        *ret_uw = first;
        return err;
    }
    return -EINVAL;
}

/* A bus that was busy, a conversion that did not come: the next reading may do. */
static bool passing(int err)
{
    return err == -EIO || err == -EAGAIN || err == -ETIMEDOUT || err == -EBUSY || err == -EREMOTEIO;
}

static void close_rail(int fd[2])
{
    for (int i = 0; i < 2; i++) {
        if (fd[i] >= 0) {
            close(fd[i]);
        }
        fd[i] = -1;
    }
}

static void try_rail(const struct jb_sensor_env *env, struct found *found, size_t i)
{
    const struct jb_jetson_rail *rail = &found->rails[i];
    int *fd = found->fd[i];
    int64_t uw = 0;
    int file = 0, err = 0;
    fd[0] = fd[1] = -1;
    for (; err == 0 && file < 2 && rail->path[file][0] != '\0'; file++) {
        fd[file] = jb_counter_open(env, rail->path[file]);
        err = fd[file] < 0 ? fd[file] : 0;
        found->failed[i] = rail->path[file];
    }
    if (err == 0) {
        err = read_power(rail->files, fd, &uw, &file);
        found->failed[i] = rail->path[file];
    }
    found->error[i] = passing(err) ? 0 : err;
    found->usable[i] = found->error[i] == 0;
    found->negative[i] = uw < 0;
    if (!found->usable[i]) {
        close_rail(fd);
    }
}

static enum jb_device device_of(const char *label)
{
    bool cpu = strstr(label, "CPU") != NULL, gpu = strstr(label, "GPU") != NULL;
    bool ram = strstr(label, "DDR") != NULL || strstr(label, "VDDQ") != NULL;
    bool others = strstr(label, "SOC") != NULL || strstr(label, "CV") != NULL;
    if (others || cpu + gpu + ram != 1) {
        return JB_DEVICE_BOARD;
    }
    return cpu ? JB_DEVICE_CPU : gpu ? JB_DEVICE_GPU : JB_DEVICE_RAM;
}

static void make_id(const struct jb_source *source, struct jb_channel *channel, const struct jb_jetson_rail *rail)
{
    const char *kind = channel->domain == JB_DOMAIN_BOARD ? "board" : "rail";
    snprintf(channel->id, sizeof(channel->id), "%s/%s", kind, rail->label);
    for (const struct jb_channel *other = source->channels; other < channel; other++) {
        if (jb_streq(other->id, channel->id)) {
            snprintf(channel->id, sizeof(channel->id), "%s/%s@%s", kind, rail->label, rail->chip);
            return;
        }
    }
}

static void refuse(struct jb_channel *channel, int err, const char *path)
{
    channel->status = err == -EACCES || err == -EPERM ? JB_DENIED : JB_UNSUPPORTED;
    if (err == -ENODATA) {
        snprintf(channel->reason, sizeof(channel->reason), "the chip's channel is switched off: %s", path);
    } else if (err == -ERANGE || err == -EINVAL) {
        snprintf(channel->reason, sizeof(channel->reason), "no reading of such a chip: %s", path);
    } else {
        snprintf(channel->reason, sizeof(channel->reason), "cannot read %s: %s", path, strerror(-err));
    }
    if (channel->status == JB_DENIED) {
        snprintf(channel->fix, sizeof(channel->fix), "sudo chmod a+r %s   (until reboot)", path);
    }
}

static void refuse_role(struct jb_channel *channel, const struct jb_jetson_plan *plan, enum jb_jetson_role role)
{
    channel->status = JB_UNSUPPORTED;
    if (role == JB_JETSON_OUTSIDE) {
        jb_copy(channel->reason, sizeof(channel->reason),
                "of the carrier board: whether the module's total lies in it or beside it is not documented");
    } else if (role == JB_JETSON_UNKNOWN) {
        jb_copy(channel->reason, sizeof(channel->reason),
                "no document tells what feeds this rail, so it cannot be added up");
    } else if (plan->sum) {
        snprintf(channel->reason, sizeof(channel->reason),
                 "the total is a sum in which %s is missing: a part of it would pass for the whole", plan->missing);
    } else {
        jb_copy(channel->reason, sizeof(channel->reason),
                "the rail that feeds it cannot be read: a part of the board would pass for the whole");
    }
}

static void name_board(const struct jb_source *source, struct jb_channel *channel)
{
    const struct jb_machine *machine = source->env->machine;
    jb_copy(channel->name, sizeof(channel->name), machine && machine->board[0] ? machine->board : "Jetson");
}

static void describe(const struct jb_source *source, struct jb_channel *channel, const struct jb_jetson_rail *rail,
                     enum jb_jetson_role role)
{
    bool total = role == JB_JETSON_TOTAL;
    channel->method = JB_METHOD_INTEGRATED;
    channel->domain = total ? JB_DOMAIN_BOARD : JB_DOMAIN_RAIL;
    channel->device = total ? JB_DEVICE_BOARD : device_of(rail->label);
    make_id(source, channel, rail);
    if (total) {
        name_board(source, channel);
    } else {
        snprintf(channel->name, sizeof(channel->name), "rail %s", rail->label);
    }
    jb_copy(channel->path, sizeof(channel->path), rail->path[0]);
    if (rail->files == JB_JETSON_MV_MA) {
        const char *file = strrchr(rail->path[1], '/');
        size_t length = strlen(channel->path);
        snprintf(channel->path + length, sizeof(channel->path) - length, " x %s", file + 1);
    }
    channel->max_power_uw = NOT_BELIEVED;
    channel->refresh_ns = rail->refresh_ns;
    channel->window_ns = rail->window_ns;
    channel->rel_error = rail->files == JB_JETSON_UW ? ERROR_INA238 : ERROR_INA3221;
}

/* The sum that stands where no rail does. Its window and pace are those of its slowest rail. */
static void describe_sum(struct jb_source *source, const struct found *found, struct jb_channel *channel)
{
    channel->method = JB_METHOD_INTEGRATED;
    channel->domain = JB_DOMAIN_BOARD;
    channel->device = JB_DEVICE_BOARD;
    jb_copy(channel->id, sizeof(channel->id), "board/total");
    name_board(source, channel);
    jb_copy(channel->path, sizeof(channel->path), "sum of");
    channel->max_power_uw = NOT_BELIEVED;
    channel->rel_error = ERROR_INA3221; /* the rails' errors are of one kind: they may all err the same way */
    for (size_t i = 0; i < found->count; i++) {
        if (found->plan.role[i] != JB_JETSON_ADDEND) {
            continue;
        }
        size_t length = strlen(channel->path);
        snprintf(channel->path + length, sizeof(channel->path) - length, "%s %s", length > 6 ? " +" : "",
                 found->rails[i].label);
        channel->refresh_ns =
            found->rails[i].refresh_ns > channel->refresh_ns ? found->rails[i].refresh_ns : channel->refresh_ns;
        channel->window_ns =
            found->rails[i].window_ns > channel->window_ns ? found->rails[i].window_ns : channel->window_ns;
    }
    if (found->plan.complete) {
        snprintf(channel->note, sizeof(channel->note), "sum of the rails of %s: %s", found->plan.board,
                 found->plan.note);
    } else {
        channel->status = JB_UNSUPPORTED;
        snprintf(channel->reason, sizeof(channel->reason), "%s is missing: the sum of the others is not the total",
                 found->plan.missing);
    }
}

static void write_note(const struct found *found, size_t i, struct jb_channel *channel)
{
    const struct jb_jetson_plan *plan = &found->plan;
    if (found->negative[i]) {
        jb_copy(channel->note, sizeof(channel->note), "reads a little below zero where nothing flows: booked as 0");
    } else if (plan->role[i] == JB_JETSON_TOTAL && plan->board) {
        snprintf(channel->note, sizeof(channel->note), "%s: %s", plan->board, plan->note);
    } else if (plan->role[i] == JB_JETSON_TOTAL) {
        jb_copy(channel->note, sizeof(channel->note), "board not known: taken for its total because of its name");
    }
}

static void keep(struct state *state, struct found *found, size_t i, int channel)
{
    struct open_rail *rail = &state->rails[state->count++];
    rail->files = found->rails[i].files;
    rail->fd[0] = found->fd[i][0];
    rail->fd[1] = found->fd[i][1];
    rail->channel = channel;
    rail->addend = found->plan.sum && found->plan.role[i] == JB_JETSON_ADDEND;
    found->fd[i][0] = found->fd[i][1] = -1;
}

/* One channel for each rail, in the order of the rails, behind the sum where there is one: index i is first + i. */
static void add_channels(struct jb_source *source, struct found *found)
{
    const struct jb_jetson_plan *plan = &found->plan;
    struct state *state = source->priv;
    struct jb_channel *sum = plan->sum ? jb_source_add_channel(source) : NULL;
    if (sum) {
        describe_sum(source, found, sum);
        state->total = plan->complete ? 0 : -1;
    }
    int first = source->channel_count;
    int whole = plan->sum ? 0 : plan->total >= 0 ? first + plan->total : -1;
    bool told = plan->sum ? plan->complete : plan->total >= 0 && found->usable[plan->total];
    for (size_t i = 0; i < found->count; i++) {
        struct jb_channel *channel = jb_source_add_channel(source);
        if (!channel) {
            return;
        }
        enum jb_jetson_role role = plan->role[i];
        describe(source, channel, &found->rails[i], role);
        if (role == JB_JETSON_PART || role == JB_JETSON_ADDEND) {
            channel->parent = plan->parent[i] >= 0 ? first + plan->parent[i] : whole;
        }
        write_note(found, i, channel);
        if (!found->usable[i]) {
            refuse(channel, found->error[i], found->failed[i]);
        } else if (role == JB_JETSON_UNKNOWN || role == JB_JETSON_OUTSIDE || (role != JB_JETSON_TOTAL && !told)) {
            refuse_role(channel, plan, role);
        } else {
            keep(state, found, i, first + (int)i);
        }
    }
}

static int nothing(const struct jb_source *source, struct jb_diag *diag)
{
    const struct jb_channel *why = jb_source_blame(source);

    if (why == NULL) {
        return jb_fail(diag, -ENODEV,
                       "no INA3221 or INA238 below /sys/bus/i2c/drivers: this Jetson has no power monitor "
                       "(Nano 2 GB), or its driver is not loaded");
    }
    return jb_channel_fail(why, why->id, diag);
}

static int look(const struct jb_sensor_env *env, struct jb_jetson *ret, struct jb_diag *diag)
{
    return jb_jetson_read(env->root, ret) ? 0 : jb_fail(diag, -ENODEV, "no Jetson: the device tree names no Tegra");
}

static int jetson_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    struct jb_jetson jetson;
    return look(env, &jetson, diag);
}

static int jetson_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    struct jb_jetson jetson;
    state->total = -1;
    int err = look(source->env, &jetson, diag);
    if (err < 0) {
        return err;
    }
    struct found *found = calloc(1, sizeof(*found));
    if (!found) {
        return -ENOMEM;
    }
    found->count = jb_jetson_rails(source->env->root, found->rails);
    for (size_t i = 0; i < found->count; i++) {
        memcpy(found->labels[i], found->rails[i].label, JB_JETSON_LABEL);
        try_rail(source->env, found, i);
    }
    jb_jetson_plan(jetson.soc, found->labels, found->usable, found->count, &found->plan);
    add_channels(source, found);
    for (size_t i = 0; i < found->count; i++) {
        close_rail(found->fd[i]);
    }
    free(found);
    return state->count > 0 ? 0 : nothing(source, diag);
}

static void rest(uint64_t last_ns)
{
    uint64_t now_ns = jb_mono_ns();
    if (last_ns != 0 && now_ns - last_ns < REST_NS) {
        struct timespec pause = {.tv_nsec = (long)(REST_NS - (now_ns - last_ns))};
        nanosleep(&pause, NULL);
    }
}

static void jetson_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    uint64_t sum_uw = 0, sum_before_ns = 0, sum_after_ns = 0, after_ns = 0;
    int sum_err = 0;
    rest(state->last_ns);
    for (int i = 0; i < state->count; i++) {
        const struct open_rail *rail = &state->rails[i];
        int64_t uw = 0;
        int file;
        uint64_t before_ns = jb_mono_ns();
        int err = read_power(rail->files, rail->fd, &uw, &file);
        after_ns = jb_mono_ns();
        uint64_t raw = uw > 0 ? (uint64_t)uw : 0;
        if (err < 0) {
            jb_emit_failure(sink, rail->channel, after_ns, jb_counter_status(err));
        } else {
            jb_emit(sink, rail->channel, before_ns, after_ns, raw);
        }
        if (rail->addend) {
            sum_before_ns = sum_before_ns == 0 ? before_ns : sum_before_ns;
            sum_after_ns = after_ns;
            sum_err = sum_err < 0 ? sum_err : err;
            sum_uw += raw;
        }
    }
    if (state->total >= 0 && sum_err < 0) {
        jb_emit_failure(sink, state->total, sum_after_ns, jb_counter_status(sum_err));
    } else if (state->total >= 0) {
        jb_emit(sink, state->total, sum_before_ns, sum_after_ns, sum_uw);
    }
    state->last_ns = after_ns;
}

static void jetson_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->count > 0) {
        close_rail(state->rails[--state->count].fd);
    }
}

const struct jb_sensor_driver jb_sensor_jetson = {
    .name = "jetson",
    .title = "power monitors of a Jetson",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .glance = jetson_glance,
    .open = jetson_open,
    .read = jetson_read,
    .close = jetson_close,
};
