/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct jb_sensor_driver jb_sensor_battery;

static void put(struct tree *tree, const char *supply, const char *file, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/class/power_supply/%s/%s", supply, file);
    tree_write(tree, path, text);
}

static void battery(struct tree *tree, const char *supply, const char *status, const char *power_uw)
{
    put(tree, supply, "type", "Battery\n");
    put(tree, supply, "present", "1\n");
    put(tree, supply, "status", status);
    put(tree, supply, "power_now", power_uw);
}

static void fails_with(struct tree *tree, enum jb_status status)
{
    tree_read(tree);
    assert_int_equal(tree->sink.count, 1);
    assert_int_equal(tree->readings[0].status, status);
}

static uint64_t power_uw(struct tree *tree)
{
    tree_read(tree);
    const struct jb_reading *reading = tree_reading(tree, "node/battery");
    assert_int_equal(reading->status, JB_OK);
    return reading->raw;
}

static void what_flows_out_is_what_the_node_takes(void **state)
{
    struct tree *tree = *state;
    battery(tree, "BAT0", "Discharging\n", "12345000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), 0);
    const struct jb_channel *channel = tree_channel(tree, "node/battery");
    assert_int_equal(channel->domain, JB_DOMAIN_NODE);
    assert_int_equal(channel->unit, -1);
    assert_int_equal(channel->method, JB_METHOD_INTEGRATED);
    assert_true(channel->rel_error > 0 && channel->max_power_uw > 0);
    assert_int_equal(power_uw(tree), 12345000);
}

static void on_the_mains_nothing_is_known_and_it_says_so(void **state)
{
    struct tree *tree = *state;
    battery(tree, "BAT0", "Discharging\n", "30000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), 0);
    put(tree, "BAT0", "status", "Charging\n");
    fails_with(tree, JB_FAILED);
    static const char *const others[] = {"Full\n", "Not charging\n", "Unknown\n", "", "Discharging soon\n"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        put(tree, "BAT0", "status", others[i]);
        fails_with(tree, JB_FAILED);
    }
    put(tree, "BAT0", "status", "Discharging\n");
    assert_int_equal(power_uw(tree), 30000000);
}

/* With the channel open a model of the processor would yield to it, and a laptop without RAPL would use "unknown". */
static void a_battery_that_is_charged_at_the_start_stands_in_nobodys_way(void **state)
{
    struct tree *tree = *state;
    battery(tree, "BAT0", "Charging\n", "30000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), -ENODEV);
    const struct jb_channel *channel = tree_channel(tree, "node/battery");
    assert_int_equal(channel->status, JB_UNSUPPORTED);
    assert_non_null(strstr(channel->reason, "not discharging"));
}

static void current_times_voltage_serves_too(void **state)
{
    struct tree *tree = *state;
    battery(tree, "BAT0", "Discharging\n", "1\n");
    tree_remove(tree, "/sys/class/power_supply/BAT0/power_now");
    put(tree, "BAT0", "current_now", "1500000\n");
    put(tree, "BAT0", "voltage_now", "11400000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), 0);
    assert_int_equal(power_uw(tree), 17100000);
    put(tree, "BAT0", "current_now", "-1500000\n"); /* fuel gauges count what flows in */
    assert_int_equal(power_uw(tree), 17100000);
}

static void two_batteries_are_added_and_an_idle_one_gives_nothing(void **state)
{
    struct tree *tree = *state;
    battery(tree, "BAT0", "Discharging\n", "8000000\n");
    battery(tree, "BAT1", "Discharging\n", "4000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), 0);
    assert_int_equal(tree->source.channel_count, 1);
    assert_non_null(strstr(tree_channel(tree, "node/battery")->note, "2 batteries"));
    assert_int_equal(power_uw(tree), 12000000);
    put(tree, "BAT1", "status", "Not charging\n");
    assert_int_equal(power_uw(tree), 8000000);
    put(tree, "BAT1", "status", "Discharging\n");
    put(tree, "BAT1", "power_now", "broken\n"); /* half of it is not the machine */
    fails_with(tree, JB_FAILED);
}

static void mice_mains_ports_and_empty_bays_are_no_battery(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), -ENODEV);
    battery(tree, "hidpp_battery_0", "Discharging\n", "100\n");
    put(tree, "hidpp_battery_0", "scope", "Device\n");
    put(tree, "AC", "type", "Mains\n");
    put(tree, "ucsi-source-psy-USBC000:001", "type", "USB\n");
    battery(tree, "BAT1", "Unknown\n", "0\n");
    put(tree, "BAT1", "present", "0\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    battery(tree, "BAT0", "Discharging\n", "9000000\n");
    put(tree, "BAT0", "scope", "System\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), 0);
    assert_int_equal(power_uw(tree), 9000000);
}

static void values_that_are_none_are_failures(void **state)
{
    struct tree *tree = *state;
    static const char *const wrong[] = {
        "", "0\n", "-\n", "12 W\n", "0xFFFF\n", "99999999999999999999999\n", "500000001\n", "-500000001\n"};
    battery(tree, "BAT0", "Discharging\n", "5000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        put(tree, "BAT0", "power_now", wrong[i]);
        fails_with(tree, JB_FAILED);
    }
    put(tree, "BAT0", "power_now", "5000000\n");
    assert_int_equal(power_uw(tree), 5000000);
}

static void a_battery_without_power_is_told(void **state)
{
    struct tree *tree = *state;
    battery(tree, "BAT0", "Discharging\n", "1\n");
    tree_remove(tree, "/sys/class/power_supply/BAT0/power_now");
    put(tree, "BAT0", "current_now", "1500000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_battery, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "node/battery")->status, JB_UNSUPPORTED);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 0);
}

static void a_fifo_does_not_hold_us_up(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    battery(tree, "BAT0", "Discharging\n", "1\n");
    tree_remove(tree, "/sys/class/power_supply/BAT0/power_now");
    tree_path(tree, "/sys/class/power_supply/BAT0/power_now", path);
    assert_int_equal(mkfifo(path, 0644), 0);
    (void)tree_open(tree, &jb_sensor_battery, NULL);
    tree_read(tree);
    for (size_t i = 0; i < tree->sink.count; i++) {
        assert_int_not_equal(tree->readings[i].status, JB_OK);
    }
}

static void denied_is_told(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    battery(tree, "BAT0", "Discharging\n", "5000000\n");
    tree_path(tree, "/sys/class/power_supply/BAT0/power_now", path);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(tree_open_as_nobody(tree, &jb_sensor_battery), -EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_flows_out_is_what_the_node_takes, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(on_the_mains_nothing_is_known_and_it_says_so, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_battery_that_is_charged_at_the_start_stands_in_nobodys_way, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(current_times_voltage_serves_too, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(two_batteries_are_added_and_an_idle_one_gives_nothing, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(mice_mains_ports_and_empty_bays_are_no_battery, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(values_that_are_none_are_failures, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_battery_without_power_is_told, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_fifo_does_not_hold_us_up, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(denied_is_told, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
