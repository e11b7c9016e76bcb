/* SPDX-License-Identifier: Apache-2.0 */
/* What a request may say, and where we may listen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/diag.h"
#include "server/guard.h"
#include "server/query.h"
#include "server/session_cookie.h"

static int decode(const char *text, char *to, size_t size)
{
    return jb_guard_decode(text, strlen(text), true, to, size);
}

static void test_escapes_are_undone_or_refused(void **state)
{
    char to[32];

    assert_int_equal(decode("a%20b+c%2B", to, sizeof(to)), 6);
    assert_string_equal(to, "a b c+");
    assert_int_equal(jb_guard_decode("a+b", 3, false, to, sizeof(to)), 3);
    assert_string_equal(to, "a+b");
    assert_int_equal(decode("%EC%97%90", to, sizeof(to)), 3);
    assert_string_equal(to, "\xec\x97\x90");
    static const char *const broken[] = {"%", "%4", "%4x", "%x4", "a%00b", "%0a", "%ff", "%c0%80", "%e2%80%ae", "%7f"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (decode(broken[i], to, sizeof(to)) != -EINVAL) {
            fail_msg("%s", broken[i]);
        }
    }
    assert_int_equal(decode("1234567", to, 8), 7);
    assert_int_equal(decode("12345678", to, 8), -ENAMETOOLONG);
    assert_int_equal(jb_guard_decode("", 0, true, to, 1), 0);
    assert_int_equal(jb_guard_decode("a%20b", 3, true, to, sizeof(to)), -EINVAL); /* cut within the escape */
}

static void test_a_path_stays_below_the_root(void **state)
{
    char path[64];
    const char *query = NULL;

    assert_int_equal(jb_guard_path("/", path, sizeof(path), &query), 0);
    assert_string_equal(path, "");
    assert_string_equal(query, "");
    assert_int_equal(jb_guard_path("/api/v1/runs/a%20b?x=/..", path, sizeof(path), &query), 0);
    assert_string_equal(path, "api/v1/runs/a b");
    assert_string_equal(query, "x=/..");
    static const char *const broken[] = {"",       "api",    "*",     "//",      "/a//b",     "/a/",
                                         "/.",     "/..",    "/a/..", "/a/../b", "/%2e%2e/a", "/a%2fb",
                                         "/a%2Fb", "/a%5cb", "/a\\b", "/%00",    "http://x/"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (jb_guard_path(broken[i], path, sizeof(path), &query) != -EINVAL) {
            fail_msg("%s", broken[i]);
        }
    }
    assert_int_equal(jb_guard_path("/...", path, sizeof(path), &query), 0); /* a name like any other */
}

static void test_hosts(void **state)
{
    static const char *const ours[] = {
        "localhost", "LOCALHOST:9836", "a.localhost",      "localhost.", "127.0.0.1", "127.9.9.9:1", "10.0.0.5:9836",
        "[::1]",     "[::1]:9836",     "[2001:db8::1]:80", "gpu1",       "GPU1:1",    "gpu1.",       "b.example:444"};
    static const char *const foreign[] = {"",
                                          "evil.example",
                                          "localhost.evil.example",
                                          "notlocalhost",
                                          "gpu2",
                                          "gpu1:",
                                          "gpu1:x",
                                          "gpu1:99999",
                                          "gpu1:1:2",
                                          "[::1",
                                          "[gpu1]",
                                          "::1",
                                          "[127.0.0.1]",
                                          "b.example",
                                          ":9836",
                                          "b.example:445",
                                          "[::1]x",
                                          "[::1]9836",
                                          "127.0.0.1@evil.example",
                                          "gpu1/",
                                          " gpu1"};
    const char *hosts = " gpu1,,b.example:444 ";

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!jb_guard_host(ours[i], hosts)) {
            fail_msg("%s", ours[i]);
        }
    }
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (jb_guard_host(foreign[i], hosts)) {
            fail_msg("%s", foreign[i]);
        }
    }
    assert_false(jb_guard_host(NULL, hosts));
    assert_false(jb_guard_host("gpu1", NULL));
    assert_false(jb_guard_host("gpu1", ""));
}

static bool bearer_is(const char *header, const char *wanted)
{
    const char *token = NULL;
    size_t length = 0;

    if (!jb_guard_bearer(header, &token, &length)) {
        return wanted == NULL;
    }
    return wanted != NULL && length == strlen(wanted) && strncmp(token, wanted, length) == 0;
}

static void test_tokens(void **state)
{
    assert_true(bearer_is("Bearer abc", "abc"));
    assert_true(bearer_is("bearer   abc  ", "abc"));
    assert_true(bearer_is("Basic abc", NULL));
    assert_true(bearer_is("Bearer", NULL));
    assert_true(bearer_is("Bearer ", NULL));
    assert_true(bearer_is(NULL, NULL));
    assert_true(jb_guard_token("secret", 6, "secret"));
    assert_false(jb_guard_token("secret", 5, "secret"));
    assert_false(jb_guard_token("secretx", 7, "secret"));
    assert_false(jb_guard_token("secretsecret", 12, "secret"));
    assert_false(jb_guard_token("Secret", 6, "secret"));
    assert_false(jb_guard_token("", 0, "secret"));
    assert_false(jb_guard_token("", 0, ""));
    assert_false(jb_guard_token("x", 1, ""));
}

static bool cookie_is(const char *header, const char *wanted)
{
    const char *value = NULL;
    size_t length = 0;

    if (!jb_guard_cookie(header, "s", &value, &length)) {
        return wanted == NULL;
    }
    return wanted != NULL && length == strlen(wanted) && strncmp(value, wanted, length) == 0;
}

static void test_cookies_are_found_by_their_whole_name(void **state)
{
    assert_true(cookie_is("s=1", "1"));
    assert_true(cookie_is("a=2; s=1 ; b=3", "1"));
    assert_true(cookie_is("as=2;s=1", "1"));
    assert_true(cookie_is("s=", ""));
    assert_true(cookie_is("sa=2; xs=1", NULL));
    assert_true(cookie_is("a=\"; s=1", "1"));
    assert_true(cookie_is("s", NULL));
    assert_true(cookie_is(";;; ;", NULL));
    assert_true(cookie_is("", NULL));
    assert_true(cookie_is(NULL, NULL));
}

static void test_sessions_end_and_the_oldest_goes(void **state)
{
    static struct jb_cookies cookies;
    char first[JB_COOKIE_TEXT], text[JB_COOKIE_TEXT];
    uint64_t s = 1000000000;

    assert_false(jb_cookies_know(&cookies, 0, "", 0));
    assert_int_equal(jb_cookies_add(&cookies, 5 * s, first), 0);
    assert_int_equal(strlen(first), 64);
    assert_true(jb_cookies_know(&cookies, 6 * s, first, 64));
    assert_false(jb_cookies_know(&cookies, 6 * s, first, 63));
    assert_true(jb_cookies_know(&cookies, (5 + 43199) * s, first, 64));
    assert_false(jb_cookies_know(&cookies, (5 + 43200) * s, first, 64));
    for (unsigned i = 1; i < JB_COOKIE_SESSIONS; i++) {
        assert_int_equal(jb_cookies_add(&cookies, (5 + i) * s, text), 0);
        assert_string_not_equal(text, first);
    }
    assert_true(jb_cookies_know(&cookies, 100 * s, first, 64));
    assert_int_equal(jb_cookies_add(&cookies, 100 * s, text), 0);
    assert_false(jb_cookies_know(&cookies, 100 * s, first, 64));
    assert_true(jb_cookies_know(&cookies, 100 * s, text, 64));
}

static void test_where_to_listen(void **state)
{
    struct jb_guard_listen listen;
    struct jb_diag diag;

    assert_int_equal(jb_guard_listen("127.0.0.1:9836", &listen, NULL), 0);
    assert_true(listen.loopback);
    assert_int_equal(((struct sockaddr_in *)&listen.address)->sin_port, htons(9836));
    assert_int_equal(jb_guard_listen("localhost:0", &listen, NULL), 0);
    assert_true(listen.loopback);
    assert_int_equal(jb_guard_listen("[::1]:1", &listen, NULL), 0);
    assert_true(listen.loopback);
    assert_int_equal(jb_guard_listen("[::ffff:127.0.0.1]:1", &listen, NULL), 0);
    assert_true(listen.loopback);
    assert_int_equal(jb_guard_listen("0.0.0.0:1", &listen, NULL), 0);
    assert_false(listen.loopback);
    assert_int_equal(jb_guard_listen("[::]:1", &listen, NULL), 0);
    assert_false(listen.loopback);
    assert_int_equal(jb_guard_listen("10.0.0.1:65535", &listen, NULL), 0);
    assert_false(listen.loopback);
    static const char *const wrong[] = {
        "",      "9836",     ":9836",     "127.0.0.1",    "127.0.0.1:",   "127.0.0.1:65536",
        "[::1]", "::1:9836", "gpu1:9836", "127.0.0.1:-1", "127.0.0.1: 1", "[127.0.0.1]:1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (jb_guard_listen(wrong[i], &listen, &diag) != -EINVAL || diag.fix[0] == '\0') {
            fail_msg("%s", wrong[i]);
        }
    }
}

static void test_terms(void **state)
{
    const char *token = "0123456789abcdef";

    assert_int_equal(jb_guard_terms(true, NULL, false, false, NULL), 0);
    assert_int_equal(jb_guard_terms(true, token, false, false, NULL), 0);
    assert_int_equal(jb_guard_terms(true, "0123456789abcde", false, false, NULL), -EINVAL);
    assert_int_equal(jb_guard_terms(false, NULL, true, true, NULL), -EACCES);
    assert_int_equal(jb_guard_terms(false, token, false, false, NULL), -EACCES);
    assert_int_equal(jb_guard_terms(false, token, true, false, NULL), 0);
    assert_int_equal(jb_guard_terms(false, token, false, true, NULL), 0);
}

static int parse(const char *text, struct jb_query *query)
{
    return jb_query_parse(text, strlen(text), query);
}

static void test_queries(void **state)
{
    static const char *const known[] = {"tag", "q", NULL};
    struct jb_query query;

    assert_int_equal(parse("tag=a%3Db&tag=c&&q&=x&q=2", &query), 0);
    assert_string_equal(jb_query_get(&query, "tag"), "a=b");
    assert_string_equal(jb_query_all(&query, "tag", 1), "c");
    assert_null(jb_query_all(&query, "tag", 2));
    assert_string_equal(jb_query_get(&query, "q"), "");
    assert_string_equal(jb_query_all(&query, "q", 1), "2");
    assert_string_equal(jb_query_get(&query, ""), "x");
    assert_null(jb_query_get(&query, "none"));
    assert_string_equal(jb_query_unknown(&query, known), "");
    assert_int_equal(parse("tag=1&q=2", &query), 0);
    assert_null(jb_query_unknown(&query, known));
    assert_int_equal(parse("", &query), 0);
    assert_int_equal(query.count, 0);
    assert_int_equal(parse("a=%zz", &query), -EINVAL);
    assert_null(jb_query_get(&query, "a"));
}

static void test_queries_are_bounded(void **state)
{
    struct jb_query query;
    char text[2 * JB_QUERY_BYTES];

    text[0] = '\0';
    for (int i = 0; i < JB_QUERY_MAX; i++) {
        strcat(text, "a&");
    }
    assert_int_equal(parse(text, &query), 0);
    assert_int_equal(query.count, JB_QUERY_MAX);
    strcat(text, "a");
    assert_int_equal(parse(text, &query), -E2BIG);
    memset(text, 'x', sizeof(text));
    memcpy(text, "a=", 2);
    text[2 + JB_QUERY_BYTES - 3] = '\0'; /* "a", its end, and the end of the value */
    assert_int_equal(parse(text, &query), 0);
    text[2 + JB_QUERY_BYTES - 3] = 'x';
    text[2 + JB_QUERY_BYTES - 2] = '\0';
    assert_int_equal(parse(text, &query), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_are_undone_or_refused),
        cmocka_unit_test(test_a_path_stays_below_the_root),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_cookies_are_found_by_their_whole_name),
        cmocka_unit_test(test_sessions_end_and_the_oldest_goes),
        cmocka_unit_test(test_where_to_listen),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_queries_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
