/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARM says which core, not which chip. The chip follows from the firmware (SMBIOS type 4, root only), the device tree
 * ("brcm,bcm2711", "NVIDIA Jetson AGX Orin Developer Kit"), or from the cloud whose machine it is: a Neoverse-V1 at
 * Amazon is a Graviton3. What none of them tells keeps the core's name, for the family's watts.
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool known(const char *name)
{
    return name[0] != '\0' && jb_part_find("cpu", name) != NULL;
}

static const char *by_cloud(const char *vendor, const char *core)
{
    static const struct {
        const char *vendor, *core, *chip;
    } chips[] = {
        {"Amazon EC2", "Cortex-A72", "AWS Graviton"},   {"Amazon EC2", "Neoverse-N1", "AWS Graviton2"},
        {"Amazon EC2", "Neoverse-V1", "AWS Graviton3"}, {"Amazon EC2", "Neoverse-V2", "AWS Graviton4"},
        {"Google", "Neoverse-V2", "Google Axion"},      {"Microsoft", "Neoverse-N2", "Microsoft Cobalt 100"},
        {"NVIDIA", "Neoverse-V2", "NVIDIA Grace"},
    };
    for (size_t i = 0; i < JB_COUNT(chips); i++) {
        if (jb_starts(vendor, chips[i].vendor) && strcmp(core, chips[i].core) == 0) {
            return chips[i].chip;
        }
    }
    return NULL;
}

/* "raspberrypi,4-model-b\0brcm,bcm2711\0": the table knows some of them by the part after the comma. */
static bool by_compatible(const char *root, char *name, size_t size)
{
    char text[512];
    ssize_t length = jb_root_read(root, "/proc/device-tree/compatible", text, sizeof text);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(text + at) + 1) {
        const char *comma = strchr(text + at, ',');
        if (comma != NULL && strlen(comma + 1) >= 4 && known(comma + 1)) {
            jb_copy(name, size, comma + 1);
            jb_sanitise(name);
            return true;
        }
    }
    return false;
}

/* Modules come with several sizes of memory under one name: the least that holds what the kernel sees. */
static bool by_module(const char *board, uint64_t ram_bytes, char *name, size_t size)
{
    static const unsigned sizes[] = {2, 4, 8, 16, 32, 64, 128};
    char base[96], text[128];
    jb_copy(base, sizeof base, board);
    char *kit = strstr(base, " Developer Kit");
    if (kit != NULL) {
        *kit = '\0';
    }
    for (size_t i = 0; i < JB_COUNT(sizes); i++) {
        snprintf(text, sizeof text, "%s %u GB", base, sizes[i]);
        if (ram_bytes <= (uint64_t)sizes[i] << 30 && known(text)) {
            jb_copy(name, size, text);
            return true;
        }
    }
    if (strstr(base, "Jetson") != NULL && known(base)) {
        jb_copy(name, size, base);
        return true;
    }
    return false;
}

void jb_soc_name(const char *root, const struct jb_cpuinfo *info, const struct jb_machine *machine, char *name,
                 size_t size)
{
    char text[128] = "", vendor[96];
    const char *core = jb_arm_core_name(info->implementer, info->part);
    jb_cpu_name_by_firmware(root, text, sizeof text);
    if (known(text)) {
        jb_copy(name, size, text);
        return;
    }
    jb_device_tree_read(root, "model", text, sizeof text);
    if (by_module(text[0] != '\0' ? text : info->board, machine->ram_bytes, name, size) ||
        by_compatible(root, name, size)) {
        return;
    }
    jb_dmi_read(root, "sys_vendor", vendor, sizeof vendor);
    const char *chip = core != NULL ? by_cloud(vendor, core) : NULL;
    if (chip != NULL) {
        jb_copy(name, size, chip);
    } else if (core != NULL) {
        jb_copy(name, size, core);
    }
}
