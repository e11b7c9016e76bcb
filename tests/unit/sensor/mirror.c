/* SPDX-License-Identifier: Apache-2.0 */
/* Dies that show one counter, told from dies that count apart, on a driver whose passes are scripted. */
#include "tree.h"

struct script {
    uint64_t passes[2][4];
    bool fails[4];
    int pass;
};

static void scripted_read(struct jb_source *source, struct jb_sink *sink)
{
    struct script *script = source->priv;
    assert_true(script->pass < 2);
    for (int i = 0; i < source->channel_count; i++) {
        if (script->fails[i]) {
            jb_emit_failure(sink, i, 1, JB_FAILED);
        } else {
            jb_emit(sink, i, 1, 1, script->passes[script->pass][i]);
        }
    }
    script->pass++;
}

static const struct jb_sensor_driver scripted = {.name = "scripted", .read = scripted_read};

struct dies {
    struct jb_channel channels[JB_MAX_CHANNELS];
    struct script script;
    struct jb_source source;
    int mirror_of[JB_MAX_CHANNELS];
};

static int dies_setup(void **state)
{
    struct dies *dies = calloc(1, sizeof(*dies));
    assert_non_null(dies);
    dies->source = (struct jb_source){.driver = &scripted, .channels = dies->channels, .priv = &dies->script};
    for (int die = 0; die < 2; die++) {
        struct jb_channel *channel = jb_source_add_channel(&dies->source);
        channel->domain = JB_DOMAIN_PACKAGE;
        channel->unit = 0;
        channel->die = die;
    }
    /* As a mirror looks: B between A and A. */
    dies->script.passes[0][0] = 5000000;
    dies->script.passes[0][1] = 5000100;
    dies->script.passes[1][0] = 5000100;
    *state = dies;
    return 0;
}

static int dies_teardown(void **state)
{
    free(*state);
    return 0;
}

static int detect(struct dies *dies)
{
    dies->script.pass = 0;
    return jb_mirror_detect(&dies->source, dies->mirror_of);
}

static void one_counter_behind_two_dies_is_found(void **state)
{
    struct dies *dies = *state;
    assert_int_equal(detect(dies), 1);
    assert_int_equal(dies->mirror_of[0], -1);
    assert_int_equal(dies->mirror_of[1], 0);
    dies->script.passes[0][1] = dies->script.passes[1][0] = 5000000; /* it stood still meanwhile */
    assert_int_equal(detect(dies), 1);
}

static void counters_outside_the_bracket_are_two(void **state)
{
    struct dies *dies = *state;
    dies->script.passes[0][1] = 4999999;
    assert_int_equal(detect(dies), 0);
    dies->script.passes[0][1] = 5000101;
    assert_int_equal(detect(dies), 0);
    assert_int_equal(dies->mirror_of[1], -1);
}

static void zero_says_nothing(void **state)
{
    struct dies *dies = *state;
    memset(dies->script.passes, 0, sizeof(dies->script.passes));
    assert_int_equal(detect(dies), 0);
}

static void only_dies_of_one_socket_are_compared(void **state)
{
    struct dies *dies = *state;
    dies->channels[1].unit = 1;
    assert_int_equal(detect(dies), 0);
    assert_int_equal(dies->script.pass, 0); /* and nothing is read for nothing */
    dies->channels[1].unit = 0;
    dies->channels[1].die = 0;
    assert_int_equal(detect(dies), 0);
    dies->channels[1].die = 1;
    dies->channels[1].domain = JB_DOMAIN_DRAM;
    assert_int_equal(detect(dies), 0);
    dies->channels[1].domain = JB_DOMAIN_PACKAGE;
    dies->channels[1].zero_at_open = true;
    assert_int_equal(detect(dies), 0);
    dies->channels[1].zero_at_open = false;
    dies->channels[1].status = JB_DENIED;
    assert_int_equal(detect(dies), 0);
    dies->channels[1].status = JB_OK;
    dies->channels[1].unit_num = 2;
    assert_int_equal(detect(dies), 0);
}

static void a_failed_reading_is_no_evidence(void **state)
{
    struct dies *dies = *state;
    dies->script.fails[1] = true;
    assert_int_equal(detect(dies), 0);
}

static void all_mirrors_point_to_the_first(void **state)
{
    struct dies *dies = *state;
    for (int die = 2; die < 4; die++) {
        struct jb_channel *channel = jb_source_add_channel(&dies->source);
        channel->domain = JB_DOMAIN_PACKAGE;
        channel->unit = 0;
        channel->die = die;
        dies->script.passes[0][die] = 5000100;
        dies->script.passes[1][die] = 5000100;
    }
    dies->script.passes[1][1] = 5000100;
    assert_int_equal(detect(dies), 3);
    for (int die = 1; die < 4; die++) {
        assert_int_equal(dies->mirror_of[die], 0);
    }
    /* Within the bracket of a mirror, but not of the original: no evidence. */
    dies->script.passes[1][1] = 6000000;
    dies->script.passes[0][2] = 5500000;
    assert_int_equal(detect(dies), 2);
    assert_int_equal(dies->mirror_of[2], -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_counter_behind_two_dies_is_found, dies_setup, dies_teardown),
        cmocka_unit_test_setup_teardown(counters_outside_the_bracket_are_two, dies_setup, dies_teardown),
        cmocka_unit_test_setup_teardown(zero_says_nothing, dies_setup, dies_teardown),
        cmocka_unit_test_setup_teardown(only_dies_of_one_socket_are_compared, dies_setup, dies_teardown),
        cmocka_unit_test_setup_teardown(a_failed_reading_is_no_evidence, dies_setup, dies_teardown),
        cmocka_unit_test_setup_teardown(all_mirrors_point_to_the_first, dies_setup, dies_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
