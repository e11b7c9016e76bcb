/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a measured program: our words are added, nobody's are taken away. */
#include "test.h"

#include "engine/inject.h"
#include "trace/wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PROBE "/lib/joulebook/libjoulebook-probe.so"

static const char *value(const struct jb_inject *inject, const char *name)
{
    size_t length = strlen(name);
    const char *found = NULL;

    for (size_t i = 0; inject->environment[i] != NULL; i++) {
        if (strncmp(inject->environment[i], name, length) == 0 && inject->environment[i][length] == '=') {
            assert_null(found); /* once only */
            found = inject->environment[i] + length + 1;
        }
    }
    return found;
}

static struct jb_inject inject_into(char *const *environment, const char *program, bool cuda)
{
    struct jb_inject_setup setup = {.probe = PROBE,
                                    .library = "/lib/libjoulebook.so",
                                    .run = "01RUN",
                                    .ring = "/proc/1/fd/7",
                                    .program = program,
                                    .cuda = cuda};
    struct jb_inject inject;

    assert_int_equal(jb_inject(&setup, (char **)(uintptr_t)environment, &inject), 0);
    return inject;
}

static void a_bare_environment_gets_all(void **state)
{
    const char *environment[] = {"HOME=/root", "LD_PRELOADS=x", NULL};
    struct jb_inject inject = inject_into((char **)(uintptr_t)environment, "/bin/sh", true);

    assert_string_equal(value(&inject, "HOME"), "/root");
    assert_string_equal(value(&inject, "LD_PRELOADS"), "x");
    assert_string_equal(value(&inject, "JOULEBOOK_RING"), "/proc/1/fd/7");
    assert_string_equal(value(&inject, "JOULEBOOK_LIBRARY"), "/lib/libjoulebook.so");
    assert_string_equal(value(&inject, "LD_PRELOAD"), PROBE);
    assert_string_equal(value(&inject, "INTEL_LIBITTNOTIFY64"), PROBE);
    assert_string_equal(value(&inject, "NVTX_INJECTION64_PATH"), PROBE);
    assert_string_equal(value(&inject, "CUDA_INJECTION64_PATH"), PROBE);
    assert_int_equal(inject.paths, JB_PATH_API | JB_PATH_PYTORCH | JB_PATH_ITT | JB_PATH_NVTX | JB_PATH_CUPTI);
    assert_int_equal(inject.note_count, 0);
    jb_inject_finish(&inject);
}

static void what_is_there_already_stays_and_is_said(void **state)
{
    const char *environment[] = {"LD_PRELOAD=/lib/own.so", "INTEL_LIBITTNOTIFY64=/opt/vtune.so",
                                 "NVTX_INJECTION64_PATH=/opt/nsys.so", "CUDA_INJECTION64_PATH=/opt/nsys.so", NULL};
    struct jb_inject inject = inject_into((char **)(uintptr_t)environment, "/bin/sh", true);

    assert_string_equal(value(&inject, "LD_PRELOAD"), "/lib/own.so:" PROBE);
    assert_string_equal(value(&inject, "INTEL_LIBITTNOTIFY64"), "/opt/vtune.so");
    assert_string_equal(value(&inject, "NVTX_INJECTION64_PATH"), "/opt/nsys.so");
    assert_string_equal(value(&inject, "CUDA_INJECTION64_PATH"), "/opt/nsys.so");
    assert_int_equal(inject.paths, JB_PATH_API | JB_PATH_PYTORCH);
    assert_int_equal(inject.note_count, 3);
    assert_non_null(strstr(inject.notes[0], "/opt/vtune.so"));
    jb_inject_finish(&inject);
}

static void where_nothing_is_heard_only_the_run_is_named(void **state)
{
    const char *environment[] = {"A=1", NULL};
    struct jb_inject_setup setup = {
        .probe = PROBE, .library = PROBE, .run = "01RUN", .program = "/bin/sh", .cuda = true};
    struct jb_inject inject;

    assert_int_equal(jb_inject(&setup, (char **)(uintptr_t)environment, &inject), 0);
    assert_string_equal(value(&inject, "JOULEBOOK_RUN"), "01RUN");
    assert_string_equal(inject.environment[0], "A=1");
    assert_null(inject.environment[2]);
    jb_inject_finish(&inject);
}

static void sanitizers_are_asked_to_bear_it(void **state)
{
    const char *own[] = {"ASAN_OPTIONS=detect_leaks=0", NULL},
               *said[] = {"ASAN_OPTIONS=verify_asan_link_order=1", NULL};
    const char *none[] = {NULL};
    struct jb_inject inject = inject_into((char **)(uintptr_t)own, "/bin/sh", false);

    assert_string_equal(value(&inject, "ASAN_OPTIONS"), "detect_leaks=0:verify_asan_link_order=0");
    jb_inject_finish(&inject);
    inject = inject_into((char **)(uintptr_t)said, "/bin/sh", false);
    assert_string_equal(value(&inject, "ASAN_OPTIONS"), "verify_asan_link_order=1");
    jb_inject_finish(&inject);
    inject = inject_into((char **)(uintptr_t)none, "/bin/sh", false);
    assert_string_equal(value(&inject, "ASAN_OPTIONS"), "verify_asan_link_order=0");
    jb_inject_finish(&inject);
}

static void without_a_gpu_cuda_is_left_alone(void **state)
{
    const char *environment[] = {NULL};
    struct jb_inject inject = inject_into((char **)(uintptr_t)environment, "/bin/sh", false);

    assert_null(value(&inject, "CUDA_INJECTION64_PATH"));
    jb_inject_finish(&inject);
}

static void a_program_that_cannot_take_it_is_not_given_it(void **state)
{
    const char *environment[] = {"A=1", NULL};
    struct jb_inject inject = inject_into((char **)(uintptr_t)environment, "/no/such/program", true);

    assert_null(value(&inject, "LD_PRELOAD"));
    assert_string_equal(value(&inject, "JOULEBOOK_RING"), "/proc/1/fd/7");
    assert_false(inject.paths & JB_PATH_PYTORCH);
    jb_inject_finish(&inject);
}

static void without_a_probe_only_the_interface_is_given(void **state)
{
    const char *environment[] = {"A=1", NULL};
    struct jb_inject_setup setup = {.run = "01RUN", .ring = "/proc/1/fd/7", .program = "/bin/sh", .cuda = true};
    struct jb_inject inject;

    assert_int_equal(jb_inject(&setup, (char **)(uintptr_t)environment, &inject), 0);
    assert_null(value(&inject, "LD_PRELOAD"));
    assert_null(value(&inject, "JOULEBOOK_LIBRARY"));
    assert_int_equal(inject.paths, JB_PATH_API);
    jb_inject_finish(&inject);
}

static void a_path_that_the_list_cannot_hold_is_left_out(void **state)
{
    const char *environment[] = {"A=1", NULL};
    struct jb_inject_setup setup = {
        .probe = "/my files/probe.so", .run = "01RUN", .ring = "/proc/1/fd/7", .program = "/bin/sh"};
    struct jb_inject inject;

    assert_int_equal(jb_inject(&setup, (char **)(uintptr_t)environment, &inject), 0);
    assert_null(value(&inject, "LD_PRELOAD"));
    assert_int_equal(inject.note_count, 1);
    assert_string_equal(value(&inject, "INTEL_LIBITTNOTIFY64"), "/my files/probe.so");
    jb_inject_finish(&inject);
}

static void the_folder_of_libraries_can_be_named(void **state)
{
    char path[256];

    setenv("JOULEBOOK_LIBDIR", "/etc", 1);
    assert_true(jb_inject_find("passwd", path, sizeof(path)));
    assert_string_equal(path, "/etc/passwd");
    assert_false(jb_inject_find("no-such-file", path, sizeof(path)));
    assert_false(jb_inject_find("passwd", path, 5));
    setenv("JOULEBOOK_LIBDIR", "relative", 1);
    assert_false(jb_inject_find("passwd", path, sizeof(path)));
    unsetenv("JOULEBOOK_LIBDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_environment_gets_all),
        cmocka_unit_test(what_is_there_already_stays_and_is_said),
        cmocka_unit_test(where_nothing_is_heard_only_the_run_is_named),
        cmocka_unit_test(sanitizers_are_asked_to_bear_it),
        cmocka_unit_test(without_a_gpu_cuda_is_left_alone),
        cmocka_unit_test(a_program_that_cannot_take_it_is_not_given_it),
        cmocka_unit_test(without_a_probe_only_the_interface_is_given),
        cmocka_unit_test(a_path_that_the_list_cannot_hold_is_left_out),
        cmocka_unit_test(the_folder_of_libraries_can_be_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
