/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_window.c - what a power reading means and how far it is off, by generation and driver version.
 *
 * The windows were measured by Yang, Adamek and Armour, "Accurate and Convenient Energy Measurements for GPUs: A
 * Detailed Study of NVIDIA GPU's Built-In Power Sensor" (SC24, arXiv 2312.02741), on more than 70 GPUs; they publish
 * their table beside it. nvmlDeviceGetPowerUsage is what they call power.draw (a mean over one second on Ampere and
 * later, but for driver 530 and GA100, as NVIDIA documents too), field 186 is power.draw.instant. That the driver's
 * buffered samples are field 186's values is our assumption. Odd: A100 and H100 look at 25 ms of every 100 ms.
 *
 * The errors are one sigma and systematic: a card keeps its own. They are what that study found against an external
 * meter, the root of the mean square where it found several:
 *   A100 -5.5 % steady and -5.8 % of the energy                    -> GA100 6 %; Hopper, which looks as it does, the
 * same RTX 3090 -4.0 to -5.6 %, RTX 4090 -4.1 %                       -> Ampere and Ada 5 % RTX 2080 Ti -6.2 %, RTX
 * 2060 Super +11 %                       -> Turing 9 % GTX 1080 Ti -0.3 and -0.4 %, one card alone -> Pascal and Volta
 * 5 %, which NVIDIA states Tesla M40 -1.6 %, Quadro K620 -41 %                            -> Maxwell 29 % none ->
 * Kepler 5 %, which NVIDIA promises for it none, Blackwell and later                                      -> 11 %, the
 * worst of the generations still sold generation not told (a library from before 2020): 29 %, the worst of all The
 * energy counter has the error of the sensor that feeds it.
 */
#include "sensor/nvml/nvml.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum when { BEFORE_530, AT_530, AFTER_530, ANY };
enum chip { ANY_CHIP, GA100, RTX_8000 };

struct row {
    unsigned int arch_from, arch_to;
    enum when when;
    enum chip chip;
    uint16_t usage_ms;   /* window of nvmlDeviceGetPowerUsage */
    uint16_t instant_ms; /* of field 186, and of the driver's samples */
    uint16_t refresh_ms;
    double error;
    const char *note;
};

#define QUARTER "the sensor looks at 25 ms of every 100 ms"
#define HALF    "the sensor looks at 10 ms of every 20 ms"
#define NOBODY  "nobody has published how the sensor of this generation behaves"

/* The first row that fits. Maxwell and some Kepler filter logarithmically, which a long window stands for. Before
 * driver 530 there was no field 186: samples are taken to be no better than what power.draw was. */
static const struct row rows[] = {
    {JB_NVML_KEPLER, JB_NVML_KEPLER, ANY, ANY_CHIP, 1000, 1000, 100, 0.05, ""},
    {JB_NVML_MAXWELL, JB_NVML_MAXWELL, ANY, ANY_CHIP, 1000, 1000, 100, 0.29, ""},
    {JB_NVML_PASCAL, JB_NVML_VOLTA, ANY, ANY_CHIP, 10, 10, 20, 0.05, HALF},
    {JB_NVML_TURING, JB_NVML_TURING, ANY, RTX_8000, 100, 20, 100, 0.09, "the sensor looks at 20 ms of every 100 ms"},
    {JB_NVML_TURING, JB_NVML_TURING, ANY, ANY_CHIP, 100, 100, 100, 0.09, ""},
    {JB_NVML_AMPERE, JB_NVML_AMPERE, ANY, GA100, 25, 25, 100, 0.06, QUARTER},
    {JB_NVML_AMPERE, JB_NVML_ADA, BEFORE_530, ANY_CHIP, 1000, 1000, 100, 0.05, ""},
    {JB_NVML_AMPERE, JB_NVML_ADA, AT_530, ANY_CHIP, 100, 100, 100, 0.05, ""},
    {JB_NVML_AMPERE, JB_NVML_ADA, AFTER_530, ANY_CHIP, 1000, 100, 100, 0.05, ""},
    {JB_NVML_HOPPER, JB_NVML_HOPPER, AFTER_530, ANY_CHIP, 1000, 25, 100, 0.06, QUARTER},
    {JB_NVML_HOPPER, JB_NVML_HOPPER, ANY, ANY_CHIP, 25, 25, 100, 0.06, QUARTER},
    {JB_NVML_BLACKWELL, JB_NVML_ARCH_UNKNOWN - 1, ANY, ANY_CHIP, 1000, 100, 100, 0.11, NOBODY},
    {0, JB_NVML_ARCH_UNKNOWN, ANY, ANY_CHIP, 1000, 1000, 100, 0.29, "the driver does not tell the GPU's generation"},
};

/* Of the integral of a power that looks less than half of the time. A judgement, nothing published says it for any
 * load: 6 % of the sensor, and 8 % for a load that beats with the 100 ms, which no length of run averages out. What
 * does average out is not in it (docs/accuracy.md). */
#define PARTIAL_POWER_ERROR 0.10

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

/* The two chips that behave unlike their generation. */
static enum chip chip_of(unsigned int arch, const char *name)
{
    static const char *const words[] = {"A100", "A100X", "A800", "A30", "A30X", "170HX"};
    for (size_t i = 0; arch == JB_NVML_AMPERE && name && i < JB_COUNT(words); i++) {
        if (has_word(name, words[i])) {
            return GA100;
        }
    }
    return arch == JB_NVML_TURING && name && has_word(name, "RTX 8000") ? RTX_8000 : ANY_CHIP;
}

static bool looks_rarely(uint64_t window_ms, const struct row *row)
{
    return 2 * window_ms < row->refresh_ms;
}

void jb_nvml_window(unsigned int arch, const char *name, unsigned int driver, enum jb_nvml_way way,
                    struct jb_nvml_window *ret)
{
    enum when when = driver == 530 ? AT_530 : driver != 0 && driver < 530 ? BEFORE_530 : AFTER_530;
    enum chip chip = chip_of(arch, name);
    const struct row *row = rows;
    while (arch < row->arch_from || arch > row->arch_to || (row->when != ANY && row->when != when) ||
           (row->chip != ANY_CHIP && row->chip != chip)) {
        row++; /* the last row takes all */
    }
    uint64_t window_ms = way == JB_NVML_WAY_USAGE ? row->usage_ms : row->instant_ms;
    bool rarely = looks_rarely(window_ms, row);
    *ret = (struct jb_nvml_window){
        .window_ns = window_ms * JB_NS_PER_MS,
        .refresh_ns = row->refresh_ms * JB_NS_PER_MS,
        .power_error = rarely && row->error < PARTIAL_POWER_ERROR ? PARTIAL_POWER_ERROR : row->error,
        .energy_error = row->error,
        .partial = looks_rarely(row->instant_ms, row),
        .note = row->note,
    };
}
