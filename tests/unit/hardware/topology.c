/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of CPUs, and sockets and cores from /sys as different kernels tell them. */
#include "support.h"

static void lists_are_read_and_bounded(void **state)
{
    (void)state;
    unsigned cpus[16];
    assert_int_equal(jb_cpu_numbers_parse("0-3,8,10-11\n", cpus, 16), 7);
    assert_int_equal(cpus[4], 8);
    assert_int_equal(cpus[6], 11);
    assert_int_equal(jb_cpu_numbers_parse("0", cpus, 16), 1);
    assert_int_equal(jb_cpu_numbers_parse("0-8191", cpus, 16), 16);
    assert_int_equal(jb_cpu_numbers_parse("", cpus, 16), 0);
    assert_int_equal(jb_cpu_numbers_parse("0-", cpus, 16), 0);
    assert_int_equal(jb_cpu_numbers_parse("0,", cpus, 16), 0);
    assert_int_equal(jb_cpu_numbers_parse("0-99999999", cpus, 16), 0);
    assert_int_equal(jb_cpu_numbers_parse("3-1", cpus, 16), 0);
    assert_int_equal(jb_cpu_numbers_parse("0;1", cpus, 16), 0);
}

static void dies_that_repeat_core_numbers_have_cores_of_their_own(void **state)
{
    struct machine *m = *state;
    struct jb_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    put_topology(m, 1, 2, 2); /* CPUs 0 to 3, cores 0 1 0 1 */
    put(m, "/sys/devices/system/cpu/cpu2/topology/die_id", "1\n");
    put(m, "/sys/devices/system/cpu/cpu3/topology/die_id", "1\n");
    assert_true(jb_cpu_topology_read(m->root, &cpu));
    assert_int_equal(cpu.cores, 4);
    assert_int_equal(cpu.sockets, 1);
}

static void odd_package_numbers_are_packages_all_the_same(void **state)
{
    struct machine *m = *state;
    struct jb_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    put_topology(m, 2, 2, 1);
    put(m, "/sys/devices/system/cpu/cpu2/topology/physical_package_id", "36\n");
    put(m, "/sys/devices/system/cpu/cpu3/topology/physical_package_id", "36\n");
    assert_true(jb_cpu_topology_read(m->root, &cpu));
    assert_int_equal(cpu.sockets, 2);
    assert_int_equal(cpu.package_of[0], 0);
    assert_int_equal(cpu.package_of[1], 36);
    for (int i = 0; i < 4; i++) {
        char path[96];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", i);
        put(m, path, "-1\n");
    }
    memset(&cpu, 0, sizeof cpu);
    assert_true(jb_cpu_topology_read(m->root, &cpu));
    assert_int_equal(cpu.sockets, 1);
    assert_int_equal(cpu.package_of[0], 0);
}

static void without_the_online_list_folders_tell(void **state)
{
    struct machine *m = *state;
    struct jb_cpu cpu;
    char path[128];
    memset(&cpu, 0, sizeof cpu);
    put_topology(m, 1, 4, 1);
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/online", m->root);
    assert_int_equal(unlink(path), 0);
    put(m, "/sys/devices/system/cpu/cpu9/online", "0\n"); /* offline: no topology */
    put(m, "/sys/devices/system/cpu/cpufreq/boost", "1\n");
    assert_true(jb_cpu_topology_read(m->root, &cpu));
    assert_int_equal(cpu.threads, 4);
    assert_int_equal(cpu.cores, 4);
}

static void more_sockets_than_fit_are_cut(void **state)
{
    struct machine *m = *state;
    struct jb_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    put_topology(m, JB_MAX_SOCKETS + 3, 1, 1);
    assert_true(jb_cpu_topology_read(m->root, &cpu));
    assert_int_equal(cpu.sockets, JB_MAX_SOCKETS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_and_bounded),
        TEST_ON_MACHINE(dies_that_repeat_core_numbers_have_cores_of_their_own),
        TEST_ON_MACHINE(odd_package_numbers_are_packages_all_the_same),
        TEST_ON_MACHINE(without_the_online_list_folders_tell),
        TEST_ON_MACHINE(more_sockets_than_fit_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
