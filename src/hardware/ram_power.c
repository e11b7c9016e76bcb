/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory by modules where they are known (watts a module by kind: our engineering defaults, grid-and-hardware D2),
 * else 0.3 W/GB, capped where that would stand for more modules than a machine has. 40 % of it at rest. Watts per GB
 * alone would give a server with 1 TB five times its real draw.
 */
#include "hardware/hardware.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REST             0.4
#define W_PER_GB         0.3
#define CAP_W_PER_SOCKET 72.0 /* twelve channels, one DDR5 RDIMM each */
#define GB               1e9

static double module_w(const struct jb_machine *machine)
{
    const char *type = machine->dimm_type;
    if (jb_starts(type, "LPDDR") || strstr(type, "SODIMM") != NULL || machine->laptop) {
        return 1.5;
    }
    if (strstr(type, "UDIMM") != NULL) {
        return 3;
    }
    bool server = strstr(type, "RDIMM") != NULL || machine->dimms > 4; /* desktops have at most four slots */
    if (!server) {
        return 3;
    }
    return jb_starts(type, "DDR5") ? 6 : 4;
}

void jb_ram_power_model(const struct jb_machine *machine, struct jb_ram_power_model *ret)
{
    struct jb_ram_power_model m = {0};
    uint64_t bytes = machine->ram_bytes;
    bool limited = machine->container && machine->ram_limit_bytes > 0 && machine->ram_limit_bytes < bytes;
    uint64_t ours = limited ? machine->ram_limit_bytes : bytes;
    const char *whose = limited ? "container: its limit of " : "";
    if (machine->dimms > 0 && !machine->virtual_machine) { /* a guest's modules are invented */
        double share = limited ? (double)ours / (double)bytes : 1;
        m.full_w = machine->dimms * module_w(machine) * share;
        m.rel_error = 0.35;
        snprintf(m.note, sizeof m.note, "%s%.0f GB, %u modules%s%s of %.2g W", whose, (double)ours / GB, machine->dimms,
                 machine->dimm_type[0] != '\0' ? " " : "", machine->dimm_type, module_w(machine));
    } else if (bytes > 0) {
        double cap = CAP_W_PER_SOCKET * (machine->cpu.sockets > 0 ? machine->cpu.sockets : 1);
        m.full_w = fmin(W_PER_GB * (double)ours / GB, cap);
        m.rel_error = 0.5;
        snprintf(m.note, sizeof m.note, "%s%.0f GB at %.1f W/GB, modules not known", whose, (double)ours / GB,
                 m.full_w / ((double)ours / GB));
    } else {
        snprintf(m.note, sizeof m.note, "how much memory there is is not known");
    }
    m.idle_w = m.full_w * REST;
    *ret = m;
}
