/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts another price in the place of a run's.
 *
 * One transaction from the look at the meter to the last row, so that two programs which price the same run anew leave
 * both old prices and one new one. Energy, status, times and words are not touched: that of a lost run still says
 * "running", and is judged when it is read.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/json.h"
#include "store/prices.h"
#include "store/row.h"

static int update_run(struct jb_store *store, int64_t run, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    const struct jb_run_row row = {.record = *record};
    jb_buf_puts(&sql, "UPDATE run SET ");
    jb_columns_assign(&sql, jb_run_columns + JB_RUN_CARBON, JB_RUN_CARBON_COUNT, 2);
    jb_buf_puts(&sql, " WHERE id = ?1");
    int r = sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                       : jb_db_prepare(store, sql.data, "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    jb_columns_bind(statement, 2, jb_run_columns + JB_RUN_CARBON, JB_RUN_CARBON_COUNT, &row);
    return jb_db_run(store, statement, "write to", diag);
}

static int update_text(struct jb_store *store, int64_t run, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    JB_CLEANUP(jb_freep) char *segments = NULL;
    JB_CLEANUP(jb_freep) char *carbon = NULL;
    if (jb_json_from_segments(record->segments, record->segment_count, &segments) < 0 ||
        jb_json_from_carbon(record, &carbon) < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = jb_db_prepare(store, "UPDATE run_text SET segments = ?2, carbon = ?3 WHERE run = ?1", "write to",
                          &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    jb_db_bind_text(statement, 2, segments);
    jb_db_bind_text(statement, 3, carbon);
    r = jb_db_run(store, statement, "write to", diag);
    return r == 0 && sqlite3_changes(store->db) != 1 ? jb_db_damaged(store, "a run has no words", diag) : r;
}

static int reprice(struct jb_store *store, const struct jb_record *record, const struct jb_record_price *old,
                   struct jb_diag *diag)
{
    int64_t run = 0;
    enum jb_run_status status = JB_RUN_RUNNING;
    int r = jb_db_run_row(store, record->id, &run, diag);
    if (r == 0) {
        r = jb_row_status(store, run, &status, diag);
    }
    if (r == 0 && status == JB_RUN_RUNNING) {
        r = jb_fail(diag, -EBUSY, "the run %s is still running", record->id);
    }
    if (r == 0) {
        r = update_run(store, run, record, diag);
    }
    if (r == 0) {
        r = update_text(store, run, record, diag);
    }
    return r == 0 && old != NULL ? jb_price_insert(store, run, old, diag) : r;
}

int jb_store_reprice(struct jb_store *store, const struct jb_record *record, const struct jb_record_price *old,
                     struct jb_diag *diag)
{
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    int r = jb_db_exec(store, "BEGIN IMMEDIATE", "write to", diag);
    if (r < 0) {
        return r;
    }
    r = reprice(store, record, old, diag);
    if (r == 0) {
        r = jb_db_exec(store, "COMMIT", "write to", diag);
    }
    if (r < 0) {
        jb_db_rollback(store);
    }
    return r;
}
