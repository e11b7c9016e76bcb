/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.c - what a status means, and which of a server's words are shown.
 */
#include "grid/provider.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct jb_provider keyed = {.name = "somebody", .title = "Somebody", .needs = "token"};
static const struct jb_provider named = {.name = "watt", .title = "Watt", .needs = "user"};
static const struct jb_provider keyless = {.name = "open", .title = "Open"};
static struct jb_diag diag;

static int refused(int status, const char *body)
{
    diag = (struct jb_diag){0};
    return jb_refusal(&keyed, status, body, strlen(body), &diag);
}

static void expect_words(const char *body, const char *words)
{
    assert_int_equal(refused(500, body), -EIO);
    const char *said = diag.text + strlen("the server failed (HTTP 500)");
    assert_true(jb_starts(diag.text, "the server failed (HTTP 500)"));
    if (words[0] == '\0') {
        assert_string_equal(said, "");
    } else {
        assert_true(jb_starts(said, ": "));
        assert_string_equal(said + 2, words);
    }
}

static void each_status_has_its_error(void **state)
{
    static const struct {
        int status, err;
    } meanings[] = {{400, -EINVAL},  {401, -EACCES}, {402, -EIO},    {403, -EPERM}, {404, -ENODATA},
                    {410, -ENODATA}, {422, -EINVAL}, {429, -EAGAIN}, {500, -EIO},   {503, -EIO},
                    {302, -EIO},     {418, -EIO},    {0, -EIO},      {-7, -EIO}};
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        assert_int_equal(refused(meanings[i].status, ""), meanings[i].err);
        char status[32];
        jb_snprintf(status, sizeof(status), "(HTTP %d)", meanings[i].status);
        assert_non_null(strstr(diag.text, status));
    }
    assert_int_equal(jb_refusal(&keyless, 429, NULL, 0, NULL), -EAGAIN);
}

static void what_mends_it_is_named(void **state)
{
    refused(401, "");
    assert_string_equal(diag.fix, "check [grid] somebody_token in joulebook.conf");
    jb_refusal(&named, 401, "", 0, &diag);
    assert_string_equal(diag.fix, "check [grid] watt_user and watt_password in joulebook.conf");
    jb_refusal(&keyless, 401, "", 0, &diag);
    assert_string_equal(diag.fix, "");
    refused(403, "");
    assert_non_null(strstr(diag.fix, "Somebody"));
    jb_refusal(&keyless, 403, "", 0, &diag);
    assert_string_equal(diag.fix, "");
    refused(404, "");
    assert_non_null(strstr(diag.fix, "somebody_url"));
    refused(500, "");
    assert_string_equal(diag.fix, "");
}

static void words_are_found_in_every_shape(void **state)
{
    expect_words("{\"error\":\"Invalid auth-token\"}", "Invalid auth-token");
    expect_words("{\"message\":\"no such zone\"}", "no such zone");
    expect_words("{\"detail\":\"not now\"}", "not now");
    expect_words("{\"error\":{\"code\":\"E1\",\"message\":\"bad range\"}}", "bad range");
    expect_words("{\"errors\":[{\"status\":\"400\",\"detail\":\"bad date\"}]}", "bad date");
    expect_words("{\"detail\":[{\"loc\":[\"query\"],\"msg\":\"field required\"}]}", "field required");
    expect_words("{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"expired key\"}", "expired key");
    expect_words("{\"error\":\"Unauthorized\"}", "Unauthorized");
    expect_words("[\"first\",\"second\"]", "first");
    expect_words("\"a text alone\"", "a text alone");
    expect_words("Access denied", "Access denied");
    expect_words("  two\r\n\r\n lines \n", "two lines");
    expect_words("{\"error\":\"broken\"", "");
}

static void what_is_no_word_is_not_shown(void **state)
{
    static const char *const bodies[] = {"",
                                         "  \n",
                                         "<html><body>502</body></html>",
                                         "\n <?xml version=\"1.0\"?><a/>",
                                         "{\"error\":\"<html>x</html>\"}",
                                         "{}",
                                         "[]",
                                         "7",
                                         "null",
                                         "{\"error\":7,\"message\":null}",
                                         "{\"error\":{\"error\":{\"error\":{\"error\":\"deep down\"}}}}",
                                         "\177ELF",
                                         "a\x01z"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        expect_words(bodies[i], "");
    }
    assert_int_equal(jb_refusal(&keyed, 500, "a\0b", 3, &diag), -EIO);
    assert_string_equal(diag.text, "the server failed (HTTP 500)");
}

static void long_words_are_cut_at_a_blank(void **state)
{
    char body[400] = "";
    for (size_t i = 0; i + 11 < sizeof(body); i += 10) {
        memcpy(body + i, "ten bytes ", 11);
    }
    refused(500, body);
    const char *said = strstr(diag.text, ": ") + 2;
    assert_true(strlen(said) <= 120 && strlen(said) > 100);
    assert_string_equal(said + strlen(said) - 12, "bytes ten...");
    memset(body, 'x', sizeof(body) - 1);
    refused(500, body);
    said = strstr(diag.text, ": ") + 2;
    assert_int_equal(strlen(said), 120);
    assert_string_equal(said + 117, "...");
    for (size_t i = 0; i + 2 < sizeof(body); i += 2) {
        memcpy(body + i, "\xc3\xa9", 3);
    }
    refused(500, body); /* cut within a character */
    said = strstr(diag.text, ": ") + 2;
    assert_true(strlen(said) <= 120);
}

static void escapes_of_terminals_are_taken_out(void **state)
{
    expect_words("{\"error\":\"a \\u001b[31mred\"}", "a ?[31mred");
    expect_words("{\"error\":\"a \\u202eb\"}", "a ?b");
}

static void what_looks_like_a_key_is_not_repeated(void **state)
{
    expect_words("{\"error\":\"Invalid key eMxTt4QXvbg00abc for zone\"}", "Invalid key *** for zone");
    expect_words("key=123e4567-e89b-12d3-a456-426614174000.", "key=***.");
    expect_words("misunderstanding of carbon-intensity-forecast 20260329180000000", /* words and numbers stay */
                 "misunderstanding of carbon-intensity-forecast 20260329180000000");
    char body[700] = "";
    memset(body, 'y', sizeof(body) - 1);
    body[200] = '1';
    expect_words(body, "***");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_error),
        cmocka_unit_test(what_mends_it_is_named),
        cmocka_unit_test(words_are_found_in_every_shape),
        cmocka_unit_test(what_is_no_word_is_not_shown),
        cmocka_unit_test(long_words_are_cut_at_a_blank),
        cmocka_unit_test(escapes_of_terminals_are_taken_out),
        cmocka_unit_test(what_looks_like_a_key_is_not_repeated),
    };
    return cmocka_run_group_tests_name("grid/providers/refusal", tests, NULL, NULL);
}
