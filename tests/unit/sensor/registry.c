/* SPDX-License-Identifier: Apache-2.0 */
/* The list of drivers, and what registry.c, source.c and env.c promise to drivers. */
#include "tree.h"

static void every_driver_is_complete_and_named_once(void **state)
{
    assert_non_null(jb_sensor_drivers[0]);
    for (size_t i = 0; jb_sensor_drivers[i]; i++) {
        const struct jb_sensor_driver *driver = jb_sensor_drivers[i];
        assert_int_equal(driver->abi, JB_SENSOR_ABI);
        assert_non_null(driver->title);
        assert_non_null(driver->open);
        assert_non_null(driver->read);
        assert_ptr_equal(jb_sensor_find(driver->name), driver);
    }
}

static void drivers_are_found_by_the_names_of_the_contract(void **state)
{
    assert_non_null(jb_sensor_find("rapl-perf"));
    assert_non_null(jb_sensor_find("rapl-powercap"));
    assert_non_null(jb_sensor_find("fake"));
    assert_null(jb_sensor_find("rapl_perf"));
    assert_null(jb_sensor_find(""));
    assert_null(jb_sensor_find(NULL));
}

static size_t place(const char *name)
{
    size_t i = 0;
    while (strcmp(jb_sensor_drivers[i]->name, name) != 0) {
        i++;
        assert_non_null(jb_sensor_drivers[i]);
    }
    return i;
}

static void measured_is_preferred_to_made_up(void **state)
{
    assert_true(place("rapl-perf") < place("rapl-powercap"));
    for (size_t i = 0; jb_sensor_drivers[i]; i++) {
        assert_true(jb_sensor_drivers[i]->test == (i >= place("fake")));
    }
}

static void only_as_many_channels_as_there_is_room_for(void **state)
{
    static struct jb_channel channels[JB_MAX_CHANNELS];
    struct jb_source source = {.channels = channels};
    for (int i = 0; i < JB_MAX_CHANNELS; i++) {
        struct jb_channel *channel = jb_source_add_channel(&source);
        assert_ptr_equal(channel, &channels[i]);
        assert_int_equal(channel->unit, -1);
        assert_int_equal(channel->die, -1);
        assert_int_equal(channel->parent, -1);
        assert_int_equal(channel->unit_num, 1);
        assert_int_equal(channel->unit_den, 1);
        assert_int_equal(channel->status, JB_OK);
    }
    assert_null(jb_source_add_channel(&source));
    assert_int_equal(source.channel_count, JB_MAX_CHANNELS);
}

static void a_full_sink_counts_what_it_drops(void **state)
{
    struct jb_reading readings[3] = {{0}};
    struct jb_sink sink = {.readings = readings, .capacity = 2};
    jb_emit(&sink, 4, 10, 20, 99);
    jb_emit_failure(&sink, 5, 30, JB_GONE);
    jb_emit(&sink, 6, 40, 50, 1);
    assert_int_equal(sink.count, 2);
    assert_int_equal(sink.dropped, 1);
    assert_int_equal(readings[0].channel, 4);
    assert_int_equal(readings[0].status, JB_OK);
    assert_int_equal(readings[0].t_before_ns, 10);
    assert_int_equal(readings[0].t_after_ns, 20);
    assert_int_equal(readings[0].raw, 99);
    assert_int_equal(readings[1].status, JB_GONE);
    assert_int_equal(readings[1].t_before_ns, 30);
    assert_int_equal(readings[2].channel, 0);
}

static void names_exist_for_every_value_and_for_none(void **state)
{
    assert_string_equal(jb_status_name(JB_OK), "ok");
    assert_string_equal(jb_status_name(JB_TIMEOUT), "timeout");
    assert_string_equal(jb_status_name((enum jb_status)99), "unknown");
    assert_string_equal(jb_method_name(JB_METHOD_MODELLED), "modelled");
    assert_string_equal(jb_method_name((enum jb_method)99), "unknown");
    assert_string_equal(jb_device_name(JB_DEVICE_BOARD), "board");
    assert_string_equal(jb_device_name((enum jb_device)99), "unknown");
}

static void a_copied_environment_needs_nothing_of_the_original(void **state)
{
    struct jb_machine *machine = calloc(1, sizeof(*machine));
    char *root = strdup("/some/root");
    assert_non_null(machine);
    assert_non_null(root);
    struct jb_perf_ops perf;
    jb_perf_ops_init(&perf, root);
    machine->cpu.sockets = 3;
    struct jb_sensor_env *copy =
        jb_sensor_env_copy(&(struct jb_sensor_env){.root = root, .machine = machine, .perf = &perf, .nvml_path = NULL});
    assert_non_null(copy);
    free(machine);
    memset(root, '!', strlen(root));
    free(root);
    memset(&perf, 0, sizeof(perf));
    assert_string_equal(copy->root, "/some/root");
    assert_string_equal(copy->perf->root, "/some/root");
    assert_non_null(copy->perf->open_counter);
    assert_int_equal(copy->machine->cpu.sockets, 3);
    assert_null(copy->nvml_path);
    jb_sensor_env_free(copy);
    struct jb_sensor_env *empty = jb_sensor_env_copy(&(struct jb_sensor_env){0});
    assert_non_null(empty);
    assert_null(empty->machine);
    assert_null(empty->perf);
    jb_sensor_env_free(empty);
    jb_sensor_env_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_driver_is_complete_and_named_once),
        cmocka_unit_test(drivers_are_found_by_the_names_of_the_contract),
        cmocka_unit_test(measured_is_preferred_to_made_up),
        cmocka_unit_test(only_as_many_channels_as_there_is_room_for),
        cmocka_unit_test(a_full_sink_counts_what_it_drops),
        cmocka_unit_test(names_exist_for_every_value_and_for_none),
        cmocka_unit_test(a_copied_environment_needs_nothing_of_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
