/* SPDX-License-Identifier: Apache-2.0 */
/* RAPL by registers, each a file of a made-up machine. */
#include "tree.h"

#define CPU "/sys/devices/system/cpu/"

extern const struct jb_sensor_driver jb_sensor_rapl_msr;

static void put(struct tree *tree, int cpu, unsigned number, const char *value)
{
    char path[64];
    snprintf(path, sizeof(path), "/dev/cpu/%d/msr/%x", cpu, number);
    tree_write(tree, path, value);
}

static void add_cpu(struct tree *tree, int cpu, int package, int die)
{
    char path[128], text[16];
    snprintf(path, sizeof(path), CPU "cpu%d/topology/physical_package_id", cpu);
    snprintf(text, sizeof(text), "%d\n", package);
    tree_write(tree, path, text);
    snprintf(path, sizeof(path), CPU "cpu%d/topology/die_id", cpu);
    snprintf(text, sizeof(text), "%d\n", die);
    tree_write(tree, path, text);
}

static void be(struct tree *tree, const char *vendor, int family, int model)
{
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "%s", vendor);
    tree->machine.cpu.family = family;
    tree->machine.cpu.model_number = model;
}

/* A Skylake server of one socket: unit 2^-14 J, memory in 2^-16 J. */
static void add_xeon(struct tree *tree)
{
    be(tree, "Intel", 6, 0x55);
    tree_write(tree, CPU "online", "0-1\n");
    add_cpu(tree, 0, 0, 0);
    add_cpu(tree, 1, 0, 0);
    put(tree, 0, 0x606, "658947\n"); /* a0e03h */
    put(tree, 0, 0x611, "1000\n");
    put(tree, 0, 0x619, "2000\n");
}

static int open_msr(struct tree *tree)
{
    return tree_open(tree, &jb_sensor_rapl_msr, NULL);
}

static void a_processor_that_is_not_on_the_list_is_left_alone(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    be(tree, "Intel", 6, 0x37); /* Silvermont: another unit */
    assert_int_equal(open_msr(tree), -ENODEV);
    be(tree, "Intel", 6, 0xad); /* Granite Rapids: counters elsewhere */
    assert_int_equal(open_msr(tree), -ENODEV);
    be(tree, "Intel", 15, 0x55);
    assert_int_equal(open_msr(tree), -ENODEV);
    be(tree, "ARM", 8, 0x55);
    assert_int_equal(open_msr(tree), -ENODEV);
    be(tree, "AMD", 0x15, 1);
    assert_int_equal(open_msr(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
}

static void a_server_is_read_with_the_units_of_its_generation(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    assert_int_equal(open_msr(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    const struct jb_channel *package = tree_channel(tree, "cpu/0/package");
    assert_int_equal(package->unit_num, 1000000);
    assert_int_equal(package->unit_den, 1 << 14);
    assert_int_equal(package->wrap, UINT64_C(1) << 32);
    assert_false(package->zero_at_open);
    assert_non_null(strstr(package->path, "0x611"));
    assert_int_equal(tree_channel(tree, "ram/0/dram")->unit_den, 1 << 16);
    /* 2^32 counts of 2^-14 J are 262144 J: at 1000 W, 262 s. */
    assert_int_equal(package->horizon_ns, UINT64_C(262144000000));
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 1000);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 2000);
}

static void the_platform_of_sapphire_rapids_counts_joules(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    be(tree, "Intel", 6, 0x8f);
    put(tree, 0, 0x64d, "77\n");
    assert_int_equal(open_msr(tree), 0);
    assert_int_equal(tree_channel(tree, "board/psys")->unit_den, 1);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->unit_den, 1 << 14); /* no longer 2^-16 J */
}

static void a_register_that_a_model_lacks_is_not_read(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    put(tree, 0, 0x64d, "77\n"); /* no platform counter before Sapphire Rapids, whatever it says */
    put(tree, 0, 0x641, "88\n");
    assert_int_equal(open_msr(tree), 0);
    assert_false(tree_has(tree, "board/psys"));
    assert_false(tree_has(tree, "cpu/0/uncore"));
}

static void amd_counts_the_socket_in_32_bits(void **state)
{
    struct tree *tree = *state;
    be(tree, "AMD", 0x19, 0x11);
    tree_write(tree, CPU "online", "0,8,16\n");
    add_cpu(tree, 0, 0, 0);
    add_cpu(tree, 8, 0, 1); /* dies do not count apart */
    add_cpu(tree, 16, 1, 0);
    put(tree, 0, 0xc0010299, "659456\n"); /* a1000h */
    put(tree, 16, 0xc0010299, "659456\n");
    put(tree, 0, 0xc001029b, "81985529216486895\n"); /* 0123456789abcdefh */
    put(tree, 0, 0xc001029a, "5\n");                 /* one core's */
    put(tree, 16, 0xc001029b, "7\n");
    assert_int_equal(open_msr(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->die, -1);
    assert_int_equal(tree_channel(tree, "cpu/1/package")->unit_den, 1 << 16);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 0x89abcdef);
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 7);
}

static void dies_of_intel_count_apart(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    add_cpu(tree, 1, 0, 1);
    put(tree, 1, 0x606, "658947\n");
    put(tree, 1, 0x611, "3000\n");
    assert_int_equal(open_msr(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/die0/package")->die, 0);
    assert_int_equal(tree_channel(tree, "cpu/0/die1/package")->die, 1);
}

static void psys_is_there_once(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    be(tree, "Intel", 6, 0x8f);
    add_cpu(tree, 1, 1, 0);
    put(tree, 1, 0x606, "658947\n");
    put(tree, 1, 0x611, "3000\n");
    put(tree, 0, 0x64d, "77\n");
    put(tree, 1, 0x64d, "77\n");
    assert_int_equal(open_msr(tree), 0);
    (void)tree_channel(tree, "board/psys"); /* fails on two */
    assert_int_equal(tree->source.channel_count, 4);
}

static void a_counter_at_zero_is_one_that_is_not_there(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    put(tree, 0, 0x619, "0\n");
    assert_int_equal(open_msr(tree), 0);
    assert_false(tree_has(tree, "ram/0/dram"));
    put(tree, 0, 0x611, "4294967296\n"); /* its lower half is 0 */
    assert_int_equal(open_msr(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_UNSUPPORTED);
    /* A hypervisor that answers 0 for what it does not know. */
    put(tree, 0, 0x606, "0\n");
    tree->machine.virtual_machine = true;
    assert_int_equal(open_msr(tree), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "virtual machine"));
}

static void the_module_that_is_missing_is_named(void **state)
{
    struct tree *tree = *state;
    be(tree, "Intel", 6, 0x55);
    tree_write(tree, CPU "online", "0\n");
    add_cpu(tree, 0, 0, 0);
    assert_int_equal(open_msr(tree), -ENODEV);
    assert_string_equal(tree->diag.fix, "sudo modprobe msr");
    tree->machine.virtual_machine = true; /* where it would not help */
    assert_int_equal(open_msr(tree), -ENODEV);
    assert_string_equal(tree->diag.fix, "");
}

static void what_a_site_opened_up_is_used(void **state)
{
    struct tree *tree = *state;
    be(tree, "Intel", 6, 0x55);
    tree_write(tree, CPU "online", "0\n");
    add_cpu(tree, 0, 0, 0);
    tree_write(tree, "/dev/cpu/0/msr_safe/606", "658947\n");
    tree_write(tree, "/dev/cpu/0/msr_safe/611", "9\n");
    assert_int_equal(open_msr(tree), 0);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->path, "msr_safe"));
}

static void denied_points_to_perf(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    add_xeon(tree);
    tree_path(tree, "/dev/cpu/0/msr/606", path);
    assert_int_equal(chmod(path, 0), 0);
    bool root = geteuid() == 0; /* permission bits do not apply to root */
    if (root) {
        assert_int_equal(seteuid(65534), 0);
    }
    int result = open_msr(tree);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(result, -EACCES);
    assert_non_null(strstr(tree->diag.fix, "cap_perfmon"));
}

static void without_topology_nothing_is_guessed(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    tree_write(tree, CPU "online", "junk\n");
    assert_int_equal(open_msr(tree), -ENODEV);
    tree_write(tree, CPU "online", "5-6\n"); /* without a topology */
    assert_int_equal(open_msr(tree), -ENODEV);
    tree_write(tree, CPU "online", "0-99999\n");
    assert_int_equal(open_msr(tree), -ENODEV);
}

static void a_register_that_fails_later_says_so_and_may_come_back(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    assert_int_equal(open_msr(tree), 0);
    put(tree, 0, 0x611, "oops\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->status, JB_OK);
    put(tree, 0, 0x611, "1001\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 1001);
}

static void a_socket_that_does_not_answer_is_told_and_the_other_read(void **state)
{
    struct tree *tree = *state;
    add_xeon(tree);
    add_cpu(tree, 1, 1, 0); /* without registers */
    assert_int_equal(open_msr(tree), 0);
    assert_int_not_equal(tree_channel(tree, "cpu/1/package")->status, JB_OK);
    assert_non_null(strstr(tree_channel(tree, "cpu/1/package")->reason, "CPU 1"));
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
}

static void it_is_a_last_resort(void **state)
{
    (void)state;
    assert_true(jb_sensor_rapl_msr.stand_in);
    assert_int_equal(jb_sensor_rapl_msr.stand_in_for, JB_DEVICE_CPU);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(a_processor_that_is_not_on_the_list_is_left_alone),
        ON_TREE(a_server_is_read_with_the_units_of_its_generation),
        ON_TREE(the_platform_of_sapphire_rapids_counts_joules),
        ON_TREE(a_register_that_a_model_lacks_is_not_read),
        ON_TREE(amd_counts_the_socket_in_32_bits),
        ON_TREE(dies_of_intel_count_apart),
        ON_TREE(psys_is_there_once),
        ON_TREE(a_counter_at_zero_is_one_that_is_not_there),
        ON_TREE(the_module_that_is_missing_is_named),
        ON_TREE(what_a_site_opened_up_is_used),
        ON_TREE(denied_points_to_perf),
        ON_TREE(without_topology_nothing_is_guessed),
        ON_TREE(a_register_that_fails_later_says_so_and_may_come_back),
        ON_TREE(a_socket_that_does_not_answer_is_told_and_the_other_read),
        cmocka_unit_test(it_is_a_last_resort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
