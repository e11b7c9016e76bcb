/* SPDX-License-Identifier: Apache-2.0 */
/* hwmon on made-up trees. */
#include "tree.h"

#define CLASS "/sys/class/hwmon/"

extern const struct jb_sensor_driver jb_sensor_hwmon;

static void put(struct tree *tree, int number, const char *file, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), CLASS "hwmon%d/%s", number, file);
    tree_write(tree, path, text);
}

static void add_cpu(struct tree *tree, int cpu, int package)
{
    char path[128], text[16];
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
    snprintf(text, sizeof(text), "%d\n", package);
    tree_write(tree, path, text);
}

static void add_node(struct tree *tree, int node, const char *cpus)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
    tree_write(tree, path, cpus);
}

/* Rome with two cores of each of two sockets, of two NUMA nodes each. */
static void add_rome(struct tree *tree)
{
    static const char *const labels[] = {"Ecore000\n", "Ecore001\n", "Esocket0\n",
                                         "Esocket1\n", "Esocket2\n", "Esocket3\n"};
    tree->machine.cpu.family = 0x17;
    tree->machine.cpu.model_number = 0x31;
    tree->machine.cpu.sockets = 2;
    tree->machine.cpu.package_of[1] = 1;
    put(tree, 3, "name", "amd_energy\n");
    for (int i = 0; i < 6; i++) {
        char file[32], text[32];
        snprintf(file, sizeof(file), "energy%d_label", i + 1);
        put(tree, 3, file, labels[i]);
        snprintf(file, sizeof(file), "energy%d_input", i + 1);
        snprintf(text, sizeof(text), "%d\n", 1000 * (i + 1));
        put(tree, 3, file, text);
    }
    for (int i = 0; i < 4; i++) {
        char cpus[16];
        snprintf(cpus, sizeof(cpus), "%d-%d\n", 2 * i, 2 * i + 1);
        add_node(tree, i, cpus);
        add_cpu(tree, 2 * i, i / 2);
    }
}

static int open_hwmon(struct tree *tree)
{
    return tree_open(tree, &jb_sensor_hwmon, NULL);
}

static void a_machine_without_chips_has_none(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_hwmon(tree), -ENODEV);
    tree_folder(tree, "/sys/class/hwmon");
    assert_int_equal(open_hwmon(tree), -ENODEV);
    put(tree, 0, "name", "nvme\n"); /* temperatures only */
    put(tree, 0, "temp1_input", "30000\n");
    put(tree, 1, "power1_input", "5\n"); /* no name */
    assert_int_equal(open_hwmon(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
}

static void a_glance_sees_whether_there_is_anything_to_read(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(jb_sensor_hwmon.glance(&tree->env, &tree->diag), -ENODEV);
    put(tree, 0, "name", "coretemp\n");
    put(tree, 0, "temp1_input", "30000\n");
    put(tree, 1, "name", "amdgpu\n"); /* another sensor's */
    put(tree, 1, "power1_average", "5\n");
    assert_int_equal(jb_sensor_hwmon.glance(&tree->env, &tree->diag), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "another sensor"));
    put(tree, 2, "name", "something\n");
    put(tree, 2, "power2_average", "5\n");
    assert_int_equal(jb_sensor_hwmon.glance(&tree->env, &tree->diag), 0);
}

static void nodes_of_one_socket_are_one_counter(void **state)
{
    struct tree *tree = *state;
    add_rome(tree);
    assert_int_equal(open_hwmon(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    const struct jb_channel *package = tree_channel(tree, "cpu/1/package");
    assert_int_equal(package->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(package->method, JB_METHOD_COUNTER);
    assert_int_equal(package->unit, 1);
    assert_int_equal(package->unit_num, 1);
    assert_int_equal(package->wrap, 0); /* the driver adds up */
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 3000);
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 5000);
}

static void without_topology_the_node_is_taken_for_the_socket(void **state)
{
    struct tree *tree = *state;
    put(tree, 0, "name", "zenergy\n");
    put(tree, 0, "energy1_label", "Esocket0\n");
    put(tree, 0, "energy1_input", "7\n");
    assert_int_equal(open_hwmon(tree), 0);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->note, "guessed"));
}

static void counts_that_are_passed_on_as_they_are_wrap(void **state)
{
    struct tree *tree = *state;
    add_rome(tree);
    tree->machine.cpu.family = 0x19;
    tree->machine.cpu.model_number = 0x11; /* Genoa */
    assert_int_equal(open_hwmon(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->wrap, UINT64_C(65536000000));
    put(tree, 3, "energy3_input", "70000000000\n"); /* it goes further: 64 bits after all */
    assert_int_equal(open_hwmon(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->wrap, 0);
}

static void an_arm_server_tells_its_processor_and_its_io(void **state)
{
    struct tree *tree = *state;
    put(tree, 0, "name", "apm_xgene\n");
    put(tree, 0, "power1_label", "CPU power\n");
    put(tree, 0, "power1_input", "45000000\n");
    put(tree, 0, "power2_label", "IO power\n");
    put(tree, 0, "power2_input", "12000000\n");
    assert_int_equal(open_hwmon(tree), 0);
    const struct jb_channel *package = tree_channel(tree, "cpu/0/package");
    assert_int_equal(package->domain, JB_DOMAIN_PACKAGE);
    assert_int_equal(package->method, JB_METHOD_INTEGRATED);
    assert_int_equal(tree_channel(tree, "board/io")->domain, JB_DOMAIN_RAIL);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 45000000);
    assert_int_equal(tree_reading(tree, "board/io")->raw, 12000000);
}

static void volts_times_amperes_are_watts(void **state)
{
    struct tree *tree = *state;
    put(tree, 4, "name", "asusec\n");
    put(tree, 4, "in0_label", "CPU Core\n");
    put(tree, 4, "in0_input", "1250\n");
    put(tree, 4, "curr1_label", "CPU\n");
    put(tree, 4, "curr1_input", "40000\n");
    assert_int_equal(open_hwmon(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/cores")->domain, JB_DOMAIN_CORE);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->raw, 50000000);
    put(tree, 4, "curr1_input", "-40000\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->status, JB_FAILED);
    put(tree, 4, "curr1_input", "18446744073709551615\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/cores")->status, JB_FAILED);
    tree_remove(tree, CLASS "hwmon4/curr1_input"); /* one half is nothing */
    assert_int_equal(open_hwmon(tree), -ENODEV);
}

/* A server has a chip for each drive, port and memory module: with 64 of them one of two supplies was left out. */
static void supplies_are_found_behind_any_number_of_chips(void **state)
{
    struct tree *tree = *state;
    for (int i = 0; i < 100; i++) {
        put(tree, i, "name", i < 98 ? "ir35221\n" : "pfe1100\n");
        put(tree, i, "power1_label", i < 98 ? "pout1\n" : "pin\n");
        put(tree, i, "power1_input", "200000000\n");
    }
    assert_int_equal(open_hwmon(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/psu")->raw, 400000000);
}

static void a_supply_at_rest_adds_nothing_and_a_machine_of_0_watts_is_none(void **state)
{
    struct tree *tree = *state;
    for (int i = 0; i < 2; i++) {
        put(tree, i, "name", "pfe1100\n");
        put(tree, i, "power1_label", "pin\n");
        put(tree, i, "power1_input", i ? "0\n" : "410000000\n");
    }
    assert_int_equal(open_hwmon(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/psu")->raw, 410000000);
    put(tree, 0, "power1_input", "0\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/psu")->status, JB_FAILED);
}

static void a_socket_of_0_watts_is_not_believed(void **state)
{
    struct tree *tree = *state;
    put(tree, 0, "name", "amd_hsmp_hwmon\n");
    put(tree, 0, "power1_input", "0\n");
    assert_int_equal(open_hwmon(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
}

static void supplies_are_added_up(void **state)
{
    struct tree *tree = *state;
    for (int i = 0; i < 2; i++) {
        put(tree, i, "name", i ? "crps185\n" : "pfe1100\n");
        put(tree, i, "power1_label", "pin\n");
        put(tree, i, "power1_input", i ? "230000000\n" : "200000000\n");
        put(tree, i, "power2_label", "pout1\n");
        put(tree, i, "power2_input", "180000000\n");
    }
    put(tree, 2, "name", "tps53679\n"); /* a regulator, which says pin too */
    put(tree, 2, "power1_label", "pin\n");
    put(tree, 2, "power1_input", "50000000\n");
    assert_int_equal(open_hwmon(tree), 0);
    const struct jb_channel *node = tree_channel(tree, "node/psu");
    assert_int_equal(node->domain, JB_DOMAIN_NODE);
    assert_int_equal(node->unit, -1);
    assert_non_null(strstr(node->note, "2 power supplies"));
    assert_int_equal(tree_channel(tree, "board/tps53679")->status, JB_UNSUPPORTED);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 1);
    assert_int_equal(tree_reading(tree, "node/psu")->raw, 430000000);
    put(tree, 1, "power1_input", "oops\n"); /* half a machine is no machine */
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "node/psu")->status, JB_FAILED);
}

static void a_chip_that_nobody_knows_is_listed_and_not_counted(void **state)
{
    struct tree *tree = *state;
    put(tree, 0, "name", "scmi_sensors\n");
    put(tree, 0, "power1_input", "5000000\n");
    put(tree, 1, "name", "scmi_sensors\n");
    put(tree, 1, "energy1_input", "5000000\n");
    put(tree, 2, "name", "ina\033[31m/226\n");
    put(tree, 2, "power1_average", "5000000\n");
    assert_int_equal(open_hwmon(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 3);
    assert_int_equal(tree_channel(tree, "board/scmi_sensors")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "board/scmi_sensors#2")->reason, "not known what it covers"));
    assert_null(strchr(tree->channels[2].id, '\033'));
    assert_null(strchr(strchr(tree->channels[2].id, '/') + 1, '/'));
    tree_read(tree);
    assert_int_equal(tree->sink.count, 0);
}

static void what_other_sensors_read_is_left_to_them(void **state)
{
    static const char *const names[] = {
        "ina3221", "ina238", "amdgpu", "i915", "xe", "power_meter", "BAT0", "BAT1", "ucsi_source_psy_USBC000:001"};
    struct tree *tree = *state;
    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        put(tree, i, "name", names[i]);
        put(tree, i, "power1_input", "5000000\n");
        put(tree, i, "energy1_input", "5000000\n");
    }
    assert_int_equal(open_hwmon(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_non_null(strstr(tree->diag.text, "another sensor"));
}

static void a_desktop_supply_tells_what_it_gives(void **state)
{
    struct tree *tree = *state;
    put(tree, 0, "name", "corsairpsu\n");
    put(tree, 0, "power1_label", "power total\n");
    put(tree, 0, "power1_input", "70000000\n");
    assert_int_equal(open_hwmon(tree), 0);
    assert_int_equal(tree_channel(tree, "board/psu-output")->domain, JB_DOMAIN_BOARD);
}

static void sockets_by_hsmp_are_counted_through(void **state)
{
    struct tree *tree = *state;
    tree->machine.cpu.sockets = 2;
    tree->machine.cpu.package_of[1] = 1;
    put(tree, 10, "name", "amd_hsmp_hwmon\n");
    put(tree, 10, "power1_input", "110000000\n");
    put(tree, 9, "name", "amd_hsmp_hwmon\n");
    put(tree, 9, "power1_input", "90000000\n");
    assert_int_equal(open_hwmon(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 90000000); /* 9 comes before 10 */
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 110000000);
    assert_non_null(strstr(tree_channel(tree, "cpu/1/package")->note, "guessed"));
}

static void ids_stay_apart_when_two_chips_show_one_socket(void **state)
{
    struct tree *tree = *state;
    add_rome(tree);
    put(tree, 10, "name", "amd_hsmp_hwmon\n");
    put(tree, 10, "power1_input", "110000000\n");
    assert_int_equal(open_hwmon(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->method, JB_METHOD_COUNTER);
    assert_int_equal(tree_channel(tree, "cpu/0/package#2")->method, JB_METHOD_INTEGRATED);
    assert_int_equal(tree_channel(tree, "cpu/0/package#2")->unit, 0);
}

static void old_drivers_keep_their_files_in_the_device(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, CLASS "hwmon0/device/name", "apm_xgene\n");
    tree_write(tree, CLASS "hwmon0/device/power1_label", "CPU power\n");
    tree_write(tree, CLASS "hwmon0/device/power1_average", "1\n");
    assert_int_equal(open_hwmon(tree), 0);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->path, "device/power1_average"));
}

static void values_that_are_no_numbers_are_failures(void **state)
{
    static const char *const texts[] = {"", "\n", "-1\n", "0x10\n", "1e6\n", "18446744073709551616\n", "watts"};
    struct tree *tree = *state;
    put(tree, 0, "name", "apm_xgene\n");
    put(tree, 0, "power1_label", "CPU power\n");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(tree, 0, "power1_input", texts[i]);
        assert_int_equal(open_hwmon(tree), -ENODEV);
        assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
    }
    put(tree, 0, "power1_input", "5\n");
    assert_int_equal(open_hwmon(tree), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(tree, 0, "power1_input", texts[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_FAILED);
    }
}

static void a_fifo_does_not_block(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    put(tree, 0, "name", "apm_xgene\n");
    put(tree, 0, "power1_label", "CPU power\n");
    tree_path(tree, CLASS "hwmon0/power1_input", path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(open_hwmon(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
}

static void denied_names_the_cure(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    add_rome(tree);
    for (int i = 3; i <= 6; i++) { /* 0440 root, as the driver makes them */
        char file[64];
        snprintf(file, sizeof(file), CLASS "hwmon3/energy%d_input", i);
        tree_path(tree, file, path);
        assert_int_equal(chmod(path, 0), 0);
    }
    bool root = geteuid() == 0; /* permission bits do not apply to root */
    if (root) {
        assert_int_equal(seteuid(65534), 0);
    }
    int result = open_hwmon(tree);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(result, -EACCES);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_DENIED);
    assert_non_null(strstr(tree->diag.fix, "chmod g+r"));
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(a_machine_without_chips_has_none),
        ON_TREE(a_glance_sees_whether_there_is_anything_to_read),
        ON_TREE(nodes_of_one_socket_are_one_counter),
        ON_TREE(without_topology_the_node_is_taken_for_the_socket),
        ON_TREE(counts_that_are_passed_on_as_they_are_wrap),
        ON_TREE(an_arm_server_tells_its_processor_and_its_io),
        ON_TREE(volts_times_amperes_are_watts),
        ON_TREE(supplies_are_added_up),
        ON_TREE(supplies_are_found_behind_any_number_of_chips),
        ON_TREE(a_supply_at_rest_adds_nothing_and_a_machine_of_0_watts_is_none),
        ON_TREE(a_socket_of_0_watts_is_not_believed),
        ON_TREE(a_chip_that_nobody_knows_is_listed_and_not_counted),
        ON_TREE(what_other_sensors_read_is_left_to_them),
        ON_TREE(a_desktop_supply_tells_what_it_gives),
        ON_TREE(sockets_by_hsmp_are_counted_through),
        ON_TREE(ids_stay_apart_when_two_chips_show_one_socket),
        ON_TREE(old_drivers_keep_their_files_in_the_device),
        ON_TREE(values_that_are_no_numbers_are_failures),
        ON_TREE(a_fifo_does_not_block),
        ON_TREE(denied_names_the_cure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
