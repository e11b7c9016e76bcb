/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: weighted by who was busy, boost counted as the base clock, looked at once a second. */
#include "support.h"

#include "hardware/frequency.h"

#include "base/clock.h"

static void put_clock(const struct machine *m, unsigned cpu, const char *base_file, const char *base, const char *now)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/%s", cpu, base_file);
    put(m, path, base);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_cur_freq", cpu);
    put(m, path, now);
}

static void idle_cpus_do_not_pull_the_clock_down(void **state)
{
    struct machine *m = *state;
    struct jb_frequency *f = calloc(1, sizeof *f);
    assert_non_null(f);
    put_clock(m, 0, "cpufreq/base_frequency", "2000000\n", "1500000\n");
    put_clock(m, 1, "cpufreq/base_frequency", "2000000\n", "400000\n");
    put(m, "/proc/stat", "cpu  90 0 0 110\ncpu0 90 0 0 10\ncpu1 0 0 0 100\n");
    assert_int_equal(jb_frequency_open(f, m->root, 2), 0);
    assert_near(jb_frequency_share(f, 1), 0.75, 1e-12);
    put(m, "/proc/stat", "cpu  180 0 0 200\ncpu0 135 0 0 55\ncpu1 45 0 0 155\n");
    assert_near(jb_frequency_share(f, 2), 0.75, 1e-12); /* a second has not passed */
    assert_near(jb_frequency_share(f, UINT64_C(1) << 60), (0.75 + 0.2) / 2, 1e-12);
    jb_frequency_close(f);
    free(f);
}

static void boost_counts_as_the_base_clock(void **state)
{
    struct machine *m = *state;
    struct jb_frequency *f = calloc(1, sizeof *f);
    assert_non_null(f);
    put_clock(m, 0, "acpi_cppc/nominal_freq", "2250\n", "3400000\n"); /* MHz here, kHz there */
    put(m, "/proc/stat", "cpu  90 0 0 110\ncpu0 90 0 0 10\n");
    assert_int_equal(jb_frequency_open(f, m->root, 1), 0);
    assert_near(jb_frequency_share(f, 1), 1, 0);
    jb_frequency_close(f);
    put_clock(m, 0, "acpi_cppc/nominal_freq", "2250\n", "1125000\n");
    assert_int_equal(jb_frequency_open(f, m->root, 1), 0);
    assert_near(jb_frequency_share(f, 1), 0.5, 1e-12);
    jb_frequency_close(f);
    free(f);
}

static void without_clocks_the_share_is_whole(void **state)
{
    struct machine *m = *state;
    struct jb_frequency *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(jb_frequency_open(f, m->root, 4), -ENOENT);
    assert_near(jb_frequency_share(f, 1), 1, 0);
    jb_frequency_close(f);
    put_clock(m, 0, "cpufreq/cpuinfo_max_freq", "2000000\n", "<unknown>\n");
    assert_int_equal(jb_frequency_open(f, m->root, 4), 0);
    assert_near(jb_frequency_share(f, 1), 1, 0);
    jb_frequency_close(f);
    free(f);
}

static void of_many_cpus_a_bounded_sample_is_read(void **state)
{
    struct machine *m = *state;
    struct jb_frequency *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (unsigned cpu = 0; cpu < 64; cpu++) {
        put_clock(m, cpu, "cpufreq/base_frequency", "2000000\n", "1000000\n");
    }
    assert_int_equal(jb_frequency_open(f, m->root, 64), 0);
    assert_int_equal(f->count, JB_FREQUENCY_SAMPLE);
    assert_int_equal(f->cpus[JB_FREQUENCY_SAMPLE - 1].cpu, 56); /* spread over all of them */
    assert_near(jb_frequency_share(f, 1), 0.5, 1e-12);          /* no /proc/stat: a plain mean */
    jb_frequency_close(f);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_ON_MACHINE(idle_cpus_do_not_pull_the_clock_down),
        TEST_ON_MACHINE(boost_counts_as_the_base_clock),
        TEST_ON_MACHINE(without_clocks_the_share_is_whole),
        TEST_ON_MACHINE(of_many_cpus_a_bounded_sample_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
