/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled memory: 40 % of its watts at rest, all of them when every CPU is busy. */
#include "tree.h"

#include "sensor/sensor.h"

#include <math.h>
#include <time.h>

extern const struct jb_sensor_driver jb_sensor_ram_model;

/* 8 DDR5 RDIMMs: 48 W. */
static void make_machine(struct tree *tree)
{
    tree->machine.ram_bytes = UINT64_C(256) << 30;
    tree->machine.dimms = 8;
    snprintf(tree->machine.dimm_type, sizeof tree->machine.dimm_type, "DDR5 RDIMM");
    tree_write(tree, "/proc/stat", "cpu  1000 0 1000 8000 0 0 0 0 0 0\n");
}

static double power_over_a_step(struct tree *tree, const char *stat_between)
{
    tree_read(tree);
    struct jb_reading before = *tree_reading(tree, "ram/model");
    if (stat_between != NULL) {
        tree_write(tree, "/proc/stat", stat_between);
    }
    nanosleep(&(struct timespec){.tv_nsec = 25000000}, NULL);
    tree_read(tree);
    const struct jb_reading *after = tree_reading(tree, "ram/model");
    assert_int_equal(after->status, JB_OK);
    return (double)(after->raw - before.raw) * 1e3 / (double)(after->t_after_ns - before.t_after_ns);
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
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    const struct jb_channel *c = tree_channel(tree, "ram/model");
    assert_int_equal(c->status, JB_OK);
    assert_int_equal(c->method, JB_METHOD_MODELLED);
    assert_int_equal(c->domain, JB_DOMAIN_DRAM);
    assert_int_equal(c->device, JB_DEVICE_RAM);
    assert_int_equal(c->unit, -1);
    near((double)c->idle_uw / 1e6, 48 * 0.4);
    assert_true(c->rel_error >= 0.3);
    assert_non_null(strstr(c->note, "8 modules"));
}

static void rest_and_load_span_40_to_100_percent(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    near(power_over_a_step(tree, NULL), 48 * 0.4);
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    near(power_over_a_step(tree, "cpu  9000 0 1000 8000 0 0 0 0 0 0\n"), 48);
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    near(power_over_a_step(tree, "cpu  10000 0 1000 9000 0 0 0 0 0 0\n"), 48 * 0.7);
}

static void first_reading_is_zero(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    tree_read(tree);
    assert_true(tree_reading(tree, "ram/model")->raw == 0);
}

static void a_container_pays_for_its_limit_only(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    tree->machine.container = true;
    tree->machine.ram_limit_bytes = UINT64_C(64) << 30;
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    near(power_over_a_step(tree, NULL), 48 * 0.4 / 4);
    assert_non_null(strstr(tree_channel(tree, "ram/model")->note, "container"));
}

static void unknown_memory_is_no_channel(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), -ENODEV);
    assert_true(tree->diag.text[0] != '\0');
    assert_int_equal(tree_channel(tree, "ram/model")->status, JB_UNSUPPORTED);
}

static void without_proc_stat_the_middle_stands_for_the_load(void **state)
{
    struct tree *tree = *state;
    make_machine(tree);
    tree_remove(tree, "/proc/stat");
    assert_int_equal(tree_open(tree, &jb_sensor_ram_model, NULL), 0);
    near(power_over_a_step(tree, NULL), 48 * 0.7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(channel_says_that_it_is_a_model, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(rest_and_load_span_40_to_100_percent, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(first_reading_is_zero, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_container_pays_for_its_limit_only, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(unknown_memory_is_no_channel, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(without_proc_stat_the_middle_stands_for_the_load, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
