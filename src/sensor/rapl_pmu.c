/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_pmu.c - reads /sys/bus/event_source/devices/power (arch/x86/events/rapl.c of Linux; format as in perf's manual).
 *
 * cpumask holds one CPU per counter. What it holds is checked against the topology, because an event that is opened on
 * the wrong CPU counts a socket twice and leaves another out.
 */
#include "sensor/rapl_pmu.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "sensor/counter_file.h"
#include "sensor/scale.h"
#include "sensor/topology.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_MASK_CPUS 512

static const struct {
    const char *name;
    enum jb_rapl_domain domain;
} known[JB_RAPL_EVENTS] = {
    {"energy-pkg", JB_RAPL_PACKAGE}, {"energy-cores", JB_RAPL_CORES}, {"energy-gpu", JB_RAPL_UNCORE},
    {"energy-ram", JB_RAPL_DRAM},    {"energy-psys", JB_RAPL_PSYS},
};

static ssize_t read_attribute(const char *root, const char *folder, const char *name, char *text, size_t size)
{
    char path[192];
    int err = jb_counter_path(folder, name, path, sizeof(path));
    return err < 0 ? err : jb_root_read(root, path, text, size);
}

/* "event=0x02": the only form that RAPL events have had. */
static int parse_config(const char *text, uint64_t *ret)
{
    if (!jb_starts(text, "event=0x")) {
        return -EINVAL;
    }
    text += strlen("event=0x");
    uint64_t value = 0;
    int digits = 0;
    for (; *text; text++, digits++) {
        int digit = *text >= '0' && *text <= '9'   ? *text - '0'
                    : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10
                    : *text >= 'A' && *text <= 'F' ? *text - 'A' + 10
                                                   : -1;
        if (digit < 0 || digits == 16) {
            return -EINVAL;
        }
        value = value << 4 | (unsigned)digit;
    }
    if (!digits) {
        return -EINVAL;
    }
    *ret = value;
    return 0;
}

static void refuse(struct jb_rapl_event *event, int err, const char *what, const char *text)
{
    char shown[32];
    jb_copy(shown, sizeof(shown), text);
    jb_sanitise(shown);
    event->err = err;
    snprintf(event->problem, sizeof(event->problem), "%s%s: \"%s\" is not understood", event->name, what, shown);
}

static void read_event(const char *root, const char *folder, struct jb_rapl_event *event)
{
    char name[48], text[128];
    snprintf(name, sizeof(name), "events/%s", event->name);
    if (read_attribute(root, folder, name, text, sizeof(text)) < 0) {
        return; /* this machine does not have the domain */
    }
    event->present = true;
    if (parse_config(text, &event->config) < 0) {
        refuse(event, -EINVAL, "", text);
        return;
    }
    snprintf(name, sizeof(name), "events/%s.unit", event->name);
    if (read_attribute(root, folder, name, text, sizeof(text)) >= 0 && !jb_streq(text, "Joules")) {
        refuse(event, -EINVAL, ".unit", text);
        return;
    }
    snprintf(name, sizeof(name), "events/%s.scale", event->name);
    ssize_t length = read_attribute(root, folder, name, text, sizeof(text));
    if (length < 0) {
        event->err = (int)length;
        snprintf(event->problem, sizeof(event->problem), "%s.scale cannot be read: %s", event->name,
                 strerror((int)-length));
    } else if (jb_scale_parse(text, 6, &event->unit_num, &event->unit_den) < 0) {
        refuse(event, -EINVAL, ".scale", text);
    }
}

static bool is_repeat(const struct jb_rapl_pmu *pmu, const struct jb_rapl_socket *socket, bool by_package)
{
    for (int i = 0; i < pmu->socket_count; i++) {
        const struct jb_rapl_socket *other = &pmu->sockets[i];
        if (other->package == socket->package && (by_package || other->die == socket->die)) {
            return true;
        }
    }
    return false;
}

static void add_socket(struct jb_rapl_pmu *pmu, const char *root, int cpu, int place_in_mask, bool by_package)
{
    struct jb_cpu_place place;
    jb_cpu_place(root, cpu, &place);
    struct jb_rapl_socket socket = {
        .cpu = cpu,
        .package = place.known ? place.package : place_in_mask,
        .die = place.known ? place.die : 0,
        .online = place.online,
        .guessed = !place.known,
    };
    if (is_repeat(pmu, &socket, by_package)) {
        pmu->repeats++;
    } else if (pmu->socket_count < JB_RAPL_SOCKETS) {
        pmu->sockets[pmu->socket_count++] = socket;
    }
}

/* The die is part of a channel's name only where a socket has several, so that all interfaces agree on the others. */
static void drop_single_dies(struct jb_rapl_pmu *pmu)
{
    bool several[JB_RAPL_SOCKETS] = {false};
    for (int i = 0; i < pmu->socket_count; i++) {
        for (int k = 0; k < pmu->socket_count; k++) {
            several[i] |= i != k && pmu->sockets[i].package == pmu->sockets[k].package;
        }
    }
    for (int i = 0; i < pmu->socket_count; i++) {
        if (!several[i]) {
            pmu->sockets[i].die = -1;
        }
    }
}

static int read_type(const char *root, const char *name, char *folder, size_t size, uint32_t *ret)
{
    static const char *const folders[] = {"/sys/bus/event_source/devices", "/sys/devices"};
    for (size_t i = 0; i < JB_COUNT(folders); i++) {
        char path[96];
        uint64_t type;
        snprintf(path, sizeof(path), "%s/%s/type", folders[i], name);
        if (jb_root_read_u64(root, path, &type) == 0 && type <= UINT32_MAX) {
            snprintf(folder, size, "%s/%s", folders[i], name);
            *ret = (uint32_t)type;
            return 0;
        }
    }
    return -ENODEV;
}

int jb_rapl_core_pmu_read(const char *root, struct jb_rapl_core_pmu *ret)
{
    struct jb_rapl_core_pmu pmu = {.event = {.name = "energy-core", .domain = JB_RAPL_CORES}};
    char text[2048];
    int cpus[JB_RAPL_MOST_CORES];
    int err = read_type(root, "power_core", pmu.folder, sizeof(pmu.folder), &pmu.type);
    if (err < 0) {
        return err;
    }
    ssize_t length = read_attribute(root, pmu.folder, "cpumask", text, sizeof(text));
    pmu.core_count = length < 0 ? (int)length : jb_cpu_list_parse(text, cpus, JB_COUNT(cpus));
    if (pmu.core_count < 0) {
        return pmu.core_count == -E2BIG || pmu.core_count == -EFBIG ? -E2BIG : -ENODEV;
    }
    for (int i = 0; i < pmu.core_count; i++) {
        struct jb_cpu_place place;
        jb_cpu_place(root, cpus[i], &place);
        if (!place.known || !place.online) {
            return -ENODEV; /* a sum without it would be of nobody knows what */
        }
        pmu.cores[i] = (struct jb_rapl_socket){.cpu = cpus[i], .package = place.package, .die = -1, .online = true};
    }
    read_event(root, pmu.folder, &pmu.event);
    if (!pmu.event.present || pmu.event.err < 0) {
        return -ENODEV;
    }
    *ret = pmu;
    return 0;
}

int jb_rapl_pmu_read(const char *root, bool by_package, struct jb_rapl_pmu *ret, struct jb_diag *diag)
{
    struct jb_rapl_pmu pmu = {0};
    if (read_type(root, "power", pmu.folder, sizeof(pmu.folder), &pmu.type) < 0) {
        return jb_fail(diag, -ENODEV,
                       "no RAPL counters in perf: /sys/bus/event_source/devices/power/type is not there");
    }
    char text[2048];
    int cpus[MAX_MASK_CPUS];
    ssize_t length = read_attribute(root, pmu.folder, "cpumask", text, sizeof(text));
    int count = length < 0 ? (int)length : jb_cpu_list_parse(text, cpus, JB_COUNT(cpus));
    if (count < 0) {
        return jb_fail(diag, -ENODEV, "cannot tell which CPU counts which socket: %s/cpumask: %s", pmu.folder,
                       strerror(-count));
    }
    for (int i = 0; i < count; i++) {
        add_socket(&pmu, root, cpus[i], i, by_package);
    }
    drop_single_dies(&pmu);
    bool any = false;
    for (size_t i = 0; i < JB_RAPL_EVENTS; i++) {
        pmu.events[i].name = known[i].name;
        pmu.events[i].domain = known[i].domain;
        read_event(root, pmu.folder, &pmu.events[i]);
        any |= pmu.events[i].present;
    }
    if (!any) {
        return jb_fail(diag, -ENODEV, "%s/events names no energy counter", pmu.folder);
    }
    *ret = pmu;
    return 0;
}
