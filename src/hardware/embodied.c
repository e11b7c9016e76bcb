/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What making the machine emitted, after the SCI specification (ISO/IEC 21031): total x time share x reserved share.
 * Figures: Boavizta's factors (CPU 9.14 kg + 0.0197 kg/mm2, board, case, supply, assembly), SCI-IF (1.39 kg per GB of
 * memory, 150 kg a GPU), NVIDIA's HGX H100 declaration (164 kg a board), and the medians of Boavizta's 1,226 product
 * declarations for laptops and desktops. Die areas are not in our table: 20 mm2 a core is our own middle of a server's
 * (EPYC 7742: 16) and a desktop's (25). All in all a factor of two is possible: rel_error 0.5.
 */
#include "hardware/hardware.h"

#include "hardware/pattern.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_LIFETIME_S (35040.0 * 3600) /* four years */
#define CPU_KG             9.14
#define CPU_KG_PER_MM2     0.0197
#define MM2_PER_CORE       20.0
#define RAM_KG_PER_GB      1.39
#define GPU_KG             150.0
#define GPU_KG_H100        164.0
/* Board, rack case, assembly, and two supplies of 3 kg at 24.3 kg per kg. */
#define SERVER_KG      (66.1 + 150 + 6.68 + 2 * 3 * 24.3)
#define LAPTOP_KG      241.0 /* whole */
#define DESKTOP_KG     301.0
#define SMALL_BOARD_KG 15.0 /* a single-board computer: our guess */
#define HOST_SOCKETS   2    /* of the server that a guest runs on */
#define HOST_CORES     64   /* of its socket, where no model tells */
#define GB             1e9

static bool is_server(const struct jb_machine *machine)
{
    static const char names[] = "xeon.*(platinum|gold|silver|bronze|max|\\be[57]|6\\d{3}[pe]|cpu @|processor)|epyc"
                                "|opteron|altra|ampere|neoverse|graviton|axion|cobalt|kunpeng|grace";
    return machine->virtual_machine || machine->cpu.sockets > 1 || jb_pattern_found(names, true, machine->cpu.name);
}

static double gpu_kg(const struct jb_machine *machine, unsigned measured)
{
    unsigned count = machine->gpu_count > measured ? machine->gpu_count : measured; /* the same boards, seen twice */
    double kg = 0;
    for (unsigned i = 0; i < count; i++) {
        bool big =
            i < machine->gpu_count && jb_pattern_found("\\b[bh][12358]00|gh200|h20\\b", true, machine->gpus[i].name);
        kg += big ? GPU_KG_H100 : GPU_KG;
    }
    return kg;
}

static double base_kg(const struct jb_machine *machine, const char **ret_kind, double parts_kg)
{
    bool x86 = machine->cpu.family >= 0;
    if (machine->laptop && !machine->virtual_machine) {
        *ret_kind = "laptop";
        return fmax(LAPTOP_KG - parts_kg, LAPTOP_KG / 4);
    }
    if (is_server(machine)) {
        *ret_kind = "server";
        return SERVER_KG;
    }
    if (!x86) {
        *ret_kind = "small board";
        return SMALL_BOARD_KG;
    }
    *ret_kind = "desktop";
    return fmax(DESKTOP_KG - parts_kg, DESKTOP_KG / 4);
}

static double fraction(double part, double whole)
{
    return whole > 0 && part < whole ? part / whole : 1;
}

/* The share of the CPUs, and of the box around them, that is ours. */
static void shares(const struct jb_machine *machine, double sockets, double socket_cores, double *ret_cpu,
                   double *ret_base)
{
    *ret_cpu = *ret_base = 1;
    if (machine->virtual_machine) {
        double cores = machine->cpu.family >= 0 ? machine->cpu.threads / 2.0 : machine->cpu.threads;
        *ret_cpu = fraction(cores, sockets * socket_cores);
        *ret_base = fraction(cores, fmax(sockets, HOST_SOCKETS) * socket_cores);
    }
    if (machine->container && machine->cpu_limit > 0) {
        double quota = fraction(machine->cpu_limit, machine->cpu.threads);
        *ret_cpu *= quota;
        *ret_base *= quota;
    }
}

void jb_embodied(const struct jb_machine *machine, unsigned measured_gpus, double override_kg, double lifetime_s,
                 struct jb_embodied *ret)
{
    const struct jb_cpu *cpu = &machine->cpu;
    struct jb_embodied e = {.rel_error = 0.5};
    double sockets = cpu->sockets > 0 ? cpu->sockets : 1;
    double cores = cpu->table_cores > 0       ? cpu->table_cores
                   : machine->virtual_machine ? HOST_CORES
                                              : fmax(cpu->cores, 1) / sockets;
    double cpu_share, base_share;
    const char *kind;
    e.cpu_kg = sockets * (CPU_KG + CPU_KG_PER_MM2 * MM2_PER_CORE * cores);
    e.ram_kg = RAM_KG_PER_GB * (double)machine->ram_bytes / GB;
    e.gpu_kg = gpu_kg(machine, measured_gpus);
    e.base_kg = base_kg(machine, &kind, e.cpu_kg + e.ram_kg);
    e.total_kg = e.cpu_kg + e.ram_kg + e.gpu_kg + e.base_kg;
    shares(machine, sockets, cores, &cpu_share, &base_share);
    bool limited = machine->container && machine->ram_limit_bytes > 0;
    double ram_share = limited ? fraction((double)machine->ram_limit_bytes, (double)machine->ram_bytes) : 1;
    /* Whose the boards are that we see is not in doubt: accelerators are handed out whole. */
    e.reserved = (e.cpu_kg * cpu_share + e.base_kg * base_share + e.ram_kg * ram_share + e.gpu_kg) / e.total_kg;
    e.lifetime_s = lifetime_s > 0 ? lifetime_s : DEFAULT_LIFETIME_S;
    snprintf(e.source, sizeof e.source, "%s: Boavizta and SCI factors, 20 mm2 a core; %.0f %% of it ours", kind,
             e.reserved * 100);
    if (override_kg > 0) {
        e.total_kg = override_kg;
        e.rel_error = 0.1;
        snprintf(e.source, sizeof e.source, "config: %.4g kg; %.0f %% of it ours", override_kg, e.reserved * 100);
    }
    *ret = e;
}

double jb_embodied_g(const struct jb_embodied *embodied, double duration_s)
{
    if (!(duration_s > 0) || !(embodied->lifetime_s > 0)) {
        return 0;
    }
    return embodied->total_kg * 1000 * embodied->reserved * duration_s / embodied->lifetime_s;
}
