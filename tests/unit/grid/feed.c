/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.c - the thread that fetches: when it asks, what it hands over, and that it can be left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes.h"

#include "base/http_library.h"
#include "grid/cache.h"
#include "grid/feed.h"

#include <signal.h>
#include <time.h>

static const char *says; /* NULL: an error */
static bool hangs;

static void play(const char *path, struct server_reply *reply)
{
    reply->status = says != NULL ? 200 : 500;
    reply->hang = hangs;
    snprintf(reply->body, sizeof(reply->body), "%s", says != NULL ? says : "");
}

static void set(const char *text, bool hang)
{
    pthread_mutex_lock(&fake_server.lock);
    says = text;
    hangs = hang;
    pthread_mutex_unlock(&fake_server.lock);
}

static int begin(void **state)
{
    static struct jb_curl curl;
    if (jb_curl_load(NULL, &curl, NULL) < 0) {
        print_message("no libcurl\n");
        return -1;
    }
    says = NULL;
    hangs = false;
    return fake_start(state, play);
}

static int64_t now(void)
{
    return jb_walltime_ns(&fake_settings.walltime);
}

static uint64_t in_ms(uint64_t ms)
{
    return jb_mono_ns() + ms * JB_NS_PER_MS;
}

static struct jb_feed *start(int64_t from_ns)
{
    struct jb_feed *feed = NULL;
    struct jb_diag diag = {0};
    assert_int_equal(jb_feed_start(&fake_settings, &fake_place, JB_AVERAGE, from_ns, &feed, NULL, &diag), 0);
    return feed;
}

/* Waits for what must come; 10 s is for ever. */
static bool take(struct jb_feed *feed, struct jb_track *track)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    for (uint64_t end_ns = in_ms(10000); jb_mono_ns() < end_ns;) {
        if (jb_feed_take(feed, track)) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static void it_asks_when_it_starts(void **state)
{
    struct jb_track track = {0};
    fake_make("gamma");
    fake_clock(7);
    set("5 10 123", false);
    struct jb_feed *feed = start(now());
    assert_true(take(feed, &track));
    assert_int_equal(track.count, 1);
    assert_float_equal(track.points[0].g_per_kwh, 123, 0);
    assert_false(jb_feed_take(feed, &track)); /* no news */
    jb_feed_destroy(feed);
    jb_track_finish(&track);
}

static void a_fresh_cache_is_enough(void **state)
{
    struct jb_track track = {0};
    fake_make("gamma");
    fake_clock(7);
    set("5 10 123", false);
    for (int i = 0; i < 3; i++) {
        struct jb_feed *feed = start(now());
        assert_true(take(feed, &track));
        jb_feed_destroy(feed);
    }
    assert_int_equal(server_requests(&fake_server), 1);
    jb_track_finish(&track);
}

static void at_the_end_a_new_quarter_is_asked_about(void **state)
{
    struct jb_track track = {0};
    fake_make("gamma");
    fake_clock(14.995); /* 0.3 s before */
    set("10 15 1", false);
    int64_t from_ns = now();
    struct jb_feed *feed = start(from_ns);
    assert_true(take(feed, &track));
    set("15 20 2", false);
    while (now() <= AT(15)) {
        const struct timespec pause = {.tv_nsec = 10000000};
        nanosleep(&pause, NULL);
    }
    jb_feed_finish(feed, in_ms(5000));
    assert_true(jb_feed_take(feed, &track));
    assert_int_equal(track.count, 2);
    assert_float_equal(jb_track_at(&track, now())->g_per_kwh, 2, 0);
    assert_int_equal(server_requests(&fake_server), 2);
    jb_feed_destroy(feed);
    jb_track_finish(&track);
}

static void at_the_end_nobody_is_asked_about_what_is_known(void **state)
{
    struct jb_track track = {0};
    fake_make("gamma");
    fake_clock(14.995);
    set("10 30 1", false);
    struct jb_feed *feed = start(now());
    assert_true(take(feed, &track));
    while (now() <= AT(15)) {
        const struct timespec pause = {.tv_nsec = 10000000};
        nanosleep(&pause, NULL);
    }
    jb_feed_finish(feed, in_ms(5000));
    assert_int_equal(server_requests(&fake_server), 1);
    jb_feed_destroy(feed);
    jb_track_finish(&track);
}

static void wait_request(void)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    for (uint64_t end_ns = in_ms(10000); server_requests(&fake_server) == 0;) {
        assert_true(jb_mono_ns() < end_ns);
        nanosleep(&pause, NULL);
    }
}

static void what_went_wrong_is_told(void **state)
{
    struct jb_steps steps = {.count = 0};
    fake_make("gamma");
    set(NULL, false);
    struct jb_feed *feed = start(now());
    wait_request();
    jb_feed_finish(feed, in_ms(5000));
    jb_feed_steps(feed, &steps);
    assert_int_equal(steps.count, 1);
    jb_feed_destroy(feed);
}

/* Also where a quarter has begun meanwhile: the answer would be cut off by the end of the run. */
static void for_a_moment_nobody_is_asked(void **state)
{
    fake_make("gamma");
    fake_clock(15);
    set("0 30 1", false);
    struct jb_feed *feed = start(now() - (int64_t)JB_NS_PER_S);
    jb_feed_finish(feed, in_ms(5000));
    assert_int_equal(server_requests(&fake_server), 0);
    jb_feed_destroy(feed);
}

static void one_that_hangs_is_left_behind(void **state)
{
    struct jb_track track = {0};
    fake_make("gamma");
    fake_settings.cache[0] = '\0'; /* it would write there when the test is over */
    set("0 5 1", true);
    struct jb_feed *feed = start(now());
    wait_request();
    uint64_t begin_ns = jb_mono_ns();
    assert_false(jb_feed_take(feed, &track));
    assert_true(jb_mono_ns() - begin_ns < 50 * JB_NS_PER_MS);
    jb_feed_finish(feed, in_ms(50));
    jb_feed_destroy(feed);
    assert_true(jb_mono_ns() - begin_ns < 1000 * JB_NS_PER_MS);
}

static void nobody_to_ask_is_said(void **state)
{
    struct jb_feed *feed = NULL;
    struct jb_steps steps = {.count = 0};
    struct jb_diag diag = {0};
    fake_make(NULL);
    fake_settings.live = false;
    assert_int_equal(jb_feed_start(&fake_settings, &fake_place, JB_AVERAGE, now(), &feed, &steps, &diag), -ENODATA);
    assert_null(feed);
    assert_int_equal(steps.count, 1);
    assert_non_null(strstr(diag.text, "nobody to ask"));
    jb_feed_destroy(NULL);
}

static void signals_go_to_other_threads(void **state)
{
    struct jb_track track = {0};
    char path[64], line[256];
    bool blocked = false, seen = false;
    fake_make("gamma");
    set("0 5 1", false);
    struct jb_feed *feed = start(now());
    assert_true(take(feed, &track));
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
        snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", task->d_name);
        FILE *status = task->d_name[0] != '.' ? fopen(path, "re") : NULL;
        bool ours = false;
        while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
            ours |= strcmp(line, "Name:\tjb-grid\n") == 0;
            if (ours && strncmp(line, "SigBlk:", 7) == 0) {
                seen = true;
                blocked = (strtoull(line + 7, NULL, 16) >> (SIGINT - 1) & 1) != 0 &&
                          (strtoull(line + 7, NULL, 16) >> (SIGTERM - 1) & 1) != 0;
            }
        }
        if (status != NULL) {
            fclose(status);
        }
    }
    closedir(tasks);
    assert_true(seen && blocked);
    jb_feed_destroy(feed);
    jb_track_finish(&track);
}

static void it_is_due_in_the_next_quarter_or_when_it_may_be_asked_again(void **state)
{
    const int64_t spread_ns = 7 * (int64_t)JB_NS_PER_S, second_ns = (int64_t)JB_NS_PER_S;
    assert_true(jb_feed_due(AT(0), INT64_MAX, spread_ns) == AT(15) + spread_ns);
    assert_true(jb_feed_due(AT(15) - 1, INT64_MAX, spread_ns) == AT(15) + spread_ns);
    assert_true(jb_feed_due(AT(15), INT64_MAX, spread_ns) == AT(30) + spread_ns);
    assert_true(jb_feed_due(AT(3), AT(4), spread_ns) == AT(4));
    assert_true(jb_feed_due(AT(3), AT(200), spread_ns) == AT(15) + spread_ns);
    assert_true(jb_feed_due(AT(3), AT(1), spread_ns) == AT(3) + second_ns); /* never at once: that would not end */
}

static void sleeping_costs_nothing(void **state)
{
    struct jb_track track = {0};
    fake_make("gamma");
    set("0 5 1", false);
    struct jb_feed *feed = start(now());
    assert_true(take(feed, &track));
    uint64_t before_ns = jb_self_cpu_ns();
    const struct timespec pause = {.tv_nsec = 300000000};
    nanosleep(&pause, NULL);
    assert_true(jb_self_cpu_ns() - before_ns < 5 * JB_NS_PER_MS);
    jb_feed_destroy(feed);
    jb_track_finish(&track);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, fake_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(it_asks_when_it_starts),
        WITH_SERVER(a_fresh_cache_is_enough),
        WITH_SERVER(at_the_end_a_new_quarter_is_asked_about),
        WITH_SERVER(at_the_end_nobody_is_asked_about_what_is_known),
        WITH_SERVER(what_went_wrong_is_told),
        WITH_SERVER(for_a_moment_nobody_is_asked),
        WITH_SERVER(nobody_to_ask_is_said),
        WITH_SERVER(signals_go_to_other_threads),
        cmocka_unit_test(it_is_due_in_the_next_quarter_or_when_it_may_be_asked_again),
        WITH_SERVER(sleeping_costs_nothing),
        WITH_SERVER(one_that_hangs_is_left_behind), /* last: its thread lives on for 5 s */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
