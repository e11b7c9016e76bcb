/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpufreq: scaling_cur_freq over the base clock, which is base_frequency (intel_pstate), acpi_cppc/nominal_freq (in
 * MHz), or else the most the CPU can do (Documentation/admin-guide/pm/cpufreq.rst). Odd: reading scaling_cur_freq may
 * make the kernel ask or even wait for the CPU.
 */
#include "hardware/frequency.h"

#include "hardware/model_meter.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/series.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PERIOD_NS  JB_NS_PER_S
#define COST_LIMIT 1000 /* a look may take this part of the time until the next */

static uint64_t read_khz(const char *root, unsigned cpu, const char *file, uint64_t scale)
{
    char path[96];
    uint64_t value;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/%s", cpu, file);
    return jb_root_read_u64(root, path, &value) == 0 && value > 0 && value < 100000000 ? value * scale : 0;
}

static uint64_t base_khz(const char *root, unsigned cpu)
{
    uint64_t khz = read_khz(root, cpu, "cpufreq/base_frequency", 1);
    if (khz == 0) {
        khz = read_khz(root, cpu, "acpi_cppc/nominal_freq", 1000);
    }
    return khz != 0 ? khz : read_khz(root, cpu, "cpufreq/cpuinfo_max_freq", 1);
}

int jb_frequency_open(struct jb_frequency *frequency, const char *root, unsigned threads)
{
    frequency->count = 0;
    frequency->share = 1;
    frequency->due_ns = 0;
    frequency->stat_fd = -1;
    unsigned step = threads > JB_FREQUENCY_SAMPLE ? threads / JB_FREQUENCY_SAMPLE : 1;
    for (unsigned cpu = 0; cpu < threads && frequency->count < JB_FREQUENCY_SAMPLE; cpu += step) {
        char path[96];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_cur_freq", cpu);
        uint64_t base = base_khz(root, cpu);
        int fd = base > 0 ? jb_series_open(root, path, 0) : -1;
        if (fd >= 0) {
            frequency->cpus[frequency->count].fd = fd;
            frequency->cpus[frequency->count].cpu = cpu;
            frequency->cpus[frequency->count].base_khz = base;
            frequency->cpus[frequency->count].busy = 0;
            frequency->count++;
        }
    }
    if (frequency->count == 0) {
        return -ENOENT;
    }
    frequency->stat_fd = jb_series_open(root, "/proc/stat", 0);
    return 0;
}

/* How many ticks the CPU was busy since the last look. */
static uint64_t busy_since(struct jb_frequency *frequency, unsigned i)
{
    struct jb_cpu_ticks ticks;
    if (jb_cpu_ticks_parse(frequency->text, (int)frequency->cpus[i].cpu, &ticks) < 0) {
        return 0;
    }
    uint64_t before = frequency->cpus[i].busy;
    frequency->cpus[i].busy = ticks.busy;
    return ticks.busy > before ? ticks.busy - before : 0;
}

static bool clock_share(int fd, uint64_t base_khz, double *ret)
{
    char text[32];
    uint64_t khz;
    const char *end;
    ssize_t length = jb_series_pread_text(fd, text, sizeof text);
    if (length <= 0 || jb_scan_u64(text, (size_t)length, &khz, &end) < 0 || khz == 0) {
        return false;
    }
    *ret = khz < base_khz ? (double)khz / (double)base_khz : 1;
    return true;
}

static void look(struct jb_frequency *frequency)
{
    double weighted = 0, weights = 0, plain = 0;
    unsigned seen = 0;
    frequency->text[0] = '\0';
    if (frequency->stat_fd >= 0) {
        jb_series_pread_text(frequency->stat_fd, frequency->text, sizeof frequency->text);
    }
    for (unsigned i = 0; i < frequency->count; i++) {
        double share, weight = (double)busy_since(frequency, i);
        if (clock_share(frequency->cpus[i].fd, frequency->cpus[i].base_khz, &share)) {
            weighted += weight * share;
            weights += weight;
            plain += share;
            seen++;
        }
    }
    if (weights > 0) {
        frequency->share = weighted / weights;
    } else if (seen > 0) {
        frequency->share = plain / seen; /* nobody was busy: what little is done is done at this clock */
    } else {
        frequency->share = 1;
    }
}

double jb_frequency_share(struct jb_frequency *frequency, uint64_t now_ns)
{
    if (frequency->count > 0 && now_ns >= frequency->due_ns) {
        uint64_t before = jb_mono_ns();
        look(frequency);
        uint64_t pause = (jb_mono_ns() - before) * COST_LIMIT;
        frequency->due_ns = now_ns + (pause > PERIOD_NS ? pause : PERIOD_NS);
    }
    return frequency->count > 0 ? frequency->share : 1;
}

void jb_frequency_close(struct jb_frequency *frequency)
{
    for (unsigned i = 0; i < frequency->count; i++) {
        jb_closep(&frequency->cpus[i].fd);
    }
    if (frequency->count > 0) {
        jb_closep(&frequency->stat_fd);
    }
    frequency->count = 0;
}
