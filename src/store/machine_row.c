/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that are kept for a channel of a machine, read and written by their list of columns.
 */
#include "store/machine_row.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

int jb_machine_row_get(struct jb_store *store, const char *table, const struct jb_column *columns, size_t count,
                       const char *machine_id, const char *channel_id, void *object)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "SELECT ");
    jb_columns_names(&sql, columns, count);
    jb_buf_printf(&sql, " FROM %s WHERE machine_id = ?1 AND channel = ?2", table);
    int r = sql.failed ? -ENOMEM : jb_db_prepare(store, sql.data, "read", &statement, NULL);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    r = jb_db_step(store, statement, "read", NULL);
    if (r <= 0) {
        return r < 0 ? r : -ENOENT;
    }
    return jb_columns_read(statement, 0, columns, count, object);
}

int jb_machine_row_put(struct jb_store *store, const char *table, const struct jb_column *columns, size_t count,
                       const char *machine_id, const char *channel_id, const void *object, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    jb_buf_printf(&sql, "REPLACE INTO %s(machine_id, channel, ", table);
    jb_columns_names(&sql, columns, count);
    jb_buf_puts(&sql, ") VALUES(?1, ?2, ");
    jb_columns_marks(&sql, count, 3);
    jb_buf_puts(&sql, ")");
    int r = sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                       : jb_db_prepare(store, sql.data, "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    jb_columns_bind(statement, 3, columns, count, object);
    return jb_db_run(store, statement, "write to", diag);
}
