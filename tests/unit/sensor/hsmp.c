/* SPDX-License-Identifier: Apache-2.0 */
/* The management port of EPYC, whose answers are files of a made-up machine. */
#include "tree.h"

extern const struct jb_sensor_driver jb_sensor_hsmp;

static void answer(struct tree *tree, const char *file, const char *words)
{
    char path[64];
    snprintf(path, sizeof(path), "/hsmp/%s", file);
    tree_write(tree, path, words);
}

static void be(struct tree *tree, int family, const char *name)
{
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "AMD");
    snprintf(tree->machine.cpu.name, sizeof(tree->machine.cpu.name), "%s", name);
    tree->machine.cpu.family = family;
}

static void add_dimm(struct tree *tree, int socket, unsigned address, unsigned power_mw)
{
    char file[32], words[32];
    snprintf(file, sizeof(file), "socket%d/17-%02x", socket, address);
    snprintf(words, sizeof(words), "%u\n", power_mw << 17 | 100 << 8 | address);
    answer(tree, file, words);
}

/* Genoa: protocol 5, one socket of 96.4 W with two modules. */
static void add_genoa(struct tree *tree)
{
    be(tree, 0x19, "AMD EPYC 9354P 32-Core Processor");
    answer(tree, "socket0/03", "5\n");
    answer(tree, "socket0/04", "96400\n");
    add_dimm(tree, 0, 0x80, 4000);
    add_dimm(tree, 0, 0x8b, 5001);
}

static int open_hsmp(struct tree *tree)
{
    return tree_open(tree, &jb_sensor_hsmp, NULL);
}

static void only_epycs_are_asked(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    be(tree, 0x19, "AMD Ryzen 9 7950X 16-Core Processor");
    assert_int_equal(open_hsmp(tree), -ENODEV);
    be(tree, 0x17, "AMD EPYC 7702 64-Core Processor");
    assert_int_equal(open_hsmp(tree), -ENODEV);
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "Intel");
    assert_int_equal(open_hsmp(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
}

static void a_port_that_is_missing_names_the_module(void **state)
{
    struct tree *tree = *state;
    be(tree, 0x19, "AMD EPYC 9354P 32-Core Processor");
    assert_int_equal(jb_sensor_hsmp.glance(&tree->env, &tree->diag), -ENODEV);
    assert_non_null(strstr(tree->diag.fix, "modprobe amd_hsmp"));
    assert_int_equal(open_hsmp(tree), -ENODEV);
    assert_non_null(strstr(tree->diag.fix, "modprobe amd_hsmp"));
    tree->machine.virtual_machine = true;
    assert_int_equal(open_hsmp(tree), -ENODEV);
    assert_string_equal(tree->diag.fix, "");
}

static void power_of_socket_and_modules_is_read_in_milliwatts(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    assert_int_equal(jb_sensor_hsmp.glance(&tree->env, &tree->diag), 0);
    assert_int_equal(open_hsmp(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    const struct jb_channel *package = tree_channel(tree, "cpu/0/package");
    assert_int_equal(package->method, JB_METHOD_INTEGRATED);
    assert_int_equal(package->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(package->unit, 0);
    assert_int_equal(package->unit_num, 1000);
    assert_int_equal(package->unit_den, 1);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->domain, JB_DOMAIN_DRAM);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 96400);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 9001);
}

static void sockets_go_by_the_numbers_that_rapl_has(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    tree->machine.cpu.sockets = 2;
    tree->machine.cpu.package_of[1] = 4;
    answer(tree, "socket1/04", "110000\n");
    add_dimm(tree, 1, 0x80, 3000);
    assert_int_equal(open_hsmp(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/4/package")->raw, 110000);
    assert_int_equal(tree_reading(tree, "ram/4/dram")->raw, 3000);
}

static void a_board_that_does_not_pass_module_power_on_has_none(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    answer(tree, "socket0/17-80", "0\n");         /* as an EPYC 9354P answered for every address */
    answer(tree, "socket0/17-8b", "655385600\n"); /* 5000 mW, but of address 0 */
    assert_int_equal(open_hsmp(tree), 0);
    const struct jb_channel *dram = tree_channel(tree, "ram/0/dram");
    assert_int_equal(dram->status, JB_UNSUPPORTED);
    assert_true(dram->reason[0] != '\0');
    tree_read(tree);
    assert_int_equal(tree->sink.count, 1);
}

static void a_sum_without_some_of_the_modules_is_refused(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    tree->machine.dimms = 3;
    assert_int_equal(open_hsmp(tree), 0);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "ram/0/dram")->reason, "3 are installed"));
    tree_read(tree);
    assert_int_equal(tree->sink.count, 1);
    tree->machine.dimms = 2;
    assert_int_equal(open_hsmp(tree), 0);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->status, JB_OK);
}

static void one_module_that_fails_fails_the_sum(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    assert_int_equal(open_hsmp(tree), 0);
    answer(tree, "socket0/17-8b", "0\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->status, JB_FAILED);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_OK);
    add_dimm(tree, 0, 0x8b, 6000);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 10000);
}

static void older_protocols_are_not_asked_for_modules(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    answer(tree, "socket0/03", "2\n"); /* Milan */
    assert_int_equal(open_hsmp(tree), 0);
    assert_int_equal(tree->source.channel_count, 1);
    answer(tree, "socket0/03", "6\n"); /* MI300A */
    assert_int_equal(open_hsmp(tree), 0);
    assert_int_equal(tree->source.channel_count, 1);
}

static void turin_counts_energy(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    be(tree, 0x1a, "AMD EPYC 9965 192-Core Processor");
    answer(tree, "socket0/03", "7\n");
    answer(tree, "socket0/30", "659456\n"); /* a1000h */
    answer(tree, "socket0/32", "1000 2\n");
    assert_int_equal(open_hsmp(tree), 0);
    const struct jb_channel *package = tree_channel(tree, "cpu/0/package");
    assert_int_equal(package->method, JB_METHOD_COUNTER);
    assert_int_equal(package->unit_num, 1000000);
    assert_int_equal(package->unit_den, 1 << 16);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, UINT64_C(8589935592));
    /* Firmware that does not know the message: power will do. */
    tree_remove(tree, "/hsmp/socket0/32");
    assert_int_equal(open_hsmp(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->method, JB_METHOD_INTEGRATED);
}

static void answers_that_make_no_sense_are_failures(void **state)
{
    static const char *const texts[] = {"", "0\n", "-5\n", "watts\n", "4294967296\n", "99999999999999999999999\n"};
    struct tree *tree = *state;
    add_genoa(tree);
    assert_int_equal(open_hsmp(tree), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        answer(tree, "socket0/04", texts[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_FAILED);
        assert_int_equal(tree_reading(tree, "ram/0/dram")->status, JB_OK);
    }
    assert_int_equal(open_hsmp(tree), 0); /* the modules still answer */
    assert_int_not_equal(tree_channel(tree, "cpu/0/package")->status, JB_OK);
    assert_true(tree_channel(tree, "cpu/0/package")->reason[0] != '\0');
}

static void what_keeps_failing_is_given_up(void **state)
{
    struct tree *tree = *state;
    add_genoa(tree);
    assert_int_equal(open_hsmp(tree), 0);
    answer(tree, "socket0/04", "0\n");
    for (int i = 0; i < 25; i++) {
        tree_read(tree);
    }
    assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_GONE);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->status, JB_OK);
    answer(tree, "socket0/04", "96400\n");
    tree_read(tree); /* the kernel's log is not filled any more */
    assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_GONE);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(only_epycs_are_asked),
        ON_TREE(a_port_that_is_missing_names_the_module),
        ON_TREE(power_of_socket_and_modules_is_read_in_milliwatts),
        ON_TREE(sockets_go_by_the_numbers_that_rapl_has),
        ON_TREE(a_board_that_does_not_pass_module_power_on_has_none),
        ON_TREE(a_sum_without_some_of_the_modules_is_refused),
        ON_TREE(one_module_that_fails_fails_the_sum),
        ON_TREE(older_protocols_are_not_asked_for_modules),
        ON_TREE(turin_counts_energy),
        ON_TREE(answers_that_make_no_sense_are_failures),
        ON_TREE(what_keeps_failing_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
