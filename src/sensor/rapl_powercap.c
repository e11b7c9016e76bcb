/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_powercap.c - RAPL through /sys/class/powercap: the way in where perf is closed and the files were opened up.
 *
 * Documented in Documentation/power/powercap/powercap.rst of Linux and sensors.md 3, 4.1. Odd: energy_uj is for root
 * alone since 5.10; the same package appears again as an intel-rapl-mmio zone (both are kept, the overlap graph knows
 * twins); AMD before 5.17 lists core zones that measure nothing real (kept inside their package, so never in a total);
 * `dram` is listed inside a package but is not part of its energy.
 */
#include "sensor/rapl.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/counter_file.h"
#include "sensor/powercap_zones.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LEAST_RANGE_UJ (UINT64_C(65536) * 1000000) /* 2^32 counts of 2^-16 J: the shortest way to a wrap */

#define RENEW_NS (20 * JB_NS_PER_MS) /* a counter that stands still may be a file that was replaced */

struct state {
    struct {
        int fd, channel, zone;
        uint64_t raw, renewed_ns; /* the last value, and since when it is known to be of the file in its place */
    } open[JB_MAX_CHANNELS];
    int count;
};

/* Twins within one interface (TPMI beside MSR) have equal ids otherwise. */
static void make_id_unique(const struct jb_source *source, struct jb_channel *channel, bool mmio)
{
    size_t length = strlen(channel->id);
    if (mmio) {
        length += (size_t)snprintf(channel->id + length, sizeof(channel->id) - length, "-mmio");
    }
    for (int number = 2; number <= JB_MAX_CHANNELS; number++) {
        bool taken = false;
        for (const struct jb_channel *other = source->channels; other < channel; other++) {
            taken |= jb_streq(other->id, channel->id);
        }
        if (!taken) {
            return;
        }
        snprintf(channel->id + length, sizeof(channel->id) - length, "#%d", number);
    }
}

static bool read_zone_u64(const char *root, const struct jb_powercap_zone *zone, const char *file, uint64_t *ret)
{
    char path[160];
    return jb_counter_path(zone->path, file, path, sizeof(path)) == 0 && jb_root_read_u64(root, path, ret) == 0;
}

/* The limit of the hardware may be above what we believe; firmware also writes 0 and absurd values there. */
static void raise_max_power(const char *root, const struct jb_powercap_zone *zone, struct jb_channel *channel)
{
    for (int i = 0; i < 3; i++) {
        char file[40];
        uint64_t limit_uw;
        snprintf(file, sizeof(file), "constraint_%d_max_power_uw", i);
        if (read_zone_u64(root, zone, file, &limit_uw) && limit_uw >= 1000000 && limit_uw <= UINT64_C(5000000000) &&
            2 * limit_uw > channel->max_power_uw) {
            channel->max_power_uw = 2 * limit_uw;
        }
    }
}

static void set_range(const char *root, const struct jb_powercap_zone *zone, struct jb_channel *channel, uint64_t now)
{
    uint64_t range_uj;
    if (!read_zone_u64(root, zone, "max_energy_range_uj", &range_uj) || range_uj == 0 || range_uj == UINT64_MAX) {
        jb_rapl_horizon(channel, LEAST_RANGE_UJ);
    } else if (now > range_uj) {
        jb_copy(channel->note, sizeof(channel->note), "max_energy_range_uj is below the counter itself: not used");
        jb_rapl_horizon(channel, LEAST_RANGE_UJ);
    } else {
        channel->wrap = range_uj + 1;
        jb_rapl_horizon(channel, range_uj);
    }
}

static void refuse(struct jb_channel *channel, int err)
{
    jb_rapl_refuse(channel, err, "cannot read %s: %s", channel->path, strerror(-err));
    if (channel->status == JB_DENIED) {
        snprintf(channel->fix, sizeof(channel->fix),
                 "joulebook doctor --fix   or, until reboot: sudo chgrp $(id -g) "
                 "/sys/class/powercap/intel-rapl*/energy_uj; sudo chmod g+r /sys/class/powercap/intel-rapl*/energy_uj");
    }
}

static void write_notes(const struct jb_source *source, const struct jb_powercap_zone *zone, struct jb_channel *channel)
{
    const struct jb_machine *machine = source->env->machine;
    uint64_t enabled;
    if (channel->note[0]) {
        return;
    }
    if (zone->guessed) {
        jb_copy(channel->note, sizeof(channel->note), "socket number guessed: the zone around does not tell it");
    } else if (zone->domain == JB_RAPL_CORES && machine && jb_streq(machine->cpu.vendor, "AMD")) {
        jb_copy(channel->note, sizeof(channel->note), "AMD: before Linux 5.17 this zone measures nothing real");
    } else if (read_zone_u64(source->env->root, zone, "enabled", &enabled) && enabled == 0) {
        jb_copy(channel->note, sizeof(channel->note), "zone is disabled: its power limits do not act; it still counts");
    }
}

static void open_counter(struct jb_source *source, struct jb_channel *channel, int zone)
{
    struct state *state = source->priv;
    int fd = jb_counter_open(source->env, channel->path);
    if (fd < 0) {
        refuse(channel, fd);
        return;
    }
    state->open[state->count].fd = fd;
    state->open[state->count].zone = zone;
    state->open[state->count++].channel = (int)(channel - source->channels);
}

/* When all are open: what the privileged helper gives shows nothing before its next moment, which is one for all. */
static void look_first(struct jb_source *source, const struct jb_powercap_zone *zones)
{
    struct state *state = source->priv;
    int opened = state->count;
    state->count = 0;
    for (int i = 0; i < opened; i++) {
        struct jb_channel *channel = &source->channels[state->open[i].channel];
        const struct jb_powercap_zone *zone = &zones[state->open[i].zone];
        uint64_t now;
        int err = jb_counter_read_first(state->open[i].fd, &now);
        if (err < 0) {
            refuse(channel, err);
            close(state->open[i].fd);
            continue;
        }
        raise_max_power(source->env->root, zone, channel);
        set_range(source->env->root, zone, channel, now);
        write_notes(source, zone, channel);
        state->open[state->count++] = state->open[i];
    }
}

static struct jb_channel *describe(struct jb_source *source, const struct jb_powercap_zone *zone)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    (void)jb_counter_path(zone->path, "energy_uj", channel->path, sizeof(channel->path));
    if (zone->understood) {
        jb_rapl_describe(channel, source->env->machine, zone->domain, zone->package, zone->die);
        make_id_unique(source, channel, zone->mmio);
        return channel;
    }
    snprintf(channel->id, sizeof(channel->id), "board/%s", strrchr(zone->path, '/') + 1);
    snprintf(channel->name, sizeof(channel->name), "powercap zone \"%s\"", zone->name);
    channel->domain = JB_DOMAIN_RAIL;
    channel->device = JB_DEVICE_BOARD;
    make_id_unique(source, channel, false);
    jb_rapl_refuse(channel, -ENOTSUP, "the zone's name is \"%s\": it is not known what it covers", zone->name);
    return channel;
}

static int powercap_open(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_powercap_zone zones[JB_POWERCAP_ZONES];
    size_t count = jb_powercap_zones(source->env->root, zones);
    int around = -1; /* channel of the package around the next subzones */
    for (size_t i = 0; i < count; i++) {
        const struct jb_powercap_zone *zone = &zones[i];
        struct jb_channel *channel = describe(source, zone);
        if (!channel) {
            break;
        }
        int index = (int)(channel - source->channels);
        if (zone->sub < 0) {
            around = zone->understood && zone->domain == JB_RAPL_PACKAGE ? index : -1;
        } else if (!zone->guessed && (channel->domain == JB_DOMAIN_CORE || channel->domain == JB_DOMAIN_UNCORE)) {
            channel->parent = around;
        }
        if (zone->understood) {
            open_counter(source, channel, (int)i);
        }
    }
    look_first(source, zones);
    return jb_rapl_result(source, diag);
}

static void powercap_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    for (int i = 0; i < state->count; i++) {
        uint64_t raw;
        uint64_t before_ns = jb_mono_ns();
        int err = jb_counter_read(state->open[i].fd, &raw);
        if (err == 0 && raw == state->open[i].raw && before_ns - state->open[i].renewed_ns >= RENEW_NS) {
            jb_counter_renew(state->open[i].fd);
            err = jb_counter_read(state->open[i].fd, &raw);
            state->open[i].renewed_ns = before_ns;
        }
        state->open[i].raw = err == 0 ? raw : state->open[i].raw;
        uint64_t after_ns = jb_mono_ns();
        if (err < 0) {
            jb_emit_failure(sink, state->open[i].channel, after_ns, jb_counter_status(err));
        } else {
            jb_emit(sink, state->open[i].channel, before_ns, after_ns, raw);
        }
    }
}

static void powercap_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->count > 0) {
        close(state->open[--state->count].fd);
    }
}

const struct jb_sensor_driver jb_sensor_rapl_powercap = {
    .name = "rapl-powercap",
    .title = "RAPL through powercap",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .open = powercap_open,
    .read = powercap_read,
    .close = powercap_close,
};
