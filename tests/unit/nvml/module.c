/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superchips: the module is described once, under its socket's number, and its joules never pass for the GPU's.
 */
#include "nvml_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define GH200 "name 0 NVIDIA GH200 480GB\nwatts 0 400\nmodule 0 600\npci 0 00000009:01:00.0\n"

static const struct jb_channel *channel(const struct nvml_test *test, const char *id_end)
{
    int index = nvml_test_channel(test, id_end);
    assert_true(index >= 0);
    return &test->channels[index];
}

/* The kernel's word on which NUMA node, and so which Grace, a GPU belongs to. */
static void place(struct nvml_test *test, const char *pci, const char *node)
{
    char command[512];
    test->env.root = test->folder;
    snprintf(command, sizeof(command), "%s/sys/bus/pci/devices/%s", test->folder, pci);
    for (char *at = command + strlen(test->folder) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        mkdir(command, 0700);
        *at = '/';
    }
    assert_int_equal(mkdir(command, 0700), 0);
    snprintf(command + strlen(command), sizeof(command) - strlen(command), "/numa_node");
    FILE *file = fopen(command, "we");
    assert_non_null(file);
    fputs(node, file);
    fclose(file);
}

static void the_module_contains_its_gpu_and_bears_its_sockets_number(void **state)
{
    struct nvml_test *test = *state;
    place(test, "0009:01:00.0", "1\n");
    assert_int_equal(nvml_test_open(test, GH200), 0);
    const struct jb_channel *power = channel(test, "module/1/power"), *energy = channel(test, "module/1/energy");
    assert_int_equal(power->domain, JB_DOMAIN_MODULE);
    assert_int_equal(power->device, JB_DEVICE_BOARD);
    assert_int_equal(power->unit, 1);
    assert_int_equal(power->method, JB_METHOD_INTEGRATED);
    assert_int_equal(power->max_power_uw, 1500000000); /* its own limit, and half */
    assert_non_null(strstr(power->path, "185"));       /* the mean, not a quarter of the time */
    assert_int_equal(energy->method, JB_METHOD_COUNTER);
    assert_int_equal(energy->domain, JB_DOMAIN_MODULE);
    int module = nvml_test_channel(test, "module/1/power");
    for (int i = 0; i < test->source.channel_count; i++) {
        assert_int_equal(test->channels[i].parent, test->channels[i].domain == JB_DOMAIN_GPU ? module : -1);
    }
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, module, 0)->raw, 600000);
    assert_int_equal(nvml_test_reading(test, nvml_test_channel(test, "/power"), 0)->raw, 400000);
}

static void a_board_that_is_no_superchip_has_no_module(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, ""), 0);
    assert_int_equal(nvml_test_channel(test, "module/100/power"), -1);
    assert_int_equal(test->source.channel_count, 2);
    /* A driver that ignores the scope says the GPU's power again. */
    assert_int_equal(nvml_test_open(test, "watts 0 300\nmodule 0 300\n"), 0);
    assert_int_equal(test->source.channel_count, 2);
}

static void the_counter_of_a_gh200_is_the_modules(void **state)
{
    struct nvml_test *test = *state;
    place(test, "0009:01:00.0", "0\n");
    /* Field 191 tells whose it is. */
    assert_int_equal(nvml_test_open(test, GH200 "owner 0 module\n"), 0);
    assert_int_equal(test->channels[0].domain, JB_DOMAIN_MODULE);
    assert_int_equal(test->channels[0].unit, 0);
    assert_int_equal(test->channels[0].parent, -1);
    assert_non_null(strstr(test->channels[0].note, "the module's"));
    assert_string_equal(test->channels[0].id, "module/0/gpu0-energy");
    assert_int_equal(test->channels[1].domain, JB_DOMAIN_GPU);
    assert_int_equal(test->nvml.gpus[0].first, 1); /* under which its users are listed */
    assert_int_equal(nvml_test_open(test, GH200 "owner 0 gpu\n"), 0);
    assert_int_equal(test->channels[0].domain, JB_DOMAIN_GPU);
    /* Where it does not, the CPU's joules must not count as the GPU's. */
    assert_int_equal(nvml_test_open(test, GH200 "owner 0 module\nmodule_energy 0 absent\n"), 0);
    assert_int_equal(test->channels[0].domain, JB_DOMAIN_MODULE);
    assert_non_null(strstr(test->channels[0].note, "NVML does not tell"));
    assert_int_equal(nvml_test_channel(test, "module/0/energy"), -1);
}

static void two_gpus_of_one_module_show_it_once(void **state)
{
    struct nvml_test *test = *state;
    char script[1024] = "gpus 4\n";
    static const char *const pci[4] = {"0008:01:00.0", "0009:01:00.0", "0018:01:00.0", "0019:01:00.0"};
    for (int i = 0; i < 4; i++) {
        size_t used = strlen(script);
        place(test, pci[i], i < 2 ? "0\n" : "1\n");
        snprintf(script + used, sizeof(script) - used,
                 "name %d NVIDIA GB200\narch %d 10\nmodule %d 2500\nwatts %d 1000\npci %d 0000%s\n", i, i, i, i, i,
                 pci[i]);
    }
    assert_int_equal(nvml_test_open(test, script), 0);
    int modules = 0;
    for (int i = 0; i < test->source.channel_count; i++) {
        modules += test->channels[i].domain == JB_DOMAIN_MODULE && test->channels[i].method == JB_METHOD_INTEGRATED;
    }
    assert_int_equal(modules, 2);
    for (int i = 0; i < test->source.channel_count; i++) {
        const struct jb_channel *gpu = &test->channels[i];
        if (gpu->domain == JB_DOMAIN_GPU) {
            assert_int_equal(test->channels[gpu->parent].unit, (gpu->unit - JB_NVML_UNIT_BASE) / 2);
        }
    }
    nvml_test_read(test);
    assert_int_equal(nvml_test_count(test, nvml_test_channel(test, "module/0/power")), 1);
}

static void a_module_of_unknown_place_says_so(void **state)
{
    static const char *const nodes[] = {"-1\n", "", "socket\n", "99999999999999999999\n"};
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, GH200), 0);
    assert_int_equal(channel(test, "module/100/power")->unit, JB_NVML_UNIT_BASE);
    assert_non_null(strstr(channel(test, "module/100/power")->note, "not told"));
    for (size_t i = 0; i < 4; i++) {
        char pci[32], script[256];
        snprintf(pci, sizeof(pci), "0009:%02zx:00.0", i + 2);
        place(test, pci, nodes[i]);
        snprintf(script, sizeof(script), GH200 "pci 0 0000%s\n", pci);
        assert_int_equal(nvml_test_open(test, script), 0);
        assert_true(nvml_test_channel(test, "module/100/power") >= 0);
    }
}

static void a_module_that_falls_silent_fails_alone(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, GH200), 0);
    int module = nvml_test_channel(test, "module/100/power");
    nvml_test_script(test, "name 0 NVIDIA GH200 480GB\nwatts 0 400\n");
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, module, 0)->status, JB_FAILED);
    assert_int_equal(nvml_test_reading(test, 0, 0)->status, JB_OK);
}

static int remove_tree(void **state)
{
    struct nvml_test *test = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s/sys", test->folder);
    assert_int_equal(system(command), 0);
    return nvml_test_teardown(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, remove_tree)
    const struct CMUnitTest tests[] = {
        TEST(the_module_contains_its_gpu_and_bears_its_sockets_number),
        TEST(a_board_that_is_no_superchip_has_no_module),
        TEST(the_counter_of_a_gh200_is_the_modules),
        TEST(two_gpus_of_one_module_show_it_once),
        TEST(a_module_of_unknown_place_says_so),
        TEST(a_module_that_falls_silent_fails_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
