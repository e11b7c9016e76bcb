/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jb_machine_probe(): looks everywhere once and puts together what was found. Order matters: the board and the memory
 * help to name the chip of ARM machines; the watts come last. A missing file leaves its field "not known".
 */
#include "hardware/hardware.h"

#include "hardware/cgroup.h"
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUINFO_FIRST ((size_t)16 << 10) /* holds the first CPU's record */
#define CPUINFO_LIMIT ((size_t)4 << 20)

/* At most `limit` bytes of /proc/cpuinfo; with thousands of CPUs it takes the kernel long to write it all. */
static char *read_cpuinfo(const char *root, size_t limit)
{
    JB_CLEANUP(jb_closep) int fd = jb_root_open(root, "/proc/cpuinfo", 0);
    if (fd < 0) {
        return NULL;
    }
    struct jb_buf text = {0};
    char block[8192];
    ssize_t n = 0;
    while (text.length < limit && (n = read(fd, block, sizeof block)) > 0) {
        jb_buf_add(&text, block, (size_t)n);
    }
    if (text.failed) {
        jb_buf_finish(&text);
    }
    return text.data;
}

static const char *vendor_name(const char *id)
{
    static const char *const names[][2] = {{"GenuineIntel", "Intel"},   {"AuthenticAMD", "AMD"},
                                           {"HygonGenuine", "Hygon"},   {"CentaurHauls", "VIA"},
                                           {"  Shanghai  ", "Zhaoxin"}, {"Shanghai", "Zhaoxin"}};
    for (size_t i = 0; i < JB_COUNT(names); i++) {
        if (strcmp(id, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return NULL;
}

static bool frequency_readable(const char *root)
{
    uint64_t now, most;
    return jb_root_read_u64(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", &now) == 0 &&
           jb_root_read_u64(root, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", &most) == 0 && most > 0;
}

static void name_cpu(const char *root, const struct jb_cpuinfo *info, struct jb_machine *machine)
{
    struct jb_cpu *cpu = &machine->cpu;
    char key[96], vendor[sizeof cpu->vendor];
    jb_copy(cpu->name, sizeof cpu->name, info->name);
    if (info->implementer != 0 || cpu->name[0] == '\0') { /* ARM's "ARMv7 Processor rev 3 (v7l)" names nothing */
        jb_soc_name(root, info, machine, cpu->name, sizeof cpu->name);
    }
    jb_cpu_key(cpu->name, key, sizeof key, vendor, sizeof vendor);
    const char *told = vendor_name(info->vendor);
    if (told == NULL && (jb_starts(cpu->name, "Neoverse") || jb_starts(cpu->name, "Cortex"))) {
        told = "ARM";
    }
    jb_copy(cpu->vendor, sizeof cpu->vendor, told != NULL ? told : vendor);
    cpu->family = info->family;
    cpu->model_number = info->model_number;
}

static bool probe_cpu(const char *root, struct jb_machine *machine)
{
    struct jb_cpu *cpu = &machine->cpu;
    struct jb_cpuinfo info;
    bool told = jb_cpu_topology_read(root, cpu);
    JB_CLEANUP(jb_freep) char *text = read_cpuinfo(root, told ? CPUINFO_FIRST : CPUINFO_LIMIT);
    jb_cpuinfo_parse(text != NULL ? text : "", &info);
    name_cpu(root, &info, machine);
    if (cpu->threads == 0) {
        cpu->threads = info.threads;
    }
    if (!told) {
        cpu->sockets = info.sockets;
        cpu->cores = info.cores != 0 ? info.cores : cpu->threads;
        for (unsigned i = 0; i < cpu->sockets && i < JB_MAX_SOCKETS; i++) {
            cpu->package_of[i] = (int)i;
        }
    }
    cpu->sockets = cpu->sockets == 0 ? 1 : cpu->sockets > JB_MAX_SOCKETS ? JB_MAX_SOCKETS : cpu->sockets;
    cpu->frequency = frequency_readable(root);
    return info.hypervisor;
}

/* Cores that the machine's threads make up. A guest's topology is invented, its threads are not. */
static double own_cores(const struct jb_machine *machine)
{
    const struct jb_cpu *cpu = &machine->cpu;
    bool x86 = strcmp(cpu->vendor, "Intel") == 0 || strcmp(cpu->vendor, "AMD") == 0 || cpu->family >= 0;
    if (machine->virtual_machine && x86) {
        return cpu->threads / 2.0;
    }
    return cpu->cores != 0 ? cpu->cores : cpu->threads;
}

static void power_of_family(struct jb_machine *machine)
{
    struct jb_cpu *cpu = &machine->cpu;
    const char *family;
    double w;
    cpu->found = jb_family_watts_per_core(cpu->name, &w, &family);
    if (cpu->threads == 0 && cpu->cores == 0) {
        cpu->found = JB_FOUND_NOT;
        return;
    }
    cpu->tdp_w = w * own_cores(machine);
    snprintf(cpu->source, sizeof cpu->source, "%s %s: %.1f W per core",
             cpu->found == JB_FOUND_FAMILY ? "family" : "guess,", family, w);
}

static void find_cpu_power(struct jb_machine *machine, const struct jb_parts_file *own, const char *own_name,
                           double hint_w)
{
    struct jb_cpu *cpu = &machine->cpu;
    const struct jb_part *part = jb_parts_file_find(own, "cpu", cpu->name);
    const char *table = part != NULL ? own_name : "hardware_power.csv";
    if (part == NULL) {
        part = jb_part_find("cpu", cpu->name);
    }
    if (part != NULL) {
        cpu->found = JB_FOUND_TABLE;
        cpu->tdp_w = part->tdp_w;
        cpu->table_cores = part->cores;
        jb_copy(cpu->model, sizeof cpu->model, part->model);
        snprintf(cpu->source, sizeof cpu->source, "%.60s: %.90s", table, part->source);
    } else {
        power_of_family(machine);
    }
    if (hint_w > 0) {
        cpu->found = JB_FOUND_CONFIG;
        cpu->tdp_w = hint_w;
        jb_copy(cpu->source, sizeof cpu->source, "config: cpu_tdp");
    }
}

static void find_gpu_power(struct jb_gpu_info *gpu, const struct jb_parts_file *own, const char *own_name)
{
    const struct jb_part *part = jb_parts_file_find(own, "gpu", gpu->name);
    const char *table = part != NULL ? own_name : "hardware_power.csv";
    if (part == NULL && gpu->name[0] != '\0') {
        part = jb_part_find("gpu", gpu->name);
    }
    if (part == NULL) {
        return;
    }
    gpu->found = JB_FOUND_TABLE;
    gpu->tdp_w = part->tdp_w;
    gpu->idle_w = part->idle_w;
    snprintf(gpu->source, sizeof gpu->source, "%.60s: %.90s", table, part->source);
}

static void probe_limits(const char *root, struct jb_machine *machine)
{
    struct jb_cgroup limits;
    jb_cgroup_read(root, &limits);
    machine->container |= limits.in_container_path;
    if (limits.cpus > 0 && limits.cpus < machine->cpu.threads) {
        machine->cpu_limit = limits.cpus;
    }
    if (limits.memory_bytes > 0 && limits.memory_bytes < machine->ram_bytes) {
        machine->ram_limit_bytes = limits.memory_bytes;
    }
}

int jb_machine_probe(const char *root, const struct jb_machine_hints *hints, struct jb_machine *ret,
                     struct jb_diag *diag)
{
    struct jb_machine machine;
    struct jb_parts_file own = {0};
    const char *table = hints != NULL ? hints->table_path : NULL;
    memset(&machine, 0, sizeof machine);
    jb_board_read(root, &machine);
    jb_memory_read(root, &machine);
    bool hypervisor_flag = probe_cpu(root, &machine);
    jb_virtual_read(root, hypervisor_flag, &machine);
    probe_limits(root, &machine);
    jb_gpus_read(root, &machine);
    int err = table != NULL && table[0] != '\0' ? jb_parts_load(table, &own, diag) : 0;
    find_cpu_power(&machine, &own, table, hints != NULL ? hints->cpu_tdp_w : 0);
    for (unsigned i = 0; i < machine.gpu_count; i++) {
        find_gpu_power(&machine.gpus[i], &own, table);
    }
    jb_parts_finish(&own);
    *ret = machine;
    return err;
}
