/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a board: a row each, by run and millisecond.
 *
 * Statements are made anew each time: once a second that costs nothing that could be measured, and nothing has to be
 * kept between two looks.
 */
#include "store/vitals.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "store/database.h"
#include "store/write.h"

#define NS_PER_MS 1000000

int jb_store_vitals_put(struct jb_store *store, uint64_t t_ns, const char *json, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (store->writer == NULL || !store->writer->active) {
        return jb_fail(diag, -EINVAL, "no run is being written");
    }
    if (strlen(json) >= JB_VITALS_JSON) {
        return jb_fail(diag, -EINVAL, "a look at the board of more than %d bytes is not kept", JB_VITALS_JSON);
    }
    int r =
        jb_db_prepare(store, "REPLACE INTO vitals(run, t_ms, data) VALUES(?1, ?2, ?3)", "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, store->writer->run);
    sqlite3_bind_int64(statement, 2, (int64_t)(t_ns / NS_PER_MS));
    sqlite3_bind_text(statement, 3, json, -1, SQLITE_STATIC);
    return jb_db_run(store, statement, "write to", diag);
}

int jb_store_vitals(struct jb_store *store, const char *id, jb_vitals_fn fn, void *context, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int64_t run = 0;
    int r = jb_db_run_row(store, id, &run, diag);
    if (r == 0) {
        r = jb_db_prepare(store, "SELECT t_ms, data FROM vitals WHERE run = ?1 AND t_ms >= 0 ORDER BY t_ms", "read",
                          &statement, diag);
    }
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        const char *json = (const char *)sqlite3_column_text(statement, 1);
        int64_t t_ms = sqlite3_column_int64(statement, 0);
        if (json == NULL || strlen(json) >= JB_VITALS_JSON || t_ms > INT64_MAX / NS_PER_MS) {
            return jb_db_damaged(store, "a look at the board cannot be read", diag);
        }
        r = fn(context, (uint64_t)t_ms * NS_PER_MS, json);
        if (r != 0) {
            return r;
        }
    }
    return r;
}
