/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session on made-up sensors: the ledger closes whatever they do, a tick allocates nothing, a sensor that dies is
 * told. The fake driver follows the monotonic clock exactly, so that joules can be checked without any sleep being
 * exact.
 */
#include "made_session.h"

#include "base/clock.h"
#include "engine/buckets.h"
#include "engine/session.h"
#include "engine/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define COUNT_ALLOCATIONS
#endif
#else
#define COUNT_ALLOCATIONS
#endif
#endif

#ifdef COUNT_ALLOCATIONS
/* Replace the allocator of this test by one that counts what one thread does while it is watched. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
static __thread bool watched_thread;
static __thread unsigned allocations;

void *malloc(size_t size)
{
    allocations += watched_thread;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size)
{
    allocations += watched_thread;
    return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size)
{
    allocations += watched_thread;
    return __libc_realloc(old, size);
}
#endif

/* A calendar on which no round time comes by within a test: marks are allocated. */
static struct jb_walltime quiet_time(void)
{
    return (struct jb_walltime){.ahead_ns = JB_BUCKET_NS + 10 * (int64_t)JB_NS_PER_S - jb_wall_ns() % JB_BUCKET_NS};
}

static struct jb_session *make(const char *sensors, const char *db)
{
    struct jb_session_config config = made_config(sensors);

    config.walltime = quiet_time();
    config.db_path = db;
    return made_session(&config);
}

static void assert_closes(const struct jb_record *record)
{
    uint64_t machine_uj = 0;

    assert_int_equal(record->machine_uj,
                     record->run_uj + record->idle_uj + record->others_uj + record->unattributed_uj);
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        assert_int_equal(channel->energy_uj,
                         channel->run_uj + channel->idle_uj + channel->others_uj + channel->unattributed_uj);
        machine_uj += channel->in_total ? channel->energy_uj : 0;
    }
    assert_int_equal(record->machine_uj, machine_uj);
    assert_true(record->footprint_uj <= record->run_uj + record->idle_uj);
}

static void known_power_gives_known_joules(void **state)
{
    struct jb_session *session =
        make("fake:watts=100:device=cpu:unit=0,fake:watts=40:device=gpu:unit=1:kind=power", "none");
    struct jb_record *record = run_for(session, 1200 * JB_NS_PER_MS);

    assert_closes(record);
    double joules = (double)record->machine_uj / 1e6;
    /* The readings lie a little outside of the run at both ends; never inside it. */
    assert_true(joules >= 0.97 * 140 * record->duration_s && joules <= 140 * (record->duration_s + 0.5));
    assert_true(record->emissions_g > 0);
    assert_true(record->uncertainty_uj > 0);
    jb_session_destroy(session);
}

static struct jb_session *make_every(uint64_t interval_ns)
{
    struct jb_session *session = make("fake:watts=100:device=cpu:unit=0", "none");

    session->config.interval_ns = interval_ns;
    return session;
}

static uint64_t period_ns(const struct jb_session *session)
{
    struct itimerspec timer;

    assert_int_equal(timerfd_gettime(jb_session_timer_fd(session), &timer), 0);
    return (uint64_t)timer.it_interval.tv_sec * JB_NS_PER_S + (uint64_t)timer.it_interval.tv_nsec;
}

/* sensors.md 7: a counter that may wrap is read at least each quarter of its horizon, however long the interval. */
static void sensors_are_read_before_they_can_wrap(void **state)
{
    struct jb_session *session = make_every(60 * JB_NS_PER_S);

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    assert_true(period_ns(session) <= 10 * JB_NS_PER_S);
    jb_session_destroy(session);

    session = make_every(JB_NS_PER_S);
    session->channels[0].own.horizon_ns = 80 * JB_NS_PER_MS;
    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    assert_int_equal(period_ns(session), 20 * JB_NS_PER_MS);
    assert_int_equal(session->polls_per_tick, 50);
    jb_session_destroy(session);

    session = make_every(10 * JB_NS_PER_MS);
    session->channels[0].own.horizon_ns = 80 * JB_NS_PER_MS;
    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    assert_int_equal(period_ns(session), 10 * JB_NS_PER_MS);
    jb_session_destroy(session);
}

/* Attributed, and on its way to the store, with each tick: an interval longer than a chunk loses no more than itself.
 */
static void a_long_interval_is_attributed_at_each_tick(void **state)
{
    struct jb_session *session = make_every(2 * JB_NS_PER_S);

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    uint64_t started_ns = session->attributed_ns;
    tick_for(session, JB_NS_PER_S);
    assert_true(session->attributed_ns > started_ns);
    jb_session_destroy(session);
}

static void every_fault_closes(void **state)
{
    static const char *const faults[] = {"stall", "gone", "backwards", "frozen", "nan", "reset", "wild"};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        char sensors[128];
        snprintf(sensors, sizeof(sensors), "fake:watts=100:unit=0:fault=%s:at=100ms,fake:watts=10:device=ram",
                 faults[i]);
        struct jb_session *session = make(sensors, "none");
        struct jb_record *record = run_for(session, 400 * JB_NS_PER_MS);
        assert_closes(record);
        assert_true((double)record->machine_uj / 1e6 < 110 * (record->duration_s + 1));
        jb_session_destroy(session);
    }
}

static void a_lane_that_hangs_does_not_hold_up_the_end(void **state)
{
    struct jb_session *session =
        make("fake:watts=50:unit=0,fake-lane:watts=100:device=gpu:fault=hang:at=100ms", "none");
    uint64_t begin_ns = jb_mono_ns();
    struct jb_record *record = run_for(session, 500 * JB_NS_PER_MS);

    assert_closes(record);
    jb_session_destroy(session);
    assert_true(jb_mono_ns() - begin_ns < 10 * JB_NS_PER_S); /* the lane hangs for ever */
}

static void a_device_that_goes_is_told(void **state)
{
    struct jb_session *session = make("fake:watts=50:unit=0:fault=gone:at=100ms", "none");
    struct jb_record *record = run_for(session, 400 * JB_NS_PER_MS);
    bool told = false;

    for (size_t i = 0; i < record->warning_count; i++) {
        told = told || strstr(record->warnings[i], "went away") != NULL;
    }
    assert_true(told);
    assert_true(jb_session_failed(session));
    jb_session_destroy(session);
}

static void a_sleep_is_a_gap_and_told(void **state)
{
    struct jb_session *session = make("fake:watts=100:unit=0", "none");
    struct jb_ending ending = {.status = JB_RUN_FINISHED};

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    tick_for(session, 200 * JB_NS_PER_MS);
    session_check_sleep(session, session->sleep_ns + 60 * (int64_t)JB_NS_PER_S);
    tick_for(session, 200 * JB_NS_PER_MS);
    jb_session_stop(session, &ending);
    struct jb_record *record = jb_session_record(session);
    assert_closes(record);
    assert_non_null(strstr(record->channels[0].flag_text, "suspend"));
    assert_true(record->warning_count > 0);
    assert_non_null(strstr(record->warnings[record->warning_count - 1], "slept"));
    jb_session_destroy(session);
}

/* A board without a battery for its clock asks the network what time it is, in the middle of the run. */
static void a_clock_that_was_set_is_told(void **state)
{
    for (int set = 0; set < 2; set++) {
        struct jb_session *session = make("fake:watts=100:unit=0", "none");
        struct jb_ending ending = {.status = JB_RUN_FINISHED};
        bool told = false;

        assert_int_equal(jb_session_start(session, 0, NULL), 0);
        tick_for(session, 200 * JB_NS_PER_MS);
        session->config.walltime.ahead_ns += set * 7200 * (int64_t)JB_NS_PER_S;
        jb_session_stop(session, &ending);
        struct jb_record *record = jb_session_record(session);
        for (size_t i = 0; i < record->warning_count; i++) {
            told = told || strstr(record->warnings[i], "was set forward by 2 h") != NULL;
        }
        assert_int_equal(told, set);
        jb_session_destroy(session);
    }
}

static void clocks_read_apart_are_no_sleep(void **state)
{
    struct jb_session *session = make("fake:watts=100:unit=0", "none");

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    for (int i = 0; i < 1000; i++) {
        session_check_sleep(session, session_sleep_ns());
    }
    session_check_sleep(session, session->sleep_ns - 300);
    assert_int_equal(session->suspends, 0);
    jb_session_destroy(session);
}

static void unknown_sensors_are_refused(void **state)
{
    struct jb_session_config config = made_config("fakke");
    struct jb_session *session;
    struct jb_diag diag = {0};

    assert_true(jb_session_create(&config, &session, &diag) < 0);
    assert_non_null(strstr(diag.text, "fakke"));
    jb_session_destroy(NULL);
}

/* The calendar passes a round time while it runs: what was booked before it is known, in memory and in the store. */
static void a_round_time_leaves_a_mark(void **state)
{
    char folder[] = "/tmp/jb-session-XXXXXX", path[64], name[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/x.db", folder);
    struct jb_session *session = make("fake:watts=100:device=cpu:unit=0", path);
    session->config.walltime.ahead_ns += JB_BUCKET_NS - 11 * (int64_t)JB_NS_PER_S; /* it is 10 s past one: 1 s before */
    struct jb_record *record = run_for(session, 2500 * JB_NS_PER_MS);

    assert_int_equal(session->marks.count, 1);
    const struct jb_store_mark *mark = &session->marks.marks[0];
    assert_int_equal(mark->wall_ns % JB_BUCKET_NS, 0);
    assert_true(mark->wall_ns > record->started_ns && mark->wall_ns < record->ended_ns);
    uint64_t before_uj = mark->channels[0].run_uj + mark->channels[0].idle_uj + mark->channels[0].others_uj +
                         mark->channels[0].unattributed_uj;
    double before_s = (double)(mark->wall_ns - record->started_ns) / 1e9;
    assert_float_equal((double)before_uj / 1e6, 100 * before_s, 8); /* a chunk is 0.8 s, and even within */

    struct jb_store *store;
    struct jb_marks kept = {0};
    assert_int_equal(jb_store_open(path, JB_STORE_READ, &store, NULL), 0);
    assert_int_equal(jb_store_marks(store, record->id, &kept, NULL), 0);
    assert_int_equal(kept.count, 1);
    assert_int_equal(kept.marks[0].wall_ns, mark->wall_ns);
    assert_memory_equal(kept.marks[0].channels, mark->channels, sizeof(*mark->channels));
    jb_marks_finish(&kept);
    jb_store_close(store);
    jb_session_destroy(session);
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* The machine sleeps over two hours: what was used before lies before, in memory and in the store. */
static void a_sleep_ends_a_bucket(void **state)
{
    const int64_t sleep_ns = 7200 * (int64_t)JB_NS_PER_S;
    char folder[] = "/tmp/jb-session-XXXXXX", path[64], name[80];
    struct jb_ending ending = {.status = JB_RUN_FINISHED};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/x.db", folder);
    struct jb_session *session = make("fake:watts=100:device=cpu:unit=0", path);
    session->config.walltime.ahead_ns += 60 * (int64_t)JB_NS_PER_S;

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    tick_for(session, 3000 * JB_NS_PER_MS);
    session_check_sleep(session, session->sleep_ns + sleep_ns);
    tick_for(session, 2000 * JB_NS_PER_MS);
    jb_session_stop(session, &ending);

    struct jb_record *record = jb_session_record(session);
    struct jb_store *store;
    struct jb_marks kept = {0};
    assert_int_equal(jb_store_open(path, JB_STORE_READ, &store, NULL), 0);
    assert_int_equal(jb_store_marks(store, record->id, &kept, NULL), 0);
    assert_int_equal(kept.count, session->marks.count);
    const struct jb_store_mark *slept = kept.marks, *woke = kept.marks + 1;
    assert_int_equal(slept->wall_ns - (int64_t)slept->t_ns, record->started_ns);
    assert_int_equal(woke->wall_ns - (int64_t)woke->t_ns, record->started_ns + sleep_ns);
    jb_store_close(store);
    const struct jb_marks *both[] = {&session->marks, &kept};
    for (size_t i = 0; i < 2; i++) {
        struct jb_bucket *buckets = NULL;
        size_t count = 0;
        uint64_t before_uj = 0;
        snprintf(record->basis, sizeof(record->basis), "machine");
        assert_int_equal(jb_buckets_make(record, both[i], &buckets, &count), 0);
        for (size_t k = 0; k < count; k++) {
            int64_t length_ns = buckets[k].end_ns - buckets[k].start_ns;
            assert_true(length_ns <= JB_BUCKET_NS || buckets[k].energy_uj < 150 * 1000000);
            before_uj += buckets[k].end_ns - record->started_ns < sleep_ns / 2 ? buckets[k].energy_uj : 0;
        }
        assert_float_equal((double)before_uj / 1e6, 300, 120); /* a chunk lies on both sides */
        free(buckets);
    }
    jb_marks_finish(&kept);
    jb_session_destroy(session);
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void a_tick_allocates_nothing(void **state)
{
#ifdef COUNT_ALLOCATIONS
    char folder[] = "/tmp/jb-session-XXXXXX", path[64], name[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/x.db", folder);
    struct jb_session *session = make("fake:watts=100:unit=0,fake:watts=10:device=ram,cpu-model", path);
    struct jb_ending ending = {.status = JB_RUN_FINISHED};

    assert_int_equal(jb_session_start(session, 0, NULL), 0);
    tick_for(session, 50 * JB_NS_PER_MS);
    allocations = 0;
    watched_thread = true;
    tick_for(session, 2200 * JB_NS_PER_MS); /* at least two chunks are flushed in this */
    watched_thread = false;
    assert_int_equal(allocations, 0);
    jb_session_stop(session, &ending);
    assert_true(jb_session_stored(session));
    jb_session_destroy(session);
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(folder), 0);
#else
    print_message("the sanitizer has the allocator\n");
    skip();
#endif
}

static void baseline_is_measured_and_used(void **state)
{
    struct jb_session *session = make("fake:watts=30:unit=0", "none");
    uint64_t idle_uw, sigma_uw;

    assert_true(jb_session_baseline(session, 1000 * JB_NS_PER_MS, -1) >= 0);
    assert_true(jb_session_measured_idle(session, 0, &idle_uw, &sigma_uw));
    assert_in_range(idle_uw, 29000000, 31000000);
    struct jb_record *record = run_for(session, 300 * JB_NS_PER_MS);
    assert_closes(record);
    assert_string_equal(record->channels[0].idle_source, "measured before the run");
    assert_true(record->idle_uj > record->machine_uj * 9 / 10); /* the fake draws at rest what it always draws */
    jb_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_power_gives_known_joules),
        cmocka_unit_test(sensors_are_read_before_they_can_wrap),
        cmocka_unit_test(a_long_interval_is_attributed_at_each_tick),
        cmocka_unit_test(every_fault_closes),
        cmocka_unit_test(a_lane_that_hangs_does_not_hold_up_the_end),
        cmocka_unit_test(a_device_that_goes_is_told),
        cmocka_unit_test(a_sleep_is_a_gap_and_told),
        cmocka_unit_test(a_clock_that_was_set_is_told),
        cmocka_unit_test(clocks_read_apart_are_no_sleep),
        cmocka_unit_test(unknown_sensors_are_refused),
        cmocka_unit_test(a_round_time_leaves_a_mark),
        cmocka_unit_test(a_sleep_ends_a_bucket),
        cmocka_unit_test(a_tick_allocates_nothing),
        cmocka_unit_test(baseline_is_measured_and_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
