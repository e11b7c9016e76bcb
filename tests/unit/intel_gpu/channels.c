/* SPDX-License-Identifier: Apache-2.0 */
/* What Intel cards count, and what stands for what. */
#include "intel_gpu_test.h"

static void a_card_counts_and_its_package_is_a_part(void **state)
{
    struct tree *tree = *state;
    put_b580(tree);
    assert_int_equal(open_intel(tree), 0);
    const struct jb_channel *board = tree_channel(tree, BOARD), *package = tree_channel(tree, PACKAGE);
    assert_int_equal(board->domain, JB_DOMAIN_GPU);
    assert_int_equal(board->method, JB_METHOD_COUNTER);
    assert_true(board->unit >= JB_INTEL_GPU_UNIT_BASE);
    assert_int_equal(package->domain, JB_DOMAIN_RAIL);
    assert_int_equal(package->parent, tree_index(tree, BOARD));
    assert_string_equal(board->name, "Intel Arc B580 Graphics");
    assert_string_equal(board->note, "");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, UINT64_C(9000000000));
    assert_int_equal(tree_reading(tree, PACKAGE)->raw, UINT64_C(6000000000));
}

static void a_package_stands_for_its_card_and_says_so(void **state)
{
    struct tree *tree = *state;
    put_card(tree, "xe", "56A0");
    tree_write(tree, HWMON "energy2_label", "pkg\n");
    tree_write(tree, HWMON "energy2_input", "6000000000\n");
    assert_int_equal(open_intel(tree), 0);
    assert_int_equal(tree->source.channel_count, 1);
    const struct jb_channel *board = tree_channel(tree, BOARD);
    assert_int_equal(board->domain, JB_DOMAIN_GPU);
    assert_non_null(strstr(board->note, "package"));
    assert_non_null(strstr(board->path, "energy2_input"));
    assert_true(board->rel_error > 0.05);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, UINT64_C(6000000000));
}

static void i915_counts_the_package_of_an_arc(void **state)
{
    struct tree *tree = *state;
    put_a770(tree);
    tree_write(tree, "/sys/class/drm/card1/device/hwmon/hwmon3/name", "i915_gt0\n");
    tree_write(tree, "/sys/class/drm/card1/device/hwmon/hwmon3/energy1_input", "5\n");
    assert_int_equal(open_intel(tree), 0);
    assert_int_equal(tree->source.channel_count, 1);
    assert_non_null(strstr(tree_channel(tree, BOARD)->note, "package"));
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, UINT64_C(22543283000));
}

static void the_horizon_is_the_smallest_range_at_full_power(void **state)
{
    struct tree *tree = *state;
    put_a770(tree); /* 225 W by the table, more than its package's limit */
    assert_int_equal(open_intel(tree), 0);
    const struct jb_channel *board = tree_channel(tree, BOARD);
    assert_int_equal(board->max_power_uw, 337500000);
    assert_int_equal(board->horizon_ns / 1000000, 194180); /* 65 536 J / 337.5 W */
    /* Whatever is a whole range too much cannot pass for power within it. */
    assert_true(65536e6 / ((double)board->horizon_ns / 1e9) >= (double)board->max_power_uw);
    /* The largest card is still safe when it is read once a minute. */
    put_card(tree, "xe", "0BD5");
    tree_write(tree, HWMON "power1_max", "600000000\n");
    assert_int_equal(open_intel(tree), 0);
    assert_true(tree_channel(tree, BOARD)->horizon_ns > UINT64_C(60000000000));
}

static void limits_that_cannot_be_are_not_limits(void **state)
{
    struct tree *tree = *state;
    static const char *const texts[] = {"0\n", "-1\n", "99999999999999\n", "x\n", ""};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put_b580(tree);
        put_card(tree, "xe", "FFFF"); /* not in the table */
        tree_write(tree, HWMON "power1_max", texts[i]);
        assert_int_equal(open_intel(tree), 0);
        assert_int_equal(tree_channel(tree, BOARD)->max_power_uw, 900000000);
    }
}

static void the_counter_does_not_begin_at_0_when_the_driver_is_loaded(void **state)
{
    struct tree *tree = *state;
    put_a770(tree);
    assert_int_equal(open_intel(tree), 0);
    assert_false(tree_channel(tree, BOARD)->zero_at_reset);
    assert_false(tree_channel(tree, BOARD)->zero_at_open);
}

static void integrated_graphics_are_in_the_cpu(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/sys/class/drm/card0/device/uevent",
               "DRIVER=i915\nPCI_ID=8086:4680\nPCI_SLOT_NAME=0000:00:02.0\n");
    assert_int_equal(open_intel(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_string_equal(tree->diag.text, "integrated graphics: its energy is in the CPU package (uncore)");
    put_a770(tree);
    assert_int_equal(open_intel(tree), 0);
    assert_int_equal(tree->source.channel_count, 1);
}

static void a_card_of_an_old_kernel_says_what_is_missing(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/sys/class/drm/card1/device/uevent",
               "DRIVER=i915\nPCI_ID=8086:56A0\nPCI_SLOT_NAME=0000:03:00.0\n");
    assert_int_equal(open_intel(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, BOARD)->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree->diag.text, "6.2"));
}

static void faults_of_the_counter_are_told(void **state)
{
    struct tree *tree = *state;
    static const char *const texts[] = {"", "-7\n", "12345x\n", "99999999999999999999999\n"};
    put_a770(tree);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tree_write(tree, HWMON "energy1_input", texts[i]);
        assert_int_equal(open_intel(tree), -ENODEV);
        assert_int_equal(tree_channel(tree, BOARD)->status, JB_UNSUPPORTED);
        assert_non_null(strstr(tree_channel(tree, BOARD)->reason, "energy1_input"));
    }
}

static void a_fifo_is_not_waited_for(void **state)
{
    struct tree *tree = *state;
    char full[PATH_MAX];
    put_card(tree, "i915", "56A0");
    tree_path(tree, HWMON "energy1_input", full);
    assert_int_equal(mkfifo(full, 0600), 0);
    assert_int_equal(open_intel(tree), -ENODEV);
}

static void denied_is_denied(void **state)
{
    struct tree *tree = *state;
    char full[PATH_MAX];
    put_a770(tree);
    tree_path(tree, HWMON "energy1_input", full);
    assert_int_equal(chmod(full, 0), 0);
    assert_int_equal(tree_open_as_nobody(tree, jb_sensor_find("intel-gpu")), -EACCES);
    assert_int_equal(tree_channel(tree, BOARD)->status, JB_DENIED);
    assert_true(tree->diag.fix[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        TEST(a_card_counts_and_its_package_is_a_part),
        TEST(a_package_stands_for_its_card_and_says_so),
        TEST(i915_counts_the_package_of_an_arc),
        TEST(the_horizon_is_the_smallest_range_at_full_power),
        TEST(limits_that_cannot_be_are_not_limits),
        TEST(the_counter_does_not_begin_at_0_when_the_driver_is_loaded),
        TEST(integrated_graphics_are_in_the_cpu),
        TEST(a_card_of_an_old_kernel_says_what_is_missing),
        TEST(faults_of_the_counter_are_told),
        TEST(a_fifo_is_not_waited_for),
        TEST(denied_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
