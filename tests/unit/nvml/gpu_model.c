/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of accelerators that nobody measures: the middle, its honest error, and joules that follow time.
 */
#include "base/clock.h"
#include "base/diag.h"
#include "hardware/hardware.h"
#include "sensor/sensor.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct jb_sensor_driver jb_sensor_gpu_model;

struct fixture {
    struct jb_machine machine;
    struct jb_sensor_env env;
    struct jb_channel channels[JB_MAX_CHANNELS];
    struct jb_source source;
    struct jb_diag diag;
    struct jb_reading readings[JB_MAX_CHANNELS];
    struct jb_sink sink;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->env.machine = &fixture->machine;
    fixture->source = (struct jb_source){.driver = &jb_sensor_gpu_model,
                                         .env = &fixture->env,
                                         .channels = fixture->channels,
                                         .priv = calloc(1, jb_sensor_gpu_model.priv_size)};
    assert_non_null(fixture->source.priv);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->source.priv);
    free(fixture);
    return 0;
}

static int open_with(struct fixture *fixture, const struct jb_gpu_info *gpus, unsigned int count)
{
    memcpy(fixture->machine.gpus, gpus, count * sizeof(gpus[0]));
    fixture->machine.gpu_count = count;
    return jb_sensor_gpu_model.open(&fixture->source, &fixture->diag);
}

static void read_all(struct fixture *fixture)
{
    fixture->sink = (struct jb_sink){.readings = fixture->readings, .capacity = JB_MAX_CHANNELS};
    jb_sensor_gpu_model.read(&fixture->source, &fixture->sink);
}

static void no_card_is_not_here(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_with(fixture, &(struct jb_gpu_info){0}, 0), -ENODEV);
    fixture->env.machine = NULL;
    assert_int_equal(jb_sensor_gpu_model.open(&fixture->source, &fixture->diag), -ENODEV);
}

static void the_mean_and_sigma_are_those_of_a_uniform_distribution(void **state)
{
    struct fixture *fixture = *state;
    const struct jb_gpu_info gpu = {.name = "AMD Radeon", .pci = "0000:03:00.0", .tdp_w = 300, .idle_w = 20};
    assert_int_equal(open_with(fixture, &gpu, 1), 0);
    const struct jb_channel *channel = &fixture->channels[0];
    assert_string_equal(channel->id, "gpu/0000:03:00.0/model");
    assert_int_equal(channel->method, JB_METHOD_MODELLED);
    assert_int_equal(channel->domain, JB_DOMAIN_GPU);
    assert_int_equal(channel->unit, 0);
    assert_int_equal(channel->idle_uw, 20000000);
    assert_non_null(strstr(channel->note, "not measured"));

    /* The moments of a uniform quantity, found by summing over it. */
    double sum = 0, squares = 0;
    const int steps = 100000;
    for (int i = 0; i < steps; i++) {
        double watts = 20 + (300 - 20) * (i + 0.5) / steps;
        sum += watts;
        squares += watts * watts;
    }
    double mean = sum / steps, sigma = sqrt(squares / steps - mean * mean);
    assert_true(fabs(channel->rel_error - sigma / mean) < 1e-6);

    struct jb_reading first, last;
    read_all(fixture);
    first = last = fixture->readings[0];
    while (last.t_after_ns - first.t_after_ns < 20 * JB_NS_PER_MS) {
        read_all(fixture);
        last = fixture->readings[0];
        assert_int_equal(last.status, JB_OK);
    }
    double watts = (double)(last.raw - first.raw) * 1000 / (double)(last.t_after_ns - first.t_after_ns);
    assert_true(fabs(watts - mean) < 0.2);
}

static void an_unknown_idle_draw_widens_the_error(void **state)
{
    struct fixture *fixture = *state;
    const struct jb_gpu_info gpu = {.name = "card", .uuid = "GPU-1", .tdp_w = 300};
    assert_int_equal(open_with(fixture, &gpu, 1), 0);
    assert_true(fabs(fixture->channels[0].rel_error - 1 / sqrt(3)) < 1e-9);
    assert_int_equal(fixture->channels[0].idle_uw, 0); /* not known */
    assert_string_equal(fixture->channels[0].id, "gpu/GPU-1/model");
}

static void an_idle_draw_above_the_board_power_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    const struct jb_gpu_info gpu = {.name = "card", .tdp_w = 30, .idle_w = 60};
    assert_int_equal(open_with(fixture, &gpu, 1), 0);
    assert_true(fixture->channels[0].rel_error > 0.5);
}

static void a_card_the_table_does_not_know_is_told_not_guessed(void **state)
{
    struct fixture *fixture = *state;
    const struct jb_gpu_info gpus[] = {{.name = "Some \033[2JDisplay"}, {.name = "known", .tdp_w = 100}};
    assert_int_equal(open_with(fixture, gpus, 2), 0);
    assert_int_equal(fixture->channels[0].status, JB_UNSUPPORTED);
    assert_true(fixture->channels[0].reason[0] != '\0');
    assert_null(strchr(fixture->channels[0].reason, '\033'));
    assert_int_equal(fixture->channels[1].status, JB_OK);
    assert_int_equal(fixture->channels[1].unit, 1); /* the same number as any other driver's for this card */
    read_all(fixture);
    assert_int_equal(fixture->sink.count, 1);
    assert_int_equal(fixture->readings[0].channel, 1);
}

static void only_unknown_cards_are_not_here(void **state)
{
    struct fixture *fixture = *state;
    const struct jb_gpu_info gpus[] = {{.name = "Nameless"}, {.name = "absurd", .tdp_w = 1e9}, {.tdp_w = NAN}};
    assert_int_equal(open_with(fixture, gpus, 3), -ENODEV);
    assert_non_null(strstr(fixture->diag.text, "Nameless"));
}

static void energy_never_runs_backwards(void **state)
{
    struct fixture *fixture = *state;
    struct jb_gpu_info gpus[JB_MAX_GPUS];
    for (size_t i = 0; i < JB_MAX_GPUS; i++) {
        gpus[i] = (struct jb_gpu_info){.name = "card", .tdp_w = 1000, .idle_w = 1};
    }
    assert_int_equal(open_with(fixture, gpus, JB_MAX_GPUS), 0);
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        read_all(fixture);
        assert_int_equal(fixture->sink.count, JB_MAX_GPUS);
        assert_true(fixture->readings[0].raw >= last); /* cumulative: never backwards */
        last = fixture->readings[0].raw;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_card_is_not_here),
        TEST(the_mean_and_sigma_are_those_of_a_uniform_distribution),
        TEST(an_unknown_idle_draw_widens_the_error),
        TEST(an_idle_draw_above_the_board_power_is_not_believed),
        TEST(a_card_the_table_does_not_know_is_told_not_guessed),
        TEST(only_unknown_cards_are_not_here),
        TEST(energy_never_runs_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
