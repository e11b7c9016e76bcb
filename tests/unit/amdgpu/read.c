/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of AMD cards, and what can go wrong between two of them. */
#include "amdgpu_test.h"

#include "base/clock.h"

#define BOARD "gpu/0000:c1:00.0/board"
#define POWER "gpu/0000:c1:00.0/power"

static struct tree *opened(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, MI250, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 1000));
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    return tree;
}

static void energy_and_power_are_of_one_look(void **state)
{
    struct tree *tree = opened(state);
    put_metrics(tree, 1, blob_v1_3(310, UINT64_C(0x123456789abc)));
    uint64_t before_ns = jb_mono_ns();
    tree_read(tree);
    uint64_t after_ns = jb_mono_ns();
    const struct jb_reading *board = tree_reading(tree, BOARD), *power = tree_reading(tree, POWER);
    assert_int_equal(board->raw, UINT64_C(0x123456789abc));
    assert_int_equal(power->raw * tree_channel(tree, POWER)->unit_num, 310000000);
    assert_int_equal(board->t_before_ns, power->t_before_ns);
    assert_int_equal(board->t_after_ns, power->t_after_ns);
    assert_true(before_ns <= board->t_before_ns && board->t_before_ns <= board->t_after_ns);
    assert_true(board->t_after_ns <= after_ns);
}

static void a_field_that_is_gone_fails_alone(void **state)
{
    struct tree *tree = opened(state);
    put_metrics(tree, 1, blob_v1_3(0xffff, 2000));
    tree_read(tree);
    assert_int_equal(tree_reading(tree, POWER)->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, BOARD)->raw, 2000);
    put_metrics(tree, 1, blob_v1_3(299, UINT64_MAX));
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, POWER)->status, JB_OK);
}

static void a_blob_that_breaks_in_mid_run_is_a_failure_that_passes(void **state)
{
    struct tree *tree = opened(state);
    struct blob blob = blob_v1_3(300, 3000);
    put_blob(tree, card_file(1, "gpu_metrics"), &blob, 50);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, POWER)->status, JB_FAILED);
    put_blob(tree, card_file(1, "gpu_metrics"), &blob, 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    put_metrics(tree, 1, blob);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, 3000);
}

static void a_card_that_falls_asleep_is_left_alone_until_it_wakes(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, MI250, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 1000));
    tree_write(tree, card_file(1, "power/runtime_status"), "active\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    tree_write(tree, card_file(1, "power/runtime_status"), "suspended\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, POWER)->status, JB_FAILED);
    tree_write(tree, card_file(1, "power/runtime_status"), "active\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_OK);
}

static void an_absurd_text_of_hwmon_is_a_failure(void **state)
{
    struct tree *tree = *state;
    static const char *const texts[] = {"", "-5\n", "12x\n", "99999999999999999999999\n", "\n"};
    put_card(tree, 1, RX7900, "0000:c1:00.0");
    tree_write(tree, card_file(1, "hwmon/hwmon4/power1_average"), "5000000\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tree_write(tree, card_file(1, "hwmon/hwmon4/power1_average"), texts[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, POWER)->status, JB_FAILED);
    }
}

static void closing_twice_and_half_opened_is_harmless(void **state)
{
    struct tree *tree = opened(state);
    tree->source.driver->close(&tree->source);
    tree->source.driver->close(&tree->source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        TEST(energy_and_power_are_of_one_look),
        TEST(a_field_that_is_gone_fails_alone),
        TEST(a_blob_that_breaks_in_mid_run_is_a_failure_that_passes),
        TEST(a_card_that_falls_asleep_is_left_alone_until_it_wakes),
        TEST(an_absurd_text_of_hwmon_is_a_failure),
        TEST(closing_twice_and_half_opened_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
