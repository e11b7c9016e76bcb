/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which run somebody means: an id, "last", a name, or the beginning of an id.
 *
 * An id typed in lower case is the same id: ULIDs have no case. A name goes before the beginning of an id, as git's
 * branches go before abbreviated commits: who named a run 0123 means that one.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/database.h"

#define MIN_PREFIX 4
#define SHOWN      4 /* candidates in the message */

/* The first `max` ids that the statement gives with ?1 bound to `text`; how many, or a negative errno. */
static int ids(struct jb_store *store, const char *sql, const char *text, char (*ret)[JB_RUN_ID_TEXT], int max,
               struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store, sql, "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    if (text != NULL) {
        sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
    }
    int count = 0;
    while (count < max && (r = jb_db_step(store, statement, "read", diag)) == 1) {
        const char *id = (const char *)sqlite3_column_text(statement, 0);
        jb_copy(ret[count++], JB_RUN_ID_TEXT, id == NULL ? "" : id);
    }
    return r < 0 ? r : count;
}

/* Upper case, when it is letters and digits only and could be the beginning of an id. */
static bool as_prefix(const char *run, char ret[JB_RUN_ID_TEXT])
{
    size_t length = strlen(run);
    if (length < MIN_PREFIX || length >= JB_RUN_ID_TEXT) {
        return false;
    }
    for (size_t i = 0; i <= length; i++) {
        char c = run[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        } else if (c != '\0' && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            return false;
        }
        ret[i] = c;
    }
    return true;
}

static int ambiguous(const char *run, char (*found)[JB_RUN_ID_TEXT], int count, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf list = {0};
    for (int i = 0; i < count && i < SHOWN; i++) {
        jb_buf_printf(&list, "%s%s", i == 0 ? "" : ", ", found[i]);
    }
    jb_fail(diag, -ENOTUNIQ, "%s is the beginning of more than one run: %s%s", run, list.failed ? "" : list.data,
            count > SHOWN ? ", ..." : "");
    jb_fix(diag, "give more of the id, or see joulebook list");
    return -ENOTUNIQ;
}

static int not_there(struct jb_store *store, const char *run, struct jb_diag *diag)
{
    if (jb_streq(run, "last")) {
        jb_fail(diag, -ENOENT, "no run has been recorded in %s yet", store->path);
        jb_fix(diag, "joulebook run -- COMMAND");
    } else {
        jb_fail(diag, -ENOENT, "there is no run \"%s\" in %s", run, store->path);
        jb_fix(diag, "joulebook list");
    }
    return -ENOENT;
}

int jb_store_find(struct jb_store *store, const char *run, char ret_id[JB_RUN_ID_TEXT], struct jb_diag *diag)
{
    char found[SHOWN + 1][JB_RUN_ID_TEXT];
    char prefix[JB_RUN_ID_TEXT];
    bool may_be_id = as_prefix(run, prefix);
    int count = 0;
    if (jb_streq(run, "last")) {
        count = ids(store, "SELECT ulid FROM run ORDER BY started_ns DESC, id DESC LIMIT 1", NULL, found, 1, diag);
    } else {
        count = ids(store, "SELECT ulid FROM run WHERE ulid = ?1", may_be_id ? prefix : run, found, 1, diag);
        if (count == 0 && may_be_id) { /* an id that was given from outside may have lower case */
            count = ids(store, "SELECT ulid FROM run WHERE ulid = ?1", run, found, 1, diag);
        }
    }
    if (count == 0) {
        count = ids(store, "SELECT ulid FROM run WHERE name = ?1 ORDER BY started_ns DESC, id DESC LIMIT 1", run, found,
                    1, diag);
    }
    if (count == 0 && may_be_id) {
        /* '[' follows 'Z': everything that begins with the prefix lies between. */
        count = ids(store, "SELECT ulid FROM run WHERE ulid >= ?1 AND ulid < ?1 || '[' ORDER BY ulid", prefix, found,
                    SHOWN + 1, diag);
        if (count > 1) {
            return ambiguous(prefix, found, count, diag);
        }
    }
    if (count < 0) {
        return count;
    }
    if (count == 0) {
        return not_there(store, run, diag);
    }
    memcpy(ret_id, found[0], JB_RUN_ID_TEXT);
    return 0;
}
