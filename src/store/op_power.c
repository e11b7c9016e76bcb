/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power of operators on machines. Documented in store.h.
 *
 * Names come from the programs that were measured, so their number is bounded: a program that names its regions by the
 * step must not fill the disk. A row that is not made of numbers is left out: a wrong prior is worse than none.
 */
#include <errno.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"
#include "store/database.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)
#define MAX_W      1e6 /* no operator draws more than a hall of machines */

#define POWER(name, type)                                                                                              \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_op_power, name), 0                                                 \
    }
static const struct jb_column columns[] = {
    {"name", JB_COLUMN_CHARS, offsetof(struct jb_op_power, name), sizeof(((struct jb_op_power *)0)->name)},
    POWER(mean_w, REAL),
    POWER(sd_w, REAL),
    POWER(seconds, REAL),
    POWER(measured_ns, I64),
};

static bool sound(const struct jb_op_power *power)
{
    return power->name[0] != '\0' && fabs(power->mean_w) <= MAX_W && power->sd_w > 0 && power->sd_w <= MAX_W &&
           power->seconds > 0 && isfinite(power->seconds);
}

int jb_store_op_power_each(struct jb_store *store, const char *machine_id, const char *channel_id, jb_op_power_fn fn,
                           void *context)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "SELECT ");
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_puts(&sql, " FROM op_power WHERE machine_id = ?1 AND channel = ?2 ORDER BY seconds DESC, name"
                      " LIMIT " TEXT(JB_OP_POWERS));
    int r = sql.failed ? -ENOMEM : jb_db_prepare(store, sql.data, "read", &statement, NULL);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    while ((r = jb_db_step(store, statement, "read", NULL)) == 1) {
        struct jb_op_power power = {0};
        r = jb_columns_read(statement, 0, columns, JB_COUNT(columns), &power);
        if (r == 0 && sound(&power)) {
            r = fn(context, &power);
        }
        if (r != 0) {
            return r;
        }
    }
    return r;
}

static int put_all(struct jb_store *store, const char *machine_id, const char *channel_id,
                   const struct jb_op_power *powers, size_t count, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "REPLACE INTO op_power(machine_id, channel, ");
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_puts(&sql, ") VALUES(?1, ?2, ");
    jb_columns_marks(&sql, JB_COUNT(columns), 3);
    jb_buf_puts(&sql, ")");
    int r = sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                       : jb_db_prepare(store, sql.data, "write to", &statement, diag);
    for (size_t i = 0; r == 0 && i < count; i++) {
        sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
        jb_columns_bind(statement, 3, columns, JB_COUNT(columns), &powers[i]);
        r = jb_db_run(store, statement, "write to", diag);
    }
    return r;
}

static int forget_oldest(struct jb_store *store, const char *machine_id, const char *channel_id, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store,
                          "DELETE FROM op_power WHERE machine_id = ?1 AND channel = ?2 AND name IN"
                          " (SELECT name FROM op_power WHERE machine_id = ?1 AND channel = ?2"
                          "  ORDER BY measured_ns DESC, name LIMIT -1 OFFSET " TEXT(JB_OP_POWERS) ")",
                          "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, channel_id, -1, SQLITE_STATIC);
    return jb_db_run(store, statement, "write to", diag);
}

int jb_store_op_power_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                          const struct jb_op_power *powers, size_t count, struct jb_diag *diag)
{
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    for (size_t i = 0; i < count; i++) {
        if (!sound(&powers[i])) {
            return jb_fail(diag, -EINVAL, "the power of an operator that is not made of numbers is not kept");
        }
    }
    int r = jb_db_exec(store, "BEGIN IMMEDIATE", "write to", diag);
    if (r < 0) {
        return r;
    }
    r = put_all(store, machine_id, channel_id, powers, count, diag);
    if (r == 0) {
        r = forget_oldest(store, machine_id, channel_id, diag);
    }
    if (r == 0) {
        r = jb_db_exec(store, "COMMIT", "write to", diag);
    }
    if (r < 0) {
        jb_db_rollback(store);
    }
    return r;
}
