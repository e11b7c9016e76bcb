/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the library: what is missing is told apart, with what mends it.
 */
#include "nvml_test.h"

#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void no_library_is_not_here(void **state)
{
    struct nvml_test *test = *state;
    test->env.nvml_path = "/nonexistent/libnvidia-ml.so.1";
    assert_int_equal(nvml_test_open(test, ""), -ENODEV);
    assert_non_null(strstr(test->diag.text, "not found"));
    assert_true(test->diag.fix[0] != '\0');
}

static void the_usual_name_is_told(void **state)
{
    struct nvml_test *test = *state;
    struct jb_nvml_api api = {0};
    int err = jb_nvml_load(NULL, &api, &test->diag);
    if (err == 0) {
        jb_nvml_unload(&api); /* a machine with NVIDIA's driver, or Meson has put the stub into the path */
        print_message("a library of that name is found here\n");
        skip();
    }
    assert_int_equal(err, -ENODEV);
    assert_string_equal(test->diag.text, "libnvidia-ml.so.1 not found");
}

static void another_library_is_not_nvml(void **state)
{
    struct nvml_test *test = *state;
    test->env.nvml_path = "libm.so.6";
    assert_int_equal(nvml_test_open(test, ""), -ENODEV);
    assert_non_null(strstr(test->diag.text, "nvmlInit"));
}

static void a_file_that_is_no_library_is_said_to_be_broken(void **state)
{
    struct nvml_test *test = *state;
    test->env.nvml_path = test->script;
    assert_int_equal(
        nvml_test_open(test, "# not an ELF file, and long enough to be looked at as one .................\n"), -ENODEV);
    assert_non_null(strstr(test->diag.text, "cannot load"));
    assert_null(strstr(test->diag.text, "not found"));
}

static void each_failure_of_init_has_its_reason_and_fix(void **state)
{
    static const struct {
        const char *script, *text, *fix;
        int err;
    } cases[] = {
        {"init driver_not_loaded\n", "driver is not loaded", "modprobe", -ENODEV},
        {"init library_not_found\n", "missing", "install", -ENODEV},
        {"init version_mismatch\n", "different versions", "reboot", -ENODEV},
        {"init no_permission\n", "may not", "/dev/nvidia", -EACCES},
        {"init gpu_not_found\n", "no NVIDIA GPU", "", -ENODEV},
        {"init unknown\n", "999", "", -EIO},
    };
    struct nvml_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(nvml_test_open(test, cases[i].script), cases[i].err);
        assert_non_null(strstr(test->diag.text, cases[i].text));
        assert_non_null(strstr(test->diag.fix, cases[i].fix));
        assert_int_equal(test->source.channel_count, 0);
    }
}

static void no_gpu_is_not_here(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "gpus 0\n"), -ENODEV);
    assert_true(test->diag.text[0] != '\0');
}

static void a_failure_may_be_opened_again(void **state)
{
    struct nvml_test *test = *state;
    assert_int_equal(nvml_test_open(test, "init driver_not_loaded\n"), -ENODEV);
    assert_int_equal(nvml_test_open(test, "init ok\n"), 0);
}

static void a_made_up_machine_has_no_driver_of_the_real_one(void **state)
{
    struct nvml_test *test = *state;
    char folder[128], path[160];
    test->env.root = test->folder;
    assert_int_equal(nvml_test_open(test, ""), 0); /* the library was named outright */
    test->env.nvml_path = NULL;
    assert_int_equal(nvml_test_open(test, ""), -ENODEV);
    assert_non_null(strstr(test->diag.text, "/proc/driver/nvidia/version"));

    /* With the file, the search goes on to the library, whatever this machine says to that. */
    static const char *const parts[] = {"/proc", "/proc/driver", "/proc/driver/nvidia"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(folder, sizeof(folder), "%s%s", test->folder, parts[i]);
        assert_int_equal(mkdir(folder, 0700), 0);
    }
    snprintf(path, sizeof(path), "%s/version", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fclose(file);
    nvml_test_open(test, "");
    assert_null(strstr(test->diag.text, "/proc/driver/nvidia/version"));
    nvml_test_close(test);
    unlink(path);
    for (size_t i = 3; i-- > 0;) {
        snprintf(folder, sizeof(folder), "%s%s", test->folder, parts[i]);
        rmdir(folder);
    }
}

static void a_library_of_old_gives_what_it_has(void **state)
{
    struct nvml_test *test = *state;
    char path[600];
    snprintf(path, sizeof(path), "%s/tests/stub/libnvidia-ml-old.so", getenv("JB_BUILD_ROOT"));
    test->env.nvml_path = path;
    assert_int_equal(nvml_test_open(test, "watts 0 75\nprocess 0 pid=77\n"), 0);
    int energy = nvml_test_channel(test, "/energy"), power = nvml_test_channel(test, "/power");
    assert_int_equal(test->channels[energy].status, JB_UNSUPPORTED);
    assert_int_equal(test->channels[power].status, JB_OK);
    nvml_test_read(test);
    assert_int_equal(nvml_test_count(test, energy), 0);
    assert_int_equal(nvml_test_reading(test, power, 0)->raw, 75000);

    struct jb_gpu_use uses[4];
    assert_int_equal(jb_sensor_nvml.processes(&test->source, uses, 4), 1);
    assert_int_equal(uses[0].pid, 77);
    assert_false(uses[0].utilisation_known);
    test->env.nvml_path = test->library;
}

static void every_code_has_a_text(void **state)
{
    (void)state;
    for (int code = -5; code < 1010; code++) {
        assert_true(strlen(jb_nvml_error(code)) > 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, nvml_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_library_is_not_here),
        TEST(the_usual_name_is_told),
        TEST(another_library_is_not_nvml),
        TEST(a_file_that_is_no_library_is_said_to_be_broken),
        TEST(each_failure_of_init_has_its_reason_and_fix),
        TEST(no_gpu_is_not_here),
        TEST(a_failure_may_be_opened_again),
        TEST(a_made_up_machine_has_no_driver_of_the_real_one),
        TEST(a_library_of_old_gives_what_it_has),
        cmocka_unit_test(every_code_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
