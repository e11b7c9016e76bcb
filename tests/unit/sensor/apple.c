/* SPDX-License-Identifier: Apache-2.0 */
/* Apple silicon from recorded samples: names and units as programs of several chips have listed them. */
#include "sensor/apple/apple.h"
#include "tree.h"

extern const struct jb_sensor_driver jb_sensor_apple;

static const char m1[] =
    "PCPU0\tmJ\nPCPU1\tmJ\nECPU0\tmJ\nCPU Energy\tmJ\nGPU0\tmJ\nGPU Energy\tnJ\nANE0\tmJ\nDRAM0\tmJ\n"
    "GPU SRAM0\tmJ\nISP\tmJ\n";
static const char m1_ultra[] = "DIE_0_EACC_CPU\tmJ\nDIE_0_CPU Energy\tmJ\nDIE_1_CPU Energy\tmJ\nGPU Energy\tnJ\n"
                               "ANE0\tmJ\nANE1\tmJ\nDRAM0\tmJ\nDRAM1\tmJ\n";

static void record(struct tree *tree, const char *list, const char *const *values)
{
    tree_write(tree, "/apple/channels", list);
    for (int i = 0; values[i] != NULL; i++) {
        char path[32];
        snprintf(path, sizeof(path), "/apple/%d", i);
        tree_write(tree, path, values[i]);
    }
}

static void whole_units_are_understood_and_their_parts_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool known;
        enum jb_apple_part part;
        int number;
    } names[] = {
        {"CPU Energy", true, JB_APPLE_CPU, 0},
        {"DIE_1_CPU Energy", true, JB_APPLE_CPU, 1},
        {"DIE0 CPU Energy", true, JB_APPLE_CPU, 0},
        {"GPU Energy", true, JB_APPLE_GPU, 0},
        {"ANE", true, JB_APPLE_ANE, 0},
        {"ANE1", true, JB_APPLE_ANE, 1},
        {"ANE Energy", true, JB_APPLE_ANE, 0},
        {"DRAM", true, JB_APPLE_DRAM, 0},
        {"DRAM1", true, JB_APPLE_DRAM, 1},
        {"GPU SRAM0", true, JB_APPLE_GPU_SRAM, 0},
        {"PCPU0", false, 0, 0},
        {"EACC_CPU", false, 0, 0},
        {"DIE_0_PACC0_CPU", false, 0, 0},
        {"GPU0", false, 0, 0},
        {"CPU Energy of something", false, 0, 0},
        {"", false, 0, 0},
        {"DIE", false, 0, 0},
        {"DIE_", false, 0, 0},
        {"DRAM12", false, 0, 0},
        {"DIE_1_DRAM2", true, JB_APPLE_DRAM, 12},
        {"my CPU Energy", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum jb_apple_part part = JB_APPLE_CPU;
        int number = 0;
        assert_int_equal(jb_apple_name(names[i].name, &part, &number), names[i].known);
        assert_int_equal(part, names[i].part);
        assert_int_equal(number, names[i].number);
    }
}

static void a_unit_that_is_not_known_is_not_guessed(void **state)
{
    (void)state;
    uint64_t num = 7, den = 7;
    const char *const strange[] = {"", "J", "mJx", "24Mticks", "MJ", "kWh"};

    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        assert_int_equal(jb_apple_unit(strange[i], &num, &den), -EINVAL);
    }
    assert_int_equal(num, 7);
    assert_int_equal(jb_apple_unit(" mJ ", &num, &den), 0);
    assert_int_equal(num / den, 1000);
    assert_int_equal(jb_apple_unit("nJ", &num, &den), 0);
    assert_int_equal(den, 1000);
}

static uint64_t microjoules(const struct tree *tree, const char *id)
{
    const struct jb_channel *channel = tree_channel(tree, id);
    return tree_reading(tree, id)->raw * channel->unit_num / channel->unit_den;
}

static void each_channel_has_its_own_unit(void **state)
{
    struct tree *tree = *state;
    record(tree, m1, (const char *const[]){"1", "2", "3", "7162", "4", "804670360", "55", "900", "12", "8", NULL});
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), 0);
    assert_int_equal(tree->source.channel_count, 5);
    tree_read(tree);
    assert_int_equal(microjoules(tree, "cpu/0/package"), 7162000);
    assert_int_equal(microjoules(tree, "gpu/0/board"), 804670);
    assert_int_equal(microjoules(tree, "board/ane0"), 55000);
    assert_int_equal(microjoules(tree, "ram/0/dram"), 900000);
    assert_int_equal(tree_channel(tree, "gpu/0/sram")->status, JB_UNSUPPORTED);
    assert_int_equal(tree->sink.count, 4);
}

static void two_dies_are_two_processors(void **state)
{
    struct tree *tree = *state;
    record(tree, m1_ultra, (const char *const[]){"1", "100", "200", "3", "4", "5", "6", "7", NULL});
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), 0);
    tree_read(tree);
    assert_int_equal(microjoules(tree, "cpu/0/package"), 100000);
    assert_int_equal(microjoules(tree, "cpu/1/package"), 200000);
    assert_int_equal(tree_channel(tree, "cpu/1/package")->unit, 1);
    assert_int_equal(microjoules(tree, "ram/1/dram"), 7000);
}

static void one_thing_under_two_names_counts_once(void **state)
{
    struct tree *tree = *state;
    record(tree, "ANE\tmJ\nANE Energy\tmJ\n", (const char *const[]){"10", "10", NULL});
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), 0);
    assert_int_equal(tree->source.channel_count, 1);
}

static void a_strange_unit_leaves_the_channel_out(void **state)
{
    struct tree *tree = *state;
    record(tree, "CPU Energy\tfoo\nGPU Energy\tnJ\n", (const char *const[]){"10", "10", NULL});
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), 0);
    assert_int_equal(tree_channel(tree, "cpu/0/package")->status, JB_UNSUPPORTED);
    assert_non_null(strstr(tree_channel(tree, "cpu/0/package")->reason, "foo"));
    tree_read(tree);
    assert_int_equal(tree->sink.count, 1);
}

static void a_sample_that_fails_fails_for_all(void **state)
{
    struct tree *tree = *state;
    record(tree, "CPU Energy\tmJ\nGPU Energy\tnJ\n", (const char *const[]){"10", "-3", NULL});
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), 0);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
    for (size_t i = 0; i < tree->sink.count; i++) {
        assert_int_equal(tree->readings[i].status, JB_FAILED);
    }
}

static void lists_without_sense_are_no_machine(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), -ENODEV);
    tree_close(tree);
    const char *const lists[] = {"", "\n\n\n", "CPU Energy\n", "\t\t\t\n", "PCPU0\tmJ\n"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        tree_write(tree, "/apple/channels", lists[i]);
        assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), -ENODEV);
        tree_close(tree);
    }
}

static void more_channels_than_there_is_room_for_are_left_out(void **state)
{
    struct tree *tree = *state;
    char list[16384] = "";
    size_t used = 0;
    for (int i = 0; i < 800; i++) {
        used += (size_t)snprintf(list + used, sizeof(list) - used, "DIE_%d_DRAM%d\tmJ\n", i / 10 % 10, i % 10);
    }
    tree_write(tree, "/apple/channels", list);
    assert_int_equal(tree_open(tree, &jb_sensor_apple, NULL), 0);
    assert_true(tree->source.channel_count <= JB_APPLE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_units_are_understood_and_their_parts_passed_over),
        cmocka_unit_test(a_unit_that_is_not_known_is_not_guessed),
        TEST(each_channel_has_its_own_unit),
        TEST(two_dies_are_two_processors),
        TEST(one_thing_under_two_names_counts_once),
        TEST(a_strange_unit_leaves_the_channel_out),
        TEST(a_sample_that_fails_fails_for_all),
        TEST(lists_without_sense_are_no_machine),
        TEST(more_channels_than_there_is_room_for_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
