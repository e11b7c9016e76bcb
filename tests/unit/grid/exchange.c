/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - questions of several steps, and what holds for all of them, over a real server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes.h"

#include "base/http.h"
#include "grid/exchange.h"

#define TOKEN "session-token-0123456789"

static enum { GOOD, REFUSED, ENDLESS, WRONG, ECHO, BROKEN, BUSY } mood;
static struct jb_http *http;

static void play(const char *path, struct server_reply *reply)
{
    if (strstr(path, "-api/login") != NULL) {
        snprintf(reply->body, sizeof(reply->body), "%s", TOKEN);
        reply->status = mood == REFUSED ? 401 : 200;
    } else if (mood == ECHO) {
        snprintf(reply->body, sizeof(reply->body), "who is %s of geheim-geheim?", TOKEN);
        reply->status = 403;
    } else if (mood == BROKEN) {
        snprintf(reply->body, sizeof(reply->body), "x");
        reply->status = 500;
    } else if (mood == BUSY) {
        snprintf(reply->headers, sizeof(reply->headers), "Retry-After: 17\r\n");
        reply->status = 503;
    } else {
        snprintf(reply->body, sizeof(reply->body), "%s", mood == WRONG ? "wrong " TOKEN : "data");
    }
}

static int login_request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    snprintf(ret->url, sizeof(ret->url), "%s%s", exchange->ask.access.url, exchange->step == 0 ? "/login" : "/data");
    ret->basic = exchange->step == 0;
    if (exchange->step > 0) {
        snprintf(ret->headers[1], sizeof(ret->headers[1]), "Authorization: Bearer %.100s", exchange->secret);
    }
    return 0;
}

static int login_answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                        struct jb_diag *diag)
{
    if (exchange->step == 0) {
        snprintf(exchange->secret, sizeof(exchange->secret), "%.100s", body);
        return 1;
    }
    if (mood == ENDLESS) {
        return 1;
    }
    if (mood == WRONG) {
        return jb_fail(diag, -EBADMSG, "not expected: %.100s", body);
    }
    const struct jb_point ahead = {.start_ns = AT(10), .end_ns = AT(20), .g_per_kwh = 2},
                          now = {.start_ns = AT(-5), .end_ns = AT(10), .g_per_kwh = 1};
    (void)jb_track_put(track, &now);
    return jb_track_put(track, &ahead);
}

static int refused_specially(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                             struct jb_diag *diag)
{
    return status == 503 ? jb_fail(diag, -EAGAIN, "a special refusal") : 0;
}

static const struct jb_provider login = {
    .name = "login", .request = login_request, .answer = login_answer, .refused = refused_specially};

static int begin(void **state)
{
    const struct jb_http_config config = {0};
    mood = GOOD;
    if (jb_http_create(&config, &http, NULL) < 0) {
        print_message("no libcurl\n");
        return -1;
    }
    return fake_start(state, play);
}

static int end(void **state)
{
    jb_http_destroy(http);
    return fake_stop(state);
}

static struct jb_track track;
static struct jb_exchanged how;
static struct jb_diag diag;

static int run_with(const struct jb_provider *provider, const char *url)
{
    char own[64];
    snprintf(own, sizeof(own), "http://127.0.0.1:%d/login-api", fake_server.port);
    const struct jb_ask ask = {
        .zone = "XX",
        .now_ns = AT(0),
        .access = {.url = url != NULL ? url : own, .user = "reader", .password = "geheim-geheim"}};
    diag = (struct jb_diag){0};
    return jb_exchange_run(http, provider, &ask, &track, &how, &diag);
}

static int run(void)
{
    return run_with(&login, NULL);
}

static void what_one_step_gave_goes_into_the_next(void **state)
{
    assert_int_equal(run(), 0);
    assert_true(how.sent);
    assert_string_equal(fake_server.log, "/login-api/login\n/login-api/data\n");
    assert_non_null(strstr(fake_server.request, "Authorization: Bearer " TOKEN "\r\n"));
    assert_null(strstr(fake_server.request, "Basic"));
    assert_int_equal(track.count, 2);
    assert_ptr_equal(track.points[0].provider, &login);
    assert_true(track.points[0].fetched_ns == AT(0));
    assert_int_equal(track.points[0].flags, 0);
    assert_int_equal(track.points[1].flags, JB_POINT_FORECAST); /* it lies ahead, whatever it says of itself */
    jb_track_finish(&track);
}

static void credentials_are_sent_at_once_and_only_where_they_are_wanted(void **state)
{
    mood = REFUSED;
    assert_int_equal(run(), -EACCES);
    assert_int_equal(server_requests(&fake_server), 1);
    assert_non_null(strstr(fake_server.request, "Authorization: Basic cmVhZGVyOmdlaGVpbS1nZWhlaW0=\r\n"));
    assert_int_equal(track.count, 0);
}

static void no_text_holds_a_key(void **state)
{
    mood = ECHO;
    assert_int_equal(run(), -EPERM);
    assert_non_null(strstr(diag.text, "403"));
    assert_null(strstr(diag.text, "session-token"));
    assert_null(strstr(diag.text, "geheim"));
    mood = WRONG;
    assert_int_equal(run(), -EBADMSG);
    assert_non_null(strstr(diag.text, "not expected: wrong ****"));
    assert_null(strstr(diag.text, "session-token"));
    assert_int_equal(track.count, 0);
}

static void pages_without_end_are_given_up(void **state)
{
    mood = ENDLESS;
    assert_int_equal(run(), -EBADMSG);
    assert_true(server_requests(&fake_server) < 100);
    assert_non_null(strstr(diag.text, "no end"));
}

static void a_special_refusal_wins_and_its_time_is_told(void **state)
{
    mood = BUSY;
    assert_int_equal(run(), -EAGAIN);
    assert_string_equal(diag.text, "a special refusal");
    assert_int_equal(how.retry_after_s, 17);
    mood = BROKEN;
    assert_int_equal(run(), -EIO);
    assert_int_equal(how.retry_after_s, 0);
}

static void nobody_there_is_told_without_a_key(void **state)
{
    assert_int_equal(run_with(&login, "https://geheim-geheim.invalid"), -EHOSTUNREACH);
    assert_true(how.sent);
    assert_null(strstr(diag.text, "geheim"));
}

static void a_key_stays_off_plain_networks(void **state)
{
    static const char *const plain[] = {"http://192.0.2.1", "http://example.invalid", "http://127.0.0.1.invalid",
                                        "http://localhost.invalid"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        assert_int_equal(run_with(&login, plain[i]), -EINVAL);
        assert_false(how.sent);
        assert_non_null(strstr(diag.text, "plain http"));
        assert_non_null(strstr(diag.fix, "[grid] login_url"));
    }
}

static const char *elsewhere;

static int strange_request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *why)
{
    const char *at = strstr(elsewhere, "%s");
    snprintf(ret->url, sizeof(ret->url), "%.*s%s%s", (int)(at - elsewhere), elsewhere, exchange->ask.access.url,
             at + 2);
    return 0;
}

static int refuse_request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *why)
{
    return jb_fail(why, -EINVAL, "it cannot be asked so");
}

static void a_request_stays_at_its_own_address(void **state)
{
    static const char *const urls[] = {
        "https://evil.invalid/%s", "%s.evil.invalid/", "%s@evil.invalid/", "%s:80/", "%s1/", "x%s"};
    const struct jb_provider strange = {.name = "strange", .request = strange_request, .answer = login_answer};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        elsewhere = urls[i];
        assert_int_equal(run_with(&strange, NULL), -EINVAL);
        assert_false(how.sent);
    }
    assert_int_equal(server_requests(&fake_server), 0);
    const struct jb_provider cannot = {.name = "cannot", .request = refuse_request, .answer = login_answer};
    assert_int_equal(run_with(&cannot, NULL), -EINVAL);
    assert_false(how.sent);
    assert_string_equal(diag.text, "it cannot be asked so");
}

static int no_points(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *ret,
                     struct jb_diag *why)
{
    return 0;
}

static void no_point_is_no_data(void **state)
{
    const struct jb_provider empty = {.name = "empty", .request = login_request, .answer = no_points};
    assert_int_equal(run_with(&empty, NULL), -ENODATA);
    assert_true(how.sent);
    assert_non_null(strstr(diag.text, "empty has nothing"));
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(what_one_step_gave_goes_into_the_next),
        WITH_SERVER(credentials_are_sent_at_once_and_only_where_they_are_wanted),
        WITH_SERVER(no_text_holds_a_key),
        WITH_SERVER(pages_without_end_are_given_up),
        WITH_SERVER(a_special_refusal_wins_and_its_time_is_told),
        WITH_SERVER(nobody_there_is_told_without_a_key),
        WITH_SERVER(a_key_stays_off_plain_networks),
        WITH_SERVER(a_request_stays_at_its_own_address),
        WITH_SERVER(no_point_is_no_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
