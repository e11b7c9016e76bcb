/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletes a run and gives its space back to the file system.
 *
 * Deleting only puts pages on a list of free ones (sqlite.org/pragma.html#pragma_incremental_vacuum); the file was made
 * with auto_vacuum = INCREMENTAL, so they can be cut off afterwards. That is in its own transactions and may fail (a
 * reader in the way): the pages are then used by the next run.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "store/row.h"

static int delete_row(struct jb_store *store, const char *id, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int64_t number = 0;
    enum jb_run_status status = JB_RUN_RUNNING;
    int r = jb_db_run_row(store, id, &number, diag);
    if (r == 0) {
        r = jb_row_status(store, number, &status, diag);
    }
    if (r == 0 && status == JB_RUN_RUNNING) {
        r = jb_fail(diag, -EBUSY, "the run %s is still running", id);
    }
    if (r == 0) {
        r = jb_db_prepare(store, "DELETE FROM run WHERE id = ?1", "write to", &statement, diag);
    }
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, number);
    return jb_db_run(store, statement, "write to", diag);
}

static void free_pages(struct jb_store *store)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (jb_db_prepare(store, "PRAGMA incremental_vacuum", "write to", &statement, NULL) == 0) {
        while (sqlite3_step(statement) == SQLITE_ROW) {
        }
    }
    jb_db_finalize(&statement);
    sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

int jb_store_delete(struct jb_store *store, const char *id, struct jb_diag *diag)
{
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    int r = jb_db_exec(store, "BEGIN IMMEDIATE", "write to", diag);
    if (r < 0) {
        return r;
    }
    r = delete_row(store, id, diag);
    if (r == 0) {
        r = jb_db_exec(store, "COMMIT", "write to", diag);
    }
    if (r < 0) {
        jb_db_rollback(store);
        return r;
    }
    free_pages(store);
    return 0;
}
