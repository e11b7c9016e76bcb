/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of Intel cards, and who used them. */
#include "intel_gpu_test.h"

#include "base/clock.h"

static struct jb_gpu_use uses[16];

static int look(struct tree *tree)
{
    return tree->source.driver->processes(&tree->source, uses, 16);
}

static void nought_after_something_is_a_failed_look_at_the_telemetry(void **state)
{
    struct tree *tree = *state;
    put_b580(tree);
    assert_int_equal(open_intel(tree), 0);
    tree_write(tree, HWMON "energy1_input", "0\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, PACKAGE)->status, JB_OK);
    tree_write(tree, HWMON "energy1_input", "9000000100\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, UINT64_C(9000000100));
}

static void a_counter_that_began_at_nought_is_believed(void **state)
{
    struct tree *tree = *state;
    put_b580(tree);
    tree_write(tree, HWMON "energy1_input", "0\n");
    assert_int_equal(open_intel(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_OK);
}

static void faults_in_mid_run_pass(void **state)
{
    struct tree *tree = *state;
    static const char *const texts[] = {"", "-7\n", "12345x\n", "99999999999999999999999\n", "\n"};
    put_a770(tree);
    assert_int_equal(open_intel(tree), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tree_write(tree, HWMON "energy1_input", texts[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    }
    tree_write(tree, HWMON "energy1_input", "22543283001\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, UINT64_C(22543283001));
}

static void a_card_that_sleeps_is_not_woken(void **state)
{
    struct tree *tree = *state;
    put_a770(tree);
    tree_write(tree, STATUS, "suspended\n");
    tree_write(tree, HWMON "energy1_input", "x\n"); /* reading it would be seen */
    assert_int_equal(open_intel(tree), 0);
    assert_int_equal(tree_channel(tree, BOARD)->status, JB_OK);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->status, JB_FAILED);
    tree_write(tree, HWMON "energy1_input", "22543283001\n");
    tree_write(tree, STATUS, "active\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, BOARD)->raw, UINT64_C(22543283001));
}

static void it_is_read_often_enough_whatever_the_interval(void **state)
{
    (void)state;
    const struct jb_sensor_driver *driver = jb_sensor_find("intel-gpu");
    assert_true(driver->blocking);
    assert_true(driver->period_ns > 0 && driver->period_ns <= 10 * JB_NS_PER_S);
}

static void put_client(const struct tree *tree, const char *text)
{
    char full[PATH_MAX];
    tree_folder(tree, "/proc/1/fd");
    tree_folder(tree, "/proc/500/fd");
    tree_path(tree, "/proc/500/fd/4", full);
    unlink(full);
    assert_int_equal(symlink("/dev/dri/renderD128", full), 0);
    tree_write(tree, "/proc/500/fdinfo/4", text);
}

#define CLIENT "drm-driver: xe\ndrm-pdev: 0000:03:00.0\ndrm-client-id: 3\n"

static void users_are_told_of_the_card_and_of_its_package(void **state)
{
    struct tree *tree = *state;
    put_b580(tree);
    put_client(tree, CLIENT "drm-cycles-ccs: 0\ndrm-total-cycles-ccs: 1000\n");
    assert_int_equal(open_intel(tree), 0);
    assert_int_equal(look(tree), 2);
    assert_false(uses[0].utilisation_known);
    put_client(tree, CLIENT "drm-cycles-ccs: 250\ndrm-total-cycles-ccs: 2000\n");
    assert_int_equal(look(tree), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(uses[i].pid, 500);
        assert_true(uses[i].utilisation_known);
        assert_int_equal(uses[i].busy_ppm, 250000);
    }
    assert_int_equal(uses[0].channel, tree_index(tree, BOARD));
    assert_int_equal(uses[1].channel, tree_index(tree, PACKAGE));
}

static void a_card_that_was_awake_more_than_explained_had_a_stranger(void **state)
{
    struct tree *tree = *state;
    static const char idle[] = "/sys/class/drm/card1/device/tile0/gt0/gtidle/idle_residency_ms";
    put_card(tree, "xe", "56A0");
    tree_write(tree, HWMON "energy2_label", "pkg\n");
    tree_write(tree, HWMON "energy2_input", "6000000000\n");
    tree_write(tree, idle, "1000\n");
    put_client(tree, CLIENT "drm-cycles-ccs: 0\ndrm-total-cycles-ccs: 1000\n");
    tree->machine.container = true; /* not everybody is seen */
    assert_int_equal(open_intel(tree), 0);
    look(tree);
    struct jb_intel_gpus *gpus = tree->source.priv;
    gpus->gpus[0].idle_ns[0] -= JB_NS_PER_S; /* as if a second had passed, of which it slept none */
    put_client(tree, CLIENT "drm-cycles-ccs: 100\ndrm-total-cycles-ccs: 2000\n");
    assert_int_equal(look(tree), 2);
    assert_int_equal(uses[0].pid, 500);
    assert_int_equal(uses[1].pid, 0);
    tree_write(tree, idle, "99999999\n"); /* and now it slept all the time */
    gpus->gpus[0].idle_ns[0] -= JB_NS_PER_S;
    put_client(tree, CLIENT "drm-cycles-ccs: 200\ndrm-total-cycles-ccs: 3000\n");
    assert_int_equal(look(tree), 1);
    assert_int_equal(uses[0].pid, 500);
}

static void who_uses_a_card_that_is_not_measured_is_not_told(void **state)
{
    struct tree *tree = *state;
    put_b580(tree);
    tree_write(tree, "/sys/class/drm/card2/device/uevent", "DRIVER=xe\nPCI_ID=8086:56A0\nPCI_SLOT_NAME=0000:04:00.0\n");
    put_client(tree, "drm-driver: xe\ndrm-pdev: 0000:04:00.0\ndrm-client-id: 3\n");
    assert_int_equal(open_intel(tree), 0);
    assert_int_equal(look(tree), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        TEST(nought_after_something_is_a_failed_look_at_the_telemetry),
        TEST(a_counter_that_began_at_nought_is_believed),
        TEST(faults_in_mid_run_pass),
        TEST(a_card_that_sleeps_is_not_woken),
        TEST(it_is_read_often_enough_whatever_the_interval),
        TEST(users_are_told_of_the_card_and_of_its_package),
        TEST(a_card_that_was_awake_more_than_explained_had_a_stranger),
        TEST(who_uses_a_card_that_is_not_measured_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
