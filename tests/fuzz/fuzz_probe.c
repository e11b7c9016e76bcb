/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What describes a machine, of any bytes: the first byte chooses the reader, the rest is what it reads. The CPU model
 * of whatever came out must be finite.
 */
#include "hardware/cgroup.h"
#include "hardware/hardware.h"
#include "hardware/model_meter.h"
#include "hardware/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static void cpuinfo(const char *text)
{
    struct jb_cpuinfo info;
    struct jb_machine machine;
    struct jb_cpu_power_model cpu;
    struct jb_ram_power_model ram;
    struct jb_embodied made;
    memset(&machine, 0, sizeof machine);
    jb_cpuinfo_parse(text, &info);
    memcpy(machine.cpu.name, info.name, sizeof machine.cpu.name);
    memcpy(machine.cpu.vendor, info.vendor, sizeof machine.cpu.vendor);
    machine.cpu.sockets = info.sockets;
    machine.cpu.cores = info.cores;
    machine.cpu.threads = info.threads;
    machine.cpu.found = JB_FOUND_TABLE;
    machine.cpu.tdp_w = 100;
    machine.virtual_machine = info.hypervisor;
    machine.container = true;
    machine.cpu_limit = 0.5;
    jb_cpu_power_model(&machine, &cpu);
    jb_ram_power_model(&machine, &ram);
    jb_embodied(&machine, 1, 0, 0, &made);
    check(isfinite(jb_cpu_power_w(&cpu, 0.5)) && isfinite(ram.full_w) && isfinite(made.total_kg));
    check(jb_cpu_power_w(&cpu, 0) <= jb_cpu_power_w(&cpu, 1));
    check(made.reserved > 0 && made.reserved <= 1.000001);
    jb_arm_core_name(info.implementer, info.part);
}

static void texts(int which, char *text)
{
    unsigned cpus[64];
    char path[64];
    struct jb_cpu_ticks ticks;
    struct jb_gpu_info gpu;
    struct jb_parts_file parts;
    switch (which) {
    case 0:
        cpuinfo(text);
        break;
    case 1:
        check(jb_cpu_numbers_parse(text, cpus, 64) <= 64);
        break;
    case 2:
        jb_cgroup_path(text, "cpu", path, sizeof path);
        jb_cgroup_path(text, "", path, sizeof path);
        check(jb_cgroup_cpu_max(text) >= 0);
        break;
    case 3:
        check(jb_cpu_ticks_parse(text, -1, &ticks) != 0 || ticks.busy <= ticks.total);
        jb_cpu_ticks_parse(text, 3, &ticks);
        break;
    case 4:
        memset(&gpu, 0, sizeof gpu);
        jb_nvidia_information_parse(text, &gpu);
        break;
    default:
        if (jb_parts_parse(text, "fuzz", &parts, NULL) == 0) {
            jb_parts_file_find(&parts, "cpu", "AMD EPYC 7742");
            jb_parts_finish(&parts);
        }
        break;
    }
}

static void smbios(const uint8_t *raw, size_t length)
{
    struct jb_dimm dimm;
    char text[16];
    jb_smbios_dimm(raw, length, &dimm);
    for (size_t field = 0; field < 24; field++) {
        jb_smbios_string(raw, length, field, text, sizeof text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *copy = malloc(size); /* exactly as long, so that a step beyond is seen */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    int which = (data[0] - '0') & 7;
    if (which == 6) {
        smbios((const uint8_t *)copy, size - 1);
    } else {
        texts(which, copy);
    }
    free(copy);
    return 0;
}
