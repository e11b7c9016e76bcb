/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partitioned GPU: shares by slices, and what cannot be seen is never the run's.
 */
#include "nvml_test.h"

#include "attribution/gpu_share.h"
#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 64
#define TWO  "mig 0 on\ninstance 0 gi=1 ci=0 slices=4\ninstance 0 gi=2 ci=0 slices=3\n"
#define ONE  "mig 0 on\nprocesses 0 denied\ninstance 0 gi=2 ci=0 slices=2\n" /* what a container is shown */

static int ask(struct nvml_test *test, struct jb_gpu_use *uses)
{
    return jb_sensor_nvml.processes(&test->source, uses, ROOM);
}

static bool is_11(const void *context, int32_t pid)
{
    (void)context;
    return pid == 11;
}

/* What attribution makes of it. */
static struct jb_shares shares(const struct jb_gpu_use *uses, int count)
{
    struct jb_gpu_share share;
    jb_gpu_share(uses, (size_t)count, 0, jb_mono_ns(), is_11, NULL, &share);
    return share.shares;
}

static double part(uint64_t of, const struct jb_shares *all)
{
    return (double)of / (double)(all->run + all->others + all->nobody);
}

static void instances_share_the_board_by_their_slices(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    static const char *const scripts[] = {
        TWO "process 0 pid=11 gi=1 ci=0\nprocess 0 pid=12 gi=2 ci=0\n",
        TWO "processes 0 denied\nprocess 0 pid=11 gi=1 ci=0\nprocess 0 pid=12 gi=2 ci=0\n", /* asked one by one */
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(nvml_test_open(test, scripts[i]), 0);
        int count = ask(test, uses);
        assert_int_equal(count, 2);
        assert_true(uses[0].utilisation_known && uses[1].utilisation_known);
        assert_int_equal(uses[0].busy_ppm, 571428);
        assert_int_equal(uses[1].busy_ppm, 428571);
        struct jb_shares both = shares(uses, count);
        assert_true(both.known);
        assert_true(part(both.run, &both) > 0.571 && part(both.run, &both) < 0.572);
        assert_int_equal(both.nobody, 0);
    }
}

static void processes_of_one_instance_divide_its_slices(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, TWO "process 0 pid=11 gi=1 ci=0\nprocess 0 pid=12 gi=1 ci=0\n"), 0);
    assert_int_equal(ask(test, uses), 2);
    assert_int_equal(uses[0].busy_ppm, 571428 / 2);
    assert_int_equal(uses[1].busy_ppm, 571428 / 2);
}

static void who_has_the_board_for_himself_is_charged_for_all_of_it(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, TWO "process 0 pid=11 gi=2 ci=0\n"), 0);
    int count = ask(test, uses);
    assert_int_equal(count, 1);
    struct jb_shares alone = shares(uses, count);
    assert_true(alone.known && part(alone.run, &alone) == 1.0);
    nvml_test_script(test, TWO);
    assert_int_equal(ask(test, uses), 0);
}

static void the_board_is_not_the_runs_when_only_one_instance_is_seen(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, ONE "process 0 pid=11 gi=2 ci=0\n"), 0);
    int count = ask(test, uses);
    assert_int_equal(count, 2);
    assert_int_equal(uses[1].pid, 0); /* somebody that is not seen */
    struct jb_shares some = shares(uses, count);
    assert_true(some.known);
    assert_true(part(some.run, &some) > 0.285 && part(some.run, &some) < 0.286); /* two slices of seven */
    assert_true(part(some.others, &some) > 0.714 && part(some.others, &some) < 0.715);
    assert_non_null(strstr(test->channels[0].note, "not seen here"));
    nvml_test_script(test, ONE); /* without a process of ours nothing of it is the run's */
    count = ask(test, uses);
    assert_int_equal(count, 1);
    some = shares(uses, count);
    assert_true(some.known && some.run == 0);
}

static void one_instance_of_all_slices_is_the_whole_board(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "mig 0 on\nprocesses 0 denied\ninstance 0 gi=0 ci=0 slices=7\n"
                                          "process 0 pid=11 gi=0 ci=0\n"),
                     0);
    assert_int_equal(ask(test, uses), 1);
    assert_int_equal(uses[0].busy_ppm, 1000000);
}

static void a_container_without_processes_does_not_know(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    char proc[96], pid[112];
    test->machine.container = true;
    test->env.root = test->folder;
    snprintf(proc, sizeof(proc), "%s/proc", test->folder);
    snprintf(pid, sizeof(pid), "%s/11", proc);
    assert_int_equal(mkdir(proc, 0700), 0);
    assert_int_equal(mkdir(pid, 0700), 0);
    assert_int_equal(nvml_test_open(test, ONE), 0);
    assert_int_equal(ask(test, uses), -EAGAIN);
    nvml_test_script(test, ONE "process 0 pid=500 gi=2 ci=0\n"); /* a number of the host's */
    assert_int_equal(ask(test, uses), -EAGAIN);
    nvml_test_script(test, ONE "process 0 pid=11 gi=2 ci=0\n");
    assert_int_equal(ask(test, uses), 2);
    nvml_test_close(test);
    rmdir(pid);
    rmdir(proc);
}

static void instances_that_were_destroyed_are_listed_anew(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, TWO "processes 0 denied\nprocess 0 pid=11 gi=1 ci=0\n"), 0);
    assert_int_equal(ask(test, uses), 1);
    nvml_test_script(test, ONE "process 0 pid=11 gi=2 ci=0\n");
    assert_true(ask(test, uses) < 0); /* the handle of one that is no more */
    assert_int_equal(ask(test, uses), 2);
    assert_int_equal(uses[0].busy_ppm, 285714);
}

static void what_is_in_no_known_instance_has_no_known_use(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, TWO "process 0 pid=11 gi=1 ci=0\nprocess 0 pid=12 gi=9 ci=0\n"), 0);
    int count = ask(test, uses);
    assert_int_equal(count, 2);
    assert_false(uses[1].utilisation_known);
    struct jb_shares some = shares(uses, count);
    assert_true(some.known && some.nobody > 0); /* the rest may be its, and is nobody's */
}

static void slices_that_cannot_be(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "mig 0 on\nslices 0 4\ninstance 0 gi=1 ci=0 slices=99\n"
                                          "process 0 pid=11 gi=1 ci=0\nprocess 0 pid=12 gi=1 ci=0\n"),
                     0);
    assert_int_equal(ask(test, uses), 2);
    assert_false(uses[0].utilisation_known);
    assert_int_equal(nvml_test_open(test, "mig 0 on\nslices 0 0\nprocess 0 pid=11\n"), 0);
    assert_int_equal(ask(test, uses), -ENOTSUP); /* a library that knows nothing of instances */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, nvml_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(instances_share_the_board_by_their_slices),
        TEST(processes_of_one_instance_divide_its_slices),
        TEST(who_has_the_board_for_himself_is_charged_for_all_of_it),
        TEST(the_board_is_not_the_runs_when_only_one_instance_is_seen),
        TEST(one_instance_of_all_slices_is_the_whole_board),
        TEST(a_container_without_processes_does_not_know),
        TEST(instances_that_were_destroyed_are_listed_anew),
        TEST(what_is_in_no_known_instance_has_no_known_use),
        TEST(slices_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
