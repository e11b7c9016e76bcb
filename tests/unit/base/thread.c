/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/thread.c. */
#include "base/thread.h"

#include "base/clock.h"
#include "support.h"

#include <errno.h>
#include <signal.h>

#define SIGNALS 31                 /* those after belong to the C library, or are real-time signals */
#define LONG_NS (60 * JB_NS_PER_S) /* only ends a test that would hang */

struct seen {
    sigset_t blocked;
    size_t stack_bytes;
    char name[16];
    pthread_mutex_t lock;
};

static void *looks_at_itself(void *context)
{
    struct seen *seen = context;
    pthread_attr_t attributes;

    pthread_mutex_lock(&seen->lock); /* the name is given by who starts it */
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
    pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &seen->stack_bytes);
    pthread_attr_destroy(&attributes);
    pthread_mutex_unlock(&seen->lock);
    return NULL;
}

static void started(const char *name, size_t stack_bytes, struct seen *ret)
{
    pthread_t thread;

    memset(ret, 0, sizeof(*ret));
    pthread_mutex_init(&ret->lock, NULL);
    pthread_mutex_lock(&ret->lock);
    assert_int_equal(jb_thread_start(&thread, name, stack_bytes, looks_at_itself, ret), 0);
    pthread_mutex_unlock(&ret->lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_mutex_destroy(&ret->lock);
}

static void signals_stay_with_who_starts_it(void **state)
{
    struct seen seen;
    sigset_t mine, after;

    sigemptyset(&mine);
    sigaddset(&mine, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
    started("jb-test", 0, &seen);
    for (int signal = 1; signal <= SIGNALS; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP) {
            assert_int_equal(sigismember(&seen.blocked, signal), 1);
        }
    }
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int signal = 1; signal <= SIGNALS; signal++) {
        assert_int_equal(sigismember(&after, signal), signal == SIGUSR2);
    }
    sigemptyset(&mine);
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
}

static void a_name_is_cut_to_what_the_kernel_keeps(void **state)
{
    struct seen seen;

    started("jb-short", 0, &seen);
    assert_string_equal(seen.name, "jb-short");
    started("jb-of-sixteen-by", 0, &seen);
    assert_string_equal(seen.name, "jb-of-sixteen-b");
}

static void a_stack_is_as_large_as_was_asked_for(void **state)
{
    struct seen seen, usual;

    started("jb-test", (size_t)512 << 10, &seen);
    assert_int_equal(seen.stack_bytes, (size_t)512 << 10);
    started("jb-test", 0, &usual);
    assert_true(usual.stack_bytes != seen.stack_bytes);
}

static void a_stack_on_which_nobody_can_live_is_refused(void **state)
{
    pthread_t mine = pthread_self(), thread = mine;

    assert_int_equal(jb_thread_start(&thread, "jb-test", 1, looks_at_itself, NULL), -EINVAL);
    assert_true(pthread_equal(thread, mine));
}

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t condition;
    bool rung;
};

static void *rings(void *context)
{
    struct bell *bell = context;

    pthread_mutex_lock(&bell->lock);
    bell->rung = true;
    pthread_cond_signal(&bell->condition);
    pthread_mutex_unlock(&bell->lock);
    return NULL;
}

static void a_wait_ends_when_it_is_told(void **state)
{
    struct bell bell = {.lock = PTHREAD_MUTEX_INITIALIZER};
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    pthread_t thread;

    jb_cond_init(&bell.condition);
    pthread_mutex_lock(&bell.lock);
    assert_int_equal(jb_thread_start(&thread, "jb-test", 0, rings, &bell), 0);
    while (!bell.rung && jb_cond_until(&bell.condition, &bell.lock, deadline_ns)) {
    }
    assert_true(bell.rung);
    pthread_mutex_unlock(&bell.lock);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&bell.condition);
}

/* By the calendar, on which it is long past the deadline, this would come back at once. */
static void a_wait_ends_by_the_monotonic_clock(void **state)
{
    struct bell bell = {.lock = PTHREAD_MUTEX_INITIALIZER};

    jb_cond_init(&bell.condition);
    pthread_mutex_lock(&bell.lock);
    uint64_t deadline_ns = jb_mono_ns() + 20 * JB_NS_PER_MS;
    while (jb_cond_until(&bell.condition, &bell.lock, deadline_ns)) {
    }
    assert_true(jb_mono_ns() >= deadline_ns);
    assert_false(jb_cond_until(&bell.condition, &bell.lock, 0)); /* one that is over does not wait */
    pthread_mutex_unlock(&bell.lock);
    pthread_cond_destroy(&bell.condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_stay_with_who_starts_it),
        cmocka_unit_test(a_name_is_cut_to_what_the_kernel_keeps),
        cmocka_unit_test(a_stack_is_as_large_as_was_asked_for),
        cmocka_unit_test(a_stack_on_which_nobody_can_live_is_refused),
        cmocka_unit_test(a_wait_ends_when_it_is_told),
        cmocka_unit_test(a_wait_ends_by_the_monotonic_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
