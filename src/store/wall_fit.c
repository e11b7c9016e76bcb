/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the wall of a machine follows its sensors.
 *
 * Odd: a row whose line is not made of numbers is not used rather than mended: a wrong line would be worse than none.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"
#include "store/database.h"

#define FIT(name, type)                                                                                                \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_wall_fit, name), 0                                                 \
    }
static const struct jb_column columns[] = {
    FIT(a_w, REAL),
    FIT(b, REAL),
    FIT(var_a, REAL),
    FIT(var_b, REAL),
    FIT(cov_ab, REAL),
    FIT(residual_w, REAL),
    FIT(min_w, REAL),
    FIT(max_w, REAL),
    FIT(readings, INT),
    {"meter", JB_COLUMN_CHARS, offsetof(struct jb_wall_fit, meter), sizeof(((struct jb_wall_fit *)0)->meter)},
    FIT(meter_error, REAL),
    FIT(measured_ns, I64),
    FIT(leaves, STRING),
};

void jb_wall_fit_finish(struct jb_wall_fit *fit)
{
    if (fit != NULL) {
        free(fit->leaves);
        *fit = (struct jb_wall_fit){0};
    }
}

static bool sound(const struct jb_wall_fit *fit)
{
    return isfinite(fit->a_w) && isfinite(fit->b) && fit->var_a >= 0 && fit->var_b >= 0 && isfinite(fit->var_a) &&
           isfinite(fit->var_b) && isfinite(fit->cov_ab) && fit->residual_w >= 0 && isfinite(fit->residual_w) &&
           fit->min_w >= 0 && isfinite(fit->max_w) && fit->max_w >= fit->min_w && fit->readings > 2 &&
           (isnan(fit->meter_error) || (fit->meter_error >= 0 && fit->meter_error <= 1)) && fit->leaves != NULL;
}

int jb_store_wall_fit_get(struct jb_store *store, const char *machine_id, struct jb_wall_fit *ret)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    JB_CLEANUP(jb_wall_fit_finish) struct jb_wall_fit fit = {0};
    jb_buf_puts(&sql, "SELECT ");
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_puts(&sql, " FROM wall_fit WHERE machine_id = ?1");
    int r = sql.failed ? -ENOMEM : jb_db_prepare(store, sql.data, "read", &statement, NULL);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    r = jb_db_step(store, statement, "read", NULL);
    if (r <= 0) {
        return r < 0 ? r : -ENOENT;
    }
    r = jb_columns_read(statement, 0, columns, JB_COUNT(columns), &fit);
    if (r < 0) {
        return r;
    }
    if (!sound(&fit)) {
        return -EUCLEAN;
    }
    *ret = fit;
    fit = (struct jb_wall_fit){0};
    return 0;
}

int jb_store_wall_fit_put(struct jb_store *store, const char *machine_id, const struct jb_wall_fit *fit,
                          struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    if (!sound(fit)) {
        return jb_fail(diag, -EINVAL, "a fit of the wall that is not made of numbers is not kept");
    }
    jb_columns_insert(&sql, "REPLACE INTO wall_fit", "machine_id", columns, JB_COUNT(columns));
    int r = sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                       : jb_db_prepare(store, sql.data, "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    jb_columns_bind(statement, 2, columns, JB_COUNT(columns), fit);
    return jb_db_run(store, statement, "write to", diag);
}

int jb_store_wall_fit_forget(struct jb_store *store, const char *machine_id, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    int r = jb_db_prepare(store, "DELETE FROM wall_fit WHERE machine_id = ?1", "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    r = jb_db_run(store, statement, "write to", diag);
    if (r == 0 && sqlite3_changes(store->db) == 0) {
        r = jb_fail(diag, -ENOENT, "no fit of the wall is kept for this machine in %s", store->path);
    }
    return r;
}
