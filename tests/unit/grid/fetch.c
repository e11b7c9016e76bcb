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

#include "base/http_library.h"
#include "grid/cache_file.h"

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

__attribute__((unused)) static void refuses(const char *path, int status, const char *body, const char *headers)
{
    pthread_mutex_lock(&fake_server.lock);
    script[script_count++] = (struct script){.path = path, .body = body, .status = status, .headers = headers};
    pthread_mutex_unlock(&fake_server.lock);
}

__attribute__((unused)) static void hush(void)
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

__attribute__((unused)) static double grams_at(const struct got *got, int64_t t_ns)
{
    const struct jb_point *point = jb_track_at(&got->track, t_ns);
    return point != NULL ? point->g_per_kwh : -1;
}

__attribute__((unused)) static bool told(const struct got *got, const char *text)
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

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, fake_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_latest_value_comes_with_who_said_it_and_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
