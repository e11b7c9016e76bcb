/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - the pieces of jb_machine_probe(), one file each (internal to hardware/).
 *
 * Functions that take text or bytes are pure and take anything (they are fuzzed); the others read files below root.
 * All leave "not known" (0, empty, -1) where nothing was found.
 */
#ifndef JB_HARDWARE_PROBE_H
#define JB_HARDWARE_PROBE_H

#include "hardware/hardware.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* cpuinfo.c: /proc/cpuinfo of x86, ARM, POWER and RISC-V. */
struct jb_cpuinfo {
    char name[128], vendor[16];
    char board[96];             /* "Raspberry Pi 4 Model B Rev 1.4", of 32-bit ARM and Raspberry kernels */
    int family, model_number;   /* -1 */
    unsigned implementer, part; /* of ARM */
    unsigned threads;           /* "processor" records seen */
    unsigned sockets, cores;    /* distinct "physical id", and "core id" within; 0: not told */
    bool hypervisor;            /* the flag of x86 */
};
void jb_cpuinfo_parse(const char *text, struct jb_cpuinfo *ret);
/* "Neoverse-N1" for 0x41, 0xd0c; NULL. */
const char *jb_arm_core_name(unsigned implementer, unsigned part);

/* topology.c: sockets, cores and online CPUs from /sys/devices/system/cpu. false: it does not tell. */
bool jb_cpu_topology_read(const char *root, struct jb_cpu *cpu);
/* "0-3,8,10-11" -> 7 CPUs into cpus[] (at most max are stored); 0 when it is no such list. */
size_t jb_cpu_numbers_parse(const char *text, unsigned *cpus, size_t max);

/* smbios.c: one entry of /sys/firmware/dmi/entries (raw). */
struct jb_dimm {
    uint64_t bytes; /* 0: empty slot */
    char type[16];  /* "DDR5 RDIMM", "DDR4", "LPDDR5"; empty */
};
bool jb_smbios_dimm(const uint8_t *raw, size_t length, struct jb_dimm *ret);
/* The string that the byte at `field` of the structure points to. */
bool jb_smbios_string(const uint8_t *raw, size_t length, size_t field, char *ret, size_t size);
void jb_cpu_name_by_firmware(const char *root, char *name, size_t size); /* of structure type 4 */

/* memory.c: MemTotal, modules. */
void jb_memory_read(const char *root, struct jb_machine *machine);

/* board.c: identity, board, laptop; virtual.c: hypervisor, container. */
void jb_board_read(const char *root, struct jb_machine *machine);
void jb_dmi_read(const char *root, const char *name, char *ret, size_t size);         /* "sys_vendor"; empty */
void jb_device_tree_read(const char *root, const char *name, char *ret, size_t size); /* the first string */
void jb_virtual_read(const char *root, bool hypervisor_flag, struct jb_machine *machine);

/* gpus.c: what /proc/driver/nvidia shows. */
void jb_gpus_read(const char *root, struct jb_machine *machine);
void jb_nvidia_information_parse(const char *text, struct jb_gpu_info *ret);

/* soc.c: a name that the table knows, for CPUs that do not say their model (ARM). */
void jb_soc_name(const char *root, const struct jb_cpuinfo *info, const struct jb_machine *machine, char *name,
                 size_t size);

/* parts_file.c: the user's table. */
struct jb_parts_file {
    struct jb_part *rows;
    size_t count;
};
int jb_parts_load(const char *path, struct jb_parts_file *ret, struct jb_diag *diag);
int jb_parts_parse(char *text, const char *name, struct jb_parts_file *ret, struct jb_diag *diag); /* cuts text up */
void jb_parts_finish(struct jb_parts_file *parts);
const struct jb_part *jb_parts_file_find(const struct jb_parts_file *parts, const char *kind, const char *name);

#endif
