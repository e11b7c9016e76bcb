/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled CPU: what it reads, what it charges, and that no nanosecond is paid for twice. */
#include "tree.h"

#include "sensor/sensor.h"

#include <math.h>
#include <time.h>

extern const struct jb_sensor_driver jb_sensor_cpu_model;

static const char stat_start[] = "cpu  1000 0 1000 8000 0 0 0 0 0 0\ncpu0 500 0 500 4000 0 0 0 0 0 0\n"
                                 "cpu1 500 0 500 4000 0 0 0 0 0 0\nintr 1\n";

/* Bare metal, two CPUs, TDP 100 W: 15 % at rest and 95 % at full load (AMD). */
static void make_machine(struct tree *tree)
{
    struct jb_cpu *cpu = &tree->machine.cpu;
    snprintf(cpu->name, sizeof cpu->name, "Imaginary EPYC");
    snprintf(cpu->vendor, sizeof cpu->vendor, "AMD");
    cpu->cores = cpu->threads = 2;
    cpu->found = JB_FOUND_CONFIG;
    cpu->tdp_w = 100;
    tree_write(tree, "/proc/stat", stat_start);
}

/* Long enough that the driver looks again; the test reckons with the time that really passed. */
static void wait_two_ticks(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 25000000}, NULL);
}

/* Watts between the last reading and the next. */
static double power_over_a_step(struct tree *tree)
{
    tree_read(tree);
    struct jb_reading before = *tree_reading(tree, "cpu/model");
    wait_two_ticks();
    tree_read(tree);
    const struct jb_reading *after = tree_reading(tree, "cpu/model");
    assert_int_equal(after->status, JB_OK);
    return (double)(after->raw - before.raw) / 1e6 / ((double)(after->t_after_ns - before.t_after_ns) / 1e9);
}

static void near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 0.001 * wanted + 0.001)) {
        fail_msg("%g W, expected %g W", got, wanted);
    }
}

static void channel_says_that_it_is_a_model(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    const struct jb_channel *c = tree_channel(tree, "cpu/model");
    assert_int_equal(c->status, JB_OK);
    assert_int_equal(c->method, JB_METHOD_MODELLED);
    assert_int_equal(c->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(c->device, JB_DEVICE_CPU);
    assert_int_equal(c->unit, -1);
    assert_true(c->refresh_ns == 10000000);
    assert_true(c->idle_uw == 15000000);
    assert_true(c->max_power_uw >= 95000000);
    assert_true(c->rel_error > 0);
    assert_string_equal(c->path, "/proc/stat");
}

static void first_reading_is_zero(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    tree_read(tree);
    assert_true(tree_reading(tree, "cpu/model")->raw == 0);
}

static void idle_and_full_machines_draw_what_the_model_says(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    near(power_over_a_step(tree), 15);
    tree_write(tree, "/proc/stat", "cpu  9000 0 1000 8000 0 0 0 0 0 0\n");
    wait_two_ticks();
    tree_read(tree); /* from here on the window is all busy */
    struct jb_reading before = *tree_reading(tree, "cpu/model");
    wait_two_ticks();
    tree_write(tree, "/proc/stat", "cpu  99000 0 1000 8000 0 0 0 0 0 0\n");
    tree_read(tree);
    const struct jb_reading *after = tree_reading(tree, "cpu/model");
    near((double)(after->raw - before.raw) * 1e3 / (double)(after->t_after_ns - before.t_after_ns), 95);
}

static void waiting_for_disks_and_stolen_time_are_not_work(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    tree_read(tree);
    struct jb_reading before = *tree_reading(tree, "cpu/model");
    tree_write(tree, "/proc/stat", "cpu  1000 0 1000 9000 7000 0 0 5000 0 0\n");
    wait_two_ticks();
    tree_read(tree);
    const struct jb_reading *after = tree_reading(tree, "cpu/model");
    near((double)(after->raw - before.raw) * 1e3 / (double)(after->t_after_ns - before.t_after_ns), 15);
}

/* Half busy at half the base clock is a quarter of the work. */
static void the_clock_weighs_the_load(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    for (int cpu = 0; cpu < 2; cpu++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/base_frequency", cpu);
        tree_write(tree, path, "2000000\n");
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
        tree_write(tree, path, "1000000\n");
    }
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    tree_read(tree);
    struct jb_reading before = *tree_reading(tree, "cpu/model");
    tree_write(tree, "/proc/stat", "cpu  2000 0 1000 9000 0 0 0 0 0 0\n");
    wait_two_ticks();
    tree_read(tree);
    const struct jb_reading *after = tree_reading(tree, "cpu/model");
    near((double)(after->raw - before.raw) * 1e3 / (double)(after->t_after_ns - before.t_after_ns),
         100 * (0.15 + 0.80 * jb_spec_curve(0.25)));
}

static void a_container_with_a_quota_is_charged_for_its_own_time(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    tree->machine.cpu.cores = tree->machine.cpu.threads = 8;
    tree->machine.container = true;
    tree->machine.cpu_limit = 2;
    tree_write(tree, "/proc/self/cgroup", "0::/\n");
    tree_write(tree, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
    tree_write(tree, "/sys/fs/cgroup/cpu.stat", "usage_usec 1000000\nuser_usec 1\n");
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    const struct jb_channel *c = tree_channel(tree, "cpu/model");
    assert_string_equal(c->path, "/sys/fs/cgroup/cpu.stat");
    assert_non_null(strstr(c->note, "2 of 8"));
    near(power_over_a_step(tree), 100 * 0.15 * 2 / 8);
    tree_write(tree, "/sys/fs/cgroup/cpu.stat", "usage_usec 3600000000\nuser_usec 1\n"); /* more than it may use */
    near(power_over_a_step(tree), 100 * 0.95 * 2 / 8);
}

static void without_proc_stat_it_says_why(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    tree_remove(tree, "/proc/stat");
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "/proc/stat"));
    assert_int_equal(tree_channel(tree, "cpu/model")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "cpu/model")->reason, "/proc/stat"));
}

static void without_a_cpu_it_says_how_to_mend_it(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    tree->machine.cpu.tdp_w = 0;
    tree->machine.cpu.found = JB_FOUND_NOT;
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.fix, "cpu_tdp"));
}

static void garbage_later_is_a_failed_reading_and_the_time_is_made_up_for(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    tree_read(tree);
    struct jb_reading before = *tree_reading(tree, "cpu/model");
    wait_two_ticks();
    tree_write(tree, "/proc/stat", "cpu  x\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/model")->status, JB_FAILED);
    wait_two_ticks();
    tree_write(tree, "/proc/stat", stat_start);
    tree_read(tree);
    const struct jb_reading *after = tree_reading(tree, "cpu/model");
    assert_int_equal(after->status, JB_OK);
    near((double)(after->raw - before.raw) * 1e3 / (double)(after->t_after_ns - before.t_after_ns), 15);
}

/* Read as fast as can be: the energy must still be power x time, and never step back. */
static void fast_readings_pay_each_nanosecond_once(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_cpu_model, NULL), 0);
    tree_read(tree);
    struct jb_reading first = *tree_reading(tree, "cpu/model"), last = first;
    wait_two_ticks();
    for (int i = 0; i < 5000; i++) {
        tree_read(tree);
        const struct jb_reading *now = tree_reading(tree, "cpu/model");
        assert_true(now->raw >= last.raw && now->t_after_ns >= last.t_after_ns);
        last = *now;
    }
    near((double)(last.raw - first.raw) * 1e3 / (double)(last.t_after_ns - first.t_after_ns), 15);
}

static void closing_what_never_opened_is_harmless(void **state)
{
    struct tree *tree = *state;
    struct jb_source source = {.driver = &jb_sensor_cpu_model, .env = &tree->env, .channels = tree->channels};
    source.priv = calloc(1, jb_sensor_cpu_model.priv_size);
    assert_non_null(source.priv);
    jb_sensor_cpu_model.close(&source);
    free(source.priv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(channel_says_that_it_is_a_model, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(first_reading_is_zero, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(idle_and_full_machines_draw_what_the_model_says, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(waiting_for_disks_and_stolen_time_are_not_work, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_clock_weighs_the_load, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_container_with_a_quota_is_charged_for_its_own_time, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(without_proc_stat_it_says_why, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(without_a_cpu_it_says_how_to_mend_it, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(garbage_later_is_a_failed_reading_and_the_time_is_made_up_for, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(fast_readings_pay_each_nanosecond_once, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(closing_what_never_opened_is_harmless, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
