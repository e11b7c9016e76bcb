/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drm_cards.c - cards below /sys/class/drm.
 *
 * device/uevent tells the kernel driver, the PCI ids and the address in one read (drivers/pci/pci-driver.c,
 * pci_uevent()) and never touches the hardware; power/runtime_status is documented in
 * Documentation/ABI/testing/sysfs-devices-power. Odd: hwmon numbers differ from boot to boot, and one i915 device can
 * have several hwmon of which only the one named exactly as the driver is the device ("i915_gt0" is a tile).
 */
#include "sensor/drm_cards.h"

#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/counter_file.h"
#include "sensor/sensor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ENTRIES 4096                  /* of one folder */
#define MOST_UW     UINT64_C(10000000000) /* no board draws 10 kW */

/* "card12" -> 12. */
static bool parse_card(const char *name, unsigned int *ret)
{
    uint64_t number;
    if (!jb_starts(name, "card") || jb_parse_u64(name + 4, &number) < 0 || number > 9999) {
        return false;
    }
    *ret = (unsigned int)number;
    return true;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

/* The value of "KEY=value" in an uevent, cut to `size`. */
static bool take(const char *text, const char *key, char *value, size_t size)
{
    size_t length = strlen(key);
    for (const char *line = text; line; line = next_line(line)) {
        if (strncmp(line, key, length) == 0 && line[length] == '=') {
            size_t end = strcspn(line + length + 1, "\n");
            if (end == 0 || end >= size) {
                return false;
            }
            memcpy(value, line + length + 1, end);
            value[end] = '\0';
            return true;
        }
    }
    return false;
}

static bool parse_hex(const char *text, size_t length, unsigned int *ret)
{
    unsigned int value = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isxdigit((unsigned char)text[i])) {
            return false;
        }
        value =
            value << 4 | (unsigned int)(isdigit((unsigned char)text[i]) ? text[i] - '0' : (text[i] | 32) - 'a' + 10);
    }
    *ret = value;
    return true;
}

/* "1002:740C" */
static bool parse_ids(const char *text, unsigned int *ret_vendor, unsigned int *ret_id)
{
    return strlen(text) == 9 && text[4] == ':' && parse_hex(text, 4, ret_vendor) && parse_hex(text + 5, 4, ret_id);
}

/* "0000:c1:00.0": hexadecimal digits and those two signs, made lower case. */
static bool tidy_address(char *text)
{
    size_t length = strlen(text);
    if (length < 12 || length > 15) {
        return false;
    }
    for (char *c = text; *c; c++) {
        if (!isxdigit((unsigned char)*c) && *c != ':' && *c != '.') {
            return false;
        }
        *c = (char)tolower((unsigned char)*c);
    }
    return true;
}

static void find_hwmon(const char *root, struct jb_drm_card *card)
{
    char folder_path[80], path[112], name[32];
    snprintf(folder_path, sizeof(folder_path), "%s/hwmon", card->device);
    DIR *folder = jb_root_opendir(root, folder_path);
    if (!folder) {
        return;
    }
    int left = MAX_ENTRIES;
    for (struct dirent *entry; left > 0 && (entry = readdir(folder)) != NULL; left--) {
        uint64_t number;
        if (!jb_starts(entry->d_name, "hwmon") || strlen(entry->d_name) > 12 ||
            jb_parse_u64(entry->d_name + 5, &number) < 0) {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%.12s/name", folder_path, entry->d_name);
        if (jb_root_read(root, path, name, sizeof(name)) > 0 && jb_streq(name, card->driver)) {
            snprintf(card->hwmon, sizeof(card->hwmon), "%s/%.12s", folder_path, entry->d_name);
            break;
        }
    }
    closedir(folder);
}

static bool wanted(const char *driver, const char *const *drivers)
{
    for (; *drivers; drivers++) {
        if (jb_streq(driver, *drivers)) {
            return true;
        }
    }
    return false;
}

static bool identify(const char *root, unsigned int number, const char *const *drivers, struct jb_drm_card *ret)
{
    struct jb_drm_card card = {.number = number};
    char path[80], uevent[2048], ids[16];
    snprintf(card.device, sizeof(card.device), "/sys/class/drm/card%u/device", number);
    snprintf(path, sizeof(path), "%s/uevent", card.device);
    if (jb_root_read(root, path, uevent, sizeof(uevent)) <= 0 ||
        !take(uevent, "DRIVER", card.driver, sizeof(card.driver)) || !wanted(card.driver, drivers) ||
        !take(uevent, "PCI_ID", ids, sizeof(ids)) || !parse_ids(ids, &card.vendor, &card.id) ||
        !take(uevent, "PCI_SLOT_NAME", card.pci, sizeof(card.pci)) || !tidy_address(card.pci)) {
        return false;
    }
    find_hwmon(root, &card);
    *ret = card;
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct jb_drm_card *x = a, *y = b;
    size_t m = strlen(x->pci), n = strlen(y->pci);
    return m != n ? (m > n) - (m < n) : strcmp(x->pci, y->pci);
}

size_t jb_drm_cards(const char *root, const char *const *drivers, struct jb_drm_card *ret, size_t max)
{
    size_t count = 0;
    DIR *folder = jb_root_opendir(root, "/sys/class/drm");
    if (!folder) {
        return 0;
    }
    int left = MAX_ENTRIES;
    for (struct dirent *entry; left > 0 && count < max && (entry = readdir(folder)) != NULL; left--) {
        unsigned int number;
        bool known = !parse_card(entry->d_name, &number) || !identify(root, number, drivers, &ret[count]);
        for (size_t i = 0; i < count && !known; i++) {
            known = jb_streq(ret[i].pci, ret[count].pci);
        }
        count += !known;
    }
    closedir(folder);
    qsort(ret, count, sizeof(*ret), by_address);
    return count;
}

bool jb_drm_asleep(int status_fd)
{
    char text[16];
    ssize_t length = status_fd >= 0 ? jb_counter_read_blob(status_fd, text, sizeof(text) - 1) : 0;
    if (length <= 0) {
        return false;
    }
    text[length] = '\0';
    return jb_starts(text, "suspend"); /* "suspended", "suspending" */
}

int jb_drm_open(const struct jb_sensor_env *env, const char *folder, const char *file)
{
    char path[160];
    int err = folder[0] ? jb_counter_path(folder, file, path, sizeof(path)) : -ENOENT;
    return err < 0 ? err : jb_counter_open(env, path);
}

uint64_t jb_drm_limit_uw(const struct jb_sensor_env *env, const char *folder, const char *const *files)
{
    uint64_t limit_uw = 0;
    for (; *files; files++) {
        uint64_t value_uw;
        int fd = jb_drm_open(env, folder, *files);
        if (fd >= 0 && jb_counter_read(fd, &value_uw) == 0 && value_uw > limit_uw && value_uw < MOST_UW) {
            limit_uw = value_uw;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return limit_uw;
}

uint64_t jb_drm_table_limit_uw(const char *name)
{
    const struct jb_part *part = jb_part_find("gpu", name);
    return part && part->tdp_w > 0 && part->tdp_w * 1e6 < (double)MOST_UW ? (uint64_t)(part->tdp_w * 1e6) : 0;
}

int jb_drm_verdict(const struct jb_source *source, const char *absent, struct jb_diag *diag)
{
    const struct jb_channel *why = jb_source_blame(source);

    return why != NULL ? jb_channel_fail(why, why->name, diag) : jb_source_result(source, absent, diag);
}
