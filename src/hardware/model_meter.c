/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads /proc/stat (proc(5)) or a control group's CPU time with a descriptor that stays open. Counters of /proc/stat
 * are known to step back (iowait, after a CPU went offline); such a window counts as idle rather than as a huge load.
 */
#include "hardware/model_meter.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/series.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEP_NS   (10 * JB_NS_PER_MS)
#define WINDOW_NS (95 * JB_NS_PER_MS) /* with readings 10 or 100 ms apart */

static const char *find_line(const char *stat, const char *name)
{
    size_t length = strlen(name);
    while (stat != NULL && *stat != '\0') {
        if (strncmp(stat, name, length) == 0 && (stat[length] == ' ' || stat[length] == '\t')) {
            return stat + length;
        }
        const char *end = strchr(stat, '\n');
        stat = end != NULL ? end + 1 : NULL;
    }
    return NULL;
}

int jb_cpu_ticks_parse(const char *stat, int cpu, struct jb_cpu_ticks *ret)
{
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
    char name[16];
    snprintf(name, sizeof name, cpu < 0 ? "cpu" : "cpu%d", cpu);
    const char *at = find_line(stat, name);
    if (at == NULL) {
        return -ENOENT;
    }
    uint64_t fields[FIELDS] = {0};
    size_t length = strcspn(at, "\n"), count = 0;
    const char *end = at + length;
    while (count < FIELDS && jb_scan_u64(at, (size_t)(end - at), &fields[count], &at) == 0) {
        count++;
    }
    if (count <= IDLE) {
        return -EBADMSG;
    }
    struct jb_cpu_ticks ticks = {0};
    for (int i = 0; i < FIELDS; i++) {
        if (fields[i] > UINT64_MAX / 16) {
            return -EBADMSG;
        }
        ticks.total += fields[i];
        /* Stolen time is the host's: no CPU ran for us. It is part of the whole, not of the busy. */
        ticks.busy += i != IDLE && i != IOWAIT && i != STEAL ? fields[i] : 0;
    }
    *ret = ticks;
    return 0;
}

static int group_usage_us(struct jb_busy *busy, uint64_t *ret)
{
    const char *at = busy->text, *end;
    if (!busy->usage_is_v1) {
        at = find_line(busy->text, "usage_usec");
    }
    uint64_t usage;
    if (at == NULL || jb_scan_u64(at, strlen(at), &usage, &end) < 0) {
        return -EBADMSG;
    }
    *ret = busy->usage_is_v1 ? usage / 1000 : usage;
    return 0;
}

static int take(struct jb_busy *busy, uint64_t now_ns, uint64_t *ret_busy, uint64_t *ret_total)
{
    ssize_t length = jb_series_pread_text(busy->fd, busy->text, sizeof busy->text);
    if (length < 0 && length != -EFBIG) {
        return (int)length;
    }
    if (busy->group_cpus > 0) {
        uint64_t now_us = now_ns / JB_NS_PER_US;
        *ret_total = (uint64_t)((double)now_us * busy->group_cpus);
        return group_usage_us(busy, ret_busy);
    }
    struct jb_cpu_ticks ticks;
    int err = jb_cpu_ticks_parse(busy->text, -1, &ticks);
    if (err == 0) {
        *ret_busy = ticks.busy;
        *ret_total = ticks.total;
    }
    return err;
}

int jb_busy_open(struct jb_busy *busy, const char *root, const char *usage_path, bool usage_is_v1, double group_cpus)
{
    uint64_t b = 0, t = 0;
    busy->group_cpus = group_cpus;
    busy->usage_is_v1 = usage_is_v1;
    busy->fd = jb_series_open(root, group_cpus > 0 ? usage_path : "/proc/stat", 0);
    if (busy->fd < 0) {
        return busy->fd;
    }
    int err = take(busy, 0, &b, &t);
    if (err < 0) {
        jb_busy_close(busy);
    }
    return err;
}

void jb_busy_close(struct jb_busy *busy)
{
    jb_closep(&busy->fd);
    busy->fd = -1;
}

/* Place of the newest snapshot that is a window old, or else of the oldest. */
static unsigned window_start(const struct jb_busy *busy, uint64_t now_ns)
{
    unsigned best = (busy->next + JB_BUSY_SNAPSHOTS - busy->count) % JB_BUSY_SNAPSHOTS;
    for (unsigned i = 0; i < busy->count; i++) {
        unsigned at = (best + 1) % JB_BUSY_SNAPSHOTS;
        if (at == busy->next || now_ns - busy->snapshots[at].t_ns < WINDOW_NS) {
            break;
        }
        best = at;
    }
    return best;
}

bool jb_busy_read(struct jb_busy *busy, uint64_t now_ns, double *ret, int *ret_err)
{
    uint64_t b = 0, t = 0;
    *ret_err = 0;
    unsigned newest = (busy->next + JB_BUSY_SNAPSHOTS - 1) % JB_BUSY_SNAPSHOTS;
    if (busy->count > 0 && now_ns - busy->snapshots[newest].t_ns < STEP_NS) {
        return false;
    }
    *ret_err = take(busy, now_ns, &b, &t);
    if (*ret_err < 0) {
        return false;
    }
    *ret = 0;
    if (busy->count > 0) {
        unsigned from = window_start(busy, now_ns);
        uint64_t b0 = busy->snapshots[from].busy, t0 = busy->snapshots[from].total;
        if (b > b0 && t > t0) {
            *ret = fmin(1, (double)(b - b0) / (double)(t - t0));
        }
    }
    busy->snapshots[busy->next].t_ns = now_ns;
    busy->snapshots[busy->next].busy = b;
    busy->snapshots[busy->next].total = t;
    busy->next = (busy->next + 1) % JB_BUSY_SNAPSHOTS;
    busy->count += busy->count < JB_BUSY_SNAPSHOTS;
    return true;
}

void jb_joule_meter_step(struct jb_joule_meter *meter, uint64_t now_ns, double power_w)
{
    if (meter->started && now_ns > meter->last_ns && power_w > 0 && power_w < 1e9) {
        unsigned __int128 work = (unsigned __int128)(uint64_t)llround(power_w * 1e6) * (now_ns - meter->last_ns);
        work += meter->rest; /* microwatts x nanoseconds: 1e9 of them are a microjoule */
        meter->energy_uj += (uint64_t)(work / JB_NS_PER_S);
        meter->rest = (uint64_t)(work % JB_NS_PER_S);
    }
    if (!meter->started || now_ns > meter->last_ns) {
        meter->last_ns = now_ns;
    }
    meter->started = true;
}
