/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct jb_sensor_driver jb_sensor_acpi;

static void put(struct tree *tree, int chip, const char *file, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/class/hwmon/hwmon%d/%s", chip, file);
    tree_write(tree, path, text);
}

/* As kernels before 6.15 have it: all in device/. */
static void grace(struct tree *tree, int chip, const char *label, const char *power_uw)
{
    put(tree, chip, "device/name", "power_meter\n");
    put(tree, chip, "device/power1_oem_info", label);
    put(tree, chip, "device/power1_average", power_uw);
    put(tree, chip, "device/power1_average_interval", "50\n");
    put(tree, chip, "device/power1_accuracy", "100.0%\n");
    put(tree, chip, "device/power1_is_battery", "0\n");
    put(tree, chip, "device/measures/ACPI000D:00/uid", "0\n");
}

static void node(struct tree *tree, const char *power_uw)
{
    put(tree, 2, "name", "power_meter\n");
    put(tree, 2, "power1_average", power_uw);
    put(tree, 2, "power1_average_interval", "1000\n");
    put(tree, 2, "power1_accuracy", "90.0%\n");
    put(tree, 2, "power1_is_battery", "0\n");
    put(tree, 2, "power1_oem_info", "\n");
}

static uint64_t power_uw(struct tree *tree, const char *id)
{
    tree_read(tree);
    const struct jb_reading *reading = tree_reading(tree, id);
    assert_int_equal(reading->status, JB_OK);
    assert_true(reading->t_before_ns <= reading->t_after_ns);
    return reading->raw;
}

static void the_four_meters_of_a_grace_socket_nest(void **state)
{
    struct tree *tree = *state;
    grace(tree, 4, "Module Power Socket 1\n", "600000000\n");
    grace(tree, 3, "Grace Power Socket 1\n", "150000000\n");
    grace(tree, 12, "CPU Power Socket 1\n", "80000000\n");
    grace(tree, 2, "SysIO Power Socket 1\n", "20000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    assert_int_equal(tree->source.channel_count, 4);
    const struct jb_channel *module = tree_channel(tree, "module/1/acpi");
    const struct jb_channel *package = tree_channel(tree, "cpu/1/package");
    const struct jb_channel *core = tree_channel(tree, "cpu/1/core");
    const struct jb_channel *uncore = tree_channel(tree, "cpu/1/uncore");
    assert_int_equal(module->domain, JB_DOMAIN_MODULE);
    assert_int_equal(package->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(core->domain, JB_DOMAIN_CORE);
    assert_int_equal(uncore->domain, JB_DOMAIN_UNCORE);
    assert_int_equal(module->parent, -1);
    assert_int_equal(package->parent, module - tree->channels);
    assert_int_equal(core->parent, package - tree->channels);
    assert_int_equal(uncore->parent, package - tree->channels);
    assert_int_equal(package->unit, 1);
    assert_int_equal(package->window_ns, 50000000);
    assert_int_equal(package->refresh_ns, 50000000);
    assert_non_null(strstr(package->note, "memory"));
    assert_string_equal(package->path, "/sys/class/hwmon/hwmon3/device/power1_average");
    assert_int_equal(power_uw(tree, "cpu/1/package"), 150000000);
    assert_int_equal(tree_reading(tree, "module/1/acpi")->raw, 600000000);
}

static void early_firmware_calls_grace_th500(void **state)
{
    struct tree *tree = *state;
    grace(tree, 0, "TH500 Power Socket 0\n", "150000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->domain, JB_DOMAIN_PACKAGE);
}

static void a_perfect_accuracy_is_not_believed(void **state)
{
    struct tree *tree = *state;
    grace(tree, 0, "Grace Power Socket 0\n", "150000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    assert_true(tree_channel(tree, "cpu/0/package")->rel_error >= 0.01);
}

static void elsewhere_the_meter_is_the_nodes(void **state)
{
    struct tree *tree = *state;
    node(tree, "350000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    const struct jb_channel *channel = tree_channel(tree, "node/acpi");
    assert_int_equal(channel->domain, JB_DOMAIN_NODE);
    assert_int_equal(channel->unit, -1);
    assert_int_equal(channel->window_ns, 1000000000);
    assert_true(channel->rel_error > 0.0999 && channel->rel_error < 0.1001);
    assert_string_equal(channel->path, "/sys/class/hwmon/hwmon2/power1_average");
    assert_int_equal(power_uw(tree, "node/acpi"), 350000000);
}

static void thousandths_of_the_accuracy_have_no_leading_zeros(void **state)
{
    struct tree *tree = *state;
    static const struct {
        const char *text;
        double error;
    } cases[] = {{"90.50%\n", 0.0995}, {"90.500%\n", 0.095}, {"99.0%\n", 0.01}};
    node(tree, "350000000\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(tree, 2, "power1_accuracy", cases[i].text);
        assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
        double error = tree_channel(tree, "node/acpi")->rel_error;
        assert_true(error > cases[i].error - 1e-9 && error < cases[i].error + 1e-9);
    }
    static const char *const none[] = {"100.0%\n", "0.0%\n", "49.9%\n", "101.0%\n", "90\n", "unknown\n", "", "-5.0%\n"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        put(tree, 2, "power1_accuracy", none[i]);
        assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
        assert_true(tree_channel(tree, "node/acpi")->rel_error == 0.05);
    }
}

static void what_the_firmware_says_is_measured_is_told(void **state)
{
    struct tree *tree = *state;
    node(tree, "350000000\n");
    put(tree, 2, "device/measures/LNXSYBUS:00/uid", "0\n");
    put(tree, 2, "device/measures/LNXCPU:00/uid", "0\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    assert_string_equal(tree_channel(tree, "node/acpi")->note, "");
    tree_remove(tree, "/sys/class/hwmon/hwmon2/device/measures/LNXSYBUS:00/uid");
    char path[PATH_MAX];
    tree_path(tree, "/sys/class/hwmon/hwmon2/device/measures/LNXSYBUS:00", path);
    assert_int_equal(rmdir(path), 0);
    put(tree, 2, "device/measures/PNP0C80:00/uid", "0\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    assert_non_null(strstr(tree_channel(tree, "node/acpi")->note, "PNP0C80:00"));
}

static void a_meter_of_processors_alone_is_not_the_nodes(void **state)
{
    struct tree *tree = *state;
    node(tree, "350000000\n");
    put(tree, 2, "device/measures/LNXCPU:00/uid", "0\n");
    put(tree, 2, "device/measures/ACPI0007:01/uid", "0\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "node/acpi")->status, JB_UNSUPPORTED);
}

static void the_meter_of_a_battery_is_left_to_the_battery(void **state)
{
    struct tree *tree = *state;
    node(tree, "350000000\n");
    put(tree, 2, "power1_is_battery", "1\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "node/acpi")->status, JB_UNSUPPORTED);
}

static void other_chips_are_left_alone(void **state)
{
    struct tree *tree = *state;
    put(tree, 0, "name", "coretemp\n");
    put(tree, 0, "power1_average", "1\n");
    put(tree, 1, "name", "power_meter_x\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_string_equal(tree->diag.fix, "");
}

static void a_meter_without_its_driver_names_the_command(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/sys/bus/acpi/devices/ACPI000D:00/hid", "ACPI000D\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
    assert_string_equal(tree->diag.fix, "sudo modprobe acpi_power_meter");
    strcpy(tree->machine.cpu.name, "NVIDIA Grace");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.fix, "force_cap_on=y"));
}

static void what_the_firmware_failed_to_read_is_no_power(void **state)
{
    struct tree *tree = *state;
    static const char *const wrong[] = {"4294967295000\n", "0\n", "",      "-1\n",
                                        "0xFFFF\n",        "12",  "1 W\n", "99999999999999999999999\n"};
    grace(tree, 0, "Grace Power Socket 0\n", "150000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        put(tree, 0, "device/power1_average", wrong[i]);
        tree_read(tree);
        assert_int_equal(tree->sink.count, 1);
        if (strcmp(wrong[i], "12") != 0) {
            assert_int_equal(tree->readings[0].status, JB_FAILED);
        }
    }
    put(tree, 0, "device/power1_average", "151000000\n");
    assert_int_equal(power_uw(tree, "cpu/0/package"), 151000000);
}

static void a_file_that_is_missing_or_a_fifo_is_told(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    node(tree, "350000000\n");
    tree_remove(tree, "/sys/class/hwmon/hwmon2/power1_average");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "node/acpi")->status, JB_FAILED);
    tree_path(tree, "/sys/class/hwmon/hwmon2/power1_average", path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), -ENODEV);
}

static void denied_names_the_cure(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    node(tree, "350000000\n");
    tree_path(tree, "/sys/class/hwmon/hwmon2/power1_average", path);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(tree_open_as_nobody(tree, &jb_sensor_acpi), -EACCES);
    assert_non_null(strstr(tree->diag.fix, "chmod"));
}

static void two_meters_of_one_name_are_one(void **state)
{
    struct tree *tree = *state;
    grace(tree, 0, "Grace Power Socket 0\n", "150000000\n");
    grace(tree, 1, "Grace Power Socket 0\n", "150000000\n");
    node(tree, "350000000\n");
    put(tree, 3, "name", "power_meter\n");
    put(tree, 3, "power1_average", "350000000\n");
    assert_int_equal(tree_open(tree, &jb_sensor_acpi, NULL), 0);
    assert_int_equal(tree->source.channel_count, 3);
    (void)tree_channel(tree, "cpu/0/package");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_four_meters_of_a_grace_socket_nest, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(early_firmware_calls_grace_th500, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_perfect_accuracy_is_not_believed, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(elsewhere_the_meter_is_the_nodes, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(thousandths_of_the_accuracy_have_no_leading_zeros, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(what_the_firmware_says_is_measured_is_told, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_meter_of_processors_alone_is_not_the_nodes, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_meter_of_a_battery_is_left_to_the_battery, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(other_chips_are_left_alone, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_meter_without_its_driver_names_the_command, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(what_the_firmware_failed_to_read_is_no_power, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_missing_or_a_fifo_is_told, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(denied_names_the_cure, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(two_meters_of_one_name_are_one, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
