/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jetson.h - is this an NVIDIA Jetson, and which?
 *
 * Told by /proc/device-tree/compatible: "nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234" on an
 * AGX Orin. Makers of carrier boards change the board's string and keep that of the chip, so the chip is what is relied
 * on.
 */
#ifndef JB_HARDWARE_JETSON_H
#define JB_HARDWARE_JETSON_H

#include <stdbool.h>

struct jb_jetson {
    char soc[16];    /* "tegra234" */
    char module[16]; /* "p3701-0005", the last part number that is named; empty: none is */
};

/* False, and *ret as it was, when the machine has no chip that Jetsons are made with. */
bool jb_jetson_read(const char *root, struct jb_jetson *ret);

#endif
