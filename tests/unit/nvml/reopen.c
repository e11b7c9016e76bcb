/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver is reloaded, a GPU is lost and comes back: the library is started again, and every GPU found by its name.
 */
#include "nvml_test.h"

#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ENERGY, POWER };

#define TWO "gpus 2\nuuid 0 GPU-a\nuuid 1 GPU-b\nwatts 0 100\nwatts 1 200\nsamples 0 absent\nsamples 1 absent\n"

/* Time passes. */
static void read_when_due(struct nvml_test *test)
{
    test->nvml.retry_ns = test->nvml.retry_ns ? 1 : 0;
    nvml_test_read(test);
}

static enum jb_status status(const struct nvml_test *test, int channel)
{
    const struct jb_reading *reading = nvml_test_reading(test, channel, 0);
    assert_non_null(reading);
    return reading->status;
}

static void a_reloaded_driver_is_found_again(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[8];
    assert_int_equal(nvml_test_open(test, TWO), 0);
    nvml_test_read(test);
    assert_int_equal(status(test, ENERGY), JB_OK);
    nvml_test_script(test, TWO "session 2\ninit driver_not_loaded\n");
    nvml_test_read(test);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(status(test, i), JB_FAILED); /* not gone: it may come back */
    }
    assert_true(jb_sensor_nvml.processes(&test->source, uses, 8) < 0); /* not "nobody" */
    read_when_due(test);
    assert_int_equal(status(test, ENERGY), JB_FAILED);
    nvml_test_script(test, TWO "session 2\nprocess 0 pid=11 util=50\n");
    read_when_due(test);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(status(test, i), JB_OK);
    }
    assert_int_equal(nvml_test_reading(test, POWER, 0)->raw, 100000);
    assert_int_equal(test->nvml.retry_ns, 0);
    assert_int_equal(jb_sensor_nvml.processes(&test->source, uses, 8), 1);
    assert_true(test->channels[ENERGY].zero_at_reset); /* its counter began anew */
}

static void gpus_are_found_by_name_and_not_by_number(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, TWO), 0);
    nvml_test_script(test, TWO "session 2\n");
    nvml_test_read(test);
    nvml_test_script(test, "gpus 2\nsession 2\nuuid 0 GPU-b\nuuid 1 GPU-c\nwatts 0 200\nwatts 1 300\n"
                           "samples 0 absent\nsamples 1 absent\n");
    read_when_due(test);
    assert_int_equal(status(test, POWER), JB_GONE); /* GPU-c is another card: its joules are not GPU-a's */
    assert_int_equal(nvml_test_reading(test, POWER + 2, 0)->raw, 200000);
}

static void a_lost_gpu_comes_back_only_as_itself(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, TWO), 0);
    nvml_test_script(test, TWO "lost 0\n");
    nvml_test_read(test);
    assert_int_equal(status(test, POWER), JB_GONE);
    assert_int_equal(status(test, POWER + 2), JB_OK);
    read_when_due(test);
    assert_int_equal(status(test, POWER), JB_GONE); /* the handle is there, and answers nothing */
    assert_int_equal(status(test, POWER + 2), JB_OK);
    nvml_test_script(test, TWO);
    nvml_test_read(test);
    assert_int_equal(status(test, POWER), JB_GONE); /* not yet time */
    read_when_due(test);
    assert_int_equal(status(test, POWER), JB_OK);
    assert_int_equal(nvml_test_reading(test, POWER, 0)->raw, 100000);
}

static void tries_grow_rare(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, TWO), 0);
    nvml_test_script(test, TWO "session 2\ninit driver_not_loaded\n");
    nvml_test_read(test);
    uint64_t before_ns = jb_mono_ns();
    assert_true(test->nvml.retry_ns > before_ns && test->nvml.retry_ns <= before_ns + JB_NS_PER_S);
    uint64_t last_ns = 0;
    for (int i = 0; i < 10; i++) {
        read_when_due(test);
        assert_true(test->nvml.pause_ns >= last_ns);
        last_ns = test->nvml.pause_ns;
    }
    assert_int_equal(last_ns, 64 * JB_NS_PER_S);
    nvml_test_read(test); /* and between them nobody is asked */
    assert_int_equal(status(test, ENERGY), JB_FAILED);
}

/* Whatever it says for it: handles from before a reload were seen to answer "unknown error" for ever. */
static void long_silence_calls_for_a_new_start(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "samples 0 absent\n"), 0);
    nvml_test_script(test, "samples 0 absent\nenergy 0 failing\nfield186 0 absent\npower 0 absent\n");
    for (int i = 0; i < 20; i++) {
        nvml_test_read(test);
        assert_int_equal(status(test, ENERGY), JB_FAILED);
    }
    assert_int_equal(test->nvml.retry_ns, 0);
    for (int i = 0; i < 20; i++) {
        nvml_test_read(test);
    }
    assert_true(test->nvml.retry_ns > 0);
    nvml_test_script(test, "samples 0 absent\n");
    read_when_due(test);
    assert_int_equal(status(test, ENERGY), JB_OK);
    nvml_test_read(test);
    assert_int_equal(test->nvml.retry_ns, 0);
}

/* Each way of being heard is one. */
static void what_answers_is_left_alone(void **state)
{
    static const char *const scripts[] = {
        "energy 0 absent\n", /* samples alone */
        "energy 0 absent\nsamples 0 absent\n",
        "energy 0 absent\nsamples 0 absent\nfield186 0 absent\n",
        "samples 0 absent\nfield186 0 absent\npower 0 absent\n",
        "tegra 0\nlimit 0 300\n",
        "tegra 0\nutil 0 5\nlimit 0 300\n",
    };
    struct nvml_test *test = *state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        assert_int_equal(nvml_test_open(test, scripts[i]), 0);
        for (int pass = 0; pass < 100; pass++) {
            nvml_test_read(test);
        }
        assert_int_equal(test->nvml.retry_ns, 0);
    }
}

static void closing_while_the_driver_is_away_is_harmless(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, TWO), 0);
    nvml_test_script(test, TWO "session 2\ninit driver_not_loaded\n");
    nvml_test_read(test);
    read_when_due(test);
    assert_false(test->nvml.started);
    nvml_test_close(test);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, nvml_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_reloaded_driver_is_found_again),
        TEST(gpus_are_found_by_name_and_not_by_number),
        TEST(a_lost_gpu_comes_back_only_as_itself),
        TEST(tries_grow_rare),
        TEST(long_silence_calls_for_a_new_start),
        TEST(what_answers_is_left_alone),
        TEST(closing_while_the_driver_is_away_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
