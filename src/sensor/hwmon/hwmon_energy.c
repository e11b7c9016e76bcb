/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_energy.c - the chips amd_energy (drivers/hwmon in Linux 5.8 to 5.12, since then github.com/amd/amd_energy) and
 * zenergy: energy counters of AMD's sockets, in microjoules, for root and its group.
 *
 * Odd: EsocketN is not socket N but NUMA node N, so that a socket of several nodes (NPS2, NPS4) is listed once for
 * each: they are one counter and one is taken. EcoreNNN, a counter for each core, are parts of their socket and left
 * alone. The driver adds up 32-bit counts so that they do not wrap; but since it knows 64-bit registers it passes on
 * those of Genoa as they are, which have been seen to be of 32 bits, and then the value falls back every 65536 J.
 */
#include "sensor/hwmon/hwmon.h"

#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/rapl.h"
#include "sensor/topology.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_LABELS  1024
#define MAX_CPUS    1024
#define MAX_PACKAGE 64
#define RANGE_UJ    (UINT64_C(65536) * 1000000) /* 2^32 counts of 2^-16 J, the unit of all Zens */

/* The socket that a NUMA node is on; -1: nobody can tell. */
static int package_of_node(const char *root, int node)
{
    char path[64], text[2048];
    int cpus[MAX_CPUS];
    struct jb_cpu_place place;
    snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
    if (jb_root_read(root, path, text, sizeof(text)) <= 0 || jb_cpu_list_parse(text, cpus, MAX_CPUS) < 1) {
        return -1;
    }
    jb_cpu_place(root, cpus[0], &place);
    return place.known && place.package < MAX_PACKAGE ? place.package : -1;
}

/* Those whose counts the driver adds up itself (bit32_rapl_cpus of amd_energy.c). */
static bool adds_up(const struct jb_machine *machine, const char *chip)
{
    const struct jb_cpu *cpu = machine ? &machine->cpu : NULL;
    return !jb_streq(chip, "amd_energy") || !cpu || (cpu->family == 0x17 && cpu->model_number == 0x31) ||
           (cpu->family == 0x19 && (cpu->model_number == 0x01 || cpu->model_number == 0x30));
}

static void add_socket(struct jb_source *source, const struct jb_hwmon_chip *chip, int index, int package, bool guessed)
{
    struct jb_hwmon_state *state = source->priv;
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return;
    }
    jb_rapl_describe(channel, source->env->machine, JB_RAPL_PACKAGE, package, -1);
    jb_hwmon_make_unique(source, channel);
    jb_hwmon_path(chip, "energy", index, "input", channel->path, sizeof(channel->path));
    jb_rapl_horizon(channel, RANGE_UJ);
    struct jb_hwmon_gauge gauge = {.channel = (int)(channel - source->channels), .first = state->fd_count};
    uint64_t now = 0;
    int err = jb_hwmon_add_file(source, &gauge, channel->path);
    err = err < 0 ? err : jb_hwmon_value(state, &gauge, &now);
    if (!adds_up(source->env->machine, chip->name) && now < RANGE_UJ) {
        channel->wrap = RANGE_UJ;
    }
    if (guessed) {
        jb_copy(channel->note, sizeof(channel->note), "socket number guessed: the NUMA node has no topology");
    }
    jb_hwmon_keep(source, &gauge, err);
}

void jb_hwmon_add_sockets(struct jb_source *source, const struct jb_hwmon_chip *chip)
{
    const char *root = source->env->root;
    bool seen[MAX_PACKAGE] = {false};
    for (int index = 1; index <= MAX_LABELS; index++) {
        char path[128], label[32];
        uint64_t node;
        jb_hwmon_path(chip, "energy", index, "label", path, sizeof(path));
        if (jb_root_read(root, path, label, sizeof(label)) < 0) {
            return; /* they are numbered without gaps */
        }
        if (!jb_starts(label, "Esocket") || jb_parse_u64(label + strlen("Esocket"), &node) < 0 || node >= MAX_PACKAGE) {
            continue;
        }
        int package = package_of_node(root, (int)node);
        bool guessed = package < 0;
        package = guessed ? (int)node : package;
        if (!seen[package]) {
            seen[package] = true;
            add_socket(source, chip, index, package, guessed);
        }
    }
}
