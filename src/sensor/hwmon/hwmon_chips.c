/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_chips.c - the chips below /sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst).
 *
 * Odd: drivers from before 3.13 keep name and values in the folder `device` of the chip. Numbers of chips and of their
 * values may have gaps; voltages are counted from 0, all else from 1.
 */
#include "sensor/hwmon/hwmon.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLASS "/sys/class/hwmon"

static bool number_of(const char *entry, int *ret)
{
    uint64_t number;
    if (!jb_starts(entry, "hwmon") || jb_parse_u64(entry + strlen("hwmon"), &number) < 0 || number > 9999) {
        return false;
    }
    *ret = (int)number;
    return true;
}

static bool read_name(const char *root, struct jb_hwmon_chip *chip)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/name", chip->folder);
    if (jb_root_read(root, path, chip->name, sizeof(chip->name)) <= 0) {
        return false;
    }
    jb_sanitise(chip->name);
    return true;
}

size_t jb_hwmon_chips(const char *root, struct jb_hwmon_chip chips[JB_HWMON_CHIPS])
{
    DIR *dir = jb_root_opendir(root, CLASS);
    size_t count = 0;
    if (!dir) {
        return 0;
    }
    const struct dirent *entry;
    while (count < JB_HWMON_CHIPS && (entry = readdir(dir)) != NULL) {
        struct jb_hwmon_chip chip = {0};
        if (!number_of(entry->d_name, &chip.number)) {
            continue;
        }
        snprintf(chip.folder, sizeof(chip.folder), CLASS "/hwmon%d", chip.number);
        if (!read_name(root, &chip)) {
            snprintf(chip.folder, sizeof(chip.folder), CLASS "/hwmon%d/device", chip.number);
            if (!read_name(root, &chip)) {
                continue;
            }
        }
        size_t to = count++;
        for (; to > 0 && chips[to - 1].number > chip.number; to--) {
            chips[to] = chips[to - 1];
        }
        chips[to] = chip;
    }
    closedir(dir);
    return count;
}

void jb_hwmon_path(const struct jb_hwmon_chip *chip, const char *kind, int index, const char *item, char *path,
                   size_t size)
{
    jb_snprintf(path, size, "%s/%s%d_%s", chip->folder, kind, index, item);
}

static bool has_value(const char *root, const struct jb_hwmon_chip *chip, const char *kind, int index)
{
    static const char *const items[] = {"input", "average"};
    for (size_t i = 0; i < JB_COUNT(items); i++) {
        char path[128];
        jb_hwmon_path(chip, kind, index, items[i], path, sizeof(path));
        if (jb_root_exists(root, path)) {
            return true;
        }
    }
    return false;
}

int jb_hwmon_find(const char *root, const struct jb_hwmon_chip *chip, const char *kind, const char *label)
{
    for (int index = 0; index < JB_HWMON_POWER; index++) {
        char path[128], text[64];
        jb_hwmon_path(chip, kind, index, "label", path, sizeof(path));
        bool named = !label || (jb_root_read(root, path, text, sizeof(text)) >= 0 && jb_streq(jb_trim(text), label));
        if (named && has_value(root, chip, kind, index)) {
            return index;
        }
    }
    return -ENOENT;
}
