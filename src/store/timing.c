/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the counters of machines update. Documented in store.h.
 *
 * Odd: a row with times that no sensor has is not used rather than mended: the meter learns them anew in seconds.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"
#include "store/database.h"

#define MAX_NS (UINT64_C(3600) * 1000000000)

#define TIMING(name, type)                                                                                             \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_sensor_timing, name), 0                                            \
    }
static const struct jb_column columns[] = {
    TIMING(period_ns, U64), TIMING(jitter_ns, U64), TIMING(edge_ns, U64), TIMING(lag_ns, U64), TIMING(measured_ns, I64),
};

static bool sound(const struct jb_sensor_timing *timing)
{
    return timing->period_ns <= MAX_NS && timing->jitter_ns <= MAX_NS && timing->edge_ns <= MAX_NS &&
           timing->lag_ns <= MAX_NS;
}

int jb_store_timing_get(struct jb_store *store, const char *machine_id, const char *channel_id,
                        struct jb_sensor_timing *ret)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "SELECT ");
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_puts(&sql, " FROM sensor_timing WHERE machine_id = ?1 AND channel = ?2");
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
    struct jb_sensor_timing timing = {0};
    r = jb_columns_read(statement, 0, columns, JB_COUNT(columns), &timing);
    if (r < 0) {
        return r;
    }
    if (!sound(&timing)) {
        return -EUCLEAN;
    }
    *ret = timing;
    return 0;
}

int jb_store_timing_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                        const struct jb_sensor_timing *timing, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    if (!sound(timing)) {
        return jb_fail(diag, -EINVAL, "%s: a sensor that updates less than once an hour is not kept", channel_id);
    }
    jb_buf_puts(&sql, "REPLACE INTO sensor_timing(machine_id, channel, ");
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_puts(&sql, ") VALUES(?1, ?2, ");
    jb_columns_marks(&sql, JB_COUNT(columns), 3);
    jb_buf_puts(&sql, ")");
    int r = sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                       : jb_db_prepare(store, sql.data, "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    jb_columns_bind(statement, 3, columns, JB_COUNT(columns), timing);
    return jb_db_run(store, statement, "write to", diag);
}
