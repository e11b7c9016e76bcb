/* SPDX-License-Identifier: Apache-2.0 */
/* The power monitors of Jetsons, in both layouts of sysfs: what each rail is, what the total is, and what goes wrong.
 */
#include "tree.h"

extern const struct jb_sensor_driver jb_sensor_jetson;

static const char *const orin = "/sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3";
static const char *const orin_second = "/sys/bus/i2c/drivers/ina3221/1-0041/hwmon/hwmon4";
static const char *const nano = "/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0";

static void put(const struct tree *tree, const char *folder, const char *file, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    tree_write(tree, path, text);
}

static void drop(const struct tree *tree, const char *folder, const char *file)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    tree_remove(tree, path);
}

/* The device tree of that chip. The list has NULs in it, as the kernel's has. */
static void put_soc(const struct tree *tree, const char *soc)
{
    char full[PATH_MAX], list[128];
    tree_write(tree, "/proc/device-tree/compatible", "");
    tree_path(tree, "/proc/device-tree/compatible", full);
    int length = snprintf(list, sizeof(list), "acme,carrier%cnvidia,%s", 0, soc) + 1;
    int fd = open(full, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, list, (size_t)length), length);
    close(fd);
}

static void put_rail(const struct tree *tree, const char *folder, int number, const char *label, const char *mv,
                     const char *ma)
{
    char file[32];
    snprintf(file, sizeof(file), "in%d_label", number);
    put(tree, folder, file, label);
    snprintf(file, sizeof(file), "in%d_input", number);
    put(tree, folder, file, mv);
    snprintf(file, sizeof(file), "curr%d_input", number);
    put(tree, folder, file, ma);
}

static void make_agx_orin(const struct tree *tree)
{
    put_soc(tree, "tegra234");
    put_rail(tree, orin, 1, "VDD_GPU_SOC\n", "19880\n", "320\n");
    put_rail(tree, orin, 2, "VDD_CPU_CV\n", "19880\n", "160\n");
    put_rail(tree, orin, 3, "VIN_SYS_5V0\n", "5032\n", "808\n");
    put(tree, orin, "in7_label", "sum of shunt voltages\n");
    put(tree, orin, "in7_input", "2440\n");
    put(tree, orin_second, "in1_label", "NC\n");
    put_rail(tree, orin_second, 2, "VDDQ_VDD2_1V8AO\n", "5032\n", "200\n");
    put(tree, orin_second, "in3_label", "NC\n");
}

static void make_orin_nano(const struct tree *tree)
{
    put_soc(tree, "tegra234");
    put_rail(tree, orin, 1, "VDD_IN\n", "5024\n", "1400\n");
    put_rail(tree, orin, 2, "VDD_CPU_GPU_CV\n", "5024\n", "400\n");
    put_rail(tree, orin, 3, "VDD_SOC\n", "5024\n", "280\n");
}

static void make_nano(const struct tree *tree)
{
    put_soc(tree, "tegra210");
    put(tree, nano, "rail_name_0", "POM_5V_IN\n");
    put(tree, nano, "in_power0_input", "2246\n");
    put(tree, nano, "rail_name_1", "POM_5V_GPU\n");
    put(tree, nano, "in_power1_input", "80\n");
    put(tree, nano, "rail_name_2", "POM_5V_CPU\n");
    put(tree, nano, "in_power2_input", "521\n");
}

static void open_well(struct tree *tree)
{
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), 0);
}

static uint64_t raw_of(const struct tree *tree, const char *id)
{
    const struct jb_reading *reading = tree_reading(tree, id);
    assert_int_equal(reading->status, JB_OK);
    return reading->raw;
}

static void lies_in(const struct tree *tree, const char *id, const char *parent)
{
    assert_int_equal(tree_channel(tree, id)->parent, tree_index(tree, parent));
}

static void millivolts_times_milliamperes_are_microwatts_exactly(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    open_well(tree);
    tree_read(tree);
    assert_int_equal(raw_of(tree, "board/VDD_IN"), 5024 * 1400);
    assert_int_equal(raw_of(tree, "rail/VDD_SOC"), 5024 * 280);
    const struct jb_channel *channel = tree_channel(tree, "board/VDD_IN");
    assert_int_equal(channel->unit_num, 1);
    assert_int_equal(channel->unit_den, 1);
    assert_int_equal(channel->method, JB_METHOD_INTEGRATED);
}

static void the_input_of_the_module_is_the_board_and_the_others_lie_in_it(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    open_well(tree);
    const struct jb_channel *board = tree_channel(tree, "board/VDD_IN");
    assert_int_equal(board->domain, JB_DOMAIN_BOARD);
    assert_int_equal(board->unit, -1);
    assert_int_equal(board->parent, -1);
    assert_int_equal(tree_channel(tree, "rail/VDD_SOC")->domain, JB_DOMAIN_RAIL);
    lies_in(tree, "rail/VDD_CPU_GPU_CV", "board/VDD_IN");
    lies_in(tree, "rail/VDD_SOC", "board/VDD_IN");
    assert_false(tree_has(tree, "board/total"));
}

static void without_such_an_input_the_total_is_the_sum_of_the_right_rails(void **state)
{
    struct tree *tree = *state;
    make_agx_orin(tree);
    open_well(tree);
    tree_read(tree);
    const struct jb_channel *total = tree_channel(tree, "board/total");
    assert_int_equal(total->domain, JB_DOMAIN_BOARD);
    assert_string_equal(total->path, "sum of VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0");
    assert_non_null(strstr(total->note, "sum of"));
    assert_int_equal(raw_of(tree, "board/total"), 19880 * 320 + 19880 * 160 + 5032 * 808);
    lies_in(tree, "rail/VDD_GPU_SOC", "board/total");
    lies_in(tree, "rail/VIN_SYS_5V0", "board/total");
    lies_in(tree, "rail/VDDQ_VDD2_1V8AO", "rail/VIN_SYS_5V0");
}

static void the_sum_spans_the_readings_that_it_is_made_of(void **state)
{
    struct tree *tree = *state;
    make_agx_orin(tree);
    open_well(tree);
    tree_read(tree);
    const struct jb_reading *total = tree_reading(tree, "board/total");
    assert_int_equal(total->t_before_ns, tree_reading(tree, "rail/VDD_GPU_SOC")->t_before_ns);
    assert_int_equal(total->t_after_ns, tree_reading(tree, "rail/VIN_SYS_5V0")->t_after_ns);
}

static void a_rail_that_fails_fails_the_sum_and_no_other(void **state)
{
    struct tree *tree = *state;
    make_agx_orin(tree);
    open_well(tree);
    put(tree, orin, "curr2_input", "");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "board/total")->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, "rail/VDD_CPU_CV")->status, JB_FAILED);
    raw_of(tree, "rail/VDD_GPU_SOC");
    raw_of(tree, "rail/VDDQ_VDD2_1V8AO");
    put(tree, orin, "curr2_input", "160\n");
    tree_read(tree);
    assert_int_equal(raw_of(tree, "board/total"), 19880 * 320 + 19880 * 160 + 5032 * 808);
}

static void a_rail_in_a_rail_does_not_touch_the_sum(void **state)
{
    struct tree *tree = *state;
    make_agx_orin(tree);
    open_well(tree);
    put(tree, orin_second, "curr2_input", "junk");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "rail/VDDQ_VDD2_1V8AO")->status, JB_FAILED);
    raw_of(tree, "board/total");
}

/* What is left of a sum would pass for the whole machine. */
static void a_sum_with_a_rail_missing_is_no_total_and_its_rails_do_not_stand_for_it(void **state)
{
    struct tree *tree = *state;
    make_agx_orin(tree);
    drop(tree, orin, "in3_label");
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "board/total")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "board/total")->reason, "VIN_SYS_5V0"));
    assert_int_equal(tree_channel(tree, "rail/VDD_GPU_SOC")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree->diag.text, "VIN_SYS_5V0"));
}

static void the_old_layout_counts_from_0_in_milliwatts(void **state)
{
    struct tree *tree = *state;
    make_nano(tree);
    open_well(tree);
    tree_read(tree);
    assert_int_equal(raw_of(tree, "board/POM_5V_IN"), 2246000);
    assert_int_equal(raw_of(tree, "rail/POM_5V_GPU"), 80000);
    assert_int_equal(tree_channel(tree, "rail/POM_5V_GPU")->device, JB_DEVICE_GPU);
    assert_int_equal(tree_channel(tree, "rail/POM_5V_CPU")->device, JB_DEVICE_CPU);
    lies_in(tree, "rail/POM_5V_CPU", "board/POM_5V_IN");
}

static void thors_input_is_its_total_and_comes_in_microwatts(void **state)
{
    struct tree *tree = *state;
    const char *vin = "/sys/bus/i2c/drivers/ina238/2-0044/hwmon/hwmon5";
    put_soc(tree, "tegra264");
    put_rail(tree, orin, 1, "VDD_GPU\n", "11912\n", "-8\n");
    put_rail(tree, orin, 2, "VDD_CPU_SOC_MSS\n", "11912\n", "784\n");
    put_rail(tree, orin, 3, "VIN_SYS_5V0\n", "5016\n", "1424\n");
    open_well(tree);
    tree_read(tree);
    assert_int_equal(raw_of(tree, "board/total"), 11912 * 784 + 5016 * 1424);
    put(tree, vin, "name", "ina238\n");
    put(tree, vin, "label", "VIN\n");
    put(tree, vin, "power1_input", "26999000\n");
    open_well(tree);
    tree_read(tree);
    assert_false(tree_has(tree, "board/total"));
    assert_int_equal(raw_of(tree, "board/VIN"), 26999000);
    lies_in(tree, "rail/VDD_GPU", "board/VIN");
    assert_true(tree_channel(tree, "board/VIN")->rel_error < tree_channel(tree, "rail/VDD_GPU")->rel_error);
    put(tree, vin, "power1_input", "junk\n"); /* and back to the sum */
    open_well(tree);
    assert_int_equal(tree_channel(tree, "board/total")->status, JB_OK);
    assert_int_equal(tree_channel(tree, "rail/VIN")->status, JB_UNSUPPORTED);
}

static void a_current_below_zero_is_a_reading_of_nothing(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    put(tree, orin, "curr2_input", "-8\n");
    open_well(tree);
    tree_read(tree);
    assert_int_equal(raw_of(tree, "rail/VDD_CPU_GPU_CV"), 0);
    assert_non_null(strstr(tree_channel(tree, "rail/VDD_CPU_GPU_CV")->note, "below zero"));
    put(tree, orin, "curr2_input", "8\n");
    tree_read(tree);
    assert_int_equal(raw_of(tree, "rail/VDD_CPU_GPU_CV"), 5024 * 8);
}

static void what_no_such_chip_says_is_a_failure(void **state)
{
    static const char *const bad[] = {
        "", "\n", "abc", "5024 mV", "-8", "40000", "65535", "999999999", "18446744073709551616", "5024\n1"};
    struct tree *tree = *state;
    make_orin_nano(tree);
    open_well(tree);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(tree, orin, "in1_input", bad[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "board/VDD_IN")->status, JB_FAILED);
        raw_of(tree, "rail/VDD_SOC");
    }
    put(tree, orin, "in1_input", "5024\n");
    put(tree, orin, "curr1_input", "300000\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "board/VDD_IN")->status, JB_FAILED);
}

static void not_connected_and_the_sum_of_shunts_are_no_rails(void **state)
{
    struct tree *tree = *state;
    make_agx_orin(tree);
    open_well(tree);
    assert_int_equal(tree->source.channel_count, 5);
}

static void a_rail_of_which_nobody_tells_takes_no_part(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    put_rail(tree, orin_second, 1, "CARRIER_12V\n", "12000\n", "700\n");
    put_rail(tree, orin_second, 2, "VDD_IN\n", "12000\n", "700\n"); /* not the VDD_IN */
    open_well(tree);
    assert_int_equal(tree_channel(tree, "rail/CARRIER_12V")->status, JB_UNSUPPORTED);
    assert_int_equal(tree_channel(tree, "rail/VDD_IN")->status, JB_UNSUPPORTED);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 3);
}

static void the_carriers_of_tx1_and_tx2_are_not_added_to_the_module(void **state)
{
    struct tree *tree = *state;
    make_nano(tree);
    put(tree, nano, "rail_name_0", "VDD_IN\n");
    put(tree, nano, "rail_name_1", "VDD_GPU\n");
    put(tree, nano, "rail_name_2", "VDD_MUX\n");
    open_well(tree);
    assert_string_equal(tree_channel(tree, "board/VDD_IN")->note,
                        "Jetson TX1: the module; not the carrier board, its fan and what is plugged in");
    assert_int_equal(tree_channel(tree, "rail/VDD_MUX")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "rail/VDD_MUX")->reason, "carrier"));
}

static void on_an_unknown_board_the_only_input_is_the_total(void **state)
{
    struct tree *tree = *state;
    put_soc(tree, "tegra234");
    put_rail(tree, orin, 1, "MAIN_IN\n", "12000\n", "700\n");
    put_rail(tree, orin, 2, "VDD_CORE\n", "5000\n", "200\n");
    open_well(tree);
    assert_int_equal(tree_channel(tree, "board/MAIN_IN")->domain, JB_DOMAIN_BOARD);
    assert_non_null(strstr(tree_channel(tree, "board/MAIN_IN")->note, "not known"));
    assert_int_equal(tree_channel(tree, "rail/VDD_CORE")->status, JB_UNSUPPORTED);
}

static void on_an_unknown_board_two_inputs_or_none_are_no_total(void **state)
{
    struct tree *tree = *state;
    put_soc(tree, "tegra234");
    put_rail(tree, orin, 1, "A_IN\n", "12000\n", "700\n");
    put_rail(tree, orin, 2, "B_IN\n", "5000\n", "200\n");
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "rail/A_IN")->status, JB_UNSUPPORTED);
    put(tree, orin, "in1_label", "A\n");
    put(tree, orin, "in2_label", "B\n");
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "no document"));
}

static void the_chips_own_averaging_is_its_pace_and_window(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    put(tree, orin, "update_interval", "7\n");
    put(tree, orin, "samples", "1\n");
    open_well(tree);
    assert_int_equal(tree_channel(tree, "board/VDD_IN")->refresh_ns, 7000000);
    assert_int_equal(tree_channel(tree, "board/VDD_IN")->window_ns, 0);
    put(tree, orin, "update_interval", "106\n");
    put(tree, orin, "samples", "16\n");
    open_well(tree);
    assert_int_equal(tree_channel(tree, "board/VDD_IN")->window_ns, 106000000);
    put(tree, orin, "update_interval", "junk\n");
    open_well(tree);
    assert_int_equal(tree_channel(tree, "board/VDD_IN")->refresh_ns, 0);
    assert_int_equal(tree_channel(tree, "board/VDD_IN")->window_ns, 0);
}

static void files_that_are_not_there_refuse_their_rail(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    drop(tree, orin, "curr3_input");
    open_well(tree);
    assert_int_equal(tree_channel(tree, "rail/VDD_SOC")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "rail/VDD_SOC")->reason, "curr3_input"));
    tree_read(tree);
    raw_of(tree, "board/VDD_IN");
    drop(tree, orin, "in1_input"); /* the parts do not stand for the whole */
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    assert_int_equal(tree_channel(tree, "rail/VDD_CPU_GPU_CV")->status, JB_UNSUPPORTED);
}

static void a_fifo_in_a_files_place_does_not_hang(void **state)
{
    struct tree *tree = *state;
    char full[PATH_MAX];
    make_orin_nano(tree);
    for (int i = 0; i < 2; i++) {
        const char *file = i == 0 ? "in2_input" : "in2_label";
        drop(tree, orin, file);
        snprintf(full, sizeof(full), "%s%s/%s", tree->root, orin, file);
        assert_int_equal(mkfifo(full, 0644), 0);
        open_well(tree);
        assert_true(!tree_has(tree, "rail/VDD_CPU_GPU_CV") ||
                    tree_channel(tree, "rail/VDD_CPU_GPU_CV")->status != JB_OK);
    }
}

static void denied_names_the_cure(void **state)
{
    struct tree *tree = *state;
    char full[PATH_MAX];
    make_orin_nano(tree);
    snprintf(full, sizeof(full), "%s%s/in1_input", tree->root, orin);
    assert_int_equal(chmod(full, 0), 0);
    bool was_root = geteuid() == 0; /* permission bits do not apply to root */
    if (was_root) {
        assert_int_equal(seteuid(65534), 0);
    }
    int result = tree_open(tree, &jb_sensor_jetson, NULL);
    if (was_root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(result, -EACCES);
    assert_int_equal(tree_channel(tree, "board/VDD_IN")->status, JB_DENIED);
    assert_non_null(strstr(tree->diag.fix, "chmod a+r"));
}

static void elsewhere_it_is_not_here(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    put_rail(tree, orin, 1, "VDD_IN\n", "5024\n", "1400\n"); /* an INA3221 on a PC */
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    put_soc(tree, "tegra210"); /* Nano 2 GB: a Jetson without a monitor */
    drop(tree, orin, "in1_label");
    assert_int_equal(tree_open(tree, &jb_sensor_jetson, NULL), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "no power monitor"));
}

static void strange_folders_are_passed_over(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    tree_folder(tree, "/sys/bus/i2c/drivers/ina3221/bind");
    tree_folder(tree, "/sys/bus/i2c/drivers/ina3221/1-00zz");
    tree_folder(tree, "/sys/bus/i2c/drivers/ina3221/1-0043");
    tree_write(tree, "/sys/bus/i2c/drivers/ina3221/1-0042/hwmon", "a file");
    for (int i = 0; i < 40; i++) { /* more chips than a bus has addresses for */
        char folder[PATH_MAX];
        snprintf(folder, sizeof(folder), "/sys/bus/i2c/drivers/ina3221/9-00%02x/hwmon/hwmon9", i);
        put_rail(tree, folder, 1, "X\x1b[31mX\n", "5000\n", "1\n");
    }
    (void)tree_open(tree, &jb_sensor_jetson, NULL);
    assert_in_range(tree->source.channel_count, 1, JB_MAX_CHANNELS);
    for (int i = 0; i < tree->source.channel_count; i++) {
        assert_null(strchr(tree->channels[i].id, '\x1b'));
    }
}

static void the_chip_is_left_alone_between_two_passes(void **state)
{
    struct tree *tree = *state;
    make_orin_nano(tree);
    open_well(tree);
    tree_read(tree);
    uint64_t first_ns = tree_reading(tree, "rail/VDD_SOC")->t_after_ns;
    tree_read(tree);
    assert_true(tree_reading(tree, "board/VDD_IN")->t_before_ns >= first_ns + 20000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(millivolts_times_milliamperes_are_microwatts_exactly, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(the_input_of_the_module_is_the_board_and_the_others_lie_in_it, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(without_such_an_input_the_total_is_the_sum_of_the_right_rails, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(the_sum_spans_the_readings_that_it_is_made_of, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_rail_that_fails_fails_the_sum_and_no_other, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_rail_in_a_rail_does_not_touch_the_sum, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_sum_with_a_rail_missing_is_no_total_and_its_rails_do_not_stand_for_it,
                                        tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_old_layout_counts_from_0_in_milliwatts, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(thors_input_is_its_total_and_comes_in_microwatts, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_current_below_zero_is_a_reading_of_nothing, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(what_no_such_chip_says_is_a_failure, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(not_connected_and_the_sum_of_shunts_are_no_rails, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_rail_of_which_nobody_tells_takes_no_part, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_carriers_of_tx1_and_tx2_are_not_added_to_the_module, tree_setup,
                                        tree_teardown),
        cmocka_unit_test_setup_teardown(on_an_unknown_board_the_only_input_is_the_total, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(on_an_unknown_board_two_inputs_or_none_are_no_total, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_chips_own_averaging_is_its_pace_and_window, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(files_that_are_not_there_refuse_their_rail, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_fifo_in_a_files_place_does_not_hang, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(denied_names_the_cure, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(elsewhere_it_is_not_here, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(strange_folders_are_passed_over, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_chip_is_left_alone_between_two_passes, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
