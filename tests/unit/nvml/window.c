/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of windows against the published one (sensors.md 4.2), and against anything else.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct jb_nvml_window look_up(unsigned int arch, const char *name, unsigned int driver, enum jb_nvml_way way)
{
    struct jb_nvml_window window;
    jb_nvml_window(arch, name, driver, way, &window);
    return window;
}

/* Every row of the published table, and of every number its error: nvml_window.c says what each rests on. */
static void the_published_windows_are_found(void **state)
{
    (void)state;
    static const struct {
        unsigned int arch;
        const char *name;
        unsigned int driver, usage_ms, instant_ms, refresh_ms, usage_percent, instant_percent, energy_percent;
    } cases[] = {
        {JB_NVML_KEPLER, "Tesla K40m", 390, 1000, 1000, 100, 5, 5, 5},
        {JB_NVML_MAXWELL, "Quadro K620", 470, 1000, 1000, 100, 29, 29, 29},
        {JB_NVML_MAXWELL, "Tesla M40", 550, 1000, 1000, 100, 29, 29, 29},
        {JB_NVML_PASCAL, "NVIDIA GeForce GTX 1080 Ti", 470, 10, 10, 20, 5, 5, 5},
        {JB_NVML_PASCAL, "NVIDIA GeForce GTX 1080 Ti", 530, 10, 10, 20, 5, 5, 5},
        {JB_NVML_PASCAL, "Tesla P100-SXM2-16GB", 550, 10, 10, 20, 5, 5, 5},
        {JB_NVML_VOLTA, "Tesla V100-SXM2-16GB", 470, 10, 10, 20, 5, 5, 5},
        {JB_NVML_VOLTA, "Tesla V100-SXM2-16GB", 530, 10, 10, 20, 5, 5, 5},
        {JB_NVML_VOLTA, "Tesla V100-SXM2-16GB", 550, 10, 10, 20, 5, 5, 5},
        {JB_NVML_TURING, "NVIDIA GeForce RTX 2080 Ti", 470, 100, 100, 100, 9, 9, 9},
        {JB_NVML_TURING, "NVIDIA GeForce RTX 2080 Ti", 530, 100, 100, 100, 9, 9, 9},
        {JB_NVML_TURING, "Tesla T4", 550, 100, 100, 100, 9, 9, 9},
        {JB_NVML_TURING, "Quadro RTX 8000", 550, 100, 20, 100, 9, 10, 9},
        {JB_NVML_AMPERE, "NVIDIA A100-SXM4-40GB", 470, 25, 25, 100, 10, 10, 6},
        {JB_NVML_AMPERE, "NVIDIA A100-PCIE-40GB", 530, 25, 25, 100, 10, 10, 6},
        {JB_NVML_AMPERE, "NVIDIA A100 80GB PCIe", 550, 25, 25, 100, 10, 10, 6},
        {JB_NVML_AMPERE, "NVIDIA A800-SXM4-80GB", 550, 25, 25, 100, 10, 10, 6},
        {JB_NVML_AMPERE, "NVIDIA A30", 550, 25, 25, 100, 10, 10, 6},
        {JB_NVML_AMPERE, "NVIDIA GeForce RTX 3090", 470, 1000, 1000, 100, 5, 5, 5},
        {JB_NVML_AMPERE, "NVIDIA GeForce RTX 3090", 530, 100, 100, 100, 5, 5, 5},
        {JB_NVML_AMPERE, "NVIDIA GeForce RTX 3090", 531, 1000, 100, 100, 5, 5, 5},
        {JB_NVML_AMPERE, "NVIDIA RTX A3000 Laptop GPU", 535, 1000, 100, 100, 5, 5, 5},
        {JB_NVML_AMPERE, "NVIDIA A10", 535, 1000, 100, 100, 5, 5, 5},
        {JB_NVML_ADA, "NVIDIA GeForce RTX 4090", 525, 1000, 1000, 100, 5, 5, 5},
        {JB_NVML_ADA, "NVIDIA GeForce RTX 4090", 530, 100, 100, 100, 5, 5, 5},
        {JB_NVML_ADA, "NVIDIA GeForce RTX 4090", 535, 1000, 100, 100, 5, 5, 5},
        {JB_NVML_ADA, "NVIDIA L40S", 0, 1000, 100, 100, 5, 5, 5}, /* a driver that does not tell its version */
        {JB_NVML_HOPPER, "NVIDIA H100 80GB HBM3", 525, 25, 25, 100, 10, 10, 6},
        {JB_NVML_HOPPER, "NVIDIA H100 80GB HBM3", 530, 25, 25, 100, 10, 10, 6},
        {JB_NVML_HOPPER, "NVIDIA H100 80GB HBM3", 580, 1000, 25, 100, 6, 10, 6},
        {JB_NVML_BLACKWELL, "NVIDIA B200", 580, 1000, 100, 100, 11, 11, 11},
        {JB_NVML_BLACKWELL + 1, "NVIDIA of tomorrow", 700, 1000, 100, 100, 11, 11, 11},
        {JB_NVML_ARCH_UNKNOWN, "Quadro 6000", 390, 1000, 1000, 100, 29, 29, 29},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jb_nvml_window usage = look_up(cases[i].arch, cases[i].name, cases[i].driver, JB_NVML_WAY_USAGE);
        struct jb_nvml_window instant = look_up(cases[i].arch, cases[i].name, cases[i].driver, JB_NVML_WAY_INSTANT);
        struct jb_nvml_window samples = look_up(cases[i].arch, cases[i].name, cases[i].driver, JB_NVML_WAY_SAMPLES);
        assert_int_equal(usage.window_ns, cases[i].usage_ms * JB_NS_PER_MS);
        assert_int_equal(instant.window_ns, cases[i].instant_ms * JB_NS_PER_MS);
        assert_int_equal(samples.window_ns, instant.window_ns);
        assert_int_equal(usage.refresh_ns, cases[i].refresh_ms * JB_NS_PER_MS);
        assert_int_equal(instant.refresh_ns, cases[i].refresh_ms * JB_NS_PER_MS);
        assert_int_equal((int)(usage.power_error * 100 + 0.5), cases[i].usage_percent);
        assert_int_equal((int)(instant.power_error * 100 + 0.5), cases[i].instant_percent);
        assert_int_equal((int)(usage.energy_error * 100 + 0.5), cases[i].energy_percent);
        assert_int_equal((int)(instant.energy_error * 100 + 0.5), cases[i].energy_percent);
    }
}

static void what_nobody_measured_is_said(void **state)
{
    (void)state;
    assert_non_null(strstr(look_up(JB_NVML_BLACKWELL, "NVIDIA B200", 580, JB_NVML_WAY_INSTANT).note, "nobody"));
    assert_non_null(strstr(look_up(JB_NVML_ARCH_UNKNOWN, "x", 390, JB_NVML_WAY_INSTANT).note, "generation"));
    assert_string_equal(look_up(JB_NVML_ADA, "NVIDIA L40S", 550, JB_NVML_WAY_INSTANT).note, "");
}

static void a_sensor_that_looks_a_quarter_of_the_time_errs_more(void **state)
{
    (void)state;
    struct jb_nvml_window partial = look_up(JB_NVML_AMPERE, "NVIDIA A100-SXM4-40GB", 550, JB_NVML_WAY_INSTANT);
    struct jb_nvml_window whole = look_up(JB_NVML_AMPERE, "NVIDIA GeForce RTX 3090", 550, JB_NVML_WAY_INSTANT);
    assert_true(partial.partial);
    assert_false(whole.partial);
    assert_true(partial.power_error > whole.power_error);
    assert_true(partial.power_error > partial.energy_error);
    assert_true(partial.energy_error > whole.energy_error);
    assert_true(partial.power_error <= 0.10);
}

static void anything_has_a_window(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "", "A100", "A100A100", "x A100"};
    static const unsigned int drivers[] = {0, 1, 529, 530, 531, UINT32_MAX};
    static const unsigned int archs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1000, JB_NVML_ARCH_UNKNOWN};
    for (size_t a = 0; a < sizeof(archs) / sizeof(archs[0]); a++) {
        for (size_t n = 0; n < 5; n++) {
            for (size_t d = 0; d < 6; d++) {
                for (int way = JB_NVML_WAY_NONE; way <= JB_NVML_WAY_USAGE; way++) {
                    struct jb_nvml_window window = look_up(archs[a], names[n], drivers[d], (enum jb_nvml_way)way);
                    assert_true(window.window_ns > 0 && window.refresh_ns > 0);
                    assert_true(window.power_error >= 0.05 && window.energy_error >= 0.05);
                }
            }
        }
    }
}

static void a_name_that_only_contains_a100_is_no_ga100(void **state)
{
    (void)state;
    assert_false(look_up(JB_NVML_AMPERE, "NVIDIA A1000 Laptop", 550, JB_NVML_WAY_INSTANT).partial);
    assert_false(look_up(JB_NVML_AMPERE, "NVIDIA RTX A3000", 550, JB_NVML_WAY_INSTANT).partial);
    assert_true(look_up(JB_NVML_AMPERE, "GRID A100-10C", 550, JB_NVML_WAY_INSTANT).partial);
    assert_false(look_up(JB_NVML_TURING, "A100", 550, JB_NVML_WAY_INSTANT).partial);
    assert_false(look_up(JB_NVML_ADA, "NVIDIA RTX 8000 Ada", 550, JB_NVML_WAY_INSTANT).partial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_windows_are_found),
        cmocka_unit_test(what_nobody_measured_is_said),
        cmocka_unit_test(a_sensor_that_looks_a_quarter_of_the_time_errs_more),
        cmocka_unit_test(anything_has_a_window),
        cmocka_unit_test(a_name_that_only_contains_a100_is_no_ga100),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
