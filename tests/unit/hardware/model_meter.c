/* SPDX-License-Identifier: Apache-2.0 */
/* Busy shares from ticks, and joules from watts without loss. */
#include "support.h"

#include "hardware/model_meter.h"

#include "base/clock.h"

static const uint64_t ms = JB_NS_PER_MS;

static void ticks_are_split_into_busy_and_total(void **state)
{
    (void)state;
    struct jb_cpu_ticks t;
    const char *stat = "cpu  10 20 30 400 50 6 7 8 9 1\ncpu0 1 0 0 5\nintr 9\n";
    assert_int_equal(jb_cpu_ticks_parse(stat, -1, &t), 0);
    assert_true(t.busy == 10 + 20 + 30 + 6 + 7); /* guest time (9, 1) is in user and nice already */
    assert_true(t.total == 10 + 20 + 30 + 400 + 50 + 6 + 7 + 8);
    assert_int_equal(jb_cpu_ticks_parse(stat, 0, &t), 0);
    assert_true(t.busy == 1 && t.total == 6);
    assert_int_equal(jb_cpu_ticks_parse(stat, 1, &t), -ENOENT);
}

static void lines_that_are_none_are_refused(void **state)
{
    (void)state;
    struct jb_cpu_ticks t = {77, 77};
    assert_int_equal(jb_cpu_ticks_parse("", -1, &t), -ENOENT);
    assert_int_equal(jb_cpu_ticks_parse("cpu", -1, &t), -ENOENT);
    assert_int_equal(jb_cpu_ticks_parse("cpu 1 2 3\n", -1, &t), -EBADMSG);
    assert_int_equal(jb_cpu_ticks_parse("cpu x\n", -1, &t), -EBADMSG);
    assert_int_equal(jb_cpu_ticks_parse("cpu 18446744073709551615 1 1 1\n", -1, &t), -EBADMSG);
    assert_true(t.busy == 77 && t.total == 77);
}

static void the_share_is_that_of_the_last_tenth_of_a_second(void **state)
{
    struct machine *m = *state;
    struct jb_busy busy = {.fd = -1};
    double share = -1;
    int err;
    put(m, "/proc/stat", "cpu  0 0 0 0\n");
    assert_int_equal(jb_busy_open(&busy, m->root, NULL, false, 0), 0);
    assert_true(jb_busy_read(&busy, 1000 * ms, &share, &err));
    assert_true(share == 0);
    assert_false(jb_busy_read(&busy, 1005 * ms, &share, &err)); /* too soon */
    assert_int_equal(err, 0);
    put(m, "/proc/stat", "cpu  10 0 0 10\n");
    assert_true(jb_busy_read(&busy, 1100 * ms, &share, &err));
    assert_near(share, 0.5, 1e-12);
    put(m, "/proc/stat", "cpu  11 0 0 11\n"); /* 10 ms later the window still reaches back to the start */
    assert_true(jb_busy_read(&busy, 1110 * ms, &share, &err));
    assert_near(share, 0.5, 1e-12);
    put(m, "/proc/stat", "cpu  31 0 0 11\n"); /* and now only to 1100 */
    assert_true(jb_busy_read(&busy, 1200 * ms, &share, &err));
    assert_near(share, 21 / 22.0, 1e-12);
    put(m, "/proc/stat", "cpu  30 0 0 500\n"); /* a counter that stepped back is no load */
    assert_true(jb_busy_read(&busy, 1300 * ms, &share, &err));
    assert_true(share == 0);
    jb_busy_close(&busy);
}

/* Many short readings: the ring of snapshots turns over and the share stays that of 100 ms. */
static void fast_reading_keeps_the_window(void **state)
{
    struct machine *m = *state;
    struct jb_busy busy = {.fd = -1};
    double share = -1;
    int err;
    char text[64];
    put(m, "/proc/stat", "cpu  0 0 0 0\n");
    assert_int_equal(jb_busy_open(&busy, m->root, NULL, false, 0), 0);
    for (unsigned i = 0; i < 100; i++) { /* one tick each 10 ms, busy every other */
        snprintf(text, sizeof text, "cpu  %u 0 0 %u\n", (i + 1) / 2, i / 2);
        put(m, "/proc/stat", text);
        assert_true(jb_busy_read(&busy, (1000 + 10 * i) * ms, &share, &err));
        if (i > 10) {
            assert_near(share, 0.5, 0.11);
        }
    }
    jb_busy_close(&busy);
}

static void a_groups_time_is_held_against_its_cpus(void **state)
{
    struct machine *m = *state;
    struct jb_busy busy = {.fd = -1};
    double share;
    int err;
    put(m, "/g/cpu.stat", "usage_usec 1000\nuser_usec 4\n");
    assert_int_equal(jb_busy_open(&busy, m->root, "/g/cpu.stat", false, 2), 0);
    assert_true(jb_busy_read(&busy, 1000 * ms, &share, &err));
    put(m, "/g/cpu.stat", "usage_usec 101000\nuser_usec 4\n");
    assert_true(jb_busy_read(&busy, 1100 * ms, &share, &err));
    assert_near(share, 0.5, 1e-9); /* 100 ms of CPU in 100 ms, of two */
    jb_busy_close(&busy);
    put(m, "/g/cpuacct.usage", "0\n");
    assert_int_equal(jb_busy_open(&busy, m->root, "/g/cpuacct.usage", true, 1), 0);
    jb_busy_close(&busy);
    put(m, "/g/cpu.stat", "nr_periods 0\n");
    assert_int_equal(jb_busy_open(&busy, m->root, "/g/cpu.stat", false, 2), -EBADMSG);
    assert_int_equal(busy.fd, -1);
    assert_int_equal(jb_busy_open(&busy, m->root, "/g/none", false, 2), -ENOENT);
    jb_busy_close(&busy);
}

/* Steps of any length give the same energy as one long step: nothing is rounded away. Seeded. */
static void joules_do_not_depend_on_the_steps(void **state)
{
    (void)state;
    uint64_t seed = 2463534242u, random = seed, now = 5;
    struct jb_joule_meter small = {0}, large = {0};
    jb_joule_meter_step(&small, now, 3.3);
    jb_joule_meter_step(&large, now, 3.3);
    assert_true(small.energy_uj == 0);
    for (int i = 0; i < 100000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        now += random % 1000;
        jb_joule_meter_step(&small, now, 3.3);
    }
    jb_joule_meter_step(&large, now, 3.3);
    if (small.energy_uj != large.energy_uj || small.rest != large.rest) {
        fail_msg("seed %llu: %llu and %llu uJ", (unsigned long long)seed, (unsigned long long)small.energy_uj,
                 (unsigned long long)large.energy_uj);
    }
    assert_near((double)large.energy_uj, 3.3 * (double)(now - 5) / 1e3, 1e-6);
}

static void absurd_power_and_time_that_steps_back_add_nothing(void **state)
{
    (void)state;
    struct jb_joule_meter meter = {0};
    jb_joule_meter_step(&meter, 1000, 1);
    jb_joule_meter_step(&meter, 500, 100);
    jb_joule_meter_step(&meter, 2000, NAN);
    jb_joule_meter_step(&meter, 3000, -5);
    jb_joule_meter_step(&meter, 4000, 1e12);
    assert_true(meter.energy_uj == 0 && meter.rest == 0);
    jb_joule_meter_step(&meter, 4000 + 31557600 * JB_NS_PER_S, 1e5); /* a year of 100 kW, exact */
    assert_true(meter.energy_uj == UINT64_C(31557600) * 100000 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_split_into_busy_and_total),
        cmocka_unit_test(lines_that_are_none_are_refused),
        TEST_ON_MACHINE(the_share_is_that_of_the_last_tenth_of_a_second),
        TEST_ON_MACHINE(fast_reading_keeps_the_window),
        TEST_ON_MACHINE(a_groups_time_is_held_against_its_cpus),
        cmocka_unit_test(joules_do_not_depend_on_the_steps),
        cmocka_unit_test(absurd_power_and_time_that_steps_back_add_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
