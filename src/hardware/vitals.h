/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vitals.h - one look at what a Jetson's owner watches beside power: what jtop shows, from the files that jtop reads.
 *
 * What a board does not have, or does not let us read, is unknown and never 0; what it has but has switched off (a
 * core, an engine, a sensor) is off. Much of it lies in debugfs and is for root alone.
 *
 * The parsers take text and know no files; jb_vitals_read() reads below a root and may wait for firmware: it is called
 * on a thread of its own.
 */
#ifndef JB_HARDWARE_VITALS_H
#define JB_HARDWARE_VITALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_VITALS_CPUS  128
#define JB_VITALS_NAMED 24 /* engines, fans, temperatures: so many of each */
#define JB_VITALS_NAME  24

#define JB_VITAL_UNKNOWN INT64_MIN
#define JB_VITAL_OFF     (INT64_MIN + 1)

struct jb_vital {
    char name[JB_VITALS_NAME]; /* letters, digits, '_', '-', '.' */
    int64_t value;             /* or JB_VITAL_OFF */
};

struct jb_vitals_list {
    struct jb_vital items[JB_VITALS_NAMED];
    size_t count;
};

struct jb_vitals {
    int64_t uptime_ms;
    size_t cpu_count;                    /* present, switched off ones included */
    int64_t cpu_percent[JB_VITALS_CPUS]; /* busy since the look before; 0..100 */
    int64_t ram_kb, ram_used_kb;         /* used: without buffers and cache, as jtop counts */
    int64_t swap_kb, swap_used_kb;
    int64_t emc_percent; /* of the memory's bandwidth */
    int64_t gpu_permille, gpu_hz;
    struct jb_vitals_list engines; /* kHz */
    struct jb_vitals_list fans;    /* pulse width, 0..255 */
    struct jb_vitals_list temps;   /* thousandths of a degree Celsius */
    char nvp_model[32];            /* name of the power mode; empty: not known */
};

/* What is kept between two looks. */
struct jb_vitals_state {
    const char *root;
    int stat_fd, meminfo_fd, load_fd, frequency_fd; /* -1: not open */
    struct {
        uint64_t idle, total;
        bool seen;
    } cpus[JB_VITALS_CPUS];
    char nvp_status[64], nvp_model[32];
};

void jb_vitals_init(struct jb_vitals_state *state, const char *root); /* root must outlive it */
void jb_vitals_finish(struct jb_vitals_state *state);
void jb_vitals_read(struct jb_vitals_state *state, struct jb_vitals *ret);

/* stat: /proc/stat; present: /sys/devices/system/cpu/present, "0-5". Busy is all but idle, of seven fields, as in jtop:
 * waiting for the disk is busy. CPUs that stat does not list are off; at their first look they are unknown. */
void jb_vitals_cpus(struct jb_vitals_state *state, const char *stat, const char *present, struct jb_vitals *ret);
void jb_vitals_memory(const char *meminfo, struct jb_vitals *ret);
/* A zone's name as jtop shortens it: "CPU-therm" is CPU, "Tboard_tegra" is Tboard. False: one that it leaves out. */
bool jb_vitals_zone(const char *type, char name[JB_VITALS_NAME]);
/* Name of the mode that status ("pmode:0002") says, by /etc/nvpmodel.conf. Empty when they do not tell. */
void jb_vitals_nvp(const char *status, const char *conf, char name[32]);
void jb_vitals_add(struct jb_vitals_list *list, const char *name, int64_t value); /* a taken name gets a number */

#endif
