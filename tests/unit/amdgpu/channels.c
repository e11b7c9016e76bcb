/* SPDX-License-Identifier: Apache-2.0 */
/* Which channels an AMD card gets, and why it does not get others. */
#include "amdgpu_test.h"

#define OPEN(tree) tree_open(tree, jb_sensor_find("amdgpu"), NULL)

static void a_card_has_a_counter_and_a_gauge_of_one_unit(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, 0x740f, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(210, 123456));
    tree_write(tree, card_file(1, "hwmon/hwmon4/power1_cap"), "300000000\n");
    assert_int_equal(OPEN(tree), 0);
    const struct jb_channel *board = tree_channel(tree, "gpu/0000:c1:00.0/board");
    const struct jb_channel *power = tree_channel(tree, "gpu/0000:c1:00.0/power");
    assert_int_equal(board->status, JB_OK);
    assert_int_equal(power->status, JB_OK);
    assert_int_equal(board->method, JB_METHOD_COUNTER);
    assert_int_equal(power->method, JB_METHOD_INTEGRATED);
    assert_int_equal(board->domain, JB_DOMAIN_GPU);
    assert_int_equal(power->domain, JB_DOMAIN_GPU);
    assert_int_equal(board->unit, power->unit);
    assert_true(board->unit >= JB_AMDGPU_UNIT_BASE);
    assert_int_equal(board->max_power_uw, 450000000);
    assert_int_equal(power->unit_num, 1000000);
    assert_true(board->zero_at_reset);
    assert_int_equal(board->wrap, 0);
    assert_string_equal(board->name, "AMD Instinct MI210");
}

static void a_count_is_2_to_the_minus_16_of_a_joule_exactly(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, 0x740f, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(210, 123456));
    assert_int_equal(OPEN(tree), 0);
    const struct jb_channel *board = tree_channel(tree, "gpu/0000:c1:00.0/board");
    assert_int_equal(board->unit_num * 65536, UINT64_C(1000000) * board->unit_den);
}

static void the_second_die_of_a_module_tells_nothing_and_is_told_so(void **state)
{
    struct tree *tree = *state;
    static const char *const pci[] = {"0000:c1:00.0", "0000:c6:00.0", "0000:c9:00.0", "0000:ce:00.0"};
    for (unsigned int i = 0; i < 4; i++) {
        put_card(tree, i + 1, MI250, pci[i]);
        put_metrics(tree, i + 1, i % 2 ? blob_v1_3(0, 0) : blob_v1_3(300, 1000 + i));
    }
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree->source.channel_count, 8);
    assert_int_equal(tree_channel(tree, "gpu/0000:c1:00.0/board")->status, JB_OK);
    assert_string_equal(tree_channel(tree, "gpu/0000:c1:00.0/board")->note, "both dies of the module");
    assert_string_equal(tree_channel(tree, "gpu/0000:c9:00.0/power")->note, "both dies of the module");
    static const char *const seconds[] = {"gpu/0000:c6:00.0/board", "gpu/0000:c6:00.0/power", "gpu/0000:ce:00.0/board",
                                          "gpu/0000:ce:00.0/power"};
    for (unsigned int i = 0; i < 4; i++) {
        const struct jb_channel *channel = tree_channel(tree, seconds[i]);
        assert_int_equal(channel->status, JB_UNSUPPORTED);
        assert_non_null(strstr(channel->reason, "second die"));
    }
}

static void no_power_of_a_card_that_has_no_twin_is_no_second_die(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, 0x740f, "0000:c1:00.0"); /* MI210: one die */
    put_metrics(tree, 1, blob_v1_3(0, 0));
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree_channel(tree, "gpu/0000:c1:00.0/power")->status, JB_OK);
    assert_string_equal(tree_channel(tree, "gpu/0000:c1:00.0/power")->note, "");
}

static void a_counter_of_unknown_unit_is_not_used(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 0, RX7900, "0000:03:00.0");
    put_metrics(tree, 0, blob_v1_3(310, 999));
    assert_int_equal(OPEN(tree), 0);
    const struct jb_channel *board = tree_channel(tree, "gpu/0000:03:00.0/board");
    assert_int_equal(board->status, JB_UNSUPPORTED);
    assert_non_null(strstr(board->reason, "nowhere documented"));
    assert_int_equal(tree_channel(tree, "gpu/0000:03:00.0/power")->status, JB_OK);
    assert_string_equal(board->name, "AMD GPU 0x744c");
}

static void the_layout_itself_may_tell_the_unit(void **state)
{
    struct tree *tree = *state;
    struct blob blob = blob_make(288, 1, 4);
    blob_set(&blob, 10, 2, 700);
    blob_set(&blob, 24, 8, 1);
    put_card(tree, 1, 0x7fff, "0000:05:00.0"); /* a card that is not in the table */
    put_metrics(tree, 1, blob);
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree_channel(tree, "gpu/0000:05:00.0/board")->status, JB_OK);
}

static void hwmon_stands_in_where_the_blob_tells_no_power(void **state)
{
    struct tree *tree = *state;
    static const char *const files[] = {"hwmon/hwmon4/power1_average", "hwmon/hwmon4/power1_input"};
    for (int i = 0; i < 2; i++) {
        put_card(tree, 0, RX7900, "0000:03:00.0");
        put_metrics(tree, 0, blob_make(120, 1, 3));
        tree_write(tree, card_file(0, files[i]), "66000000\n");
        assert_int_equal(OPEN(tree), 0);
        const struct jb_channel *power = tree_channel(tree, "gpu/0000:03:00.0/power");
        assert_int_equal(power->status, JB_OK);
        assert_int_equal(power->unit_num, 1);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "gpu/0000:03:00.0/power")->raw, 66000000);
        assert_non_null(strstr(tree_channel(tree, "gpu/0000:03:00.0/board")->reason, "counts no energy"));
        tree_remove(tree, card_file(0, files[i]));
    }
}

static void a_card_without_any_of_it_is_not_here(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 0, RX7900, "0000:03:00.0");
    assert_int_equal(OPEN(tree), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "gpu_metrics"));
    const struct jb_channel *power = tree_channel(tree, "gpu/0000:03:00.0/power");
    assert_int_equal(power->status, JB_UNSUPPORTED);
    assert_true(power->reason[0]);
}

static void faults_of_the_blob_are_told(void **state)
{
    struct tree *tree = *state;
    struct blob blob = blob_v1_3(300, 5);
    put_card(tree, 1, MI250, "0000:c1:00.0");
    for (size_t length = 0; length < blob.size; length += 7) {
        put_blob(tree, card_file(1, "gpu_metrics"), &blob, length);
        assert_int_equal(OPEN(tree), -ENODEV);
        assert_non_null(strstr(tree_channel(tree, "gpu/0000:c1:00.0/board")->reason, "gpu_metrics"));
    }
    put_metrics(tree, 1, blob_make(120, 7, 7));
    assert_int_equal(OPEN(tree), -ENODEV);
    assert_non_null(strstr(tree_channel(tree, "gpu/0000:c1:00.0/board")->reason, "newer than joulebook"));
}

static void denied_is_denied(void **state)
{
    struct tree *tree = *state;
    char full[PATH_MAX];
    put_card(tree, 1, MI250, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 5));
    tree_path(tree, card_file(1, "gpu_metrics"), full);
    assert_int_equal(chmod(full, 0), 0);
    assert_int_equal(tree_open_as_nobody(tree, jb_sensor_find("amdgpu")), -EACCES);
    assert_int_equal(tree_channel(tree, "gpu/0000:c1:00.0/board")->status, JB_DENIED);
    assert_true(tree->diag.fix[0]);
}

static void a_fifo_is_not_waited_for(void **state)
{
    struct tree *tree = *state;
    char full[PATH_MAX];
    put_card(tree, 1, MI250, "0000:c1:00.0");
    tree_path(tree, card_file(1, "gpu_metrics"), full);
    assert_int_equal(mkfifo(full, 0600), 0);
    tree_path(tree, card_file(1, "hwmon/hwmon4/power1_average"), full);
    assert_int_equal(mkfifo(full, 0600), 0);
    assert_int_equal(OPEN(tree), -ENODEV);
}

static void a_card_that_sleeps_is_not_asked(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 0, 0x740f, "0000:03:00.0");
    put_metrics(tree, 0, blob_v1_3(300, 5));
    tree_write(tree, card_file(0, "power/runtime_status"), "suspended\n");
    assert_int_equal(OPEN(tree), 0);
    const struct jb_channel *board = tree_channel(tree, "gpu/0000:03:00.0/board");
    assert_int_equal(board->status, JB_UNSUPPORTED);
    assert_non_null(strstr(board->reason, "asleep"));
    assert_int_equal(tree_channel(tree, "gpu/0000:03:00.0/power")->status, JB_OK);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "gpu/0000:03:00.0/power")->status, JB_FAILED);
    tree_write(tree, card_file(0, "power/runtime_status"), "active\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "gpu/0000:03:00.0/power")->status, JB_OK);
    assert_int_equal(tree_reading(tree, "gpu/0000:03:00.0/power")->raw, 300000000);
}

static void a_package_is_no_accelerator(void **state)
{
    struct tree *tree = *state;
    struct blob blob = blob_make(264, 3, 0);
    blob_set(&blob, 120, 4, 28500);
    blob_set(&blob, 124, 4, 9100);
    put_card(tree, 1, 0x150e, "0000:c4:00.0");
    put_metrics(tree, 1, blob);
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    const struct jb_channel *package = tree_channel(tree, "gpu/0000:c4:00.0/package");
    const struct jb_channel *gfx = tree_channel(tree, "gpu/0000:c4:00.0/gfx");
    assert_int_equal(package->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(package->device, JB_DEVICE_CPU);
    assert_int_equal(package->unit, 0);
    assert_int_equal(gfx->domain, JB_DOMAIN_RAIL);
    assert_int_equal(gfx->device, JB_DEVICE_GPU);
    assert_int_equal(gfx->parent, tree_index(tree, "gpu/0000:c4:00.0/package"));
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "gpu/0000:c4:00.0/package")->raw * package->unit_num, 28500000);
    assert_int_equal(tree_reading(tree, "gpu/0000:c4:00.0/gfx")->raw * gfx->unit_num, 9100000);
}

static void a_package_is_known_by_its_vddnb(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, 0x15d8, "0000:04:00.0");
    tree_write(tree, card_file(1, "hwmon/hwmon4/in1_label"), "vddnb\n");
    tree_write(tree, card_file(1, "hwmon/hwmon4/power1_input"), "12000000\n");
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree_channel(tree, "gpu/0000:04:00.0/package")->domain, JB_DOMAIN_PACKAGE);
    assert_false(tree_has(tree, "gpu/0000:04:00.0/power"));
}

static void a_package_beside_a_card_may_hold_the_cards_power(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, 0x1638, "0000:07:00.0");
    put_metrics(tree, 1, blob_make(128, 2, 2));
    tree_write(tree, card_file(1, "hwmon/hwmon4/power1_average"), "95000000\n");
    put_card(tree, 0, 0x73ef, "0000:03:00.0");
    put_metrics(tree, 0, blob_v1_3(80, 5));
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree_channel(tree, "gpu/0000:07:00.0/package")->status, JB_UNSUPPORTED);
    assert_int_equal(tree_channel(tree, "gpu/0000:03:00.0/power")->status, JB_OK);
}

/* Beside RAPL's package they would count twice. */
static void graphics_whose_package_is_not_read_are_not_read_either(void **state)
{
    struct tree *tree = *state;
    struct blob blob = blob_make(264, 3, 0);
    blob_set(&blob, 124, 4, 9000);
    put_card(tree, 1, 0x150e, "0000:c4:00.0");
    put_metrics(tree, 1, blob);
    assert_int_equal(OPEN(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "gpu/0000:c4:00.0/package")->status, JB_UNSUPPORTED);
    assert_int_equal(tree_channel(tree, "gpu/0000:c4:00.0/gfx")->status, JB_UNSUPPORTED);
    assert_true(tree_channel(tree, "gpu/0000:c4:00.0/gfx")->reason[0]);
}

static void an_mi300a_is_the_package_of_its_socket(void **state)
{
    struct tree *tree = *state;
    struct blob blob = blob_make(288, 1, 4);
    blob_set(&blob, 10, 2, 480);
    blob_set(&blob, 24, 8, 7);
    tree->machine.cpu.sockets = 2;
    tree->machine.cpu.package_of[0] = 0;
    tree->machine.cpu.package_of[1] = 1;
    put_card(tree, 1, 0x74a0, "0000:01:00.0");
    put_metrics(tree, 1, blob);
    tree_write(tree, card_file(1, "numa_node"), "1\n");
    assert_int_equal(OPEN(tree), 0);
    assert_int_equal(tree_channel(tree, "gpu/0000:01:00.0/package")->unit, 1);
    assert_int_equal(tree_channel(tree, "gpu/0000:01:00.0/package")->domain, JB_DOMAIN_PACKAGE);
}

static void names_come_from_the_card_and_are_made_harmless(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, MI250, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 5));
    tree_write(tree, card_file(1, "product_name"), "MI\033[2J250\n");
    assert_int_equal(OPEN(tree), 0);
    assert_null(strchr(tree_channel(tree, "gpu/0000:c1:00.0/board")->name, '\033'));
    assert_non_null(strstr(tree_channel(tree, "gpu/0000:c1:00.0/board")->name, "250"));
}

static void another_vendor_under_that_driver_is_left_alone(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, card_file(1, "uevent"), "DRIVER=amdgpu\nPCI_ID=1234:740C\nPCI_SLOT_NAME=0000:c1:00.0\n");
    assert_int_equal(OPEN(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_non_null(strstr(tree->diag.text, "no AMD GPU"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        TEST(a_card_has_a_counter_and_a_gauge_of_one_unit),
        TEST(a_count_is_2_to_the_minus_16_of_a_joule_exactly),
        TEST(the_second_die_of_a_module_tells_nothing_and_is_told_so),
        TEST(no_power_of_a_card_that_has_no_twin_is_no_second_die),
        TEST(a_counter_of_unknown_unit_is_not_used),
        TEST(the_layout_itself_may_tell_the_unit),
        TEST(hwmon_stands_in_where_the_blob_tells_no_power),
        TEST(a_card_without_any_of_it_is_not_here),
        TEST(faults_of_the_blob_are_told),
        TEST(denied_is_denied),
        TEST(a_fifo_is_not_waited_for),
        TEST(a_card_that_sleeps_is_not_asked),
        TEST(a_package_is_no_accelerator),
        TEST(a_package_is_known_by_its_vddnb),
        TEST(a_package_beside_a_card_may_hold_the_cards_power),
        TEST(graphics_whose_package_is_not_read_are_not_read_either),
        TEST(an_mi300a_is_the_package_of_its_socket),
        TEST(names_come_from_the_card_and_are_made_harmless),
        TEST(another_vendor_under_that_driver_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
