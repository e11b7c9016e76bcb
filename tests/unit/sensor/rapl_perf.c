/* SPDX-License-Identifier: Apache-2.0 */
/* RAPL by perf: discovery on made-up trees, groups and refusals on made-up system calls. */
#include "tree.h"

#define PMU   "/sys/bus/event_source/devices/power"
#define SCALE "2.3283064365386962890625e-10\n"

extern const struct jb_sensor_driver jb_sensor_rapl_perf;

static void add_event(struct tree *tree, const char *name, const char *config, const char *scale)
{
    char path[160];
    snprintf(path, sizeof(path), PMU "/events/%s", name);
    tree_write(tree, path, config);
    snprintf(path, sizeof(path), PMU "/events/%s.scale", name);
    tree_write(tree, path, scale);
    snprintf(path, sizeof(path), PMU "/events/%s.unit", name);
    tree_write(tree, path, "Joules\n");
}

static void add_cpu(struct tree *tree, int cpu, int package, int die)
{
    char path[128], text[16];
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
    snprintf(text, sizeof(text), "%d\n", package);
    tree_write(tree, path, text);
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/die_id", cpu);
    snprintf(text, sizeof(text), "%d\n", die);
    tree_write(tree, path, text);
}

static void add_count(struct tree *tree, int cpu, int config, const char *count)
{
    char path[64];
    snprintf(path, sizeof(path), "/perf/cpu%d/20:%x", cpu, (unsigned)config);
    tree_write(tree, path, count);
}

/* Type 32, one socket on CPU 0, package and DRAM. */
static void add_plain_machine(struct tree *tree)
{
    tree_write(tree, PMU "/type", "32\n");
    tree_write(tree, PMU "/cpumask", "0\n");
    add_cpu(tree, 0, 0, 0);
    add_event(tree, "energy-pkg", "event=0x02\n", SCALE);
    add_event(tree, "energy-ram", "event=0x03\n", SCALE);
    add_count(tree, 0, 2, "1000\n");
    add_count(tree, 0, 3, "500\n");
}

static int open_perf(struct tree *tree)
{
    return tree_open(tree, &jb_sensor_rapl_perf, NULL);
}

static void a_machine_without_rapl_has_none(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_perf(tree), -ENODEV);
    assert_non_null(strstr(tree->diag.text, PMU));
    assert_int_equal(tree->source.channel_count, 0);
}

static void a_plain_machine_is_read(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    const struct jb_channel *package = tree_channel(tree, "cpu/0/package");
    assert_int_equal(package->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(package->method, JB_METHOD_COUNTER);
    assert_int_equal(package->unit, 0);
    assert_int_equal(package->die, -1);
    assert_int_equal(package->parent, -1);
    assert_int_equal(package->unit_num, 15625);
    assert_int_equal(package->unit_den, UINT64_C(1) << 26);
    assert_int_equal(package->wrap, 0);
    assert_true(package->zero_at_open);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 1000);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 500);
    assert_true(tree_reading(tree, "cpu/0/package")->t_before_ns <= tree_reading(tree, "cpu/0/package")->t_after_ns);
}

static void the_other_place_of_the_pmu_will_do(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/sys/devices/power/type", "32\n");
    tree_write(tree, "/sys/devices/power/cpumask", "0\n");
    tree_write(tree, "/sys/devices/power/events/energy-pkg", "event=0x02\n");
    tree_write(tree, "/sys/devices/power/events/energy-pkg.scale", SCALE);
    add_cpu(tree, 0, 0, 0);
    add_count(tree, 0, 2, "1");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree->source.channel_count, 1);
}

static void dram_lies_outside_the_package_and_cores_inside(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    add_event(tree, "energy-cores", "event=0x01\n", SCALE);
    add_event(tree, "energy-gpu", "event=0x04\n", SCALE);
    add_count(tree, 0, 1, "1");
    add_count(tree, 0, 4, "1");
    assert_int_equal(open_perf(tree), 0);
    int package = tree_index(tree, "cpu/0/package");
    assert_int_equal(tree_channel(tree, "cpu/0/cores")->parent, package);
    assert_int_equal(tree_channel(tree, "cpu/0/uncore")->parent, package);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->parent, -1);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->device, JB_DEVICE_RAM);
}

static void two_cpus_of_one_socket_count_it_once(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "0,5\n");
    add_cpu(tree, 5, 0, 0); /* the wrong socket: it should have been socket 1 */
    add_count(tree, 5, 2, "1000");
    add_count(tree, 5, 3, "500");
    tree->machine.cpu.sockets = 2;
    tree->machine.cpu.package_of[1] = 1;
    assert_int_equal(open_perf(tree), 0);
    assert_true(tree_channel(tree, "cpu/0/package")->note[0] != '\0');
    /* The socket that nobody counts is told of, not left out in silence. */
    assert_int_equal(tree_channel(tree, "cpu/1/package")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "cpu/1/package")->reason, "socket 1"));
    assert_int_equal(tree->source.channel_count, 3);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
}

static void each_socket_has_its_own_channels(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "0,18\n");
    add_cpu(tree, 18, 3, 0); /* sockets need not be numbered in sequence */
    add_count(tree, 18, 2, "77");
    add_count(tree, 18, 3, "88");
    assert_int_equal(open_perf(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 1000);
    assert_int_equal(tree_reading(tree, "cpu/3/package")->raw, 77);
    assert_int_equal(tree_reading(tree, "ram/3/dram")->raw, 88);
}

static void add_two_dies(struct tree *tree)
{
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "0,8\n");
    add_cpu(tree, 8, 0, 1);
    add_count(tree, 8, 2, "1000");
    add_count(tree, 8, 3, "500");
}

static void dies_that_count_apart_are_two(void **state)
{
    struct tree *tree = *state;
    add_two_dies(tree);
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "Intel");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/die0/package")->die, 0);
    assert_int_equal(tree_channel(tree, "cpu/0/die1/package")->die, 1);
    int mirror_of[JB_MAX_CHANNELS];
    /* Equal counts mean nothing where counting began at open. */
    assert_int_equal(jb_mirror_detect(&tree->source, mirror_of), 0);
}

static void amd_counts_a_socket_once_however_many_dies_are_listed(void **state)
{
    struct tree *tree = *state;
    add_two_dies(tree);
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "AMD");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->die, -1);
}

static void psys_is_there_once(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "0,18\n");
    add_cpu(tree, 18, 1, 0);
    add_event(tree, "energy-psys", "event=0x05\n", SCALE);
    for (int config = 2; config <= 5; config++) {
        add_count(tree, 0, config, "1");
        add_count(tree, 18, config, "1");
    }
    assert_int_equal(open_perf(tree), 0);
    const struct jb_channel *psys = tree_channel(tree, "board/psys"); /* fails on two */
    assert_int_equal(psys->domain, JB_DOMAIN_PSYS);
    assert_int_equal(psys->unit, -1);
    assert_int_equal(tree->source.channel_count, 5);
}

static void a_unit_of_one_joule_is_taken_as_it_is_written(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    add_event(tree, "energy-psys", "event=0x05\n", "1.0\n");
    add_count(tree, 0, 5, "12");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree_channel(tree, "board/psys")->unit_num, 1000000);
    assert_int_equal(tree_channel(tree, "board/psys")->unit_den, 1);
}

static void an_offline_cpu_is_a_reason(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "0,18\n");
    add_cpu(tree, 18, 1, 0);
    tree_write(tree, "/sys/devices/system/cpu/cpu18/online", "0\n");
    add_count(tree, 18, 2, "1");
    add_count(tree, 18, 3, "1");
    assert_int_equal(open_perf(tree), 0);
    const struct jb_channel *package = tree_channel(tree, "cpu/1/package");
    assert_int_not_equal(package->status, JB_OK);
    assert_non_null(strstr(package->reason, "CPU 18"));
    assert_non_null(strstr(package->reason, "offline"));
    assert_non_null(strstr(package->fix, "cpu18/online"));
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_OK);
}

static void without_topology_the_socket_is_guessed_and_that_is_said(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_remove(tree, "/sys/devices/system/cpu/cpu0/topology/physical_package_id");
    assert_int_equal(open_perf(tree), 0);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->note, "guessed"));
}

static void the_horizon_is_half_the_finest_counter_at_full_power(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree->machine.cpu.tdp_w = 500;
    tree->machine.cpu.found = JB_FOUND_TABLE;
    assert_int_equal(open_perf(tree), 0);
    const struct jb_channel *package = tree_channel(tree, "cpu/0/package");
    assert_int_equal(package->max_power_uw, UINT64_C(1000000000));
    /* 2^31 counts of 2^-16 J are 32768 J, at 1000 W. */
    assert_int_equal(package->horizon_ns, UINT64_C(32768000000));
}

static void the_believable_power_suits_the_machine(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    add_event(tree, "energy-psys", "event=0x05\n", SCALE);
    add_count(tree, 0, 5, "1");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->max_power_uw, UINT64_C(1000000000));
    assert_int_equal(tree_channel(tree, "ram/0/dram")->max_power_uw, UINT64_C(300000000));
    assert_int_equal(tree_channel(tree, "board/psys")->max_power_uw, UINT64_C(3000000000));
    tree->machine.cpu.tdp_w = 15; /* turbo goes to several times that */
    tree->machine.cpu.found = JB_FOUND_TABLE;
    assert_int_equal(open_perf(tree), 0);
    assert_true(tree_channel(tree, "cpu/0/package")->max_power_uw >= UINT64_C(64000000));
    tree->machine.cpu.found = JB_FOUND_GUESS; /* two threads of a big socket */
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->max_power_uw, UINT64_C(1000000000));
}

static void an_event_that_makes_no_sense_is_told_of(void **state)
{
    static const char *const configs[] = {
        "", "0x02", "event=", "event=0x", "event=0xzz", "event=2", "event=0x02,umask=0x1", "event=0x11112222333344445"};
    struct tree *tree = *state;
    add_plain_machine(tree);
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        tree_write(tree, PMU "/events/energy-ram", configs[i]);
        assert_int_equal(open_perf(tree), 0);
        assert_int_equal(tree_channel(tree, "ram/0/dram")->status, JB_UNSUPPORTED);
        assert_true(tree_channel(tree, "ram/0/dram")->reason[0] != '\0');
        assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_OK);
        tree_read(tree);
        assert_int_equal(tree->sink.count, 1);
    }
}

static void a_scale_or_unit_that_is_missing_or_odd_is_told_of(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/events/energy-ram.scale", "-2.3e-10");
    assert_int_equal(open_perf(tree), 0);
    assert_non_null(strstr(tree_channel(tree, "ram/0/dram")->reason, "energy-ram.scale"));
    tree_remove(tree, PMU "/events/energy-ram.scale");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->status, JB_UNSUPPORTED);
    tree_write(tree, PMU "/events/energy-ram.scale", SCALE);
    tree_write(tree, PMU "/events/energy-ram.unit", "Calories");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "ram/0/dram")->reason, "Calories"));
}

static void a_broken_mask_or_type_is_no_pmu(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "zero");
    assert_int_equal(open_perf(tree), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "cpumask"));
    tree_remove(tree, PMU "/cpumask");
    assert_int_equal(open_perf(tree), -ENODEV);
    tree_write(tree, PMU "/cpumask", "0");
    tree_write(tree, PMU "/type", "99999999999");
    assert_int_equal(open_perf(tree), -ENODEV);
}

static void counters_that_cannot_be_read_are_not_used(void **state)
{
    static const char *const texts[] = {"", "-5", "12x", "99999999999999999999999", "abc"};
    struct tree *tree = *state;
    add_plain_machine(tree);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        add_count(tree, 0, 3, texts[i]);
        assert_int_equal(open_perf(tree), 0);
        assert_int_equal(tree_channel(tree, "ram/0/dram")->status, JB_FAILED);
        tree_read(tree);
        assert_int_equal(tree->sink.count, 1);
        assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_OK);
    }
}

static void a_counter_that_fails_later_says_so_and_may_come_back(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    assert_int_equal(open_perf(tree), 0);
    add_count(tree, 0, 2, "oops");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->status, JB_OK);
    add_count(tree, 0, 2, "2000");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 2000);
}

#define CORE_PMU "/sys/bus/event_source/devices/power_core"

/* AMD since Linux 6.14: type 33 counts cores, one CPU of each. */
static void add_cores(struct tree *tree, const char *cpus)
{
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "AMD");
    tree_write(tree, CORE_PMU "/type", "33\n");
    tree_write(tree, CORE_PMU "/cpumask", cpus);
    tree_write(tree, CORE_PMU "/events/energy-core", "event=0x01\n");
    tree_write(tree, CORE_PMU "/events/energy-core.scale", SCALE);
    tree_write(tree, CORE_PMU "/events/energy-core.unit", "Joules\n");
}

static void add_core_count(struct tree *tree, int cpu, const char *count)
{
    char path[64];
    snprintf(path, sizeof(path), "/perf/cpu%d/21:1", cpu);
    tree_write(tree, path, count);
}

static void cores_that_count_apart_are_one_sum_for_each_socket(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    tree_write(tree, PMU "/cpumask", "0,18\n");
    add_cpu(tree, 18, 1, 0);
    add_count(tree, 18, 2, "5000");
    add_count(tree, 18, 3, "6");
    add_cores(tree, "0-2,18\n");
    add_cpu(tree, 1, 1, 0); /* sockets need not lie in a row */
    add_cpu(tree, 2, 0, 0);
    add_core_count(tree, 0, "100");
    add_core_count(tree, 1, "20");
    add_core_count(tree, 2, "300");
    add_core_count(tree, 18, "4");
    assert_int_equal(open_perf(tree), 0);
    const struct jb_channel *cores = tree_channel(tree, "cpu/0/cores");
    assert_int_equal(cores->domain, JB_DOMAIN_CORE);
    assert_int_equal(cores->parent, tree_index(tree, "cpu/0/package"));
    assert_int_equal(tree_channel(tree, "cpu/1/cores")->parent, tree_index(tree, "cpu/1/package"));
    assert_true(cores->zero_at_open);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->raw, 400);
    assert_int_equal(tree_reading(tree, "cpu/1/cores")->raw, 24);
    add_core_count(tree, 2, "gone");
    tree_read(tree); /* the rest is not the sum */
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, "cpu/1/cores")->status, JB_OK);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_OK);
}

static void many_cores_are_not_disturbed(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    add_cores(tree, "0-16\n");
    for (int cpu = 0; cpu <= 16; cpu++) {
        add_cpu(tree, cpu, 0, 0);
        add_core_count(tree, cpu, "1");
    }
    assert_int_equal(open_perf(tree), 0);
    assert_false(tree_has(tree, "cpu/0/cores"));
    tree_write(tree, CORE_PMU "/cpumask", "0-15\n");
    assert_int_equal(open_perf(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->raw, 16);
}

static void cores_of_which_one_cannot_be_read_are_no_sum(void **state)
{
    struct tree *tree = *state;
    add_plain_machine(tree);
    add_cores(tree, "0,1\n");
    add_cpu(tree, 1, 0, 0);
    add_core_count(tree, 0, "1");
    assert_int_equal(open_perf(tree), 0);
    assert_int_not_equal(tree_channel(tree, "cpu/0/cores")->status, JB_OK);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/cores")->reason, "CPU 1"));
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
    tree_write(tree, "/sys/devices/system/cpu/cpu1/online", "0\n");
    assert_int_equal(open_perf(tree), 0);
    assert_false(tree_has(tree, "cpu/0/cores"));
    tree_remove(tree, CORE_PMU "/events/energy-core.scale");
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
}

/* ---- made-up system calls: a kernel with groups ---- */

struct kernel {
    struct jb_perf_ops ops; /* first: the driver hands it back */
    int deny;               /* every open fails with this */
    int deny_config, deny_config_err;
    int refuse_groups;
    int opens, groups, reads;
    struct {
        int fd, leader, cpu;
        uint64_t config;
    } events[64];
    int short_answer;
};

static int kernel_open(const struct jb_perf_ops *ops, uint32_t type, uint64_t config, int cpu, int group_fd)
{
    struct kernel *kernel = (struct kernel *)(uintptr_t)ops;
    assert_int_equal(type, 32);
    if (kernel->deny) {
        return kernel->deny;
    }
    if (kernel->deny_config_err && (int)config == kernel->deny_config) {
        return kernel->deny_config_err;
    }
    if (group_fd >= 0 && kernel->refuse_groups) {
        return -EINVAL;
    }
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    kernel->groups += group_fd < 0;
    kernel->events[kernel->opens].fd = fd;
    kernel->events[kernel->opens].leader = group_fd < 0 ? fd : group_fd;
    kernel->events[kernel->opens].cpu = cpu;
    kernel->events[kernel->opens++].config = config;
    return fd;
}

static int kernel_read(const struct jb_perf_ops *ops, int leader_fd, uint64_t *values, size_t max)
{
    struct kernel *kernel = (struct kernel *)(uintptr_t)ops;
    int count = 0;
    kernel->reads++;
    for (int i = 0; i < kernel->opens; i++) {
        if (kernel->events[i].leader == leader_fd) {
            assert_true((size_t)count < max);
            values[count++] = (uint64_t)kernel->events[i].cpu * 100 + kernel->events[i].config;
        }
    }
    return count - kernel->short_answer;
}

static void boot(struct tree *tree, struct kernel *kernel)
{
    kernel->ops.open_counter = kernel_open;
    kernel->ops.read_group = kernel_read;
    tree->env.perf = &kernel->ops;
    add_plain_machine(tree);
    add_event(tree, "energy-cores", "event=0x01\n", SCALE);
    tree_write(tree, PMU "/cpumask", "0,18\n");
    add_cpu(tree, 18, 1, 0);
}

static void expect_values_of_two_sockets(struct tree *tree)
{
    tree_read(tree);
    assert_int_equal(tree->sink.count, 6);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 2);
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->raw, 1);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 3);
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 1802);
    assert_int_equal(tree_reading(tree, "cpu/1/cores")->raw, 1801);
    assert_int_equal(tree_reading(tree, "ram/1/dram")->raw, 1803);
}

static void one_read_serves_a_socket(void **state)
{
    struct tree *tree = *state;
    struct kernel kernel = {0};
    boot(tree, &kernel);
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(kernel.groups, 2);
    kernel.reads = 0;
    expect_values_of_two_sockets(tree);
    assert_int_equal(kernel.reads, 2);
    tree_close(tree);
}

static void a_kernel_without_groups_is_read_one_by_one(void **state)
{
    struct tree *tree = *state;
    struct kernel kernel = {.refuse_groups = 1};
    boot(tree, &kernel);
    assert_int_equal(open_perf(tree), 0);
    assert_int_equal(kernel.groups, 6);
    expect_values_of_two_sockets(tree);
    tree_close(tree);
}

static void denied_names_the_paranoid_level_and_the_cure(void **state)
{
    static const int errors[] = {-EACCES, -EPERM};
    struct tree *tree = *state;
    for (size_t i = 0; i < 2; i++) {
        struct kernel kernel = {.deny = errors[i]};
        boot(tree, &kernel);
        tree_write(tree, "/proc/sys/kernel/perf_event_paranoid", "4\n");
        assert_int_equal(open_perf(tree), -EACCES);
        assert_non_null(strstr(tree->diag.text, "perf_event_paranoid is 4"));
        assert_non_null(strstr(tree->diag.fix, "setcap cap_perfmon"));
        assert_non_null(strstr(tree->diag.fix, "perf_event_paranoid"));
        assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_DENIED);
        assert_true(tree_channel(tree, "cpu/1/package")->fix[0] != '\0');
        tree_read(tree);
        assert_int_equal(tree->sink.count, 0);
        tree_close(tree);
    }
}

static void one_event_that_is_refused_costs_the_others_nothing(void **state)
{
    struct tree *tree = *state;
    /* 2 is the leader; -EINVAL is also what says "not in this group". */
    static const int cases[][2] = {{2, -ENOENT}, {1, -EINVAL}, {3, -EOPNOTSUPP}, {3, -EMFILE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kernel kernel = {.deny_config = cases[i][0], .deny_config_err = cases[i][1]};
        boot(tree, &kernel);
        assert_int_equal(open_perf(tree), 0);
        assert_int_equal(kernel.groups, 2);
        tree_read(tree);
        assert_int_equal(tree->sink.count, 4);
        for (size_t k = 0; k < tree->sink.count; k++) {
            int expected = kernel.deny_config;
            assert_int_not_equal((int)tree->readings[k].raw % 100, expected);
        }
        tree_close(tree);
    }
}

static void an_answer_of_the_wrong_length_is_a_failure(void **state)
{
    struct tree *tree = *state;
    struct kernel kernel = {0};
    boot(tree, &kernel);
    assert_int_equal(open_perf(tree), 0);
    kernel.short_answer = 1;
    tree_read(tree);
    assert_int_equal(tree->sink.count, 6);
    for (size_t i = 0; i < tree->sink.count; i++) {
        assert_int_equal(tree->readings[i].status, JB_FAILED);
    }
    tree_close(tree);
}

static void a_group_that_answers_in_part_is_not_used(void **state)
{
    struct tree *tree = *state;
    struct kernel kernel = {.short_answer = 1};
    boot(tree, &kernel);
    assert_int_equal(open_perf(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 0);
    tree_close(tree);
}

static void descriptors_are_given_back(void **state)
{
    struct tree *tree = *state;
    struct kernel kernel = {0};
    boot(tree, &kernel);
    assert_int_equal(open_perf(tree), 0);
    tree_close(tree);
    for (int i = 0; i < kernel.opens; i++) {
        assert_int_equal(fcntl(kernel.events[i].fd, F_GETFD), -1);
    }
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(a_machine_without_rapl_has_none),
        ON_TREE(a_plain_machine_is_read),
        ON_TREE(the_other_place_of_the_pmu_will_do),
        ON_TREE(dram_lies_outside_the_package_and_cores_inside),
        ON_TREE(two_cpus_of_one_socket_count_it_once),
        ON_TREE(each_socket_has_its_own_channels),
        ON_TREE(dies_that_count_apart_are_two),
        ON_TREE(amd_counts_a_socket_once_however_many_dies_are_listed),
        ON_TREE(psys_is_there_once),
        ON_TREE(a_unit_of_one_joule_is_taken_as_it_is_written),
        ON_TREE(an_offline_cpu_is_a_reason),
        ON_TREE(without_topology_the_socket_is_guessed_and_that_is_said),
        ON_TREE(the_horizon_is_half_the_finest_counter_at_full_power),
        ON_TREE(the_believable_power_suits_the_machine),
        ON_TREE(an_event_that_makes_no_sense_is_told_of),
        ON_TREE(a_scale_or_unit_that_is_missing_or_odd_is_told_of),
        ON_TREE(a_broken_mask_or_type_is_no_pmu),
        ON_TREE(counters_that_cannot_be_read_are_not_used),
        ON_TREE(cores_that_count_apart_are_one_sum_for_each_socket),
        ON_TREE(many_cores_are_not_disturbed),
        ON_TREE(cores_of_which_one_cannot_be_read_are_no_sum),
        ON_TREE(a_counter_that_fails_later_says_so_and_may_come_back),
        ON_TREE(one_read_serves_a_socket),
        ON_TREE(a_kernel_without_groups_is_read_one_by_one),
        ON_TREE(denied_names_the_paranoid_level_and_the_cure),
        ON_TREE(one_event_that_is_refused_costs_the_others_nothing),
        ON_TREE(an_answer_of_the_wrong_length_is_a_failure),
        ON_TREE(a_group_that_answers_in_part_is_not_used),
        ON_TREE(descriptors_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
