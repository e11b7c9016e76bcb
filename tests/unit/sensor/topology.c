/* SPDX-License-Identifier: Apache-2.0 */
/* CPU lists and the places of CPUs. */
#include "tree.h"

#include "sensor/topology.h"

static void cpu_lists_are_read(void **state)
{
    int cpus[8];
    assert_int_equal(jb_cpu_list_parse("0", cpus, 8), 1);
    assert_int_equal(cpus[0], 0);
    assert_int_equal(jb_cpu_list_parse("0,18-20,64", cpus, 8), 5);
    assert_int_equal(cpus[1], 18);
    assert_int_equal(cpus[3], 20);
    assert_int_equal(cpus[4], 64);
}

static void bad_cpu_lists_are_refused(void **state)
{
    static const char *const texts[] = {
        "", "-1", "0-", "3-1", "a", "0,,1", "0 1", " 0", "0;1", "1-2-3", "99999999999999999999"};
    int cpus[8];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (jb_cpu_list_parse(texts[i], cpus, 8) != -EINVAL) {
            fail_msg("\"%s\"", texts[i]);
        }
    }
}

static void cpu_lists_cannot_overflow(void **state)
{
    int cpus[5] = {0, 0, 0, 0, -7};
    assert_int_equal(jb_cpu_list_parse("0-3", cpus, 4), 4);
    assert_int_equal(jb_cpu_list_parse("0-4", cpus, 4), -E2BIG);
    assert_int_equal(jb_cpu_list_parse("0-3,9", cpus, 4), -E2BIG);
    assert_int_equal(jb_cpu_list_parse("0-4294967295", cpus, 4), -E2BIG);
    assert_int_equal(jb_cpu_list_parse("0-18446744073709551615", cpus, 4), -E2BIG);
    assert_int_equal(cpus[4], -7);
}

static void a_cpu_is_placed_by_its_topology(void **state)
{
    struct tree *tree = *state;
    struct jb_cpu_place place;
    tree_write(tree, "/sys/devices/system/cpu/cpu3/topology/physical_package_id", "1\n");
    jb_cpu_place(tree->root, 3, &place);
    assert_true(place.known);
    assert_true(place.online);
    assert_int_equal(place.package, 1);
    assert_int_equal(place.die, 0);
    tree_write(tree, "/sys/devices/system/cpu/cpu3/topology/die_id", "2\n");
    tree_write(tree, "/sys/devices/system/cpu/cpu3/online", "0\n");
    jb_cpu_place(tree->root, 3, &place);
    assert_false(place.online);
    assert_int_equal(place.die, 2);
}

static void a_cpu_without_topology_is_not_known(void **state)
{
    struct tree *tree = *state;
    struct jb_cpu_place place;
    jb_cpu_place(tree->root, 0, &place);
    assert_false(place.known);
    assert_int_equal(place.package, -1);
    tree_write(tree, "/sys/devices/system/cpu/cpu0/topology/physical_package_id", "-1\n");
    jb_cpu_place(tree->root, 0, &place);
    assert_false(place.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_lists_are_read),
        cmocka_unit_test(bad_cpu_lists_are_refused),
        cmocka_unit_test(cpu_lists_cannot_overflow),
        cmocka_unit_test_setup_teardown(a_cpu_is_placed_by_its_topology, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_cpu_without_topology_is_not_known, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
