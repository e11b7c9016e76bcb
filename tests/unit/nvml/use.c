/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who used the GPUs: union of contexts and samples, bounded, and "not known" told apart from "nobody".
 */
#include "nvml_test.h"

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

static int ask(struct nvml_test *test, struct jb_gpu_use *uses)
{
    return jb_sensor_nvml.processes(&test->source, uses, ROOM);
}

static const struct jb_gpu_use *find(const struct jb_gpu_use *uses, int count, int channel, int32_t pid)
{
    for (int i = 0; i < count; i++) {
        if (uses[i].pid == pid && uses[i].channel == channel) {
            return &uses[i];
        }
    }
    return NULL;
}

static void nobody_is_nobody(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "gpus 2\n"), 0);
    assert_int_equal(ask(test, uses), 0);
}

static void users_are_listed_by_device_with_their_share(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    uint64_t before_ns = jb_mono_ns();
    assert_int_equal(
        nvml_test_open(test, "gpus 2\nprocess 0 pid=11 util=80\nprocess 1 pid=11 util=5\nprocess 1 pid=12\n"), 0);
    int count = ask(test, uses);
    assert_int_equal(count, 3);
    const struct jb_gpu_use *first = find(uses, count, 0, 11), *second = find(uses, count, 2, 11);
    const struct jb_gpu_use *context = find(uses, count, 2, 12);
    assert_true(first && first->utilisation_known);
    assert_int_equal(first->busy_ppm, 800000);
    assert_true(second && second->utilisation_known);
    assert_int_equal(second->busy_ppm, 50000);
    assert_true(context && context->utilisation_known); /* others were seen busy: then this one was not */
    assert_int_equal(context->busy_ppm, 0);
    assert_in_range(first->t0_ns, before_ns, first->t1_ns);
    assert_in_range(first->t1_ns, first->t0_ns, jb_mono_ns());

    count = ask(test, uses); /* the next window begins where this one ended, for each device */
    assert_int_equal(count, 3);
}

static void windows_follow_each_other(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "process 0 pid=11 util=80\n"), 0);
    assert_int_equal(ask(test, uses), 1);
    uint64_t end_ns = uses[0].t1_ns;
    assert_int_equal(ask(test, uses), 1);
    assert_int_equal(uses[0].t0_ns, end_ns);
}

static void samples_of_one_process_are_averaged(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "process 0 pid=11 util=60 count=9\nprocess 0 pid=12 util=20 count=2\n"), 0);
    int count = ask(test, uses);
    assert_int_equal(count, 2);
    assert_int_equal(find(uses, count, 0, 11)->busy_ppm, 600000);
    assert_int_equal(find(uses, count, 0, 12)->busy_ppm, 200000);
}

static void garbage_passes_raw_but_bounded(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "process 0 pid=11 util=50\ngarbage 0\n"), 0);
    int count = ask(test, uses);
    assert_int_equal(count, 3);
    assert_int_equal(find(uses, count, 0, 4000001)->busy_ppm, 30000000); /* 3000 %: attribution's filter */
    assert_int_equal(find(uses, count, 0, 4000002)->busy_ppm, UINT32_MAX);
    assert_null(find(uses, count, 0, 0));       /* never written */
    assert_null(find(uses, count, 0, 4000003)); /* of another decade */
    for (int i = 0; i < count; i++) {
        assert_true(uses[i].pid > 0);
    }
}

static void a_device_without_contexts_has_no_users(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "garbage 0\nprocess 0 pid=11 util=50 nocontext\n"), 0);
    assert_int_equal(ask(test, uses), 0);
    nvml_test_script(test, "process 0 pid=12 util=50\n");
    assert_int_equal(ask(test, uses), 1);
}

static void one_of_the_two_questions_is_enough(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "procutil 0 absent\nprocess 0 pid=11 util=50\n"), 0);
    assert_int_equal(ask(test, uses), 1);
    assert_false(uses[0].utilisation_known);
    assert_int_equal(nvml_test_open(test, "procutil 0 failing\nprocess 0 pid=11 util=50\n"), 0);
    assert_int_equal(ask(test, uses), 1);
    assert_int_equal(nvml_test_open(test, "processes 0 absent\nprocess 0 pid=11 util=50\n"), 0);
    assert_int_equal(ask(test, uses), 1);
    assert_true(uses[0].utilisation_known);
}

static void a_holder_of_a_device_at_rest_is_at_rest(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "util 0 0\nprocess 0 pid=11\n"), 0);
    assert_int_equal(ask(test, uses), 1);
    assert_true(uses[0].utilisation_known);
    assert_int_equal(uses[0].busy_ppm, 0);
    nvml_test_script(test, "util 0 40\nprocess 0 pid=11\n"); /* somebody is busy, the driver does not say who */
    assert_int_equal(ask(test, uses), 1);
    assert_false(uses[0].utilisation_known);
    nvml_test_script(test, "process 0 pid=11\n"); /* nor whether */
    assert_int_equal(ask(test, uses), 1);
    assert_false(uses[0].utilisation_known);
}

static void not_known_is_not_nobody(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "procutil 0 absent\nprocesses 0 absent\n"), 0);
    assert_int_equal(ask(test, uses), -ENOTSUP);
    /* A card of which nothing can be booked does not make the others unknown. */
    assert_int_equal(nvml_test_open(test, "gpus 2\ntegra 1\nprocess 0 pid=11 util=50\n"), 0);
    assert_int_equal(ask(test, uses), 1);
}

static void a_lost_gpu_has_no_users_and_hides_nobody_elses(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "gpus 2\n"), 0);
    nvml_test_script(test, "gpus 2\nlost 0\nprocess 0 pid=11 util=50\nprocess 1 pid=12 util=50\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(test, uses), 1);
        assert_int_equal(uses[0].pid, 12);
    }
    nvml_test_read(test);
    assert_int_equal(nvml_test_reading(test, 0, 0)->status, JB_GONE);
}

static void the_callers_room_is_kept_to(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    memset(uses, 0x5a, sizeof(uses));
    assert_int_equal(nvml_test_open(test, "process 0 pid=1 util=1\nprocess 0 pid=2\nprocess 0 pid=3\n"), 0);
    assert_int_equal(jb_sensor_nvml.processes(&test->source, uses, 2), 2);
    assert_int_equal(uses[2].pid, 0x5a5a5a5a);
    assert_int_equal(jb_sensor_nvml.processes(&test->source, uses, 0), 0);
}

/* 32 processes of 20 samples are more than the driver has room for. */
static void more_samples_than_room_leave_the_contexts(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    char script[4096] = "";
    size_t used = 0;
    for (int i = 0; i < 32; i++) {
        used += (size_t)snprintf(script + used, sizeof(script) - used, "process 0 pid=%d util=50 count=20\n", 100 + i);
    }
    assert_int_equal(nvml_test_open(test, script), 0);
    assert_int_equal(ask(test, uses), 32);
    for (int i = 0; i < 32; i++) {
        assert_false(uses[i].utilisation_known);
    }
}

static void a_container_that_hides_processes_is_not_nobody(void **state)
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

    assert_int_equal(nvml_test_open(test, "util 0 90\n"), 0); /* busy, and nobody is listed */
    assert_int_equal(ask(test, uses), -EAGAIN);
    nvml_test_script(test, "util 0 0\n");
    assert_int_equal(ask(test, uses), 0);
    nvml_test_script(test, "util 0 90\nprocess 0 pid=500 util=90\n"); /* a number of the host's */
    assert_int_equal(ask(test, uses), -EAGAIN);
    nvml_test_script(test, "util 0 90\nprocess 0 pid=11 util=90\n");
    assert_int_equal(ask(test, uses), 1);

    nvml_test_close(test);
    rmdir(pid);
    rmdir(proc);
}

/* The wall clock was set: samples cannot be put into the window, who holds a context is still known. */
static void a_clock_that_was_set_leaves_the_contexts(void **state)
{
    struct nvml_test *test = *state;
    struct jb_gpu_use uses[ROOM];
    assert_int_equal(nvml_test_open(test, "process 0 pid=11 util=80\n"), 0);
    test->nvml.gpus[0].uses.offset_ns += INT64_C(3600000000000);
    test->nvml.gpus[0].uses.seen_us = 1;
    assert_int_equal(ask(test, uses), 1);
    assert_false(uses[0].utilisation_known);
    assert_int_equal(ask(test, uses), 1);
    assert_true(uses[0].utilisation_known);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nvml_test_setup, nvml_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_nobody),
        TEST(users_are_listed_by_device_with_their_share),
        TEST(windows_follow_each_other),
        TEST(samples_of_one_process_are_averaged),
        TEST(garbage_passes_raw_but_bounded),
        TEST(a_device_without_contexts_has_no_users),
        TEST(one_of_the_two_questions_is_enough),
        TEST(a_holder_of_a_device_at_rest_is_at_rest),
        TEST(not_known_is_not_nobody),
        TEST(a_lost_gpu_has_no_users_and_hides_nobody_elses),
        TEST(the_callers_room_is_kept_to),
        TEST(more_samples_than_room_leave_the_contexts),
        TEST(a_container_that_hides_processes_is_not_nobody),
        TEST(a_clock_that_was_set_leaves_the_contexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
