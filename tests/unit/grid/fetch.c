/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.c - made-up providers behind a real server: who is asked for what, how often, and what is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes.h"

#include "base/cleanup.h"
#include "base/http_library.h"
#include "grid/cache_file.h"

#include <fcntl.h>
#include <sys/wait.h>

/* What a provider is to say: bodies by a text in the path, or a status. */
static struct script {
    const char *path, *body;
    int status;
    const char *headers;
} script[16];
static size_t script_count;

static void play(const char *path, struct server_reply *reply)
{
    reply->status = 404;
    for (size_t i = 0; i < script_count; i++) {
        if (strstr(path, script[i].path) != NULL) {
            reply->status = script[i].status != 0 ? script[i].status : 200;
            snprintf(reply->body, sizeof(reply->body), "%s", script[i].body != NULL ? script[i].body : "");
            snprintf(reply->headers, sizeof(reply->headers), "%s", script[i].headers != NULL ? script[i].headers : "");
            return;
        }
    }
}

static void says(const char *path, const char *body)
{
    pthread_mutex_lock(&fake_server.lock);
    script[script_count++] = (struct script){.path = path, .body = body};
    pthread_mutex_unlock(&fake_server.lock);
}

static void refuses(const char *path, int status, const char *body, const char *headers)
{
    pthread_mutex_lock(&fake_server.lock);
    script[script_count++] = (struct script){.path = path, .body = body, .status = status, .headers = headers};
    pthread_mutex_unlock(&fake_server.lock);
}

static void hush(void)
{
    pthread_mutex_lock(&fake_server.lock);
    script_count = 0;
    pthread_mutex_unlock(&fake_server.lock);
}

static int begin(void **state)
{
    static struct jb_curl curl;
    script_count = 0;
    if (jb_curl_load(NULL, &curl, NULL) < 0) {
        print_message("no libcurl\n");
        return -1;
    }
    return fake_start(state, play);
}

static struct jb_fetch *make(enum jb_signal signal)
{
    struct jb_fetch *fetch = NULL;
    assert_int_equal(jb_fetch_create(&fake_settings, &fake_place, signal, &fetch, NULL), 0);
    return fetch;
}

struct got {
    int err;
    struct jb_track track;
    struct jb_steps steps;
    struct jb_diag diag;
};

static struct got past(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t from_ns, int64_t to_ns)
{
    struct got got = {.err = 0};
    got.err = jb_fetch_past(fetch, how, from_ns, to_ns, &got.track, &got.steps, &got.diag);
    return got;
}

/* With a client of its own, as another run has it. */
static struct got once(int64_t from_ns, int64_t to_ns)
{
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got got = past(fetch, JB_FETCH_ASK, from_ns, to_ns);
    jb_fetch_destroy(fetch);
    return got;
}

static int64_t now(void)
{
    return jb_walltime_ns(&fake_settings.walltime);
}

static double grams_at(const struct got *got, int64_t t_ns)
{
    const struct jb_point *point = jb_track_at(&got->track, t_ns);
    return point != NULL ? point->g_per_kwh : -1;
}

static bool told(const struct got *got, const char *text)
{
    for (size_t i = 0; i < got->steps.count; i++) {
        if (strstr(got->steps.text[i], text) != NULL) {
            return true;
        }
    }
    return false;
}

static void done(struct got *got)
{
    jb_track_finish(&got->track);
}

static void the_latest_value_comes_with_who_said_it_and_when(void **state)
{
    fake_make("gamma");
    fake_clock(7);
    says("/gamma/latest", "5 10 123.5");
    struct got got = once(now(), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(got.track.count, 1);
    const struct jb_point *point = &got.track.points[0];
    assert_ptr_equal(point->provider, &gamma_one);
    assert_true(point->start_ns == AT(5) && point->end_ns == AT(10));
    assert_true(point->fetched_ns >= AT(7) && point->fetched_ns < AT(8));
    assert_float_equal(point->g_per_kwh, 123.5, 0);
    assert_int_equal(got.steps.count, 0);
    const char *credits[3] = {"x", "x", "x"};
    jb_credits(&got.track, credits, 3);
    assert_string_equal(credits[0], "Source: Gamma");
    assert_null(credits[1]);
    done(&got);
}

static void a_provider_is_asked_once_in_a_quarter_of_an_hour(void **state)
{
    fake_make("gamma");
    fake_clock(1);
    says("/gamma/latest", "-5 0 100");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got first = past(fetch, JB_FETCH_ASK, now(), now()), again = past(fetch, JB_FETCH_ASK, AT(0), now());
    struct got other = once(now(), now()); /* by the file that the first wrote */
    assert_int_equal(server_requests(&fake_server), 1);
    assert_int_equal(first.err, 0);
    assert_int_equal(other.err, 0);
    assert_int_equal(other.track.count, 1);
    assert_ptr_equal(other.track.points[0].provider, &gamma_one);
    assert_true(other.track.points[0].fetched_ns == first.track.points[0].fetched_ns);
    fake_clock(15.1);
    struct got next = past(fetch, JB_FETCH_ASK, now(), now());
    assert_int_equal(server_requests(&fake_server), 2);
    jb_fetch_destroy(fetch);
    done(&first), done(&again), done(&other), done(&next);
}

static void what_holds_now_is_not_asked_for_again(void **state)
{
    fake_make("gamma");
    fake_clock(1);
    says("/gamma/latest", "0 60 100");
    struct got first = once(now(), now());
    fake_clock(46);
    struct got later = once(AT(1), now());
    assert_int_equal(server_requests(&fake_server), 1);
    assert_float_equal(grams_at(&later, AT(46)), 100, 0);
    done(&first), done(&later);
}

static void a_provider_that_fails_is_told_and_the_next_is_asked(void **state)
{
    fake_make("alpha, gamma");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    refuses("/alpha", 403, "{\"error\": \"no zone for k%2By%2Fabcdef123456 or k+y/abcdef123456\"}", NULL);
    says("/gamma/latest", "-5 0 77");
    struct got got = once(now(), now());
    assert_int_equal(got.err, 0);
    assert_ptr_equal(got.track.points[0].provider, &gamma_one);
    assert_true(told(&got, "alpha"));
    assert_true(told(&got, "403"));
    assert_false(told(&got, "abcdef"));
    assert_non_null(strstr(fake_server.log, "/alpha/latest"));
    char path[PATH_MAX];
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length = 0;
    snprintf(path, sizeof(path), "%s/alpha-XX-lifecycle.json", fake_settings.cache);
    assert_int_equal(jb_read_all(path, 100000, &text, &length, NULL), 0);
    assert_null(strstr(text, "abcdef"));
    done(&got);
}

static void a_key_goes_only_to_its_provider(void **state)
{
    fake_make("alpha, gamma");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    says("/gamma/latest", "-5 0 77");
    struct got got = once(now(), now());
    assert_int_equal(got.err, 0);
    assert_null(strstr(fake_server.request, "abcdef")); /* the last was gamma's */
    done(&got);
    fake_clock(20);
    says("/alpha/latest", "15 20 50");
    got = once(now(), now());
    assert_non_null(strstr(fake_server.request, "auth-token: " FAKE_KEY "\r\n"));
    done(&got);
}

static void a_key_is_not_sent_over_plain_http(void **state)
{
    fake_make("alpha");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    fake_settings.access[ALPHA].url = "http://alpha.invalid";
    struct got got = once(now(), now());
    assert_int_equal(got.err, -ENODATA);
    assert_true(told(&got, "plain http"));
    assert_false(told(&got, "abcdef"));
    assert_non_null(strstr(got.diag.text, "plain http"));
    done(&got);
}

static void after_failures_it_waits_longer_and_longer(void **state)
{
    static const double minutes[] = {0, 0.5, 1.1, 2.9, 3.2, 7, 7.3, 15.2, 15.4, 31, 31.5, 63, 63.6, 123, 123.7};
    static const unsigned requests[] = {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8};
    fake_make("alpha");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    refuses("/alpha", 500, "", NULL);
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        fake_clock(minutes[i]);
        struct got got = once(AT(-60), now()); /* a range too, that must wait like all */
        assert_int_equal(got.err, -ENODATA);
        assert_true(told(&got, "alpha"));
        assert_int_equal(server_requests(&fake_server), requests[i]);
        done(&got);
    }
    hush();
    says("/alpha", "120 125 9\n-60 120 3");
    fake_clock(184);
    struct got got = once(AT(-60), now());
    assert_int_equal(got.err, 0);
    assert_false(told(&got, "alpha"));
    done(&got);
}

static void a_server_says_when_to_come_again(void **state)
{
    fake_make("gamma");
    refuses("/gamma", 429, "slow down", "Retry-After: 7200\r\n");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got got = past(fetch, JB_FETCH_ASK, now(), now());
    int64_t again_ns = jb_fetch_again_ns(fetch);
    assert_true(told(&got, "429"));
    assert_true(again_ns >= AT(120) && again_ns < AT(121));
    jb_fetch_destroy(fetch);
    done(&got);
    fake_clock(119);
    got = once(now(), now());
    assert_int_equal(server_requests(&fake_server), 1);
    assert_true(told(&got, "429"));
    done(&got);
    fake_clock(121);
    got = once(now(), now());
    assert_int_equal(server_requests(&fake_server), 2);
    done(&got);
}

/* 404, or an answer without a point: it has answered, and is not broken. */
static void nothing_known_is_an_answer(void **state)
{
    fake_make("gamma");
    for (int empty = 0; empty < 2; empty++) {
        hush();
        if (empty) {
            says("/gamma", "");
        }
        fake_clock(30 * empty);
        unsigned before = server_requests(&fake_server);
        struct got got = once(now(), now());
        assert_int_equal(got.err, -ENODATA);
        assert_true(told(&got, "gamma"));
        done(&got);
        fake_clock(30 * empty + 5);
        got = once(now(), now());
        assert_int_equal(server_requests(&fake_server), before + 1);
        done(&got);
        fake_clock(30 * empty + 16);
        got = once(now(), now());
        assert_int_equal(server_requests(&fake_server), before + 2);
        done(&got);
    }
}

static void an_answer_that_is_none_is_told(void **state)
{
    fake_make("gamma, beta");
    says("/gamma", "<html>down for maintenance</html>");
    refuses("/beta", 302, "", "Location: http://elsewhere.invalid/\r\n");
    struct got got = once(now(), now());
    assert_int_equal(got.err, -ENODATA);
    assert_true(told(&got, "gamma: three numbers were expected"));
    assert_true(told(&got, "beta: "));
    assert_true(told(&got, "not followed"));
    done(&got);
}

static void a_gap_is_asked_for_and_what_is_known_is_not(void **state)
{
    fake_make("alpha");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    says("/alpha/latest", "55 60 5");
    says("/alpha/range", "0 5 1\n5 10 2\n10 55 3");
    fake_clock(61);
    struct got got = once(AT(2), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(server_heard(&fake_server, "/alpha/range?from=0&to=55\n"), 1);
    assert_float_equal(grams_at(&got, AT(7)), 2, 0);
    assert_float_equal(grams_at(&got, AT(58)), 5, 0);
    done(&got);
    got = once(AT(2), AT(50)); /* all of it is in the cache */
    assert_int_equal(server_requests(&fake_server), 2);
    assert_float_equal(grams_at(&got, AT(20)), 3, 0);
    done(&got);
    got = once(AT(-30), AT(50)); /* only the rest */
    assert_int_equal(server_heard(&fake_server, "from=-30&to=0\n"), 1);
    done(&got);
}

static void what_cannot_be_there_yet_is_not_asked_for(void **state)
{
    fake_make("beta");
    fake_clock(40); /* beta is half an hour late: of the half hour that began at 0 it knows, not of the next */
    says("/beta/latest", "-30 0 9");
    says("/beta/range", "0 30 8");
    struct got got = once(AT(1), AT(35));
    assert_int_equal(server_heard(&fake_server, "range"), 1);
    assert_int_equal(server_heard(&fake_server, "/beta/range?from=0&to=30\n"), 1);
    done(&got);
    got = once(AT(31), AT(35));
    assert_int_equal(server_heard(&fake_server, "range"), 1);
    assert_int_equal(got.err, -ENODATA);
    done(&got);
}

/* A hole that stays: each of many runs finds it, and it is asked about once in a quarter of an hour. */
static void a_hole_is_asked_about_once_in_a_quarter(void **state)
{
    fake_make("alpha");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    says("/alpha/latest", "55 60 5");
    says("/alpha/range", "0 5 1\n10 25 2\n30 55 3");
    static const double minutes[] = {61, 62, 74, 76, 77};
    static const unsigned requests[] = {2, 2, 2, 5, 5}; /* in the next: the newest, and each hole */
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        fake_clock(minutes[i]);
        struct got got = once(AT(0), now());
        assert_int_equal(got.err, 0);
        assert_int_equal(server_requests(&fake_server), requests[i]);
        done(&got);
    }
    assert_int_equal(server_heard(&fake_server, "/alpha/range?from=5&to=10\n"), 1);
    assert_int_equal(server_heard(&fake_server, "/alpha/range?from=25&to=30\n"), 1);
}

/* What a provider has just said is a forecast still is one: no range is asked for it. */
static void what_was_just_foretold_is_not_asked_about_again(void **state)
{
    fake_make("beta");
    says("/beta/latest", "-30 0 7\n0 30 8 f");
    says("/beta/range", "0 30 8 f");
    for (int i = 0; i < 3; i++) {
        fake_clock(40 + i);
        struct got got = once(AT(0), now());
        assert_int_equal(got.err, 0);
        assert_float_equal(grams_at(&got, AT(5)), 8, 0);
        assert_int_equal(server_requests(&fake_server), 1);
        done(&got);
    }
}

/* A day late, as eia is: nothing went wrong, and still the step down to the table has a reason. */
static void one_that_is_far_behind_is_told(void **state)
{
    fake_make("beta");
    says("/beta/latest", "-1500 -1470 7\n-1470 -1440 8");
    fake_clock(1);
    for (int i = 0; i < 2; i++) {
        struct got got = once(now(), now());
        assert_int_equal(got.err, -ENODATA);
        assert_true(told(&got, "beta: its values end at 2026-11-21T12:00Z"));
        assert_non_null(strstr(got.diag.text, "beta"));
        done(&got);
    }
}

static void a_long_time_is_asked_for_in_pieces(void **state)
{
    fake_make("beta");
    fake_clock(0);
    says("/beta/range?from=-7200", "-7200 -5760 1");
    says("/beta/range?from=-5760", "-5760 -4320 2");
    says("/beta/range?from=-4320", "-4320 -2880 3");
    says("/beta/range?from=-2880", "-2880 -1500 4");
    struct got got = once(AT(-10 * 24 * 60), AT(-1500)); /* ten days, and it can be asked for five */
    assert_int_equal(got.err, 0);
    assert_int_equal(server_heard(&fake_server, "range"), 4);
    assert_int_equal(server_heard(&fake_server, "from=-2880&to=-1500\n"), 1);
    assert_int_equal(server_heard(&fake_server, "latest"), 0);
    assert_int_equal(got.track.count, 4);
    done(&got);
}

/* A plan without a past still covers the last day: it is asked for apart, and a refusal of the rest costs nothing else.
 */
static void what_a_plan_covers_is_asked_for_apart(void **state)
{
    fake_make("beta");
    fake_clock(0);
    refuses("/beta/range?from=-2000", 403, "not in your plan", NULL);
    refuses("/beta/range?from=-2010", 403, "not in your plan", NULL);
    says("/beta/range?from=-1410", "-1410 -1200 7");
    struct got got = once(AT(-2000), AT(-1200));
    assert_int_equal(got.err, 0);
    assert_int_equal(server_heard(&fake_server, "&to=-1410\n"), 1);
    assert_int_equal(server_heard(&fake_server, "from=-1410&to=-1200\n"), 1);
    assert_int_equal(got.track.count, 1);
    assert_int_equal(got.steps.count, 1);
    assert_non_null(strstr(got.steps.text[0], "beta"));
    done(&got);
    says("/beta/latest", "-30 0 8"); /* and the present is not put off */
    got = once(AT(-10), AT(0));
    assert_int_equal(server_heard(&fake_server, "latest"), 1);
    done(&got);
}

static void the_next_is_asked_for_what_the_first_does_not_know(void **state)
{
    fake_make("alpha, beta");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    fake_clock(600);
    says("/alpha/range", "0 60 1");
    says("/beta/range", "0 300 2");
    struct got got = once(AT(0), AT(120));
    assert_int_equal(server_heard(&fake_server, "/beta/range?from=60&to=120\n"), 1);
    assert_float_equal(grams_at(&got, AT(30)), 1, 0);
    assert_float_equal(grams_at(&got, AT(90)), 2, 0);
    const char *credits[8];
    jb_credits(&got.track, credits, 8);
    assert_string_equal(credits[0], "Source: Alpha");
    assert_string_equal(credits[1], "Source: Beta");
    assert_null(credits[2]);
    jb_credits(&got.track, credits, 2);
    assert_null(credits[1]);
    done(&got);
}

static void what_the_first_will_publish_is_left_to_it(void **state)
{
    fake_make("beta, gamma");
    fake_clock(40);
    says("/beta/latest", "-30 0 9\n0 30 8\n30 60 7 f");
    says("/gamma", "35 40 1");
    struct got got = once(AT(33), now());
    assert_int_equal(server_heard(&fake_server, "gamma"), 0);
    assert_float_equal(grams_at(&got, AT(39)), 7, 0);
    done(&got);
    fake_clock(110); /* it has stopped */
    got = once(AT(33), now());
    assert_int_equal(server_heard(&fake_server, "gamma"), 1);
    done(&got);
}

static void one_that_fails_leaves_nothing_to_itself(void **state)
{
    fake_make("beta, gamma");
    fake_clock(40);
    says("/beta/latest", "-30 0 9\n0 30 8");
    struct got got = once(AT(33), now());
    done(&got);
    hush();
    refuses("/beta", 500, "", NULL);
    says("/gamma", "40 60 1");
    fake_clock(46);
    got = once(now(), now());
    assert_true(told(&got, "beta"));
    assert_float_equal(grams_at(&got, AT(45)), 1, 0);
    done(&got);
}

static void the_newest_value_counts_though_it_is_older_than_the_run(void **state)
{
    fake_make("beta");
    fake_clock(40);
    says("/beta/latest", "-60 -30 9\n-30 0 8");
    struct got got = once(now(), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(got.track.count, 1);
    assert_true(got.track.points[0].end_ns == AT(0));
    done(&got);
    hush();
    refuses("/beta", 500, NULL, NULL);
    fake_clock(5 * 60); /* but not for ever */
    got = once(now(), now());
    assert_int_equal(got.err, -ENODATA);
    done(&got);
}

static void with_the_cache_alone_nobody_is_asked(void **state)
{
    fake_make("gamma");
    says("/gamma", "-5 0 100");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got got = past(fetch, JB_FETCH_CACHED, now(), now());
    assert_int_equal(got.err, -ENODATA);
    done(&got);
    got = past(fetch, JB_FETCH_ASK, now(), now());
    done(&got);
    got = past(fetch, JB_FETCH_CACHED, now(), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(server_requests(&fake_server), 1);
    jb_fetch_destroy(fetch);
    done(&got);
}

static void what_the_caller_has_already_stays(void **state)
{
    fake_make("gamma");
    says("/gamma", "-5 0 100");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct jb_track track = {0};
    const struct jb_point old = {
        .start_ns = AT(-700), .end_ns = AT(-600), .g_per_kwh = 5, .provider = &gamma_one, .fetched_ns = 1};
    assert_int_equal(jb_track_put(&track, &old), 0);
    assert_int_equal(jb_fetch_past(fetch, JB_FETCH_ASK, now(), now(), &track, NULL, NULL), 0);
    assert_int_equal(track.count, 2);
    jb_fetch_destroy(fetch);
    jb_track_finish(&track);
}

static void a_forecast_is_asked_for_once_and_kept(void **state)
{
    fake_make("alpha, beta");
    fake_settings.access[ALPHA].token = FAKE_KEY;
    fake_clock(3);
    says("/alpha/latest", "0 5 50");
    says("/beta/forecast", "0 30 100\n30 60 90\n60 120 80");
    for (int i = 0; i < 2; i++) {
        struct jb_fetch *fetch = make(JB_AVERAGE);
        struct got got = {.err = 0};
        got.err = jb_fetch_forecast(fetch, JB_FETCH_ASK, AT(100), &got.track, &got.steps, &got.diag);
        assert_int_equal(got.err, 0);
        assert_int_equal(server_heard(&fake_server, "forecast"), 1);
        assert_float_equal(grams_at(&got, AT(4)), 50, 0); /* what is now is known better */
        assert_float_equal(grams_at(&got, AT(40)), 90, 0);
        assert_float_equal(grams_at(&got, AT(110)), 80, 0);
        assert_true(jb_track_at(&got.track, AT(40))->flags & JB_POINT_FORECAST); /* it lies ahead */
        jb_fetch_destroy(fetch);
        done(&got);
    }
}

static void more_may_be_foretold_than_was_wanted(void **state)
{
    fake_make("beta");
    says("/beta/latest", "-30 0 9");
    says("/beta/forecast", "0 30 100\n30 60 90\n60 120 80");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got got = {.err = 0};
    got.err = jb_fetch_forecast(fetch, JB_FETCH_ASK, AT(40), &got.track, &got.steps, &got.diag);
    assert_int_equal(got.err, 0);
    assert_float_equal(grams_at(&got, AT(39)), 90, 0);
    assert_true(grams_at(&got, AT(70)) < 0);
    done(&got);
    got.err = jb_fetch_forecast(fetch, JB_FETCH_CACHED, AT(100), &got.track, &got.steps, &got.diag);
    assert_int_equal(got.err, 0);
    assert_float_equal(grams_at(&got, AT(70)), 80, 0);
    jb_fetch_destroy(fetch);
    done(&got);
}

/* After a failure that nobody needs to be asked about again there is nothing to wake up for. */
static void a_failure_that_is_over_wakes_nobody(void **state)
{
    fake_make("beta");
    says("/beta/latest", "0 60 7");
    refuses("/beta/forecast", 403, "no forecasts on this plan", NULL);
    fake_clock(1);
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got got = {.err = 0};
    got.err = jb_fetch_forecast(fetch, JB_FETCH_ASK, AT(600), &got.track, &got.steps, &got.diag);
    assert_int_equal(got.err, -ENODATA);
    assert_true(jb_fetch_again_ns(fetch) >= AT(2));
    fake_clock(10);
    done(&got);
    got = past(fetch, JB_FETCH_ASK, AT(1), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(server_requests(&fake_server), 2);
    assert_true(jb_fetch_again_ns(fetch) == INT64_MAX);
    jb_fetch_destroy(fetch);
    done(&got);
}

static void nobody_who_foretells_is_said(void **state)
{
    fake_make("gamma");
    says("/gamma/latest", "-5 0 1");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    struct got got = {.err = 0};
    got.err = jb_fetch_forecast(fetch, JB_FETCH_ASK, AT(100), &got.track, &got.steps, &got.diag);
    assert_int_equal(got.err, -ENODATA);
    assert_non_null(strstr(got.diag.text, "nobody foretells"));
    assert_int_equal(got.track.count, 0);
    jb_fetch_destroy(fetch);
    done(&got);
}

static void the_users_own_file_comes_first_and_needs_no_network(void **state)
{
    fake_make("gamma");
    fake_settings.access[PAPER].url = "/some/file.csv";
    fake_paper[fake_paper_count++] = (struct jb_point){.start_ns = AT(-60), .end_ns = AT(60), .g_per_kwh = 33};
    struct got got = once(AT(-10), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(server_requests(&fake_server), 0);
    assert_float_equal(grams_at(&got, AT(-1)), 33, 0);
    assert_ptr_equal(got.track.points[0].provider, &paper);
    assert_true(got.track.points[0].fetched_ns == 0);
    assert_int_not_equal(access(fake_settings.cache, F_OK), 0);
    done(&got);
    fake_paper[0].end_ns = AT(-5); /* it ends early */
    says("/gamma", "-5 5 44");
    got = once(AT(-10), now());
    assert_float_equal(grams_at(&got, AT(-7)), 33, 0);
    done(&got);
}

static void with_nobody_to_ask_the_reason_is_told(void **state)
{
    fake_make(NULL);
    fake_settings.live = false;
    struct got got = once(now(), now());
    assert_int_equal(got.err, -ENODATA);
    assert_true(told(&got, "live"));
    struct jb_fetch *fetch = make(JB_AVERAGE);
    assert_false(jb_fetch_anybody(fetch));
    jb_fetch_destroy(fetch);
    jb_fetch_destroy(NULL);
    done(&got);
}

/* Twelve processes that begin at once make one request. */
static void processes_share_one_request(void **state)
{
    fake_make("gamma");
    says("/gamma", "-5 0 100");
    pid_t children[12];
    for (size_t i = 0; i < 12; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct got got = once(now(), now());
            _exit(got.err == 0 && got.track.count == 1 ? 0 : 1);
        }
    }
    for (size_t i = 0; i < 12; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(server_requests(&fake_server), 1);
}

/* Reading it costs some milliseconds, which a run of days would pay each quarter of an hour. */
static void a_file_that_has_not_changed_is_not_read_again(void **state)
{
    char path[PATH_MAX];
    fake_make("gamma");
    says("/gamma", "-5 0 100");
    struct jb_fetch *fetch = make(JB_AVERAGE), *other = make(JB_AVERAGE);
    struct got got = past(fetch, JB_FETCH_ASK, now(), now());
    done(&got);
    snprintf(path, sizeof(path), "%s/gamma-XX-direct.json", fake_settings.cache);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    struct stat st;
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1); /* no cache any more, but nobody sees that */
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
    got = past(fetch, JB_FETCH_CACHED, now(), now());
    assert_int_equal(got.err, 0);
    done(&got);
    got = past(other, JB_FETCH_ASK, now(), now()); /* this one reads it, and asks */
    assert_int_equal(server_requests(&fake_server), 2);
    done(&got);
    hush();
    says("/gamma", "15 20 200");
    fake_clock(20);
    got = past(other, JB_FETCH_ASK, now(), now());
    done(&got);
    got = past(fetch, JB_FETCH_CACHED, now(), now()); /* and what it was told the first one sees */
    assert_float_equal(grams_at(&got, AT(20) - 1), 200, 0);
    done(&got);
    jb_fetch_destroy(fetch);
    jb_fetch_destroy(other);
}

static void without_a_folder_each_asks_for_itself_by_the_same_rules(void **state)
{
    fake_make("gamma");
    fake_settings.cache[0] = '\0';
    says("/gamma", "-5 0 100");
    struct jb_fetch *fetch = make(JB_AVERAGE);
    for (int i = 0; i < 3; i++) {
        struct got got = past(fetch, JB_FETCH_ASK, now(), now());
        assert_int_equal(got.err, 0);
        done(&got);
    }
    assert_int_equal(server_requests(&fake_server), 1);
    jb_fetch_destroy(fetch);
    machine_file("/plain", "no folder");
    snprintf(fake_settings.cache, sizeof(fake_settings.cache), "%s/plain", machine);
    struct got got = once(now(), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(server_requests(&fake_server), 2);
    done(&got);
}

static void a_clock_that_went_back_waits_for_nothing(void **state)
{
    fake_make("gamma");
    fake_clock(600);
    refuses("/gamma", 500, NULL, "Retry-After: 80000\r\n");
    struct got got = once(now(), now());
    done(&got);
    hush();
    says("/gamma", "-5 0 100");
    fake_clock(0);
    got = once(now(), now());
    assert_int_equal(got.err, 0);
    assert_int_equal(server_requests(&fake_server), 2);
    done(&got);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, fake_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_latest_value_comes_with_who_said_it_and_when),
        WITH_SERVER(a_provider_is_asked_once_in_a_quarter_of_an_hour),
        WITH_SERVER(what_holds_now_is_not_asked_for_again),
        WITH_SERVER(a_provider_that_fails_is_told_and_the_next_is_asked),
        WITH_SERVER(a_key_goes_only_to_its_provider),
        WITH_SERVER(a_key_is_not_sent_over_plain_http),
        WITH_SERVER(after_failures_it_waits_longer_and_longer),
        WITH_SERVER(a_server_says_when_to_come_again),
        WITH_SERVER(nothing_known_is_an_answer),
        WITH_SERVER(an_answer_that_is_none_is_told),
        WITH_SERVER(a_gap_is_asked_for_and_what_is_known_is_not),
        WITH_SERVER(what_cannot_be_there_yet_is_not_asked_for),
        WITH_SERVER(a_hole_is_asked_about_once_in_a_quarter),
        WITH_SERVER(what_was_just_foretold_is_not_asked_about_again),
        WITH_SERVER(one_that_is_far_behind_is_told),
        WITH_SERVER(a_long_time_is_asked_for_in_pieces),
        WITH_SERVER(what_a_plan_covers_is_asked_for_apart),
        WITH_SERVER(the_next_is_asked_for_what_the_first_does_not_know),
        WITH_SERVER(what_the_first_will_publish_is_left_to_it),
        WITH_SERVER(one_that_fails_leaves_nothing_to_itself),
        WITH_SERVER(the_newest_value_counts_though_it_is_older_than_the_run),
        WITH_SERVER(with_the_cache_alone_nobody_is_asked),
        WITH_SERVER(what_the_caller_has_already_stays),
        WITH_SERVER(a_forecast_is_asked_for_once_and_kept),
        WITH_SERVER(more_may_be_foretold_than_was_wanted),
        WITH_SERVER(a_failure_that_is_over_wakes_nobody),
        WITH_SERVER(nobody_who_foretells_is_said),
        WITH_SERVER(the_users_own_file_comes_first_and_needs_no_network),
        WITH_SERVER(with_nobody_to_ask_the_reason_is_told),
        WITH_SERVER(processes_share_one_request),
        WITH_SERVER(a_file_that_has_not_changed_is_not_read_again),
        WITH_SERVER(without_a_folder_each_asks_for_itself_by_the_same_rules),
        WITH_SERVER(a_clock_that_went_back_waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
