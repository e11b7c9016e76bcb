/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What open() finds and how it describes it: identity, limits, and each way of telling that may be absent.
 */
#include "nvml_test.h"

#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_gpu_has_a_counter_and_a_gauge_of_the_same_thing(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "uuid 0 GPU-1a2b\nlimit 0 400\n"), 0);
    assert_int_equal(test->source.channel_count, 2);
    const struct jb_channel *energy = &test->channels[0], *power = &test->channels[1];
    assert_string_equal(energy->id, "gpu/GPU-1a2b/energy");
    assert_string_equal(power->id, "gpu/GPU-1a2b/power");
    assert_int_equal(energy->method, JB_METHOD_COUNTER);
    assert_int_equal(power->method, JB_METHOD_INTEGRATED);
    assert_true(energy->zero_at_reset);
    assert_int_equal(energy->wrap, 0);
    for (int i = 0; i < 2; i++) {
        const struct jb_channel *channel = &test->channels[i];
        assert_int_equal(channel->status, JB_OK);
        assert_int_equal(channel->domain, JB_DOMAIN_GPU);
        assert_int_equal(channel->device, JB_DEVICE_GPU);
        assert_int_equal(channel->unit, energy->unit);
        assert_int_equal(channel->die, -1);
        assert_int_equal(channel->unit_num, 1000 * channel->unit_den);
        assert_int_equal(channel->max_power_uw, 600000000); /* 1.5 x 400 W */
        assert_true(channel->refresh_ns > 0);
        assert_true(channel->rel_error >= 0.05);
        assert_string_equal(channel->name, "NVIDIA H100 80GB HBM3");
    }
}

static void a_long_uuid_fits_the_id(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(
        nvml_test_open(test, "uuid 0 GPU-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"), 0);
    assert_true(strlen(test->channels[0].id) < sizeof(test->channels[0].id));
    assert_non_null(strstr(test->channels[0].id, "/energy"));
    assert_non_null(strstr(test->channels[1].id, "/power"));
}

static void without_any_limit_a_wild_value_is_not_believed_either(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "uuid 0 GPU-1a2b\nname 0 Nameless\nlimit 0 0\nwatts 0 5\n"), 0);
    assert_int_equal(test->channels[0].max_power_uw, 2100000000);
    assert_int_equal(test->channels[1].max_power_uw, 2100000000);
}

static void an_escape_in_the_name_is_not_passed_on(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "name 0 \033[2JGPU\nuuid 0 \nwatts 0 5\n"), 0);
    assert_null(strchr(test->channels[0].name, '\033'));
    assert_string_equal(test->channels[0].id, "gpu/00000000:41:00.0/energy"); /* no uuid: the address */
}

static void the_unit_is_the_place_among_the_machines_accelerators(void **state)
{
    struct nvml_test *test = *state;
    test->machine.gpu_count = 3;
    jb_copy(test->machine.gpus[0].pci, sizeof(test->machine.gpus[0].pci), "0000:00:02.0");
    jb_copy(test->machine.gpus[1].uuid, sizeof(test->machine.gpus[1].uuid), "GPU-BB");
    jb_copy(test->machine.gpus[2].pci, sizeof(test->machine.gpus[2].pci), "0000:c1:00.0");
    assert_int_equal(nvml_test_open(test, "gpus 3\npci 0 00000000:C1:00.0\nuuid 1 GPU-bb\nuuid 2 GPU-cc\n"), 0);
    assert_int_equal(test->channels[0].unit, 2);
    assert_int_equal(test->channels[2].unit, 1);
    assert_int_equal(test->channels[4].unit, JB_NVML_UNIT_BASE + 2); /* the kernel does not show it */
}

static void addresses_are_the_same_whatever_their_digits(void **state)
{
    (void)state;
    assert_true(jb_nvml_same_pci("00000000:65:00.0", "0000:65:00.0"));
    assert_true(jb_nvml_same_pci("0000:C1:00.0", "0:c1:0.0"));
    assert_true(jb_nvml_same_pci("10000:01:00.0", "00010000:01:00.0"));
    assert_false(jb_nvml_same_pci("0000:65:00.0", "0000:66:00.0"));
    assert_false(jb_nvml_same_pci("0001:65:00.0", "0000:65:00.0"));
    assert_false(jb_nvml_same_pci("0000:65:00.0", "0000:65:00.1"));
    assert_false(jb_nvml_same_pci("", ""));
    assert_false(jb_nvml_same_pci("nonsense", "nonsense"));
    assert_false(jb_nvml_same_pci("0000:65:00", "0000:65:00"));
    assert_false(jb_nvml_same_pci("0000:65:00.0.0", "0000:65:00.0.0"));
    assert_false(jb_nvml_same_pci("0:0:0:0:0.0", "0:0:0:0:0.0"));
    assert_false(jb_nvml_same_pci(":::.", ":::."));
}

static void an_absent_counter_leaves_the_gauge(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "energy 0 absent\n"), 0);
    assert_int_equal(test->channels[0].status, JB_UNSUPPORTED);
    assert_true(test->channels[0].reason[0] != '\0');
    assert_int_equal(test->channels[1].status, JB_OK);
    nvml_test_read(test);
    assert_int_equal(nvml_test_count(test, 0), 0); /* absent is not zero */
    assert_true(nvml_test_count(test, 1) > 0);
}

static void a_denied_counter_says_so(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "energy 0 denied\n"), 0);
    assert_int_equal(test->channels[0].status, JB_DENIED);
    assert_true(test->channels[0].fix[0] != '\0');
    assert_int_equal(nvml_test_open(test, "energy 0 denied\nsamples 0 absent\nfield186 0 absent\npower 0 absent\n"),
                     -EACCES);
}

static void power_falls_back_from_samples_to_field_to_usage(void **state)
{
    static const struct {
        const char *script, *path;
    } cases[] = {
        {"", "nvmlDeviceGetSamples"},   {"samples 0 absent\n", "186"},
        {"samples 0 empty\n", "186"},  /* a recent driver keeps none for this board */
        {"samples 0 future\n", "186"}, /* stamps that are no wall time */
        {"samples 0 old\n", "186"},     {"samples 0 zero\n", "186"},
        {"samples 0 failing\n", "186"}, {"samples 0 absent\nfield186 0 absent\n", "nvmlDeviceGetPowerUsage"},
    };
    struct nvml_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(nvml_test_open(test, cases[i].script), 0);
        assert_int_equal(test->channels[1].status, JB_OK);
        assert_non_null(strstr(test->channels[1].path, cases[i].path));
        nvml_test_read(test);
        assert_int_equal(nvml_test_reading(test, 1, 0)->status, JB_OK);
        assert_int_equal(nvml_test_reading(test, 1, 0)->raw, 300000);
    }
}

static void without_any_power_the_counter_stays(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "samples 0 absent\nfield186 0 absent\npower 0 absent\n"), 0);
    assert_int_equal(test->channels[0].status, JB_OK);
    assert_int_equal(test->channels[1].status, JB_UNSUPPORTED);
    assert_non_null(strstr(test->channels[1].reason, "field 186"));
}

static void tegra_is_not_here_and_says_why(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "name 0 Orin (nvgpu)\ntegra 0\n"), -ENODEV);
    assert_non_null(strstr(test->diag.text, "not supported"));
    assert_int_equal(test->source.channel_count, 2);
}

static void a_gpu_without_a_handle_does_not_take_the_others_along(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "gpus 2\nbroken 0 15\n"), 0);
    assert_int_equal(test->source.channel_count, 4);
    assert_int_equal(test->channels[0].status, JB_GONE);
    assert_int_equal(test->channels[1].status, JB_GONE);
    assert_true(test->channels[0].reason[0] != '\0');
    assert_int_equal(test->channels[2].status, JB_OK);
    nvml_test_read(test);
    assert_int_equal(nvml_test_count(test, 0) + nvml_test_count(test, 1), 0);
    assert_int_equal(nvml_test_count(test, 2), 1);
    assert_int_equal(nvml_test_open(test, "gpus 2\nbroken 0 4\nbroken 1 4\n"), -EACCES);
    assert_int_equal(nvml_test_open(test, "gpus 2\nbroken 0 15\nbroken 1 8\n"), -ENODEV);
}

static void mig_is_noted(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "mig 0 on\n"), 0);
    assert_non_null(strstr(test->channels[0].note, "MIG"));
    assert_non_null(strstr(test->channels[1].note, "cannot be told apart"));
    assert_int_equal(nvml_test_open(test, "mig 0 on\ninstance 0 gi=1 ci=0 slices=3\n"), 0);
    assert_non_null(strstr(test->channels[0].note, "estimated by the slices"));
}

static void the_board_power_limit_is_the_models_maximum(void **state)
{
    struct nvml_test *test = *state;
    test->machine.gpu_count = 1;
    test->machine.gpus[0] = (struct jb_gpu_info){.uuid = "GPU-x", .tdp_w = 700, .idle_w = 70};
    /* Held to 400 W: neither its default nor the table's 700 W. */
    assert_int_equal(
        nvml_test_open(test, "tegra 0\nutil 0 100\nuuid 0 GPU-x\nname 0 Nameless\nlimit 0 400\ndefault 0 700\n"), 0);
    int model = nvml_test_channel(test, "/model");
    assert_true(model >= 0);
    assert_non_null(strstr(test->channels[model].note, "from an idle draw of 70 W to the limit of 400 W"));
    assert_int_equal(test->channels[model].max_power_uw, 1050000000); /* what the board may be allowed to, and half */
    /* Not even how busy it is: the middle, as wide as the range. */
    assert_int_equal(nvml_test_open(test, "tegra 0\nuuid 0 GPU-x\nname 0 Nameless\nlimit 0 400\n"), 0);
    model = nvml_test_channel(test, "/model");
    assert_true(model >= 0);
    assert_non_null(strstr(test->channels[model].note, "middle"));
    assert_int_equal((int)(test->channels[model].rel_error * 1000), 405); /* 330 / sqrt(12) / 235 */
    /* The table's limit alone is gpu-model's affair. */
    assert_int_equal(nvml_test_open(test, "tegra 0\nuuid 0 GPU-x\nname 0 Nameless\n"), -ENODEV);
}

static void a_vgpu_with_utilisation_alone_is_modelled(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "tegra 0\nutil 0 50\nlimit 0 300\n"), 0);
    int model = nvml_test_channel(test, "/model");
    assert_int_equal(model, 2);
    assert_int_equal(test->channels[model].method, JB_METHOD_MODELLED);
    assert_int_equal(test->channels[model].unit_num, test->channels[model].unit_den); /* microjoules */
    assert_true(test->channels[model].rel_error >= 0.3);
    assert_true(test->channels[model].note[0] != '\0');
    /* Without a limit there is nothing to model from, and with a measured channel no need. */
    assert_int_equal(nvml_test_open(test, "tegra 0\nutil 0 50\nlimit 0 0\nname 0 Nameless\n"), -ENODEV);
    assert_int_equal(nvml_test_open(test, "energy 0 absent\nutil 0 50\n"), 0);
    assert_int_equal(nvml_test_channel(test, "/model"), -1);
}

static void the_table_of_the_machine_fills_in_the_limit(void **state)
{
    struct nvml_test *test = *state;
    test->machine.gpu_count = 1;
    test->machine.gpus[0] = (struct jb_gpu_info){.uuid = "GPU-x", .tdp_w = 250, .idle_w = 20};
    assert_int_equal(nvml_test_open(test, "uuid 0 GPU-x\nlimit 0 0\nname 0 Nameless\n"), 0);
    assert_int_equal(test->channels[0].max_power_uw, 375000000);
    assert_int_equal(test->channels[0].idle_uw, 20000000);
    assert_int_equal(nvml_test_open(test, "uuid 0 GPU-x\nlimit 0 200\nname 0 Nameless\n"), 0);
    assert_int_equal(test->channels[0].max_power_uw, 300000000); /* what the board says comes first */
}

static void more_gpus_than_there_is_room_for_are_left_out(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "gpus 40\n"), 0);
    assert_int_equal(test->source.channel_count, JB_MAX_CHANNELS);
    nvml_test_read(test);
    assert_int_equal(test->sink.dropped, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, nvml_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_gpu_has_a_counter_and_a_gauge_of_the_same_thing),
        TEST(a_long_uuid_fits_the_id),
        TEST(without_any_limit_a_wild_value_is_not_believed_either),
        TEST(an_escape_in_the_name_is_not_passed_on),
        TEST(the_unit_is_the_place_among_the_machines_accelerators),
        TEST(addresses_are_the_same_whatever_their_digits),
        TEST(an_absent_counter_leaves_the_gauge),
        TEST(a_denied_counter_says_so),
        TEST(power_falls_back_from_samples_to_field_to_usage),
        TEST(without_any_power_the_counter_stays),
        TEST(tegra_is_not_here_and_says_why),
        TEST(a_gpu_without_a_handle_does_not_take_the_others_along),
        TEST(mig_is_noted),
        TEST(a_vgpu_with_utilisation_alone_is_modelled),
        TEST(the_board_power_limit_is_the_models_maximum),
        TEST(the_table_of_the_machine_fills_in_the_limit),
        TEST(more_gpus_than_there_is_room_for_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
