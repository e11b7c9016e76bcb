/* SPDX-License-Identifier: Apache-2.0 */
/* RAPL by powercap on made-up trees. */
#include "tree.h"

#include "base/clock.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLASS "/sys/class/powercap/"

extern const struct jb_sensor_driver jb_sensor_rapl_powercap;

static void put(struct tree *tree, const char *zone, const char *file, const char *text)
{
    char path[192];
    snprintf(path, sizeof(path), CLASS "%s/%s", zone, file);
    tree_write(tree, path, text);
}

static void add_zone(struct tree *tree, const char *zone, const char *name, const char *energy)
{
    put(tree, zone, "name", name);
    put(tree, zone, "energy_uj", energy);
    put(tree, zone, "max_energy_range_uj", "262143328850\n");
    put(tree, zone, "enabled", "1\n");
}

static int open_powercap(struct tree *tree)
{
    return tree_open(tree, &jb_sensor_rapl_powercap, NULL);
}

static void a_machine_without_powercap_has_none(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_powercap(tree), -ENODEV);
    tree_folder(tree, CLASS "intel-rapl");
    assert_int_equal(open_powercap(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
}

static void zones_and_subzones_are_read(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "1000\n");
    add_zone(tree, "intel-rapl:0:0", "core\n", "200\n");
    add_zone(tree, "intel-rapl:0:1", "uncore\n", "30\n");
    add_zone(tree, "intel-rapl:0:2", "dram\n", "4\n");
    add_zone(tree, "intel-rapl:1", "psys\n", "5000\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree->source.channel_count, 5);
    int package = tree_index(tree, "cpu/0/package");
    assert_int_equal(tree_channel(tree, "cpu/0/cores")->parent, package);
    assert_int_equal(tree_channel(tree, "cpu/0/uncore")->parent, package);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->parent, -1);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->unit, 0);
    assert_int_equal(tree_channel(tree, "board/psys")->domain, JB_DOMAIN_PSYS);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->wrap, UINT64_C(262143328851));
    assert_int_equal(tree_channel(tree, "cpu/0/package")->unit_num, 1);
    assert_false(tree_channel(tree, "cpu/0/package")->zero_at_open);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 5);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 1000);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 4);
    put(tree, "intel-rapl:0", "energy_uj", "1234567\n");
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 1234567);
}

static void the_zones_number_is_not_the_socket(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "psys\n", "1\n");
    add_zone(tree, "intel-rapl:1", "package-1\n", "2\n");
    add_zone(tree, "intel-rapl:1:0", "dram\n", "3\n");
    add_zone(tree, "intel-rapl:2", "package-0\n", "4\n");
    assert_int_equal(open_powercap(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 2);
    assert_int_equal(tree_reading(tree, "ram/1/dram")->raw, 3);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 4);
}

static void ten_comes_after_nine(void **state)
{
    struct tree *tree = *state;
    for (int i = 11; i >= 0; i--) {
        char zone[32], name[32];
        snprintf(zone, sizeof(zone), "intel-rapl:%d", i);
        snprintf(name, sizeof(name), "package-%d\n", i);
        add_zone(tree, zone, name, "7");
    }
    assert_int_equal(open_powercap(tree), 0);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(tree->channels[i].unit, i);
    }
}

static void msr_and_mmio_twins_are_both_listed(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl-mmio:0", "package-0\n", "11\n");
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    add_zone(tree, "intel-rapl:1", "package-0\n", "12\n"); /* TPMI registers under the same name */
    assert_int_equal(open_powercap(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_index(tree, "cpu/0/package"), 0); /* the MSR comes first */
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 10);
    assert_int_equal(tree_reading(tree, "cpu/0/package#2")->raw, 12);
    assert_int_equal(tree_reading(tree, "cpu/0/package-mmio")->raw, 11);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tree->channels[i].domain, JB_DOMAIN_PACKAGE);
        assert_int_equal(tree->channels[i].unit, 0);
        assert_int_equal(tree->channels[i].die, -1);
    }
}

static void subzones_may_be_found_inside_their_zone(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    add_zone(tree, "intel-rapl:0/intel-rapl:0:0", "dram\n", "20\n");
    add_zone(tree, "intel-rapl:0:0", "dram\n", "20\n");              /* as sysfs does: there too, and still one */
    add_zone(tree, "intel-rapl:0/intel-rapl:7:0", "dram\n", "99\n"); /* of another zone: no */
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree->source.channel_count, 2);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 20);
}

static void loops_of_links_do_not_matter(void **state)
{
    struct tree *tree = *state;
    char target[PATH_MAX], link[PATH_MAX];
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    tree_path(tree, CLASS "intel-rapl:0", target);
    tree_path(tree, CLASS "intel-rapl:0/intel-rapl:0:0", link);
    assert_int_equal(symlink(target, link), 0);
    tree_path(tree, CLASS "intel-rapl:1", link);
    assert_int_equal(symlink(link, link), 0);
    assert_int_equal(open_powercap(tree), 0);
    assert_true(tree->source.channel_count <= 3);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_OK);
}

static void folders_that_are_not_zones_are_passed_over(void **state)
{
    static const char *const names[] = {"intel-rapl",       "intel-rapl:",   "intel-rapl:x",
                                        "intel-rapl:0:0:0", "intel-rapl:-1", "intel-rapl:00",
                                        "intel-rapl:0:",    "dtpm",          "intel-rapl:99999999999999999999",
                                        "intel-rapl:0x0",   "intel-rapl :0"};
    struct tree *tree = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add_zone(tree, names[i], "package-0\n", "10\n");
    }
    assert_int_equal(open_powercap(tree), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
}

static void a_name_that_is_not_known_is_told_of_but_not_used(void **state)
{
    static const char *const names[] = {
        "package-",         "package-0-die-", "package-x",
        "package-0-core-1", "Package-0",      "",
        "package-99999",    "\033[31mdram",   "a name that is longer than any zone ever had"};
    struct tree *tree = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add_zone(tree, "intel-rapl:0", names[i], "10\n");
        assert_int_equal(open_powercap(tree), -ENODEV);
        const struct jb_channel *channel = tree_channel(tree, "board/intel-rapl:0");
        assert_int_equal(channel->status, JB_UNSUPPORTED);
        assert_null(strchr(channel->reason, '\033'));
        tree_read(tree);
        assert_int_equal(tree->sink.count, 0);
    }
}

static void values_that_are_no_numbers_are_failures(void **state)
{
    static const char *const texts[] = {"",    "\n", "-1\n", "0x10\n", "12 34\n", "1e6\n", "18446744073709551616\n",
                                        "zero"};
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:1", "package-1\n", "10\n");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        add_zone(tree, "intel-rapl:0", "package-0\n", texts[i]);
        assert_int_equal(open_powercap(tree), 0);
        assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
        assert_true(tree_channel(tree, "cpu/0/package")->reason[0] != '\0');
        tree_read(tree);
        assert_int_equal(tree->sink.count, 1);
    }
    /* Later, on a channel that was good. */
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    assert_int_equal(open_powercap(tree), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(tree, "intel-rapl:0", "energy_uj", texts[i]);
        tree_read(tree);
        assert_int_equal(tree_reading(tree, "cpu/0/package")->status, JB_FAILED);
        assert_int_equal(tree_reading(tree, "cpu/1/package")->status, JB_OK);
    }
}

static void a_zone_without_energy_is_told_of(void **state)
{
    struct tree *tree = *state;
    put(tree, "intel-rapl:0", "name", "package-0\n");
    assert_int_equal(open_powercap(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_UNSUPPORTED);
    tree_folder(tree, CLASS "intel-rapl:0/energy_uj"); /* a folder where the file should be */
    assert_int_equal(open_powercap(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
}

static void a_fifo_does_not_block(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    put(tree, "intel-rapl:0", "name", "package-0\n");
    tree_path(tree, CLASS "intel-rapl:0/energy_uj", path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(open_powercap(tree), -ENODEV);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_FAILED);
}

static void permission_denied_names_the_cure(void **state)
{
    struct tree *tree = *state;
    char path[PATH_MAX];
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    tree_path(tree, CLASS "intel-rapl:0/energy_uj", path);
    assert_int_equal(chmod(path, 0), 0);
    bool root = geteuid() == 0; /* permission bits do not apply to root */
    if (root) {
        assert_int_equal(seteuid(65534), 0);
    }
    int result = open_powercap(tree);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(result, -EACCES);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_DENIED);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->fix, "chmod g+r"));
    assert_non_null(strstr(tree->diag.text, "energy_uj"));
    assert_string_equal(tree->diag.fix, tree_channel(tree, "cpu/0/package")->fix);
}

static void without_a_range_nothing_wraps(void **state)
{
    static const char *const ranges[] = {"0\n", "", "18446744073709551615\n", "-1\n", "lots\n"};
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        put(tree, "intel-rapl:0", "max_energy_range_uj", ranges[i]);
        assert_int_equal(open_powercap(tree), 0);
        assert_int_equal(tree_channel(tree, "cpu/0/package")->wrap, 0);
        /* It wraps all the same, at the earliest after 65536 J: 65.536 s at 1000 W. */
        assert_int_equal(tree_channel(tree, "cpu/0/package")->horizon_ns, UINT64_C(65536000000));
    }
    tree_remove(tree, CLASS "intel-rapl:0/max_energy_range_uj");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->wrap, 0);
}

static void a_range_below_the_counter_is_a_lie(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "1001\n");
    put(tree, "intel-rapl:0", "max_energy_range_uj", "1000\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->wrap, 0);
    assert_true(tree_channel(tree, "cpu/0/package")->note[0] != '\0');
}

static void the_hardwares_limit_raises_what_is_believed_when_plausible(void **state)
{
    static const struct {
        const char *limit_uw;
        uint64_t max_power_uw;
    } cases[] = {
        {"700000000\n", UINT64_C(1400000000)}, {"125000000\n", UINT64_C(1000000000)},
        {"0\n", UINT64_C(1000000000)},         {"999999\n", UINT64_C(1000000000)},
        {"-5\n", UINT64_C(1000000000)},        {"18446744073709551615\n", UINT64_C(1000000000)},
    };
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(tree, "intel-rapl:0", "constraint_1_max_power_uw", cases[i].limit_uw);
        assert_int_equal(open_powercap(tree), 0);
        assert_int_equal(tree_channel(tree, "cpu/0/package")->max_power_uw, cases[i].max_power_uw);
    }
}

static void a_disabled_zone_is_noted(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    put(tree, "intel-rapl:0", "enabled", "0\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_OK);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->note, "disabled"));
}

static void amds_core_zone_is_inside_its_package_and_noted(void **state)
{
    struct tree *tree = *state;
    snprintf(tree->machine.cpu.vendor, sizeof(tree->machine.cpu.vendor), "AMD");
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    add_zone(tree, "intel-rapl:0:0", "core\n", "99999999\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/cores")->parent, tree_index(tree, "cpu/0/package"));
    assert_non_null(strstr(tree_channel(tree, "cpu/0/cores")->note, "AMD"));
}

static void a_subzone_whose_zone_is_missing_guesses_its_socket(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "20\n"); /* another one */
    add_zone(tree, "intel-rapl:3:0", "core\n", "10\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/3/cores")->parent, -1);
    assert_non_null(strstr(tree_channel(tree, "cpu/3/cores")->note, "guessed"));
}

static void dies_are_named_only_where_there_are_several(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0-die-0\n", "10\n");
    add_zone(tree, "intel-rapl:0:0", "dram\n", "20\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->die, -1);
    assert_int_equal(tree_channel(tree, "ram/0/dram")->die, -1);
    add_zone(tree, "intel-rapl:1", "package-0-die-1\n", "30\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/die0/package")->die, 0);
    assert_int_equal(tree_channel(tree, "cpu/0/die1/package")->die, 1);
    assert_int_equal(tree_channel(tree, "ram/0/die0/dram")->die, 0);
}

static void more_zones_than_channels_are_cut_off(void **state)
{
    struct tree *tree = *state;
    for (int i = 0; i < JB_MAX_CHANNELS + 10; i++) {
        char zone[32], name[32];
        snprintf(zone, sizeof(zone), "intel-rapl:%d", i);
        snprintf(name, sizeof(name), "package-%d\n", i);
        put(tree, zone, "name", name);
        put(tree, zone, "energy_uj", "5\n");
    }
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree->source.channel_count, JB_MAX_CHANNELS);
    tree_read(tree);
    assert_int_equal(tree->sink.count, JB_MAX_CHANNELS);
}

/* `echo N > energy_uj` empties the file before it fills it; a run that begins just then keeps the channel. */
static void a_counter_that_is_just_being_written_is_waited_for(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl:0", "package-0\n", "");
    pid_t writer = fork();
    if (writer == 0) {
        struct timespec pause = {.tv_nsec = 2000000};
        nanosleep(&pause, NULL);
        put(tree, "intel-rapl:0", "energy_uj", "77");
        _exit(0);
    }
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 77);
}

static void a_file_put_in_the_place_of_another_is_read(void **state)
{
    struct tree *tree = *state;
    char from[PATH_MAX], to[PATH_MAX];
    add_zone(tree, "intel-rapl:0", "package-0\n", "10\n");
    assert_int_equal(open_powercap(tree), 0);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 10);
    put(tree, "intel-rapl:0", "energy_uj.new", "11\n");
    tree_path(tree, CLASS "intel-rapl:0/energy_uj.new", from);
    tree_path(tree, CLASS "intel-rapl:0/energy_uj", to);
    assert_int_equal(rename(from, to), 0);
    /* The old file stands still; before long that is looked into. */
    uint64_t end_ns = jb_mono_ns() + 5 * JB_NS_PER_S;
    do {
        tree_read(tree);
    } while (tree_reading(tree, "cpu/0/package")->raw == 10 && jb_mono_ns() < end_ns);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 11);
}

static void zones_inside_their_control_type_are_found_once(void **state)
{
    struct tree *tree = *state;
    add_zone(tree, "intel-rapl/intel-rapl:0", "package-0\n", "10\n");
    add_zone(tree, "intel-rapl/intel-rapl:0/intel-rapl:0:0", "dram\n", "20\n");
    add_zone(tree, "intel-rapl-mmio/intel-rapl-mmio:0", "package-0\n", "30\n");
    add_zone(tree, "intel-rapl:1", "package-1\n", "40\n");
    add_zone(tree, "intel-rapl/intel-rapl:1", "package-1\n", "40\n");
    assert_int_equal(open_powercap(tree), 0);
    assert_int_equal(tree->source.channel_count, 4);
    tree_read(tree);
    assert_int_equal(tree_reading(tree, "cpu/0/package")->raw, 10);
    assert_int_equal(tree_reading(tree, "ram/0/dram")->raw, 20);
    assert_int_equal(tree_reading(tree, "cpu/0/package-mmio")->raw, 30);
    assert_int_equal(tree_reading(tree, "cpu/1/package")->raw, 40);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(a_machine_without_powercap_has_none),
        ON_TREE(zones_and_subzones_are_read),
        ON_TREE(the_zones_number_is_not_the_socket),
        ON_TREE(a_counter_that_is_just_being_written_is_waited_for),
        ON_TREE(a_file_put_in_the_place_of_another_is_read),
        ON_TREE(zones_inside_their_control_type_are_found_once),
        ON_TREE(ten_comes_after_nine),
        ON_TREE(msr_and_mmio_twins_are_both_listed),
        ON_TREE(subzones_may_be_found_inside_their_zone),
        ON_TREE(loops_of_links_do_not_matter),
        ON_TREE(folders_that_are_not_zones_are_passed_over),
        ON_TREE(a_name_that_is_not_known_is_told_of_but_not_used),
        ON_TREE(values_that_are_no_numbers_are_failures),
        ON_TREE(a_zone_without_energy_is_told_of),
        ON_TREE(a_fifo_does_not_block),
        ON_TREE(permission_denied_names_the_cure),
        ON_TREE(without_a_range_nothing_wraps),
        ON_TREE(a_range_below_the_counter_is_a_lie),
        ON_TREE(the_hardwares_limit_raises_what_is_believed_when_plausible),
        ON_TREE(a_disabled_zone_is_noted),
        ON_TREE(amds_core_zone_is_inside_its_package_and_noted),
        ON_TREE(a_subzone_whose_zone_is_missing_guesses_its_socket),
        ON_TREE(dies_are_named_only_where_there_are_several),
        ON_TREE(more_zones_than_channels_are_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
