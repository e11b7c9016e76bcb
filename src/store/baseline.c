/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle power of the channels of machines.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"
#include "store/database.h"

static const struct jb_column columns[] = {
    {"idle_uw", JB_COLUMN_U64, offsetof(struct jb_baseline, idle_uw), 0},
    {"sigma_uw", JB_COLUMN_U64, offsetof(struct jb_baseline, sigma_uw), 0},
    {"source", JB_COLUMN_CHARS, offsetof(struct jb_baseline, source), sizeof(((struct jb_baseline *)0)->source)},
    {"measured_ns", JB_COLUMN_I64, offsetof(struct jb_baseline, measured_ns), 0},
    {"seconds", JB_COLUMN_REAL, offsetof(struct jb_baseline, seconds), 0},
};

static int prepare(struct jb_store *store, const char *before, bool marks, const char *after, sqlite3_stmt **ret,
                   struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    jb_buf_puts(&sql, before);
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_puts(&sql, after);
    if (marks) {
        jb_columns_marks(&sql, JB_COUNT(columns), 3);
        jb_buf_puts(&sql, ")");
    }
    return sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                      : jb_db_prepare(store, sql.data, marks ? "write to" : "read", ret, diag);
}

int jb_store_baseline_get(struct jb_store *store, const char *machine_id, const char *channel_id,
                          struct jb_baseline *ret)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = prepare(store, "SELECT ", false, " FROM baseline WHERE machine_id = ?1 AND channel = ?2", &statement, NULL);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    r = jb_db_step(store, statement, "read", NULL);
    if (r <= 0) {
        return r < 0 ? r : -ENOENT;
    }
    struct jb_baseline baseline = {0};
    r = jb_columns_read(statement, 0, columns, JB_COUNT(columns), &baseline);
    if (r == 0) {
        *ret = baseline;
    }
    return r;
}

int jb_store_baseline_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                          const struct jb_baseline *baseline, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    int r = prepare(store, "REPLACE INTO baseline(machine_id, channel, ", true, ") VALUES(?1, ?2, ", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    jb_columns_bind(statement, 3, columns, JB_COUNT(columns), baseline);
    return jb_db_run(store, statement, "write to", diag);
}
