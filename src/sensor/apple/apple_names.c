/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the names and units of the group "Energy Model" mean. Names carry a die in front on chips of two ("DIE_1_CPU
 * Energy"), and on some releases of macOS a word and a blank ("DIE0 CPU Energy"); a number may stand behind ("DRAM0").
 * A cluster's or a core's channel ("PCPU0", "EACC_CPU") is part of its CPU's and is passed over.
 */
#include "sensor/apple/apple.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    enum jb_apple_part part;
} parts[] = {
    {"CPU Energy", JB_APPLE_CPU},    {"GPU Energy", JB_APPLE_GPU},   {"ANE Energy", JB_APPLE_ANE},
    {"ANE", JB_APPLE_ANE},           {"DRAM Energy", JB_APPLE_DRAM}, {"DRAM", JB_APPLE_DRAM},
    {"GPU SRAM", JB_APPLE_GPU_SRAM},
};

/* "DIE_1_" or "DIE1 ": the length of what stands in front, and the die. */
static size_t die_prefix(const char *name, int *ret_die)
{
    if (strncmp(name, "DIE", 3) != 0) {
        return 0;
    }
    size_t at = name[3] == '_' ? 4 : 3;

    if (!isdigit((unsigned char)name[at]) || isdigit((unsigned char)name[at + 1]) ||
        (name[at + 1] != '_' && name[at + 1] != ' ')) {
        return 0;
    }
    *ret_die = name[at] - '0';
    return at + 2;
}

bool jb_apple_name(const char *name, enum jb_apple_part *ret_part, int *ret_number)
{
    int number = 0;

    name += die_prefix(name, &number);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t length = strlen(parts[i].name);
        const char *rest = name + length;

        if (strncmp(name, parts[i].name, length) != 0) {
            continue;
        }
        if (isdigit((unsigned char)rest[0]) && rest[1] == '\0') {
            number = 10 * number + rest[0] - '0'; /* of its die, where one is named */
            rest++;
        }
        if (rest[0] == '\0') {
            *ret_part = parts[i].part;
            *ret_number = number;
            return true;
        }
    }
    return false;
}

int jb_apple_unit(const char *label, uint64_t *ret_num, uint64_t *ret_den)
{
    static const struct {
        const char *label;
        uint64_t num, den;
    } units[] = {{"mJ", 1000, 1}, {"uJ", 1, 1}, {"nJ", 1, 1000}};
    size_t length;

    label += strspn(label, " ");
    length = strcspn(label, " ");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (length == 2 && memcmp(label, units[i].label, 2) == 0) {
            *ret_num = units[i].num;
            *ret_den = units[i].den;
            return 0;
        }
    }
    return -EINVAL;
}
