/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - what the tests of the documents share: a board that says what a test wants, a database that is a list of
 * runs in memory, and a way to ask.
 *
 * The double stands in for the functions of store/ that the documents call, so that a test decides what the database
 * says and when it fails.
 */
#ifndef JB_TEST_SERVER_WORLD_H
#define JB_TEST_SERVER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "server/documents.h"
#include "store/history.h"

#define WORLD_RUNS 8

struct world_run {
    const char *id, *name, *project, *tag_key, *tag_value;
    int64_t owner, started_ns;
    enum jb_run_status status;
};

/* What the database says. */
struct jb_store {
    int open_error;                    /* what opening fails with */
    int error;                         /* what all questions fail with */
    int series_error;                  /* what the series alone fails with */
    int history_error;                 /* what sums of a history fail with */
    struct world_run runs[WORLD_RUNS]; /* newest first */
    size_t run_count;
    unsigned opened, closed;
    uint64_t budget_ns; /* of the last question */
    bool no_history;
    int64_t asked_t0_ns, asked_t1_ns; /* of slices */
    size_t asked_count, asked_channels;
};
extern struct jb_store the_store;

struct world {
    struct jb_board *board;
    struct jb_server_config config;
    struct jb_documents *documents;
    struct jb_viewer viewer;
    struct jb_query query;
    struct jb_reply reply;
    json_t *root; /* of the last answer */
    char path[64];
};

int world_setup(void **state); /* a board of four channels, two runs (users 1000 and 1001), a database of four */
int world_teardown(void **state);

/* Ask; the answer is JSON, whatever its status. Valid until the next question. */
json_t *ask(struct world *world, jb_document_fn document, const char *rest, const char *query);
/* Its status is as told, and where that is an error it says something. */
json_t *ask_for(struct world *world, unsigned status, jb_document_fn document, const char *rest, const char *query);
void ask_raw(struct world *world, jb_document_fn document, const char *rest, const char *query, const char *accept);

/* root.a.b.0.c: the value at a path; fails the test where there is none. */
json_t *at(json_t *root, const char *path);
double number_at(json_t *root, const char *path);
const char *text_at(json_t *root, const char *path);
#define assert_null_at(root, path) assert_true(json_is_null(at(root, path)))

/* Change the board. */
struct jb_board_view *change(struct world *world);
void changed(struct world *world);

extern const struct jb_viewer kim, lee, somebody, root_user; /* 1000, 1001, unknown, sees all */

#endif
