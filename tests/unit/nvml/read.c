/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What read() says: right joules, times in order, and each trouble kept to the channel that has it.
 */
#include "nvml_test.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ENERGY, POWER };

static void the_counter_reads_watts_times_time(void **state)
{
    static const char *const scripts[] = {
        "watts 0 400\n", "watts 0 400\nsamples 0 absent\n",   /* one batch with field 186 */
        "watts 0 400\nsamples 0 absent\nfield186 0 absent\n", /* two calls */
    };
    struct nvml_test *test = *state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        assert_int_equal(nvml_test_open(test, scripts[i]), 0);
        nvml_test_read(test);
        const struct jb_reading *reading = nvml_test_reading(test, ENERGY, 0);
        assert_non_null(reading);
        assert_int_equal(reading->status, JB_OK);
        assert_true(reading->t_before_ns <= reading->t_after_ns);
        /* 400 mJ a millisecond, at a moment between the two times. */
        assert_in_range(reading->raw, 400 * (reading->t_before_ns / JB_NS_PER_MS),
                        400 * (reading->t_after_ns / JB_NS_PER_MS));
        assert_int_equal(nvml_test_count(test, ENERGY), 1);
    }
}

static void energy_and_instant_power_come_in_one_call(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "samples 0 absent\n"), 0);
    nvml_test_read(test);
    const struct jb_reading *energy = nvml_test_reading(test, ENERGY, 0), *power = nvml_test_reading(test, POWER, 0);
    assert_int_equal(energy->t_before_ns, power->t_before_ns);
    assert_int_equal(energy->t_after_ns, power->t_after_ns);
}

static void samples_come_all_once_and_in_order(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "watts 0 123\n"), 0);
    uint64_t last_ns = 0;
    for (unsigned int news = 0; news < 5;) {
        nvml_test_read(test);
        uint64_t now_ns = jb_mono_ns();
        for (size_t n = 0; n < nvml_test_count(test, POWER); n++) {
            const struct jb_reading *reading = nvml_test_reading(test, POWER, n);
            assert_int_equal(reading->status, JB_OK);
            assert_int_equal(reading->raw, 123000);
            assert_int_equal(reading->t_before_ns, reading->t_after_ns);
            assert_true(reading->t_after_ns <= now_ns);
            assert_true(reading->t_after_ns >= last_ns); /* equal: nothing new, told again */
            if (last_ns && reading->t_after_ns > last_ns) {
                /* The stub's samples are 20 ms apart; the clocks are read a little apart each time. */
                assert_in_range(reading->t_after_ns - last_ns, 19 * JB_NS_PER_MS, UINT64_MAX);
                news++;
            }
            last_ns = reading->t_after_ns;
        }
        assert_true(nvml_test_count(test, POWER) > 0);
    }
}

static void samples_from_before_the_opening_are_not_told(void **state)
{
    struct nvml_test *test = *state;
    uint64_t before_ns = jb_mono_ns();
    assert_int_equal(nvml_test_open(test, ""), 0); /* the stub holds 2.4 s of the past */
    nvml_test_read(test);
    for (size_t n = 0; n < nvml_test_count(test, POWER); n++) {
        assert_true(nvml_test_reading(test, POWER, n)->t_after_ns + 25 * JB_NS_PER_MS >= before_ns);
    }
}

static void samples_out_of_order_are_dropped(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "samples 0 unordered\n"), 0);
    test->nvml.gpus[0].samples = (struct jb_nvml_track){0}; /* so that all that the driver holds come at once */
    uint64_t last_ns = 0;
    nvml_test_read(test);
    assert_true(nvml_test_count(test, POWER) > 10);
    for (size_t n = 0; n < nvml_test_count(test, POWER); n++) {
        assert_true(nvml_test_reading(test, POWER, n)->t_after_ns > last_ns);
        last_ns = nvml_test_reading(test, POWER, n)->t_after_ns;
    }
}

static void samples_that_stop_give_way_to_the_live_value(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "watts 0 100\n"), 0);
    assert_non_null(strstr(test->channels[POWER].path, "GetSamples"));
    nvml_test_read(test);
    uint64_t last_ns = nvml_test_reading(test, POWER, nvml_test_count(test, POWER) - 1)->t_after_ns;
    nvml_test_script(test, "watts 0 200\nsamples 0 empty\n");
    /* Within a second the newest is told again; then the value now, with a time of its own. */
    for (uint64_t until_ns = jb_mono_ns() + 30 * JB_NS_PER_S; jb_mono_ns() < until_ns;) {
        nvml_test_read(test);
        assert_int_equal(nvml_test_count(test, POWER), 1);
        const struct jb_reading *reading = nvml_test_reading(test, POWER, 0);
        assert_int_equal(reading->status, JB_OK);
        if (reading->raw == 200000) {
            assert_true(reading->t_before_ns - last_ns > JB_NVML_STALL_NS);
            return;
        }
        assert_int_equal(reading->raw, 100000);
        assert_int_equal(reading->t_after_ns, last_ns);
    }
    fail_msg("the live value was never read");
}

static void samples_that_stop_without_another_way_fail(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "field186 0 absent\npower 0 absent\n"), 0);
    nvml_test_script(test, "field186 0 absent\npower 0 absent\nsamples 0 empty\n");
    for (uint64_t until_ns = jb_mono_ns() + 30 * JB_NS_PER_S; jb_mono_ns() < until_ns;) {
        nvml_test_read(test);
        assert_int_equal(nvml_test_count(test, POWER), 1);
        if (nvml_test_reading(test, POWER, 0)->status == JB_FAILED) {
            nvml_test_script(test, "field186 0 absent\npower 0 absent\n"); /* and come back */
            nvml_test_read(test);
            assert_int_equal(nvml_test_reading(test, POWER, 0)->status, JB_OK);
            return;
        }
    }
    fail_msg("the silence was never told");
}

static void samples_gone_wild_never_reach_the_ledger(void **state)
{
    static const char *const scripts[] = {"samples 0 future\n", "samples 0 old\n", "samples 0 zero\n"};
    struct nvml_test *test = *state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(nvml_test_open(test, ""), 0);
        uint64_t last_ns = test->nvml.gpus[0].samples.last_ns;
        nvml_test_script(test, scripts[i]);
        nvml_test_read(test);
        assert_int_equal(nvml_test_count(test, POWER), 1);
        const struct jb_reading *reading = nvml_test_reading(test, POWER, 0);
        assert_true(reading->t_after_ns == last_ns || reading->t_after_ns - last_ns > JB_NVML_STALL_NS);
    }
}

static void a_failing_call_fails_its_channel_only_and_may_recover(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, ""), 0);
    nvml_test_script(test, "energy 0 failing\n");
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, ENERGY, 0)->status, JB_FAILED);
    assert_int_equal(nvml_test_reading(test, POWER, 0)->status, JB_OK);
    nvml_test_script(test, "samples 0 failing\n");
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, ENERGY, 0)->status, JB_OK);
    assert_int_equal(nvml_test_reading(test, POWER, 0)->status, JB_FAILED);
    nvml_test_script(test, "");
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, ENERGY, 0)->status, JB_OK);
    assert_int_equal(nvml_test_reading(test, POWER, 0)->status, JB_OK);
}

static void a_frozen_counter_is_reported_as_it_is(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "energy 0 frozen\n"), 0);
    nvml_test_read(test);
    uint64_t raw = nvml_test_reading(test, ENERGY, 0)->raw;
    uint64_t t_ns = nvml_test_reading(test, ENERGY, 0)->t_after_ns;
    nvml_test_next(test, POWER); /* time passes */
    assert_int_equal(nvml_test_reading(test, ENERGY, 0)->raw, raw);
    assert_true(nvml_test_reading(test, ENERGY, 0)->t_before_ns > t_ns);
    assert_int_equal(test->channels[ENERGY].unit, test->channels[POWER].unit); /* the twin that convicts it */
}

static void a_lost_gpu_is_gone_and_the_others_go_on(void **state)
{
    static const char *const troubles[] = {"gpus 2\nlost 0\n", "gpus 2\nreset_required 0\n"};
    static const char *const ways[] = {"gpus 2\n", "gpus 2\nsamples 0 absent\n",
                                       "gpus 2\nsamples 0 absent\nfield186 0 absent\n", "gpus 2\nenergy 0 absent\n"};
    struct nvml_test *test = *state;
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(nvml_test_open(test, ways[i / 2]), 0);
        bool counter = test->channels[ENERGY].status == JB_OK;
        nvml_test_script(test, troubles[i % 2]);
        for (int pass = 0; pass < 2; pass++) {
            nvml_test_read(test);
            assert_int_equal(nvml_test_count(test, ENERGY), counter);
            assert_true(!counter || nvml_test_reading(test, ENERGY, 0)->status == JB_GONE);
            assert_int_equal(nvml_test_count(test, POWER), 1);
            assert_int_equal(nvml_test_reading(test, POWER, 0)->status, JB_GONE);
            assert_int_equal(nvml_test_reading(test, 2, 0)->status, JB_OK);
            assert_int_equal(nvml_test_reading(test, 3, 0)->status, JB_OK);
        }
        nvml_test_script(test, "gpus 2\n"); /* not before the library was started again (reopen.c) */
        nvml_test_read(test);
        assert_int_equal(nvml_test_reading(test, POWER, 0)->status, JB_GONE);
    }
}

static void a_counter_that_restarts_is_told_raw(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "watts 0 0\nenergy 0 offset=5000000\n"), 0);
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, ENERGY, 0)->raw, 5000000);
    nvml_test_script(test, "watts 0 0\nenergy 0 offset=7\n");
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, ENERGY, 0)->raw, 7);
    assert_true(test->channels[ENERGY].zero_at_reset);
}

static void a_full_sink_loses_and_counts(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "gpus 2\n"), 0);
    test->room = 2;
    nvml_test_read(test);
    assert_int_equal(test->sink.count, 2);
    assert_true(test->sink.dropped >= 2);
}

static void the_model_follows_utilisation(void **state)
{
    struct nvml_test *test = *state;
    test->machine.gpu_count = 1;
    test->machine.gpus[0] = (struct jb_gpu_info){.uuid = "GPU-x", .tdp_w = 300, .idle_w = 100};
    assert_int_equal(nvml_test_open(test, "name 0 Nameless\nuuid 0 GPU-x\ntegra 0\nutil 0 50\nlimit 0 300\n"), 0);
    int model = nvml_test_channel(test, "/model");
    struct jb_reading first = nvml_test_next(test, model), last = first;
    while (last.t_after_ns - first.t_after_ns < 50 * JB_NS_PER_MS) {
        last = nvml_test_next(test, model);
    }
    double watts = (double)(last.raw - first.raw) * 1000 / (double)(last.t_after_ns - first.t_after_ns);
    assert_true(watts > 199.5 && watts < 200.5); /* halfway from 100 to 300 W, less what each step rounds off */
    nvml_test_script(test, "name 0 Nameless\nuuid 0 GPU-x\ntegra 0\nutil 0 101\nlimit 0 300\n");
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, model, 0)->status, JB_FAILED); /* no number is made of nonsense */
}

static void values_are_decoded_by_their_type(void **state)
{
    (void)state;
    uint64_t value = 42;
    assert_true(jb_nvml_value(JB_NVML_DOUBLE, &(union jb_nvml_value){.d = 12.75}, &value));
    assert_int_equal(value, 12);
    assert_true(jb_nvml_value(JB_NVML_UINT, &(union jb_nvml_value){.ull = UINT64_C(0xffffffff00000007)}, &value));
    assert_int_equal(value, 7); /* the other half is not ours */
    assert_true(jb_nvml_value(JB_NVML_ULLONG, &(union jb_nvml_value){.ull = UINT64_C(1) << 60}, &value));
    assert_int_equal(value, UINT64_C(1) << 60);
    assert_true(jb_nvml_value(JB_NVML_USHORT, &(union jb_nvml_value){.us = 9}, &value));
    assert_int_equal(value, 9);
    value = 42;
    assert_false(jb_nvml_value(JB_NVML_DOUBLE, &(union jb_nvml_value){.d = __builtin_nan("")}, &value));
    assert_false(jb_nvml_value(JB_NVML_DOUBLE, &(union jb_nvml_value){.d = -1}, &value));
    assert_false(jb_nvml_value(JB_NVML_DOUBLE, &(union jb_nvml_value){.d = 1e300}, &value));
    assert_false(jb_nvml_value(JB_NVML_SINT, &(union jb_nvml_value){.si = -1}, &value));
    assert_false(jb_nvml_value(JB_NVML_SLLONG, &(union jb_nvml_value){.sll = -1}, &value));
    assert_false(jb_nvml_value(JB_NVML_UINT, &(union jb_nvml_value){.ui = UINT32_MAX}, &value));
    assert_false(jb_nvml_value(JB_NVML_ULLONG, &(union jb_nvml_value){.ull = UINT64_MAX}, &value));
    assert_false(jb_nvml_value(77, &(union jb_nvml_value){.ui = 1}, &value));
    assert_int_equal(value, 42);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, nvml_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_counter_reads_watts_times_time),
        TEST(energy_and_instant_power_come_in_one_call),
        TEST(samples_come_all_once_and_in_order),
        TEST(samples_from_before_the_opening_are_not_told),
        TEST(samples_out_of_order_are_dropped),
        TEST(samples_that_stop_give_way_to_the_live_value),
        TEST(samples_that_stop_without_another_way_fail),
        TEST(samples_gone_wild_never_reach_the_ledger),
        TEST(a_failing_call_fails_its_channel_only_and_may_recover),
        TEST(a_frozen_counter_is_reported_as_it_is),
        TEST(a_lost_gpu_is_gone_and_the_others_go_on),
        TEST(a_counter_that_restarts_is_told_raw),
        TEST(a_full_sink_loses_and_counts),
        TEST(the_model_follows_utilisation),
        cmocka_unit_test(values_are_decoded_by_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
