/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl.c - the RAPL domains (Intel SDM vol. 3B 15.10, AMD PPR): what they cover, how far they can be believed.
 *
 * Errors, one sigma of the energy: measured on-die since Haswell and Zen, published comparisons with external meters
 * find 1 to 3 % for the package; DRAM is worse because the modules differ from what the firmware assumes; psys is a
 * sense resistor of the board's maker, calibrated or not.
 */
#include "sensor/rapl.h"

#include "base/diag.h"
#include "base/text.h"
#include "hardware/hardware.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define WATT UINT64_C(1000000) /* in microwatts */

struct traits {
    const char *id, *name;
    enum jb_domain domain;
    enum jb_device device;
    double rel_error;
};

static const struct traits traits[] = {
    [JB_RAPL_PACKAGE] = {"package", "package", JB_DOMAIN_PACKAGE, JB_DEVICE_CPU, 0.02},
    [JB_RAPL_CORES] = {"cores", "cores", JB_DOMAIN_CORE, JB_DEVICE_CPU, 0.02},
    [JB_RAPL_UNCORE] = {"uncore", "graphics", JB_DOMAIN_UNCORE, JB_DEVICE_CPU, 0.02},
    [JB_RAPL_DRAM] = {"dram", "memory", JB_DOMAIN_DRAM, JB_DEVICE_RAM, 0.05},
    [JB_RAPL_PSYS] = {"psys", "platform", JB_DOMAIN_PSYS, JB_DEVICE_BOARD, 0.10},
};

/* Twice the TDP, but not less than 250 W: a 15 W laptop part may draw 64 W in turbo and more for milliseconds, and a
 * limit that is too low throws joules away, while wraps are told from bursts by orders of magnitude. */
static uint64_t socket_max_uw(const struct jb_machine *machine)
{
    if (!machine || !(machine->cpu.tdp_w > 0) || !(machine->cpu.tdp_w < 10000)) {
        return 1000 * WATT;
    }
    uint64_t twice_uw = (uint64_t)(2 * machine->cpu.tdp_w * (double)WATT);
    /* Watts per core times the cores we see: in a virtual machine these are not the socket's. */
    bool sure = machine->cpu.found == JB_FOUND_TABLE || machine->cpu.found == JB_FOUND_CONFIG;
    uint64_t least_uw = (sure ? 250 : 1000) * WATT;
    return twice_uw > least_uw ? twice_uw : least_uw;
}

static uint64_t max_power_uw(const struct jb_machine *machine, enum jb_rapl_domain domain)
{
    if (domain == JB_RAPL_DRAM) {
        return 300 * WATT;
    }
    uint64_t socket_uw = socket_max_uw(machine);
    if (domain != JB_RAPL_PSYS) {
        return socket_uw;
    }
    uint64_t sockets = machine && machine->cpu.sockets ? machine->cpu.sockets : 1;
    uint64_t all_uw = sockets > JB_MAX_SOCKETS ? 0 : sockets * (socket_uw + 300 * WATT);
    return all_uw > 3000 * WATT ? all_uw : 3000 * WATT;
}

static void write_name(struct jb_channel *channel, const struct jb_machine *machine, enum jb_rapl_domain domain,
                       int package, int die)
{
    const char *what = traits[domain].name;
    if (domain == JB_RAPL_PSYS) {
        jb_copy(channel->name, sizeof(channel->name), "whole platform (psys)");
    } else if (domain == JB_RAPL_PACKAGE && die < 0 && machine && machine->cpu.name[0]) {
        jb_copy(channel->name, sizeof(channel->name), machine->cpu.name);
    } else if (die >= 0) {
        snprintf(channel->name, sizeof(channel->name), "%s of socket %d, die %d", what, package, die);
    } else {
        snprintf(channel->name, sizeof(channel->name), "%s of socket %d", what, package);
    }
}

void jb_rapl_describe(struct jb_channel *channel, const struct jb_machine *machine, enum jb_rapl_domain domain,
                      int package, int die)
{
    const struct traits *t = &traits[domain];
    const char *device = jb_device_name(t->device);
    if (domain == JB_RAPL_PSYS) {
        package = die = -1;
    }
    if (package < 0) {
        snprintf(channel->id, sizeof(channel->id), "%s/%s", device, t->id);
    } else if (die < 0) {
        snprintf(channel->id, sizeof(channel->id), "%s/%d/%s", device, package, t->id);
    } else {
        snprintf(channel->id, sizeof(channel->id), "%s/%d/die%d/%s", device, package, die, t->id);
    }
    write_name(channel, machine, domain, package, die);
    channel->method = JB_METHOD_COUNTER;
    channel->domain = t->domain;
    channel->device = t->device;
    channel->unit = package;
    channel->die = die;
    channel->max_power_uw = max_power_uw(machine, domain);
    channel->refresh_ns = 1000000; /* 0.976 ms */
    channel->rel_error = t->rel_error;
}

void jb_rapl_horizon(struct jb_channel *channel, uint64_t range_uj)
{
    unsigned __int128 ns = (unsigned __int128)range_uj * 1000000000u / channel->max_power_uw;
    channel->horizon_ns = ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

static enum jb_status status_of(int err)
{
    switch (err) {
    case -EACCES:
    case -EPERM:
        return JB_DENIED;
    case -ENOENT:
    case -ENODEV:
    case -ENOTSUP:
    case -ENOSYS:
        return JB_UNSUPPORTED;
    default:
        return JB_FAILED;
    }
}

void jb_rapl_refuse(struct jb_channel *channel, int err, const char *format, ...)
{
    channel->status = status_of(err);
    va_list args;
    va_start(args, format);
    jb_vsnprintf(channel->reason, sizeof(channel->reason), format, args);
    va_end(args);
}

int jb_rapl_result(const struct jb_source *source, struct jb_diag *diag)
{
    return jb_source_result(source, "RAPL names no energy counter", diag);
}
