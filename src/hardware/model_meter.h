/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_meter.h - what the drivers of power models share: how busy the CPUs are, and joules out of watts.
 *
 * No allocation after open, no clock of its own: the caller says when it is.
 */
#ifndef JB_HARDWARE_MODEL_METER_H
#define JB_HARDWARE_MODEL_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clock ticks of CPU time since boot, from a line of /proc/stat. */
struct jb_cpu_ticks {
    uint64_t busy, total; /* busy: all but idle and iowait; guest time is inside user time already */
};
/* The line of CPU `cpu`, or of all (-1). -ENOENT: no such line; -EBADMSG: not one of /proc/stat. */
int jb_cpu_ticks_parse(const char *stat, int cpu, struct jb_cpu_ticks *ret);

#define JB_BUSY_SNAPSHOTS 16
/*
 * The busy share over the last tenth of a second or more. Ticks are 10 ms long: over less than that the share would
 * jump between none and all, and the power curve is not straight, so that the jumps would not average out.
 */
struct jb_busy {
    int fd;            /* -1 */
    bool usage_is_v1;  /* see jb_cgroup */
    double group_cpus; /* > 0: fd is a group's CPU time and this many CPUs are all it may use */
    struct {
        uint64_t t_ns, busy, total;
    } snapshots[JB_BUSY_SNAPSHOTS];
    unsigned count, next;
    char text[4096]; /* the first line is enough; the rest is cut */
};
/* All CPUs of the machine, or the group at `usage_path` when group_cpus > 0. Negative errno when it cannot be read. */
int jb_busy_open(struct jb_busy *busy, const char *root, const char *usage_path, bool usage_is_v1, double group_cpus);
/* false: too soon after the last (10 ms), or unreadable (*ret_err < 0); 0..1 in *ret otherwise, 0 at first. */
bool jb_busy_read(struct jb_busy *busy, uint64_t now_ns, double *ret, int *ret_err);
void jb_busy_close(struct jb_busy *busy);

/* Watts integrated to microjoules without loss: what is less than one is kept for the next step. */
struct jb_joule_meter {
    uint64_t energy_uj, rest, last_ns;
    bool started;
};
/* The power since the last step was `power_w`; the first step only starts the clock. */
void jb_joule_meter_step(struct jb_joule_meter *meter, uint64_t now_ns, double power_w);

#endif
