/* SPDX-License-Identifier: Apache-2.0 */
/* A run as a download. */
#include "world.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define OF "01J0000000000000000000000D/export"

static void assert_download(struct world *world, const char *query, const char *type, const char *filename,
                            const char *begins)
{
    char text[64] = "";

    ask_raw(world, jb_document_run, OF, query, NULL);
    assert_int_equal(world->reply.status, 200);
    assert_string_equal(world->reply.type, type);
    assert_string_equal(world->reply.filename, filename);
    assert_null(world->reply.body);
    assert_true(world->reply.fd >= 0);
    assert_true(world->reply.length > strlen(begins));
    assert_int_equal(lseek(world->reply.fd, 0, SEEK_CUR), 0);
    assert_true(read(world->reply.fd, text, strlen(begins)) == (ssize_t)strlen(begins));
    assert_string_equal(text, begins);
    assert_int_equal(lseek(world->reply.fd, 0, SEEK_END), (off_t)world->reply.length);
}

static void each_format_is_a_file_of_its_type(void **state)
{
    struct world *world = *state;

    assert_download(world, "format=json", JB_TYPE_JSON, "joulebook-01J0000000000000000000000D.json", "{");
    assert_download(world, "format=summary", "text/csv; charset=utf-8", "joulebook-01J0000000000000000000000D.csv", "");
    assert_download(world, "format=codecarbon", "text/csv; charset=utf-8", "joulebook-01J0000000000000000000000D.csv",
                    "timestamp,");
    assert_download(world, "format=html", "text/html; charset=utf-8", "joulebook-01J0000000000000000000000D.html",
                    "<!DOCTYPE html>");
}

static void which_format_must_be_said(void **state)
{
    json_t *root = ask_for(*state, 400, jb_document_run, OF, "");
    assert_string_equal(text_at(root, "fix"), "one of json, csv, summary, codecarbon, html, jtop");
    ask_for(*state, 400, jb_document_run, OF, "format=exe");
    ask_for(*state, 400, jb_document_run, OF, "format=../../etc/passwd");
    ask_for(*state, 400, jb_document_run, OF, "format=json&format=csv");
}

static void a_run_that_is_not_over_cannot_be_exported(void **state)
{
    ask_for(*state, 404, jb_document_run, "01K0000000000000000000000A/export", "format=json");
}

static void one_that_takes_too_long_is_left_to_the_program(void **state)
{
    struct world *world = *state;
    the_store.series_error = -ETIMEDOUT;
    json_t *root = ask_for(world, 503, jb_document_run, OF, "format=csv");
    assert_string_equal(text_at(root, "fix"), "joulebook export 01J0000000000000000000000D --format csv");
    assert_int_equal(the_store.budget_ns, 3000000000);
    assert_int_equal(world->reply.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_format_is_a_file_of_its_type, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(which_format_must_be_said, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_run_that_is_not_over_cannot_be_exported, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(one_that_takes_too_long_is_left_to_the_program, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
