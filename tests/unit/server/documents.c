/* SPDX-License-Identifier: Apache-2.0 */
/* The database as it is now, and the names of users. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "server/documents_impl.h"

static void make_file(const struct world *world)
{
    int fd = open(world->path, O_CREAT | O_RDWR | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void it_is_opened_once_and_closed_at_the_end(void **state)
{
    struct world *world = *state;

    ask_for(world, 200, jb_document_runs, "", "");
    ask_for(world, 200, jb_document_hosts, "", "");
    assert_int_equal(the_store.opened, 1);
    assert_int_equal(the_store.closed, 0);
    jb_documents_destroy(world->documents);
    world->documents = NULL;
    assert_int_equal(the_store.closed, 1);
}

static void one_that_appears_is_opened_and_one_that_goes_is_let_go(void **state)
{
    struct world *world = *state;

    unlink(world->path);
    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", ""), "runs")), 0);
    make_file(world);
    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", ""), "runs")), 4);
    unlink(world->path);
    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", ""), "runs")), 0);
    assert_int_equal(the_store.closed, 1);
}

static void another_file_of_that_name_is_opened_anew(void **state)
{
    struct world *world = *state;
    char other[80];

    ask_for(world, 200, jb_document_runs, "", "");
    jb_snprintf(other, sizeof(other), "%s.new", world->path);
    int fd = open(other, O_CREAT | O_RDWR | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(rename(other, world->path), 0);
    ask_for(world, 200, jb_document_runs, "", "");
    assert_int_equal(the_store.opened, 2);
    assert_int_equal(the_store.closed, 1);
}

static void one_that_cannot_be_opened_is_told_and_not_tried_at_each_question(void **state)
{
    struct world *world = *state;

    the_store.open_error = -EPROTO;
    for (int i = 0; i < 5; i++) {
        json_t *root = ask_for(world, 500, jb_document_runs, "", "");
        assert_string_equal(text_at(root, "error"), "the double cannot be opened");
    }
    assert_true(the_store.opened <= 2);
    world->documents->tried_ns = 0; /* long ago */
    the_store.open_error = 0;
    ask_for(world, 200, jb_document_runs, "", "");
}

static void none_is_none(void **state)
{
    struct world *world = *state;

    jb_documents_destroy(world->documents);
    world->config.db_path = "none";
    assert_int_equal(jb_documents_create(&world->config, &world->documents, NULL), 0);
    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_runs, "", ""), "runs")), 0);
    ask_for(world, 200, jb_document_history, "", "");
    ask_for(world, 200, jb_document_hosts, "", "");
    ask_for(world, 404, jb_document_run, "old", "");
    assert_int_equal(the_store.opened, 0);
}

static void every_question_has_a_second(void **state)
{
    struct world *world = *state;

    ask_for(world, 200, jb_document_runs, "", "");
    assert_int_equal(the_store.budget_ns, 1000000000);
}

static void users_have_names_where_the_system_knows_them(void **state)
{
    struct world *world = *state;

    assert_string_equal(jb_documents_user(world->documents, 0), "root");
    assert_null(jb_documents_user(world->documents, 3999999999));
    assert_null(jb_documents_user(world->documents, -1));
    assert_null(jb_documents_user(world->documents, INT64_C(0x100000000)));
    assert_null(jb_documents_user(NULL, 0));
    for (int64_t uid = 3000000000; uid < 3000000000 + 3 * JB_DOCUMENT_USERS; uid++) {
        assert_null(jb_documents_user(world->documents, uid));
    }
    assert_string_equal(jb_documents_user(world->documents, 0), "root");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_opened_once_and_closed_at_the_end, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(one_that_appears_is_opened_and_one_that_goes_is_let_go, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(another_file_of_that_name_is_opened_anew, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_opened_is_told_and_not_tried_at_each_question, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(none_is_none, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(every_question_has_a_second, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(users_have_names_where_the_system_knows_them, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
