/* SPDX-License-Identifier: Apache-2.0 */
/* A dlsym() of ours before that of the C library: its answers, and what it notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/arrive.h"
#include "probe/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the place of entry.c. */
static struct {
    _Atomic unsigned arrivals, inside, most_inside;
    void (*during)(void);
} seen;

void probe_arrived(void)
{
    unsigned inside = atomic_fetch_add(&seen.inside, 1) + 1;
    if (inside > seen.most_inside) {
        seen.most_inside = inside;
    }
    atomic_fetch_add(&seen.arrivals, 1);
    if (seen.during != NULL) {
        seen.during();
    }
    errno = EDOM;
    atomic_fetch_sub(&seen.inside, 1);
}

static void *open_one(const char *file)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/tests/unit/probe/%s", getenv("JB_BUILD_ROOT"), file);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    return library;
}

static void answers_are_those_of_the_c_library(void **state)
{
    /* That this program calls ours, which is a test of the test. */
    Dl_info info;
    assert_int_not_equal(dladdr((void *)dlsym, &info), 0);
    assert_null(strstr(info.dli_fname, "libc.so"));
    assert_non_null(dlsym(RTLD_DEFAULT, "getenv"));
    assert_null(dlsym(RTLD_DEFAULT, "there is no such function"));
    assert_non_null(strstr(dlerror(), "there is no such function"));
    assert_null(dlerror());
    /* The next after the caller, which is this program and not the probe. */
    void *next = dlsym(RTLD_NEXT, "dlsym");
    assert_non_null(next);
    assert_ptr_not_equal(next, (void *)dlsym);
    void *library = open_one("libtorch_cpu.so.known.so");
    assert_non_null(dlsym(library, "fake_begin"));
    dlclose(library);
}

static void an_interposed_function_finds_the_next_after_itself(void **state)
{
    void *library = open_one("libnext.so");
    /* It asks for RTLD_NEXT from within itself: of its own dependencies, not of this program. */
    void *(*next)(const char *) = (void *(*)(const char *))dlsym(library, "next_after_me");
    assert_non_null(next);
    assert_null(next("next_after_me"));
    assert_ptr_equal(next("getenv"), dlsym(RTLD_DEFAULT, "getenv"));
    dlclose(library);
}

static void what_is_loaded_is_noticed_once_by_the_next_dlsym(void **state)
{
    arrive_watch();
    unsigned before = seen.arrivals;
    (void)dlsym(RTLD_DEFAULT, "getenv");
    assert_int_equal(seen.arrivals, before);
    void *library = open_one("libtorch_cpu.so.known.so");
    assert_int_equal(seen.arrivals, before); /* nobody has asked yet */
    errno = ERANGE;
    (void)dlsym(RTLD_DEFAULT, "getenv");
    assert_int_equal(errno, ERANGE);
    assert_int_equal(seen.arrivals, before + 1);
    (void)dlsym(RTLD_DEFAULT, "getenv");
    assert_int_equal(seen.arrivals, before + 1);
    dlclose(library);
    (void)dlsym(RTLD_DEFAULT, "getenv");
    assert_int_equal(seen.arrivals, before + 1);
}

static void look_again(void)
{
    arrive_settle();
    (void)dlsym(RTLD_DEFAULT, "getenv");
}

static void load_more(void)
{
    seen.during = look_again;
    void *library = open_one("libtorch_cpu.so.old.so");
    (void)dlsym(library, "fake_begin");
}

static void looking_may_look_and_load(void **state)
{
    seen.during = look_again;
    void *library = open_one("libtorch_cpu.so.known.so");
    unsigned before = seen.arrivals;
    (void)dlsym(library, "fake_begin");
    assert_int_equal(seen.arrivals, before + 1);
    seen.during = load_more;
    void *moved = open_one("libtorch_cpu.so.moved.so");
    (void)dlsym(moved, "fake_begin");
    assert_int_equal(seen.arrivals, before + 3); /* what came while it looked is looked at afterwards, by itself */
    seen.during = NULL;
    dlclose(moved);
    dlclose(library);
}

static int from_within(struct dl_phdr_info *info, size_t size, void *asked)
{
    *(void **)asked = dlsym(RTLD_DEFAULT, "getenv");
    return 1;
}

static void a_caller_may_hold_the_lock_of_the_loader(void **state)
{
    void *asked = NULL;
    void *library = open_one("libtorch_cpu.so.known.so");
    unsigned before = seen.arrivals;
    dl_iterate_phdr(from_within, &asked);
    assert_non_null(asked);
    assert_int_equal(seen.arrivals, before + 1);
    dlclose(library);
    /* And a constructor: this one's calls dlsym() while dlopen() is at work. */
    before = seen.arrivals;
    library = open_one("libnext.so");
    assert_int_equal(seen.arrivals, before + 1);
    dlclose(library);
}

static void *load_and_ask(void *which)
{
    for (unsigned i = 0; i < 50; i++) {
        void *library = open_one(*(const char *const *)which);
        if (dlsym(library, "fake_begin") == NULL) {
            return NULL;
        }
        dlclose(library);
    }
    return which;
}

static void of_many_threads_one_looks(void **state)
{
    static const char *files[] = {"libtorch_cpu.so.known.so", "libtorch_cpu.so.old.so", "libtorch_cpu.so.moved.so",
                                  "libtorch_cpu.so.wild.so"};
    pthread_t thread[4];
    seen.most_inside = 0;
    unsigned before = seen.arrivals;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, load_and_ask, (void *)&files[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(thread[i], &result), 0);
        assert_non_null(result);
    }
    assert_int_equal(seen.most_inside, 1);
    assert_true(seen.arrivals > before);
    assert_int_equal(seen.inside, 0);
    unsigned after = seen.arrivals;
    void *library = open_one("libtorch_cpu.so.known.so");
    (void)dlsym(library, "fake_begin"); /* nobody was left waiting */
    assert_int_equal(seen.arrivals, after + 1);
    dlclose(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_the_c_library),
        cmocka_unit_test(an_interposed_function_finds_the_next_after_itself),
        cmocka_unit_test(what_is_loaded_is_noticed_once_by_the_next_dlsym),
        cmocka_unit_test(looking_may_look_and_load),
        cmocka_unit_test(a_caller_may_hold_the_lock_of_the_loader),
        cmocka_unit_test(of_many_threads_one_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
