/* SPDX-License-Identifier: Apache-2.0 */
/* Cray's pm_counters on made-up trees. Files and their form: HPE's "User Access to Compute Node Power Data". */
#include "tree.h"

#include "base/clock.h"

#define FOLDER "/sys/cray/pm_counters/"

extern const struct jb_sensor_driver jb_sensor_cray;

static void put(struct tree *tree, const char *file, const char *text)
{
    char path[96];
    snprintf(path, sizeof(path), FOLDER "%s", file);
    tree_write(tree, path, text);
}

/* As on LUMI-G: one Trento, memory, four modules of two dies. */
static void add_node(struct tree *tree)
{
    put(tree, "energy", "1000000 J 1734094386462336 us\n");
    put(tree, "power", "600 W 1734094386462336 us\n");
    put(tree, "cpu_energy", "200000 J 1734094386462336 us\n");
    put(tree, "memory_energy", "50000 J 1734094386462336 us\n");
    put(tree, "accel0_energy", "100000 J 1734094386462336 us\n");
    put(tree, "accel1_energy", "110000 J 1734094386462336 us\n");
    put(tree, "freshness", "42\n");
    put(tree, "generation", "7\n");
}

static int open_cray(struct tree *tree)
{
    return tree_open(tree, &jb_sensor_cray, NULL);
}

static void a_machine_of_another_make_has_none(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(jb_sensor_cray.glance(&tree->env, &tree->diag), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "/sys/cray/pm_counters"));
    assert_int_equal(open_cray(tree), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "/sys/cray/pm_counters"));
    tree_folder(tree, "/sys/cray/pm_counters");
    assert_int_equal(open_cray(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
}

static void a_node_is_read_in_whole_joules(void **state)
{
    struct tree *tree = *state;
    add_node(tree);
    assert_int_equal(jb_sensor_cray.glance(&tree->env, &tree->diag), 0);
    assert_int_equal(open_cray(tree), 0);
    assert_int_equal(tree->source.channel_count, 5);
    const struct jb_channel *node = tree_channel(tree, "node/cray");
    assert_int_equal(node->domain, JB_DOMAIN_NODE);
    assert_int_equal(node->unit, -1);
    assert_int_equal(node->unit_num, 1000000);
    assert_int_equal(node->unit_den, 1);
    assert_int_equal(node->refresh_ns, 100000000);
    assert_int_equal(tree_channel(tree, "gpu/1/module")->domain, JB_DOMAIN_GPU);
    assert_int_equal(tree_channel(tree, "gpu/1/module")->unit, 1);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 5);
    assert_int_equal(tree_reading(tree, "node/cray")->raw, 1000000);
    assert_int_equal(tree_reading(tree, "gpu/1/module")->raw, 110000);
}

static void the_one_socket_is_a_twin_of_its_rapl(void **state)
{
    struct tree *tree = *state;
    add_node(tree);
    tree->machine.cpu.package_of[0] = 3;
    assert_int_equal(open_cray(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/3/package")->unit, 3);
    assert_int_equal(tree_channel(tree, "ram/3/dram")->unit, 3);
    tree->machine.cpu.sockets = 2; /* one file for both sockets */
    assert_int_equal(open_cray(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/package")->unit, -1);
    assert_int_equal(tree_channel(tree, "cpu/package")->max_power_uw, UINT64_C(16000000000));
}

static void files_of_single_parts_stand_for_their_sum(void **state)
{
    struct tree *tree = *state;
    put(tree, "cpu_energy", "300 J 1 us\n");
    put(tree, "cpu0_energy", "100 J 1 us\n");
    put(tree, "cpu1_energy", "200 J 1 us\n");
    put(tree, "accel_energy", "5 J 1 us\n");
    tree->machine.cpu.sockets = 2;
    tree->machine.cpu.package_of[1] = 1;
    assert_int_equal(open_cray(tree), 0);
    assert_int_equal(tree->source.channel_count, 3);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 100);
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 200);
    assert_int_equal(tree_reading(tree, "gpu/module")->raw, 5);
}

static void accelerators_that_their_driver_counts_are_details_of_the_node(void **state)
{
    struct tree *tree = *state;
    add_node(tree);
    tree_folder(tree, "/sys/module/amdgpu");
    assert_int_equal(open_cray(tree), 0);
    const struct jb_channel *module = tree_channel(tree, "gpu/0/module");
    assert_int_equal(module->domain, JB_DOMAIN_RAIL);
    assert_int_equal(module->parent, tree_index(tree, "node/cray"));
    assert_int_equal(module->status, JB_OK);
    /* Without the node there is nothing to be a detail of, and a rail of its own would be counted twice. */
    tree_remove(tree, FOLDER "energy");
    assert_int_equal(open_cray(tree), 0);
    assert_int_equal(tree_channel(tree, "gpu/0/module")->status, JB_UNSUPPORTED);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
}

static void text_of_another_form_is_a_failure(void **state)
{
    static const char *const texts[] = {"",
                                        "J",
                                        "12",
                                        "12 W 1 us\n",
                                        "-3 J 1 us\n",
                                        "12 Joule 1 us\n",
                                        "12J 1 us",
                                        "0x1 J\n",
                                        "1.5 J 1 us",
                                        "99999999999999999999 J 1 us\n"};
    struct tree *tree = *state;
    add_node(tree);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(tree, "energy", texts[i]);
        assert_int_equal(open_cray(tree), 0);
        assert_int_equal(tree_channel(tree, "node/cray")->status, JB_FAILED);
        assert_true(tree_channel(tree, "node/cray")->reason[0] != '\0');
    }
    put(tree, "energy", "5 J 1 us\n");
    assert_int_equal(open_cray(tree), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(tree, "energy", texts[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "node/cray")->status, JB_FAILED);
        assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_OK);
    }
    put(tree, "energy", "6 J\n"); /* the time is not needed */
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/cray")->raw, 6);
}

static void a_controller_that_stands_still_is_not_zero_watts(void **state)
{
    struct tree *tree = *state;
    add_node(tree);
    assert_int_equal(open_cray(tree), 0);
    uint64_t limit_ns = jb_mono_ns() + 60 * JB_NS_PER_S;
    do { /* until it is noticed, which takes 2 s */
        usleep(50000);
        tree_read(tree);
    } while (tree_reading(tree, "node/cray")->status == JB_OK && jb_mono_ns() < limit_ns);
    assert_int_equal(tree_reading(tree, "node/cray")->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, "gpu/0/module")->status, JB_FAILED);
    put(tree, "freshness", "43\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/cray")->status, JB_OK);
}

static void without_freshness_the_counters_are_taken_as_they_are(void **state)
{
    struct tree *tree = *state;
    add_node(tree);
    put(tree, "freshness", "soon\n");
    assert_int_equal(open_cray(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/cray")->status, JB_OK);
    tree_remove(tree, FOLDER "freshness");
    assert_int_equal(open_cray(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/cray")->status, JB_OK);
}

static void denied_is_told(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    put(tree, "energy", "5 J 1 us\n");
    tree_path(tree, FOLDER "energy", path);
    assert_int_equal(chmod(path, 0), 0);
    bool root = geteuid() == 0; /* permission bits do not apply to root */
    if (root) {
        assert_int_equal(seteuid(65534), 0);
    }
    int result = open_cray(tree);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(result, -EACCES);
    assert_int_equal(tree_channel(tree, "node/cray")->status, JB_DENIED);
    assert_true(tree->diag.fix[0] != '\0');
}

static void a_fifo_does_not_block(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    add_node(tree);
    tree_remove(tree, FOLDER "energy");
    tree_path(tree, FOLDER "energy", path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(open_cray(tree), 0);
    assert_int_equal(tree_channel(tree, "node/cray")->status, JB_FAILED);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(a_machine_of_another_make_has_none),
        ON_TREE(a_node_is_read_in_whole_joules),
        ON_TREE(the_one_socket_is_a_twin_of_its_rapl),
        ON_TREE(files_of_single_parts_stand_for_their_sum),
        ON_TREE(accelerators_that_their_driver_counts_are_details_of_the_node),
        ON_TREE(text_of_another_form_is_a_failure),
        ON_TREE(a_controller_that_stands_still_is_not_zero_watts),
        ON_TREE(without_freshness_the_counters_are_taken_as_they_are),
        ON_TREE(denied_is_told),
        ON_TREE(a_fifo_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
