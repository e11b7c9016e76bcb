/* SPDX-License-Identifier: Apache-2.0 */
/* Names in loaded libraries, and the next dlsym(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/object.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *open_one(const char *file)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/tests/unit/probe/%s", getenv("JB_BUILD_ROOT"), file);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    return library;
}

static void an_object_is_found_by_its_stem(void **state)
{
    static struct object object;
    assert_false(object_named("libtorch_cpu.so", &object));
    void *library = open_one("libtorch_cpu.so.known.so");
    assert_true(object_named("libtorch_cpu.so", &object));
    assert_non_null(strstr(object.path, "/libtorch_cpu.so.known.so"));
    assert_false(object_named("libtorch_cpu.s", &object)); /* not up to a dot */
    assert_false(object_named("torch_cpu.so", &object));
    assert_int_equal(dlclose(library), 0);
    assert_false(object_named("libtorch_cpu.so", &object));
}

static void symbols_are_those_that_dlsym_finds(void **state)
{
    /* One with the hash table of GNU, one with that of System V alone. */
    static const char *const files[] = {"libtorch_cpu.so.known.so", "libtorch_cpu.so.sysv.so"};
    static const char *const names[] = {"_ZN2at14removeCallbackEm", "fake_begin", "fake_end", "fake_count"};
    for (size_t i = 0; i < 2; i++) {
        static struct object object;
        void *library = open_one(files[i]);
        assert_true(object_named("libtorch_cpu.so", &object));
        for (size_t k = 0; k < 4; k++) {
            void *expected = dlsym(library, names[k]);
            assert_non_null(expected);
            assert_ptr_equal(object_symbol(&object, names[k]), expected);
        }
        assert_null(object_symbol(&object, "malloc")); /* wanted by it, not defined */
        assert_null(object_symbol(&object, "fake_begi"));
        assert_null(object_symbol(&object, ""));
        assert_int_equal(dlclose(library), 0);
    }
}

static void the_next_function_is_that_of_the_c_library(void **state)
{
    /* This program is the first object: what comes after it is what it would call. */
    assert_ptr_equal(object_next((const void *)open_one, "dlsym"), (void *)dlsym);
    assert_ptr_equal(object_next((const void *)open_one, "getenv"), dlsym(RTLD_DEFAULT, "getenv"));
    /* An object behind which there is none finds the first of the others. */
    void *library = open_one("libtorch_cpu.so.known.so");
    assert_ptr_equal(object_next(dlsym(library, "fake_begin"), "dlsym"), (void *)dlsym);
    assert_int_equal(dlclose(library), 0);
    assert_null(object_next((const void *)open_one, "there is no such function"));
}

static void loads_are_counted(void **state)
{
    uint64_t before = object_loads();
    assert_true(before > 0);
    assert_int_equal(object_loads(), before);
    void *library = open_one("libtorch_cpu.so.known.so");
    assert_true(object_loads() > before);
    assert_int_equal(dlclose(library), 0);
    assert_true(object_loads() > before); /* it counts up alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_found_by_its_stem),
        cmocka_unit_test(symbols_are_those_that_dlsym_finds),
        cmocka_unit_test(the_next_function_is_that_of_the_c_library),
        cmocka_unit_test(loads_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
