/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - when a provider may be asked, and that one process at a time does.
 */
#include "grid/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "machine.h"

#define MINUTE (60 * (int64_t)JB_NS_PER_S)
#define NOON   INT64_C(1795348800000000000)
#define AT(m)  (NOON + (m)*MINUTE)
#define DAY    (24 * 60 * MINUTE)

static const struct jb_provider provider = {.name = "alpha"};
static const struct jb_ask ask = {.zone = "XX"};

static void each_quarter_has_one_answer_of_a_kind(void **state)
{
    struct jb_cached cached = {.failures = 0};
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(0)));
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), 0, 0, NULL);
    assert_true(cached.asked_ns == AT(0));
    assert_false(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(0)));
    assert_false(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(15) - 1));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(15)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_FORECAST, AT(1)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_RANGE, AT(1)));
    jb_cache_note(&cached, JB_ASK_FORECAST, AT(1), 0, 0, NULL);
    jb_cache_note(&cached, JB_ASK_RANGE, AT(2), 0, 0, NULL);
    assert_false(jb_cache_may_ask(&cached, JB_ASK_FORECAST, AT(14)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_RANGE, AT(2)));
    assert_true(cached.asked_ns == AT(0) && cached.forecast_asked_ns == AT(1));
}

static void a_failure_makes_all_kinds_wait(void **state)
{
    static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    struct jb_cached cached = {.failures = 0};
    int64_t now = AT(0);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        jb_cache_note(&cached, i % 2 == 0 ? JB_ASK_LATEST : JB_ASK_RANGE, now, -EIO, 0, "broken");
        assert_true(cached.retry_ns == now + waits[i] * MINUTE);
        assert_int_equal(cached.failures, i + 1);
        assert_string_equal(cached.error, "broken");
        for (int kind = JB_ASK_LATEST; kind <= JB_ASK_FORECAST; kind++) {
            assert_false(jb_cache_may_ask(&cached, (enum jb_ask_kind)kind, cached.retry_ns - 1));
            assert_true(jb_cache_may_ask(&cached, (enum jb_ask_kind)kind, cached.retry_ns));
        }
        now = cached.retry_ns;
    }
    jb_cache_note(&cached, JB_ASK_RANGE, now, 0, 0, NULL);
    assert_int_equal(cached.failures, 0);
    assert_string_equal(cached.error, "");
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, now));
    cached.failures = UINT32_MAX;
    jb_cache_note(&cached, JB_ASK_LATEST, now, -EIO, 0, "x");
    assert_int_equal(cached.failures, UINT32_MAX);
    assert_true(cached.retry_ns == now + 60 * MINUTE);
}

static void a_failure_does_not_use_up_the_quarter(void **state)
{
    struct jb_cached cached = {.failures = 0};
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -ETIMEDOUT, 0, "late");
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(1)));
    jb_cache_note(&cached, JB_ASK_LATEST, AT(1), 0, 0, NULL);
    assert_false(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(2)));
}

static void what_the_server_says_is_waited_for_up_to_a_day(void **state)
{
    struct jb_cached cached = {.failures = 0};
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -EAGAIN, 600, "busy");
    assert_true(cached.retry_ns == AT(10));
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -EAGAIN, 1, "busy"); /* ours is longer */
    assert_true(cached.retry_ns == AT(2));
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -EAGAIN, 90000, "busy");
    assert_true(cached.retry_ns == AT(0) + DAY);
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -EAGAIN, UINT64_MAX, "busy");
    assert_true(cached.retry_ns == AT(0) + DAY);
}

static void nothing_there_is_an_answer(void **state)
{
    struct jb_cached cached = {.failures = 3, .retry_ns = AT(9)};
    jb_cache_note(&cached, JB_ASK_LATEST, AT(10), -ENODATA, 0, "nothing for XX");
    assert_int_equal(cached.failures, 0);
    assert_string_equal(cached.error, "nothing for XX");
    assert_false(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(14)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(15)));
}

static void a_range_is_heard_until_the_quarter_is_over(void **state)
{
    struct jb_cached cached = {.failures = 0};
    const int64_t hour = 4 * JB_CACHE_SLOT_NS, noon = INT64_C(1795348800000000000);
    assert_false(jb_cache_heard_range(&cached, noon, noon - hour, noon));
    jb_cache_note_range(&cached, noon, noon - hour, noon);
    assert_true(jb_cache_heard_range(&cached, noon + 1, noon - hour, noon));
    assert_true(jb_cache_heard_range(&cached, noon + 1, noon - hour / 2, noon - 1));
    assert_false(jb_cache_heard_range(&cached, noon + 1, noon - hour - 1, noon));
    assert_false(jb_cache_heard_range(&cached, noon + 1, noon - hour, noon + 1));
    assert_false(jb_cache_heard_range(&cached, noon + JB_CACHE_SLOT_NS, noon - hour, noon));
    for (int64_t i = 2; i <= JB_CACHE_SPANS + 1; i++) { /* the oldest goes */
        jb_cache_note_range(&cached, noon + 1, noon - i * hour, noon - (i - 1) * hour);
    }
    assert_int_equal(cached.range_count, JB_CACHE_SPANS);
    assert_false(jb_cache_heard_range(&cached, noon + 1, noon - hour, noon));
    assert_true(jb_cache_heard_range(&cached, noon + 1, noon - 2 * hour, noon - hour));
    jb_cache_note_range(&cached, noon + JB_CACHE_SLOT_NS, noon, noon + 1);
    assert_int_equal(cached.range_count, 1);
}

static void a_clock_that_went_back_is_no_reason_to_wait(void **state)
{
    struct jb_cached cached = {.failures = 0};
    jb_cache_note(&cached, JB_ASK_LATEST, AT(600), 0, 0, NULL);
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(0)));
    jb_cache_note(&cached, JB_ASK_LATEST, AT(600), -EIO, 80000, "broken");
    assert_false(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(601)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(599)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_RANGE, AT(599)));
    cached = (struct jb_cached){.asked_ns = -1};
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, 1)); /* before and after 1970 are two quarters */
}

static void an_error_is_kept_short_and_clean(void **state)
{
    struct jb_cached cached = {.failures = 0};
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    text[3] = '\033';
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -EIO, 0, text);
    assert_int_equal(strlen(cached.error), sizeof(cached.error) - 1);
    assert_int_equal(cached.error[3], '?');
    jb_cache_note(&cached, JB_ASK_LATEST, AT(0), -EIO, 0, NULL);
    assert_string_equal(cached.error, "");
}

static void one_holds_the_lock(void **state)
{
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/a/b", machine);
    int lock = jb_cache_lock(folder, &provider, &ask, 0);
    assert_true(lock >= 0);
    assert_true(fcntl(lock, F_GETFD) & FD_CLOEXEC);
    struct stat st;
    assert_int_equal(fstat(lock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    uint64_t begin_ns = jb_mono_ns();
    assert_int_equal(jb_cache_lock(folder, &provider, &ask, 0), -EWOULDBLOCK);
    assert_int_equal(jb_cache_lock(folder, &provider, &ask, 50 * JB_NS_PER_MS), -EWOULDBLOCK);
    assert_true(jb_mono_ns() - begin_ns >= 50 * JB_NS_PER_MS);
    const struct jb_ask other = {.zone = "YY"};
    int second = jb_cache_lock(folder, &provider, &other, 0);
    assert_true(second >= 0);
    close(second);
    close(lock);
    lock = jb_cache_lock(folder, &provider, &ask, 0);
    assert_true(lock >= 0);
    close(lock);
}

static void the_lock_of_one_who_died_is_free(void **state)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(jb_cache_lock(machine, &provider, &ask, 0) >= 0 ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    int lock = jb_cache_lock(machine, &provider, &ask, 0);
    assert_true(lock >= 0);
    close(lock);
}

static void where_nothing_can_be_written_there_is_no_lock(void **state)
{
    char folder[128];
    assert_int_equal(jb_cache_lock("", &provider, &ask, 0), -ENOENT);
    assert_int_equal(jb_cache_lock(NULL, &provider, &ask, 0), -ENOENT);
    machine_file("/plain", "x");
    snprintf(folder, sizeof(folder), "%s/plain", machine);
    assert_int_equal(jb_cache_lock(folder, &provider, &ask, 0), -ENOTDIR);
    machine_link("/alpha-XX-lifecycle.lock", "/tmp/elsewhere"); /* a link is not followed */
    assert_int_equal(jb_cache_lock(machine, &provider, &ask, 0), -ELOOP);
}

#define ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, machine_setup, machine_teardown)

static void a_plan_without_a_forecast_has_a_present(void **state)
{
    struct jb_cached cached = {0};
    jb_cache_note(&cached, JB_ASK_FORECAST, AT(0), -EPERM, 0, "no forecast");
    assert_false(jb_cache_may_ask(&cached, JB_ASK_FORECAST, AT(1)));
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(1)));
    jb_cache_note(&cached, JB_ASK_RANGE, AT(1), -EPERM, 0, "no past");
    assert_true(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(1)));
    jb_cache_note(&cached, JB_ASK_LATEST, AT(1), -EPERM, 0, "not for this zone");
    assert_false(jb_cache_may_ask(&cached, JB_ASK_LATEST, AT(1) + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_quarter_has_one_answer_of_a_kind),
        cmocka_unit_test(a_failure_makes_all_kinds_wait),
        cmocka_unit_test(a_failure_does_not_use_up_the_quarter),
        cmocka_unit_test(what_the_server_says_is_waited_for_up_to_a_day),
        cmocka_unit_test(nothing_there_is_an_answer),
        cmocka_unit_test(a_range_is_heard_until_the_quarter_is_over),
        cmocka_unit_test(a_clock_that_went_back_is_no_reason_to_wait),
        cmocka_unit_test(an_error_is_kept_short_and_clean),
        ON_MACHINE(one_holds_the_lock),
        ON_MACHINE(the_lock_of_one_who_died_is_free),
        ON_MACHINE(where_nothing_can_be_written_there_is_no_lock),
        cmocka_unit_test(a_plan_without_a_forecast_has_a_present),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
