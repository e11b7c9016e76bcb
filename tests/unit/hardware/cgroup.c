/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of control groups: both versions, ancestors, and paths that are not what they seem. */
#include "support.h"

#include "hardware/cgroup.h"

static void version_2_takes_the_least_of_all_ancestors(void **state)
{
    struct machine *m = *state;
    struct jb_cgroup g;
    put(m, "/proc/self/cgroup", "0::/kubepods/pod1/c1\n");
    put(m, "/sys/fs/cgroup/kubepods/pod1/c1/cpu.max", "max 100000\n");
    put(m, "/sys/fs/cgroup/kubepods/pod1/c1/cpu.stat", "usage_usec 1\n");
    put(m, "/sys/fs/cgroup/kubepods/pod1/cpu.max", "150000 100000\n");
    put(m, "/sys/fs/cgroup/kubepods/pod1/cpu.stat", "usage_usec 1\n");
    put(m, "/sys/fs/cgroup/kubepods/cpu.max", "400000 100000\n");
    put(m, "/sys/fs/cgroup/kubepods/pod1/c1/memory.max", "max\n");
    put(m, "/sys/fs/cgroup/kubepods/memory.max", "1000000\n");
    jb_cgroup_read(m->root, &g);
    assert_near(g.cpus, 1.5, 0);
    assert_true(g.memory_bytes == 1000000);
    assert_true(g.in_container_path);
    assert_string_equal(g.usage_path, "/sys/fs/cgroup/kubepods/pod1/cpu.stat"); /* of the group that binds */
    assert_false(g.usage_is_v1);
}

static void version_1_takes_quota_and_period(void **state)
{
    struct machine *m = *state;
    struct jb_cgroup g;
    put(m, "/proc/self/cgroup", "4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab\n");
    put(m, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"); /* the container's own mount */
    put(m, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    put(m, "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "123456789\n");
    put(m, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
    jb_cgroup_read(m->root, &g);
    assert_near(g.cpus, 0.5, 0);
    assert_true(g.memory_bytes == 536870912);
    assert_true(g.usage_is_v1);
    assert_string_equal(g.usage_path, "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage");
}

static void what_means_no_limit_is_none(void **state)
{
    struct machine *m = *state;
    struct jb_cgroup g;
    put(m, "/proc/self/cgroup", "4:memory:/a\n3:cpu:/a\n0::/a\n");
    put(m, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put(m, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    put(m, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put(m, "/sys/fs/cgroup/cpu.max", "max 100000\n");
    put(m, "/sys/fs/cgroup/memory.max", "max\n");
    jb_cgroup_read(m->root, &g);
    assert_true(g.cpus == 0);
    assert_true(g.memory_bytes == 0);
    assert_false(g.in_container_path);
}

static void paths_of_another_name_space_mean_our_own_mount(void **state)
{
    struct machine *m = *state;
    struct jb_cgroup g;
    put(m, "/proc/self/cgroup", "0::/../../secret\n");
    put(m, "/sys/fs/cgroup/cpu.max", "300000 100000\n");
    jb_cgroup_read(m->root, &g);
    assert_near(g.cpus, 3, 0);
}

static void garbage_is_no_limit(void **state)
{
    struct machine *m = *state;
    struct jb_cgroup g;
    char deep[5000] = "0::";
    for (size_t i = 3; i < 4990; i++) {
        deep[i] = i % 2 ? '/' : 'a';
    }
    put(m, "/proc/self/cgroup", deep);
    jb_cgroup_read(m->root, &g);
    assert_true(g.cpus == 0);
    assert_true(jb_cgroup_cpu_max("") == 0);
    assert_true(jb_cgroup_cpu_max("0 100000") == 0);
    assert_true(jb_cgroup_cpu_max("100000 0") == 0);
    assert_true(jb_cgroup_cpu_max("100000") == 0);
    assert_true(jb_cgroup_cpu_max("-5 10") == 0);
    assert_true(jb_cgroup_cpu_max("99999999999999999999999 1") == 0);
}

static void only_a_whole_controller_name_counts(void **state)
{
    (void)state;
    char path[32] = "";
    assert_false(jb_cgroup_path("3:cpuset,cpuacct:/x\n", "cpu", path, sizeof path));
    assert_true(jb_cgroup_path("3:cpuset:/x\n2:cpuacct,cpu:/y:z\n", "cpu", path, sizeof path));
    assert_string_equal(path, "/y:z");
    assert_false(jb_cgroup_path("3:cpu", "cpu", path, sizeof path));
    assert_false(jb_cgroup_path("3:cpu:", "cpu", path, sizeof path));
    assert_false(jb_cgroup_path("3:cpu:relative\n", "cpu", path, sizeof path));
    assert_false(jb_cgroup_path("0::/a/path/that/is/longer/than/the/room\n", "", path, sizeof path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_ON_MACHINE(version_2_takes_the_least_of_all_ancestors),
        TEST_ON_MACHINE(version_1_takes_quota_and_period),
        TEST_ON_MACHINE(what_means_no_limit_is_none),
        TEST_ON_MACHINE(paths_of_another_name_space_mean_our_own_mount),
        TEST_ON_MACHINE(garbage_is_no_limit),
        cmocka_unit_test(only_a_whole_controller_name_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
