/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercap_zones.c - lists RAPL zones (Documentation/power/powercap/powercap.rst of Linux).
 *
 * sysfs shows every zone flat in /sys/class/powercap and each subzone once more inside its zone; copies of a machine
 * often have only the latter, or the zones inside the folder of their control type. All are looked at, one level deep,
 * so that a loop of links cannot matter. The number in a zone's folder is not a socket: the zone's `name` says which
 * socket (and die) it is.
 */
#include "sensor/powercap_zones.h"

#include "base/file.h"
#include "base/text.h"
#include "sensor/counter_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define CLASS       "/sys/class/powercap"
#define MAX_ENTRIES 4096 /* of one folder that are looked at */
#define MAX_NUMBER  9999

/* A decimal number in its only spelling, up to `stop` or the end of the text. Returns what follows, NULL: not one. */
static const char *scan_number(const char *text, int *ret)
{
    const char *start = text;
    int value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (*text - '0');
        if (value > MAX_NUMBER) {
            return NULL;
        }
    }
    if (text == start || (*start == '0' && text - start > 1)) {
        return NULL;
    }
    *ret = value;
    return text;
}

static bool parse_folder(const char *name, struct jb_powercap_zone *ret)
{
    static const char *const prefixes[] = {"intel-rapl:", "intel-rapl-mmio:"};
    for (int i = 0; i < 2; i++) {
        if (!jb_starts(name, prefixes[i])) {
            continue;
        }
        ret->mmio = i == 1;
        ret->sub = -1;
        const char *rest = scan_number(name + strlen(prefixes[i]), &ret->number);
        if (rest && *rest == ':') {
            rest = scan_number(rest + 1, &ret->sub);
        }
        return rest && *rest == '\0';
    }
    return false;
}

static bool same_zone(const struct jb_powercap_zone *a, const struct jb_powercap_zone *b)
{
    return a->mmio == b->mmio && a->number == b->number && a->sub == b->sub;
}

static size_t scan_folder(const char *root, const char *folder, const struct jb_powercap_zone *around,
                          struct jb_powercap_zone *zones, size_t count)
{
    DIR *dir = jb_root_opendir(root, folder);
    if (!dir) {
        return count;
    }
    struct dirent *entry;
    for (int seen = 0; count < JB_POWERCAP_ZONES && seen < MAX_ENTRIES && (entry = readdir(dir)) != NULL; seen++) {
        struct jb_powercap_zone zone = {0};
        if (!parse_folder(entry->d_name, &zone) ||
            (around && (zone.sub < 0 || zone.mmio != around->mmio || zone.number != around->number))) {
            continue;
        }
        bool known = false;
        for (size_t i = 0; i < count; i++) {
            known |= same_zone(&zones[i], &zone);
        }
        if (!known && jb_counter_path(folder, entry->d_name, zone.path, sizeof(zone.path)) == 0) {
            zones[count++] = zone;
        }
    }
    closedir(dir);
    return count;
}

static int compare_zones(const void *left, const void *right)
{
    const struct jb_powercap_zone *a = left, *b = right;
    if (a->mmio != b->mmio) {
        return a->mmio ? 1 : -1;
    }
    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return (a->sub > b->sub) - (a->sub < b->sub);
}

/* "package-0" or "package-0-die-1". */
static bool parse_package(const char *name, struct jb_powercap_zone *zone)
{
    if (!jb_starts(name, "package-")) {
        return false;
    }
    int package, die = -1;
    const char *rest = scan_number(name + strlen("package-"), &package);
    if (rest && jb_starts(rest, "-die-")) {
        rest = scan_number(rest + strlen("-die-"), &die);
    }
    if (!rest || *rest) {
        return false;
    }
    zone->domain = JB_RAPL_PACKAGE;
    zone->package = package;
    zone->die = die;
    return true;
}

static void read_name(const char *root, struct jb_powercap_zone *zone)
{
    static const struct {
        const char *name;
        enum jb_rapl_domain domain;
    } simple[] = {{"core", JB_RAPL_CORES}, {"uncore", JB_RAPL_UNCORE}, {"dram", JB_RAPL_DRAM}, {"psys", JB_RAPL_PSYS}};
    zone->package = zone->die = -1;
    char path[128];
    if (jb_counter_path(zone->path, "name", path, sizeof(path)) < 0 ||
        jb_root_read(root, path, zone->name, sizeof(zone->name)) < 0) {
        zone->name[0] = '\0';
        return;
    }
    jb_sanitise(zone->name);
    zone->understood = parse_package(zone->name, zone);
    for (size_t i = 0; !zone->understood && i < sizeof(simple) / sizeof(simple[0]); i++) {
        if (jb_streq(zone->name, simple[i].name)) {
            zone->domain = simple[i].domain;
            zone->understood = true;
        }
    }
}

/* Subzones lie on the socket of the zone around them; where that one says nothing its number is the best guess. */
static void inherit_place(struct jb_powercap_zone *zones, size_t count)
{
    const struct jb_powercap_zone *around = NULL;
    for (size_t i = 0; i < count; i++) {
        struct jb_powercap_zone *zone = &zones[i];
        if (zone->sub < 0) {
            around = zone;
            continue;
        }
        if (!zone->understood || zone->domain == JB_RAPL_PSYS || zone->package >= 0) {
            continue;
        }
        bool inside = around && around->mmio == zone->mmio && around->number == zone->number && around->understood;
        zone->guessed = !inside;
        zone->package = inside ? around->package : zone->number;
        zone->die = inside ? around->die : -1;
    }
}

/* The kernel names dies where a socket could have several; only where it does have them do they tell zones apart. */
static void drop_single_dies(struct jb_powercap_zone *zones, size_t count)
{
    bool several[JB_POWERCAP_ZONES] = {false};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            several[i] |= zones[k].package == zones[i].package && zones[k].die >= 0 && zones[k].die != zones[i].die;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!several[i]) {
            zones[i].die = -1;
        }
    }
}

size_t jb_powercap_zones(const char *root, struct jb_powercap_zone zones[JB_POWERCAP_ZONES])
{
    static const char *const types[] = {CLASS "/intel-rapl", CLASS "/intel-rapl-mmio"};
    size_t count = scan_folder(root, CLASS, NULL, zones, 0);
    for (int i = 0; i < 2; i++) {
        count = scan_folder(root, types[i], NULL, zones, count);
    }
    size_t flat = count;
    for (size_t i = 0; i < flat; i++) {
        if (zones[i].sub < 0) {
            count = scan_folder(root, zones[i].path, &zones[i], zones, count);
        }
    }
    if (count > 0) {
        qsort(zones, count, sizeof(*zones), compare_zones);
    }
    for (size_t i = 0; i < count; i++) {
        read_name(root, &zones[i]);
    }
    inherit_place(zones, count);
    drop_single_dies(zones, count);
    return count;
}
