/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the device tree's list of compatible strings (Devicetree Specification 2.3.1: each ends with a NUL). The
 * strings are those of Linux' arch/arm64/boot/dts/nvidia and of L4T. Odd: L4T says "nvidia,tegra23x" beside
 * "nvidia,tegra234", and the AGX Xavier names its carrier board (p2972) where others name their module.
 */
#include "hardware/jetson.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stddef.h>
#include <string.h>

static bool is_soc(const char *name)
{
    static const char *const socs[] = {"tegra124", "tegra210", "tegra186", "tegra194", "tegra234", "tegra264"};
    for (size_t i = 0; i < JB_COUNT(socs); i++) {
        if (strcmp(name, socs[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* "p3701-0005": the part number at the end of "p3737-0000+p3701-0005-super". */
static void find_module(const char *name, char module[16])
{
    const char *part = strrchr(name, '+');
    part = part != NULL ? part + 1 : name;
    size_t digits = part[0] == 'p' ? strspn(part + 1, "0123456789") : 0;
    if (digits != 4 || part[5] != '-' || strspn(part + 6, "0123456789") < 4) {
        return;
    }
    memcpy(module, part, 10);
    module[10] = '\0';
}

bool jb_jetson_read(const char *root, struct jb_jetson *ret)
{
    static const char *const places[] = {"/proc/device-tree/compatible", "/sys/firmware/devicetree/base/compatible"};
    struct jb_jetson found = {0};
    char text[1024];
    for (size_t place = 0; place < JB_COUNT(places) && found.soc[0] == '\0'; place++) {
        ssize_t length = jb_root_read(root, places[place], text, sizeof text);
        for (ssize_t at = 0; at < length; at += (ssize_t)strlen(text + at) + 1) {
            if (!jb_starts(text + at, "nvidia,")) {
                continue;
            }
            const char *name = text + at + strlen("nvidia,");
            if (is_soc(name)) {
                jb_copy(found.soc, sizeof found.soc, name);
            } else {
                find_module(name, found.module);
            }
        }
    }
    if (found.soc[0] == '\0') {
        return false;
    }
    *ret = found;
    return true;
}
