/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the INA3221 and INA238 of Jetsons show in sysfs. Linux: Documentation/hwmon/ina3221.rst, ina238.rst. L4T up to
 * 32 has a driver of its own, ina3221x, below industrial I/O: rail_name_N and in_powerN_input, channels from 0
 * (jetson_stats' power.py, energymon's ina3221x.c); its folder is iio:deviceN, and iio_device up to L4T 28.
 *
 * Odd: bus and hwmon numbers change from boot to boot, so chips are looked for by driver. hwmon's channels begin with
 * 1, and in4..in7 are shunt voltages. The INA238 has no label for its channel; the device tree gives one to the chip.
 */
#include "sensor/jetson/jetson_chips.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHIPS   16  /* of one driver */
#define MAX_ENTRIES 256 /* of one folder: hostile trees end somewhere */
#define CHANNELS    3

struct chips {
    char names[MAX_CHIPS][16];
    int count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* "1-0040" */
static bool is_chip(const char *name)
{
    size_t bus = strspn(name, "0123456789");
    return bus > 0 && bus <= 4 && name[bus] == '-' && strlen(name + bus + 1) == 4 &&
           strspn(name + bus + 1, "0123456789abcdef") == 4;
}

static void list_chips(const char *root, const char *driver, struct chips *ret)
{
    char path[64];
    snprintf(path, sizeof(path), "/sys/bus/i2c/drivers/%s", driver);
    DIR *folder = jb_root_opendir(root, path);
    int left = MAX_ENTRIES;
    ret->count = 0;
    for (struct dirent *e; folder && left-- > 0 && ret->count < MAX_CHIPS && (e = readdir(folder)) != NULL;) {
        if (is_chip(e->d_name)) {
            jb_copy(ret->names[ret->count++], sizeof(ret->names[0]), e->d_name);
        }
    }
    if (folder) {
        closedir(folder);
    }
    qsort(ret->names, (size_t)ret->count, sizeof(ret->names[0]), by_name);
}

/* The first entry of the folder, by name, that starts so: "hwmon" finds hwmon3. */
static bool find_entry(const char *root, const char *folder_path, const char *prefix, char *ret, size_t size)
{
    DIR *folder = jb_root_opendir(root, folder_path);
    int left = MAX_ENTRIES;
    bool found = false;
    for (struct dirent *e; folder && left-- > 0 && (e = readdir(folder)) != NULL;) {
        if (jb_starts(e->d_name, prefix) && strlen(e->d_name) < size && (!found || strcmp(e->d_name, ret) < 0)) {
            jb_copy(ret, size, e->d_name);
            found = true;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

static bool read_label(const char *root, const char *folder, const char *file, char *ret)
{
    char path[192], text[128];
    if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path) ||
        jb_root_read(root, path, text, sizeof(text)) <= 0) {
        return false;
    }
    jb_sanitise(text);
    jb_copy(ret, JB_JETSON_LABEL, jb_trim(text));
    return ret[0] != '\0' && strcmp(ret, "NC") != 0;
}

static uint64_t read_number(const char *root, const char *folder, const char *file)
{
    char path[192];
    uint64_t value;
    bool fits = snprintf(path, sizeof(path), "%s/%s", folder, file) < (int)sizeof(path);
    return fits && jb_root_read_u64(root, path, &value) == 0 && value <= 100000 ? value : 0;
}

struct search {
    const char *root, *chip;
    char folder[112];
    struct jb_jetson_rail *rails;
    size_t count;
    uint64_t refresh_ns, window_ns;
};

static struct jb_jetson_rail *add(struct search *search, enum jb_jetson_files files, const char *label)
{
    if (search->count >= JB_JETSON_RAILS) {
        return NULL;
    }
    struct jb_jetson_rail *rail = &search->rails[search->count++];
    *rail = (struct jb_jetson_rail){.files = files, .refresh_ns = search->refresh_ns, .window_ns = search->window_ns};
    jb_copy(rail->label, sizeof(rail->label), label);
    jb_copy(rail->chip, sizeof(rail->chip), search->chip);
    return rail;
}

static void add_hwmon(struct search *search)
{
    char label[JB_JETSON_LABEL], file[24];
    search->refresh_ns = read_number(search->root, search->folder, "update_interval") * JB_NS_PER_MS;
    /* Without averaging a value is one conversion of a millisecond, whatever the cycle. */
    search->window_ns = read_number(search->root, search->folder, "samples") > 1 ? search->refresh_ns : 0;
    for (int i = 1; i <= CHANNELS; i++) {
        snprintf(file, sizeof(file), "in%d_label", i);
        struct jb_jetson_rail *rail =
            read_label(search->root, search->folder, file, label) ? add(search, JB_JETSON_MV_MA, label) : NULL;
        if (rail) {
            snprintf(rail->path[0], sizeof(rail->path[0]), "%s/in%d_input", search->folder, i);
            snprintf(rail->path[1], sizeof(rail->path[1]), "%s/curr%d_input", search->folder, i);
        }
    }
    struct jb_jetson_rail *rail = NULL;
    char name[JB_JETSON_LABEL];
    if (read_label(search->root, search->folder, "name", name) && strcmp(name, "ina238") == 0) {
        bool told = read_label(search->root, search->folder, "label", label);
        rail = add(search, JB_JETSON_UW, told ? label : name);
    }
    if (rail) {
        snprintf(rail->path[0], sizeof(rail->path[0]), "%s/power1_input", search->folder);
    }
}

static void add_iio(struct search *search)
{
    char label[JB_JETSON_LABEL], file[24];
    search->refresh_ns = search->window_ns = 0;
    for (int i = 0; i < CHANNELS; i++) {
        snprintf(file, sizeof(file), "rail_name_%d", i);
        struct jb_jetson_rail *rail =
            read_label(search->root, search->folder, file, label) ? add(search, JB_JETSON_MW, label) : NULL;
        if (rail) {
            snprintf(rail->path[0], sizeof(rail->path[0]), "%s/in_power%d_input", search->folder, i);
        }
    }
}

static void search_chip(struct search *search, const char *driver)
{
    char chip[64], hwmon[72], entry[24];
    snprintf(chip, sizeof(chip), "/sys/bus/i2c/drivers/%s/%s", driver, search->chip);
    snprintf(hwmon, sizeof(hwmon), "%s/hwmon", chip);
    if (find_entry(search->root, hwmon, "hwmon", entry, sizeof(entry))) {
        snprintf(search->folder, sizeof(search->folder), "%s/%s", hwmon, entry);
        add_hwmon(search);
    } else if (find_entry(search->root, chip, "iio:device", entry, sizeof(entry)) ||
               find_entry(search->root, chip, "iio_device", entry, sizeof(entry))) {
        snprintf(search->folder, sizeof(search->folder), "%s/%s", chip, entry);
        add_iio(search);
    }
}

size_t jb_jetson_rails(const char *root, struct jb_jetson_rail rails[JB_JETSON_RAILS])
{
    static const char *const drivers[] = {"ina3221", "ina3221x", "ina238"};
    struct search search = {.root = root, .rails = rails};
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        struct chips chips;
        list_chips(root, drivers[i], &chips);
        for (int j = 0; j < chips.count; j++) {
            search.chip = chips.names[j];
            search_chip(&search, drivers[i]);
        }
    }
    return search.count;
}
