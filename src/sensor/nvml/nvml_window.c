/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_window.c - what a power reading means, by generation and driver version.
 *
 * NVIDIA documents the accuracy (5 %) and, since driver 530, the one-second mean; the windows were measured by Yang,
 * Adamek and Armour, "Accurate and Convenient Energy Measurements for GPUs: A Detailed Study of NVIDIA GPU's Built-In
 * Power Sensor" (SC24, arXiv 2312.02741), on more than 70 GPUs. Odd: A100 and H100 look at 25 ms of every 100 ms, so
 * that a load that beats with 100 ms is seen only in part; on a steady load their A100 was 5.8 % low against a meter.
 */
#include "sensor/nvml/nvml.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum when { BEFORE_530, AT_530, AFTER_530, ANY };

struct row {
    unsigned int arch_from, arch_to;
    enum when when;
    bool ga100;
    uint16_t usage_ms;   /* window of nvmlDeviceGetPowerUsage */
    uint16_t instant_ms; /* of field 186, and of the driver's samples, which it takes from the same place */
    uint16_t refresh_ms;
};

/* The first row that fits. GA100 is an Ampere that behaves like none. Not measured by anybody: Blackwell and what
 * comes after, which are taken for an Ada; Kepler and Maxwell filter logarithmically, which a long window stands for.
 */
static const struct row rows[] = {
    {0, JB_NVML_MAXWELL, ANY, false, 1000, 1000, 100},
    {JB_NVML_PASCAL, JB_NVML_VOLTA, ANY, false, 10, 10, 20},
    {JB_NVML_TURING, JB_NVML_TURING, ANY, false, 100, 100, 100},
    {JB_NVML_AMPERE, JB_NVML_AMPERE, ANY, true, 25, 25, 100},
    {JB_NVML_AMPERE, JB_NVML_ADA, AT_530, false, 100, 100, 100},
    {JB_NVML_AMPERE, JB_NVML_ADA, ANY, false, 1000, 100, 100},
    {JB_NVML_HOPPER, JB_NVML_HOPPER, AFTER_530, false, 1000, 25, 100},
    {JB_NVML_HOPPER, JB_NVML_HOPPER, ANY, false, 25, 25, 100},
    {0, JB_NVML_ARCH_UNKNOWN, ANY, false, 1000, 100, 100},
};

#define STATED_ERROR         0.05
#define PARTIAL_POWER_ERROR  0.10 /* of the integral: three quarters of the time are not looked at */
#define PARTIAL_ENERGY_ERROR 0.06 /* of the counter on the same boards */

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        bool starts = at == text || !isalnum((unsigned char)at[-1]);
        if (starts && !isalnum((unsigned char)at[length])) {
            return true;
        }
    }
    return false;
}

static bool is_ga100(unsigned int arch, const char *name)
{
    static const char *const words[] = {"A100", "A100X", "A800", "A30", "A30X", "170HX"};
    for (size_t i = 0; arch == JB_NVML_AMPERE && name && i < JB_COUNT(words); i++) {
        if (has_word(name, words[i])) {
            return true;
        }
    }
    return false;
}

void jb_nvml_window(unsigned int arch, const char *name, unsigned int driver, enum jb_nvml_way way,
                    struct jb_nvml_window *ret)
{
    enum when when = driver == 530 ? AT_530 : driver != 0 && driver < 530 ? BEFORE_530 : AFTER_530;
    bool ga100 = is_ga100(arch, name);
    const struct row *row = rows;
    while (arch < row->arch_from || arch > row->arch_to || (row->when != ANY && row->when != when) ||
           (row->ga100 && !ga100)) {
        row++; /* the last row takes all */
    }
    uint64_t window_ms = way == JB_NVML_WAY_USAGE ? row->usage_ms : row->instant_ms;
    bool part = row->instant_ms == 25;
    *ret = (struct jb_nvml_window){
        .window_ns = window_ms * JB_NS_PER_MS,
        .refresh_ns = row->refresh_ms * JB_NS_PER_MS,
        .power_error = window_ms == 25 ? PARTIAL_POWER_ERROR
                       : part          ? PARTIAL_ENERGY_ERROR
                                       : STATED_ERROR,
        .energy_error = part ? PARTIAL_ENERGY_ERROR : STATED_ERROR,
        .partial = part,
    };
}
