/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon_table.c - what is known of chips: hwmon says watts, but not whose.
 *
 * From the kernel's drivers and Documentation/hwmon: apm_xgene (xgene-hwmon.c), amd_hsmp_hwmon (drivers/platform/x86/
 * amd/hsmp/hwmon.c), asusec (asus-ec-sensors.c: the board's regulator of the cores), corsairpsu (corsair-psu.rst: its
 * total is the sum of its outputs), power supplies that speak PMBus (their "pin" is what they take in). Regulators and
 * hot-swap chips that speak PMBus too are left out, because what hangs on them differs from board to board.
 *
 * Errors: none of these states one, and no comparison was found. Assumed are 5 % for supplies, which are built to
 * meter, and 10 % for anything else.
 */
#include "sensor/hwmon/hwmon.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

#define SUPPLY(chip_name)                                                                                              \
    {                                                                                                                  \
        .chip = (chip_name), .use = JB_HWMON_SUPPLY, .label = "pin", .max_w = 6000, .rel_error = 0.05                  \
    }
#define ELSEWHERE(chip_name, reader)                                                                                   \
    {                                                                                                                  \
        .chip = (chip_name), .use = JB_HWMON_ELSEWHERE, .why = (reader)                                                \
    }

static const struct jb_hwmon_rule rules[] = {
    {.chip = "amd_energy", .use = JB_HWMON_SOCKETS},
    {.chip = "zenergy", .use = JB_HWMON_SOCKETS},
    {.chip = "amd_hsmp_hwmon",
     .use = JB_HWMON_POWER_OF,
     .domain = JB_DOMAIN_PACKAGE,
     .device = JB_DEVICE_CPU,
     .per_chip = true,
     .id = "package",
     .name = "socket power by HSMP",
     .max_w = 1000,
     .rel_error = 0.03}, /* as hsmp.c */
    {.chip = "apm_xgene",
     .use = JB_HWMON_POWER_OF,
     .label = "CPU power",
     .domain = JB_DOMAIN_PACKAGE,
     .device = JB_DEVICE_CPU,
     .per_chip = true,
     .id = "package",
     .name = "processor",
     .max_w = 500,
     .rel_error = 0.10},
    {.chip = "apm_xgene",
     .use = JB_HWMON_POWER_OF,
     .label = "IO power",
     .domain = JB_DOMAIN_RAIL,
     .device = JB_DEVICE_BOARD,
     .per_chip = true,
     .id = "io",
     .name = "inputs and outputs of the processor's chip",
     .max_w = 300,
     .rel_error = 0.10},
    {.chip = "asusec",
     .use = JB_HWMON_VOLT_AMPERE,
     .label = "CPU Core",
     .label2 = "CPU",
     .domain = JB_DOMAIN_CORE,
     .device = JB_DEVICE_CPU,
     .per_chip = true,
     .id = "cores",
     .name = "cores, by their regulator (in whole amperes)",
     .max_w = 1000,
     .rel_error = 0.10},
    {.chip = "corsairpsu",
     .use = JB_HWMON_POWER_OF,
     .label = "power total",
     .domain = JB_DOMAIN_BOARD,
     .device = JB_DEVICE_BOARD,
     .id = "psu-output",
     .name = "all that the power supply gives; its own losses are not in it",
     .max_w = 3000,
     .rel_error = 0.05},
    SUPPLY("pfe1100"),
    SUPPLY("pfe3000"),
    SUPPLY("ipsps1"),
    SUPPLY("cffps*"),
    SUPPLY("dps920ab"),
    SUPPLY("fsg032"),
    SUPPLY("d1u74t"),
    SUPPLY("crps*"),
    SUPPLY("ym2151"),
    SUPPLY("yh5151e"),
    ELSEWHERE("ina3221", "jetson"),
    ELSEWHERE("ina238", "jetson"),
    ELSEWHERE("amdgpu", "amdgpu"),
    ELSEWHERE("i915", "intel-gpu"),
    ELSEWHERE("xe", "intel-gpu"),
    ELSEWHERE("power_meter", "acpi"),
    ELSEWHERE("BAT*", "battery"),
    ELSEWHERE("ucsi_source_psy*", "battery"), /* what is charged over USB is the battery's, or the node's, already */
};

static bool matches(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);
    return pattern[length - 1] == '*' ? strncmp(pattern, name, length - 1) == 0 : jb_streq(pattern, name);
}

const struct jb_hwmon_rule *jb_hwmon_rule(const char *chip, const struct jb_hwmon_rule *after)
{
    for (const struct jb_hwmon_rule *rule = after ? after + 1 : rules; rule < rules + JB_COUNT(rules); rule++) {
        if (matches(rule->chip, chip)) {
            return rule;
        }
    }
    return NULL;
}
