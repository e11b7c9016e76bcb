/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attribution/gpu_share.h"

#define S    1000000000ull
#define NOW  (100 * S)
#define OURS 1000 /* pids from here on are the run's */

static bool is_ours(const void *context, int32_t pid)
{
    assert_string_equal(context, "the run");
    return pid >= OURS;
}

static struct jb_gpu_use busy(int32_t pid, uint32_t percent)
{
    return (struct jb_gpu_use){
        .pid = pid, .utilisation_known = true, .busy_ppm = percent * 10000, .t0_ns = NOW - S, .t1_ns = NOW};
}

static struct jb_gpu_use holder(int32_t pid)
{
    return (struct jb_gpu_use){.pid = pid};
}

static struct jb_gpu_share share(const struct jb_gpu_use *uses, size_t count)
{
    struct jb_gpu_share result = {.exclusive = true};

    jb_gpu_share(uses, count, 0, NOW, is_ours, "the run", &result);
    return result;
}

static void assert_unknown(const struct jb_gpu_use *uses, size_t count)
{
    struct jb_gpu_share result = share(uses, count);

    assert_false(result.shares.known);
    assert_false(result.exclusive);
}

static void assert_ratio(const struct jb_gpu_use *uses, size_t count, uint64_t run, uint64_t others)
{
    struct jb_gpu_share result = share(uses, count);

    assert_true(result.shares.known);
    assert_false(result.exclusive);
    assert_int_equal(result.shares.nobody, 0);
    assert_true(result.shares.run + result.shares.others > 0);
    assert_true((unsigned __int128)result.shares.run * others == (unsigned __int128)result.shares.others * run);
}

static void assert_exclusive(const struct jb_gpu_use *uses, size_t count)
{
    struct jb_gpu_share result = share(uses, count);

    assert_true(result.shares.known);
    assert_true(result.exclusive);
    assert_true(result.shares.run > 0);
    assert_int_equal(result.shares.others + result.shares.nobody, 0);
}

static void a_device_that_only_the_run_holds_is_its_own(void **state)
{
    struct jb_gpu_use by_holding[] = {holder(OURS), holder(OURS + 1)};
    struct jb_gpu_use garbage[] = {busy(OURS, 0), busy(OURS + 1, 400)};

    assert_exclusive(by_holding, 2);
    assert_exclusive(garbage, 2);
}

static void a_device_that_only_others_hold_is_not_the_runs(void **state)
{
    struct jb_gpu_use uses[] = {busy(1, 0), holder(2), busy(3, 900)};
    struct jb_gpu_share result = share(uses, 3);

    assert_true(result.shares.known);
    assert_false(result.exclusive);
    assert_int_equal(result.shares.run + result.shares.nobody, 0);
    assert_true(result.shares.others > 0);
}

static void a_device_that_nobody_holds_is_nobodys(void **state)
{
    struct jb_gpu_share result = share(NULL, 0);

    assert_true(result.shares.known);
    assert_false(result.exclusive);
    assert_int_equal(result.shares.run + result.shares.others, 0);
    assert_true(result.shares.nobody > 0);
}

static void a_shared_device_is_divided_by_busy_time(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 45), busy(1, 10), busy(OURS + 1, 15), busy(2, 5)};
    struct jb_gpu_use all_idle_but_one[] = {busy(OURS, 0), busy(1, 10)};

    assert_ratio(uses, 4, 60, 15);
    assert_ratio(all_idle_but_one, 2, 0, 1);
}

static void a_longer_window_weighs_more(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 50), busy(1, 50)};

    uses[0].t0_ns = NOW - 3 * S;
    assert_ratio(uses, 2, 3, 1);
}

static void several_windows_of_a_process_add_up(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 90), busy(OURS, 90), busy(1, 5), busy(1, 5)};

    uses[0].t0_ns = uses[2].t0_ns = NOW - 2 * S;
    uses[0].t1_ns = uses[2].t1_ns = NOW - S;
    assert_ratio(uses, 4, 18, 1);
}

static void windows_without_length_still_compare(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 60), busy(1, 20)};

    uses[0].t0_ns = uses[1].t0_ns = NOW;
    assert_ratio(uses, 2, 3, 1);
}

static void other_devices_do_not_matter(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 50), busy(1, 50)};

    uses[1].channel = 4;
    assert_exclusive(uses, 2);
}

static void more_than_a_hundred_percent_is_garbage(void **state)
{
    struct jb_gpu_use foreign[] = {busy(OURS, 50), busy(1, 101)};
    struct jb_gpu_use own[] = {busy(OURS, 4000), busy(1, 50)};

    assert_unknown(foreign, 2);
    assert_unknown(own, 2);
}

static void a_sum_up_to_a_tenth_over_is_granted(void **state)
{
    struct jb_gpu_use granted[] = {busy(OURS, 80), busy(1, 30)};
    struct jb_gpu_use beyond[] = {busy(OURS, 80), busy(1, 31)};

    assert_ratio(granted, 2, 80, 30);
    assert_unknown(beyond, 2);
}

static void when_nobody_was_busy_nothing_is_known(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 0), busy(1, 0)};

    assert_unknown(uses, 2);
}

static void assert_weights(const struct jb_gpu_use *uses, size_t count, uint64_t run, uint64_t others, uint64_t nobody)
{
    struct jb_gpu_share result = share(uses, count);

    assert_true(result.shares.known);
    assert_false(result.exclusive);
    assert_int_equal(result.shares.run, run * 10000 * S);
    assert_int_equal(result.shares.others, others * 10000 * S);
    assert_int_equal(result.shares.nobody, nobody * 10000 * S);
}

static void what_a_holder_of_unknown_use_may_have_used_is_nobodys(void **state)
{
    struct jb_gpu_use foreign[] = {busy(OURS, 50), holder(1)};
    struct jb_gpu_use own[] = {holder(OURS), busy(1, 50), busy(OURS + 1, 20)};
    struct jb_gpu_use full[] = {busy(OURS, 60), holder(1), busy(2, 45)};
    struct jb_gpu_use both[] = {holder(OURS), holder(1)};

    assert_weights(foreign, 2, 50, 0, 50);
    assert_weights(own, 3, 20, 50, 30);
    assert_weights(full, 3, 60, 45, 0);
    assert_unknown(both, 2);
}

static void a_stale_foreign_pid_is_dropped(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 50), busy(1, 50)};

    uses[1].t0_ns = NOW - 12 * S;
    uses[1].t1_ns = NOW - 10 * S - 1;
    assert_exclusive(uses, 2);
    uses[1].t1_ns = NOW - 10 * S; /* old enough is not too old */
    assert_false(share(uses, 2).exclusive);
    uses[1].t1_ns = NOW + 10 * S + 1; /* nor is the future of use */
    assert_exclusive(uses, 2);
    uses[0] = uses[1];
    assert_int_equal(share(uses, 1).shares.others, 0);
    assert_true(share(uses, 1).shares.nobody > 0);
}

static void a_stale_window_of_ours_says_that_it_was_idle(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 50), busy(1, 50)};

    uses[0].t1_ns = NOW - 20 * S;
    uses[0].t0_ns = NOW - 21 * S;
    assert_ratio(uses, 2, 0, 1);
    assert_exclusive(uses, 1);
}

static void a_window_that_ends_before_it_began_tells_nothing(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 50), busy(1, 50)};

    uses[1].t0_ns = NOW + S;
    assert_unknown(uses, 2);
}

static void the_largest_windows_do_not_overflow(void **state)
{
    struct jb_gpu_use uses[] = {busy(OURS, 50), busy(1, 25)};
    struct jb_gpu_share result;

    uses[0].t0_ns = uses[1].t0_ns = 0;
    uses[0].t1_ns = uses[1].t1_ns = UINT64_MAX;
    jb_gpu_share(uses, 2, 0, UINT64_MAX, is_ours, "the run", &result);
    assert_true(result.shares.known);
    assert_int_equal(result.shares.run / (result.shares.others / 1000), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_only_the_run_holds_is_its_own),
        cmocka_unit_test(a_device_that_only_others_hold_is_not_the_runs),
        cmocka_unit_test(a_device_that_nobody_holds_is_nobodys),
        cmocka_unit_test(a_shared_device_is_divided_by_busy_time),
        cmocka_unit_test(a_longer_window_weighs_more),
        cmocka_unit_test(several_windows_of_a_process_add_up),
        cmocka_unit_test(windows_without_length_still_compare),
        cmocka_unit_test(other_devices_do_not_matter),
        cmocka_unit_test(more_than_a_hundred_percent_is_garbage),
        cmocka_unit_test(a_sum_up_to_a_tenth_over_is_granted),
        cmocka_unit_test(when_nobody_was_busy_nothing_is_known),
        cmocka_unit_test(what_a_holder_of_unknown_use_may_have_used_is_nobodys),
        cmocka_unit_test(a_stale_foreign_pid_is_dropped),
        cmocka_unit_test(a_stale_window_of_ours_says_that_it_was_idle),
        cmocka_unit_test(a_window_that_ends_before_it_began_tells_nothing),
        cmocka_unit_test(the_largest_windows_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
