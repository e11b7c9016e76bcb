/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of an endless session: however they overlap, those on top sum to the session's part, to the microjoule and on
 * each channel; who inside of whom; what sensors tell late; pids of accelerators that come and go.
 */
#include "burner.h"
#include "made_session.h"

#include "base/clock.h"
#include "engine/session.h"
#include "engine/session_impl.h"
#include "engine/session_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANY 9

static struct jb_session *make(const char *sensors)
{
    struct jb_session_config config = made_config(sensors);

    config.interval_ns = 20 * JB_NS_PER_MS;
    config.basis = "footprint";
    config.endless = true;
    struct jb_session *session = made_session(&config);
    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    return session;
}

/* A run as the test sees it. */
struct watched {
    struct session_run *run;
    pid_t pid, inner_pid;
    uint64_t total0_uj[8], top_uj[8]; /* of the session when it began; while it was on top */
};

static struct session_run *begin(struct jb_session *session, pid_t top)
{
    struct session_run *run = NULL;

    session_cut(session, false);
    assert_int_equal(session_run_begin(session, top, &run), 0);
    return run;
}

static uint64_t run_uj(const struct jb_session *session, const struct session_run *run, int number)
{
    struct jb_parts parts;

    session_run_parts(session, run, number, &parts);
    return parts.run_uj;
}

/* Between two moments without a beginning or an end: runs on top got what the session's part grew by. */
static void check(const struct jb_session *session, struct watched *runs, size_t count, uint64_t *top_uj,
                  uint64_t *session_uj)
{
    for (int number = 0; number < session->channel_count; number++) {
        uint64_t sum_uj = 0;
        for (size_t i = 0; i < count; i++) {
            if (runs[i].run == NULL) {
                continue;
            }
            struct jb_parts parts;
            session_run_parts(session, runs[i].run, number, &parts);
            assert_int_equal(jb_parts_total(&parts),
                             jb_parts_total(&session->channels[number].totals) - runs[i].total0_uj[number]);
            assert_true(parts.others_uj <= jb_parts_total(&parts));
            if (session_run_parent(runs[i].run) == NULL) {
                sum_uj += parts.run_uj - runs[i].top_uj[number];
            }
            runs[i].top_uj[number] = parts.run_uj;
        }
        top_uj[number] += sum_uj;
        session_uj[number] = session->channels[number].totals.run_uj;
        assert_int_equal(top_uj[number], session_uj[number]);
        assert_int_equal(jb_parts_total(&session->channels[number].totals),
                         session->channels[number].account.energy_uj);
    }
}

/* The second was cut, and looked at. */
static void watch(struct jb_session *session, struct watched *watched, pid_t top)
{
    assert_int_equal(session_run_begin(session, top, &watched->run), 0);
    for (int i = 0; i < session->channel_count; i++) {
        watched->total0_uj[i] = jb_parts_total(&session->channels[i].totals);
        watched->top_uj[i] = 0;
    }
}

static void runs_on_top_sum_to_the_session(void **state)
{
    const char *text = getenv("JB_SEED");
    unsigned seed = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 7;
    struct jb_session *session =
        make("fake:watts=93:device=cpu:unit=0,fake:watts=17:device=ram:unit=0:update=300ms,fake:watts=41:device=gpu");
    struct watched runs[MANY] = {{0}};
    uint64_t top_uj[8] = {0}, session_uj[8] = {0};

    for (unsigned step = 0; step < 30; step++) {
        size_t i = (size_t)rand_r(&seed) % MANY;
        if (runs[i].run == NULL && runs[i].pid == 0) {
            runs[i].pid = fork_pair((unsigned)rand_r(&seed) % 60, (unsigned)rand_r(&seed) % 60, &runs[i].inner_pid);
            session_cut(session, false);
            check(session, runs, MANY, top_uj, session_uj);
            watch(session, &runs[i], runs[i].pid);
        } else if (runs[i].run == NULL) { /* inside of its own old processes, or of what is around them */
            session_cut(session, false);
            check(session, runs, MANY, top_uj, session_uj);
            watch(session, &runs[i], step % 2 ? runs[i].inner_pid : runs[i].pid);
        } else {
            session_cut(session, step % 3 == 0);
            check(session, runs, MANY, top_uj, session_uj);
            session_run_end(session, runs[i].run);
            runs[i].run = NULL;
            if (step % 2) {
                end_burner(runs[i].pid);
                runs[i].pid = 0;
            }
        }
        tick_for(session, (uint64_t)(rand_r(&seed) % 80) * JB_NS_PER_MS);
    }
    session_cut(session, true);
    check(session, runs, MANY, top_uj, session_uj);
    assert_true(session_uj[0] > 0); /* somebody was charged with something */
    for (size_t i = 0; i < MANY; i++) {
        session_run_end(session, runs[i].run);
        if (runs[i].pid > 0) {
            end_burner(runs[i].pid);
        }
    }
    jb_session_destroy(session);
}

/* Tick until the run has used so much processor time. */
static void tick_until_used(struct jb_session *session, const struct session_run *run, uint64_t cpu_ns)
{
    uint64_t deadline_ns = jb_mono_ns() + 20 * JB_NS_PER_S;

    while (session_run_cpu_ns(run) < cpu_ns) {
        assert_true(jb_mono_ns() < deadline_ns);
        tick_for(session, 50 * JB_NS_PER_MS);
        session_cut(session, false);
    }
}

static void an_inner_run_is_told_in_the_outer_one(void **state)
{
    struct jb_session *session = make("fake:watts=50:device=cpu:unit=0");
    pid_t inner_pid;
    pid_t pid = fork_pair(0, 400, &inner_pid);
    struct session_run *outer = begin(session, pid), *inner = begin(session, inner_pid);

    assert_ptr_equal(session_run_parent(inner), outer);
    assert_null(session_run_parent(outer));
    tick_until_used(session, inner, 200 * JB_NS_PER_MS);
    assert_true(run_uj(session, inner, 0) > 0);
    assert_true(run_uj(session, outer, 0) >= run_uj(session, inner, 0));
    assert_int_equal(run_uj(session, outer, 0), session->channels[0].totals.run_uj);
    session_run_end(session, outer); /* the inner one goes on by itself */
    assert_null(session_run_parent(inner));
    session_run_end(session, inner);
    end_burner(pid);
    jb_session_destroy(session);
}

/* Attached to later than what runs inside of it: processor time is not counted twice. */
static void a_run_that_begins_around_another_takes_it_in(void **state)
{
    struct jb_session *session = make("fake:watts=50:device=cpu:unit=0");
    pid_t inner_pid;
    pid_t pid = fork_pair(0, 600, &inner_pid);
    struct session_run *inner = begin(session, inner_pid), *outer = begin(session, pid);
    uint64_t before_uj = run_uj(session, inner, 0);

    assert_ptr_equal(session_run_parent(inner), outer);
    tick_until_used(session, inner, 300 * JB_NS_PER_MS);
    uint64_t inner_uj = run_uj(session, inner, 0) - before_uj;
    assert_true(inner_uj > 0);
    assert_true(run_uj(session, outer, 0) >= inner_uj);
    session_run_end(session, inner);
    session_run_end(session, outer);
    end_burner(pid);
    jb_session_destroy(session);
}

/* A sensor that moves every few seconds tells of a run after its end: its joules are not laid on those that go on. */
static void what_is_told_late_is_not_laid_on_others(void **state)
{
    struct jb_session *session = make("fake:watts=100:device=ram:unit=0:update=3s");
    pid_t first_pid = fork_burner(600), second_pid = fork_burner(150);
    struct session_run *first = begin(session, first_pid), *second = begin(session, second_pid);

    uint64_t energy_uj = session->channels[0].account.energy_uj;
    tick_until_used(session, first, 500 * JB_NS_PER_MS);
    tick_until_used(session, second, 120 * JB_NS_PER_MS);
    uint64_t first_ns = session_run_cpu_ns(first);
    bool told = session->channels[0].account.energy_uj != energy_uj; /* a slow machine: the step came before the end */
    session_run_end(session, first);
    uint64_t deadline_ns = jb_mono_ns() + 20 * JB_NS_PER_S;
    while (session->channels[0].totals.run_uj + session->channels[0].totals.unattributed_uj == 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        tick_for(session, 100 * JB_NS_PER_MS);
        session_cut(session, false);
    }
    uint64_t second_ns = session_run_cpu_ns(second);
    double all_uj = (double)(session->channels[0].totals.run_uj + session->channels[0].totals.unattributed_uj);
    double due = (double)second_ns / (double)(first_ns + second_ns);
    if (!told) {
        assert_true((double)run_uj(session, second, 0) < (due + 0.15) * all_uj);
        assert_int_equal(run_uj(session, second, 0), session->channels[0].totals.run_uj);
    }
    session_run_end(session, second);
    end_burner(first_pid);
    end_burner(second_pid);
    jb_session_destroy(session);
}

static void tick_until_charged(struct jb_session *session, const struct session_run *run)
{
    uint64_t deadline_ns = jb_mono_ns() + 20 * JB_NS_PER_S;

    while (run_uj(session, run, 0) == 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        tick_for(session, 50 * JB_NS_PER_MS);
        session_cut(session, false);
    }
}

/* A process on an accelerator that the outer run was charged with is the inner one's when that begins, and again the
 * outer one's when it has ended. */
static void an_inner_run_takes_its_accelerator_along(void **state)
{
    char sensors[96];
    pid_t inner_pid;
    pid_t pid = fork_pair(0, 0, &inner_pid);
    snprintf(sensors, sizeof(sensors), "fake:watts=200:device=gpu:unit=0:pid=%d:busy=0.5", (int)inner_pid);
    struct jb_session *session = make(sensors);
    struct session_run *outer = begin(session, pid);

    tick_until_charged(session, outer);
    struct session_run *inner = begin(session, inner_pid);
    uint64_t begun_uj = run_uj(session, outer, 0);
    tick_until_charged(session, inner);
    uint64_t inner_uj = run_uj(session, inner, 0);
    assert_int_equal(run_uj(session, outer, 0) - begun_uj, inner_uj);
    session_run_end(session, inner);
    assert_true(session_runs_own(session, inner_pid));
    session_run_end(session, outer);
    end_burner(pid);
    jb_session_destroy(session);
}

/* A run that starts a process for each batch: there is room for the next one after any number of them. */
static void pids_that_are_gone_make_room(void **state)
{
    struct jb_session *session = make("fake:watts=200:device=gpu:unit=0");
    struct session_run *run = begin(session, getpid());

    for (int i = 0; i < 100; i++) {
        pid_t pid = fork_burner(0);
        session->uses[0] = (struct jb_gpu_use){.pid = pid};
        session->use_count = 1;
        session_runs_forget(session);
        session_runs_know(session, pid);
        assert_true(session_runs_own(session, pid));
        end_burner(pid);
        assert_true(session_runs_own(session, pid)); /* the driver still names it */
    }
    session->use_count = 0;
    session_run_end(session, run);
    jb_session_destroy(session);
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
    struct jb_session *session = make("fake:watts=10:unit=0");
    struct session_run *runs[JB_SESSION_RUNS], *one_more = NULL;
    pid_t pid = fork_burner(0);

    for (size_t i = 0; i < JB_SESSION_RUNS; i++) {
        assert_int_equal(session_run_begin(session, pid, &runs[i]), 0);
    }
    assert_int_equal(session_run_begin(session, pid, &one_more), -ENOSPC);
    assert_null(one_more);
    tick_for(session, 50 * JB_NS_PER_MS);
    session_cut(session, true);
    for (size_t i = 0; i < JB_SESSION_RUNS; i += 2) { /* whatever the order */
        session_run_end(session, runs[i]);
    }
    session_cut(session, true);
    for (size_t i = JB_SESSION_RUNS - 1; i < JB_SESSION_RUNS; i -= 2) {
        session_run_end(session, runs[i]);
    }
    session_run_end(session, NULL);
    end_burner(pid);
    jb_session_destroy(session);
}

/* A lane that does not answer: the first end waits for it, those right after it do not; each is cut all the same. */
static void ends_wait_for_a_slow_lane_a_part_of_the_time(void **state)
{
    struct jb_session *session =
        make("fake:watts=30:device=cpu:unit=0,fake-lane:watts=10:device=gpu:unit=0:fault=stall:at=200ms:for=6s");
    tick_for(session, 400 * JB_NS_PER_MS);
    uint64_t from_ns = jb_mono_ns();

    session_cut(session, true);
    uint64_t first_ns = jb_mono_ns() - from_ns;
    for (int i = 0; i < 20; i++) {
        uint64_t attributed_ns = session->attributed_ns;
        session_cut(session, true);
        assert_true(session->attributed_ns > attributed_ns);
    }
    uint64_t all_ns = jb_mono_ns() - from_ns;
    assert_true(first_ns >= 90 * JB_NS_PER_MS);
    if (all_ns >= 1000 * JB_NS_PER_MS) { /* 2.1 s if each had waited */
        fail_msg("%.0f ms, %.0f of them the first", (double)all_ns / 1e6, (double)first_ns / 1e6);
    }
    jb_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_on_top_sum_to_the_session),
        cmocka_unit_test(an_inner_run_is_told_in_the_outer_one),
        cmocka_unit_test(a_run_that_begins_around_another_takes_it_in),
        cmocka_unit_test(what_is_told_late_is_not_laid_on_others),
        cmocka_unit_test(an_inner_run_takes_its_accelerator_along),
        cmocka_unit_test(pids_that_are_gone_make_room),
        cmocka_unit_test(there_is_room_for_so_many_and_no_more),
        cmocka_unit_test(ends_wait_for_a_slow_lane_a_part_of_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
