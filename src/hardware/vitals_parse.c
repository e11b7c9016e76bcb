/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the texts of the kernel and of L4T say. Formulas are those of jetson_stats (jtop/core/cpu.py, memory.py,
 * temperature.py), so that a log of ours can stand where one of jtop's stood; proc(5); nvpmodel.conf of L4T.
 *
 * Odd: jtop 4.2 takes the difference to the difference before, which jumps; ours is to the count before, as it means.
 */
#include "hardware/vitals.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define FIELDS 7 /* user, nice, system, idle, iowait, irq, softirq */
#define IDLE   3

static bool next_number(const char **at, uint64_t *ret)
{
    return jb_scan_u64(*at, strlen(*at), ret, at) == 0;
}

/* "0-3,5" */
static void mark_present(const char *present, bool set[JB_VITALS_CPUS])
{
    uint64_t first, last;
    while (next_number(&present, &first)) {
        last = first;
        if (*present == '-') {
            present++;
            if (!next_number(&present, &last)) {
                return;
            }
        }
        for (uint64_t cpu = first; cpu <= last && cpu < JB_VITALS_CPUS; cpu++) {
            set[cpu] = true;
        }
        if (*present != ',') {
            return;
        }
        present++;
    }
}

static int64_t busy_percent(struct jb_vitals_state *state, size_t cpu, const char *at)
{
    uint64_t total = 0, idle = 0;
    for (int i = 0; i < FIELDS; i++) {
        uint64_t value;
        if (!next_number(&at, &value) || __builtin_add_overflow(total, value, &total)) {
            return JB_VITAL_UNKNOWN;
        }
        idle = i == IDLE ? value : idle;
    }
    bool seen = state->cpus[cpu].seen && total > state->cpus[cpu].total && idle >= state->cpus[cpu].idle;
    uint64_t idle_ticks = idle - state->cpus[cpu].idle, ticks = total - state->cpus[cpu].total;
    state->cpus[cpu].idle = idle;
    state->cpus[cpu].total = total;
    state->cpus[cpu].seen = true;
    if (!seen || idle_ticks > ticks) {
        return JB_VITAL_UNKNOWN;
    }
    return 100 - (int64_t)(100.0 * (double)idle_ticks / (double)ticks);
}

void jb_vitals_cpus(struct jb_vitals_state *state, const char *stat, const char *present, struct jb_vitals *ret)
{
    bool here[JB_VITALS_CPUS] = {false}, listed[JB_VITALS_CPUS] = {false};
    ret->cpu_count = 0;
    mark_present(present, here);
    for (const char *line = stat; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        uint64_t cpu;
        const char *at = line + 3;
        if (!jb_starts(line, "cpu") || !isdigit((unsigned char)*at) || !next_number(&at, &cpu) ||
            cpu >= JB_VITALS_CPUS) {
            continue;
        }
        here[cpu] = listed[cpu] = true;
        ret->cpu_percent[cpu] = busy_percent(state, (size_t)cpu, at);
    }
    for (size_t cpu = 0; cpu < JB_VITALS_CPUS; cpu++) {
        if (here[cpu]) {
            ret->cpu_count = cpu + 1;
        }
        if (!listed[cpu]) {
            ret->cpu_percent[cpu] = here[cpu] && stat != NULL && stat[0] != '\0' ? JB_VITAL_OFF : JB_VITAL_UNKNOWN;
            state->cpus[cpu].seen = false;
        }
    }
}

/* "MemTotal:       64349628 kB" */
static int64_t meminfo_kb(const char *meminfo, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = meminfo; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *at = line + length + 1;
        uint64_t value;
        if (strncmp(line, key, length) == 0 && line[length] == ':' && next_number(&at, &value) &&
            value <= INT64_MAX / 1024) {
            return (int64_t)value;
        }
    }
    return JB_VITAL_UNKNOWN;
}

void jb_vitals_memory(const char *meminfo, struct jb_vitals *ret)
{
    int64_t total = meminfo_kb(meminfo, "MemTotal"), free = meminfo_kb(meminfo, "MemFree");
    int64_t buffers = meminfo_kb(meminfo, "Buffers"), cached = meminfo_kb(meminfo, "Cached");
    int64_t swap = meminfo_kb(meminfo, "SwapTotal"), swap_free = meminfo_kb(meminfo, "SwapFree");
    bool told = total > 0 && free >= 0 && buffers >= 0 && cached >= 0 && free <= total && buffers <= total - free &&
                cached <= total - free - buffers;
    ret->ram_kb = told ? total : JB_VITAL_UNKNOWN;
    ret->ram_used_kb = told ? total - free - buffers - cached : JB_VITAL_UNKNOWN;
    told = swap >= 0 && swap_free >= 0 && swap_free <= swap;
    ret->swap_kb = told ? swap : JB_VITAL_UNKNOWN;
    ret->swap_used_kb = told ? swap - swap_free : JB_VITAL_UNKNOWN;
}

bool jb_vitals_zone(const char *type, char name[JB_VITALS_NAME])
{
    const char *end = strchr(type, '-');
    end = end != NULL ? end : strchr(type, '_');
    size_t length = end != NULL ? (size_t)(end - type) : strlen(type);
    if (length == 0 || length >= JB_VITALS_NAME || strstr(type, "PMIC") != NULL) {
        return false;
    }
    memcpy(name, type, length);
    name[length] = '\0';
    return true;
}

void jb_vitals_nvp(const char *status, const char *conf, char name[32])
{
    const char *at = strstr(status, "pmode:");
    uint64_t mode, id;
    name[0] = '\0';
    at = at != NULL ? at + strlen("pmode:") : "";
    if (!next_number(&at, &mode)) {
        return;
    }
    for (const char *row = conf; (row = strstr(row, "POWER_MODEL ID=")) != NULL;) {
        row += strlen("POWER_MODEL ID=");
        if (!next_number(&row, &id) || id != mode) {
            continue;
        }
        row += strspn(row, " ");
        if (!jb_starts(row, "NAME=")) {
            continue;
        }
        row += strlen("NAME=");
        size_t length = strcspn(row, " >\r\n\t");
        if (length > 0 && length < 32) {
            memcpy(name, row, length);
            name[length] = '\0';
            jb_sanitise(name);
        }
        return;
    }
}

static bool taken(const struct jb_vitals_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

void jb_vitals_add(struct jb_vitals_list *list, const char *name, int64_t value)
{
    char plain[JB_VITALS_NAME], own[JB_VITALS_NAME + 8];
    jb_copy(plain, sizeof plain, name);
    for (char *c = plain; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-' && *c != '.') {
            *c = '_';
        }
    }
    jb_copy(own, sizeof own, plain);
    for (int number = 1; taken(list, own) && number < JB_VITALS_NAMED; number++) {
        snprintf(own, sizeof own, "%.18s%d", plain, number);
    }
    if (list->count < JB_VITALS_NAMED && plain[0] != '\0' && !taken(list, own)) {
        jb_copy(list->items[list->count].name, JB_VITALS_NAME, own);
        list->items[list->count++].value = value;
    }
}
