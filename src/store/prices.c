/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the table price by one list of columns. Rows are numbered as they come, over all runs. */
#include "store/prices.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"

#define PRICE(name, type)                                                                                              \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_record_price, name), 0                                             \
    }
#define PRICE_CHARS(name)                                                                                              \
    {                                                                                                                  \
#name, JB_COLUMN_CHARS, offsetof(struct jb_record_price, name), sizeof(((struct jb_record_price *)0)->name)    \
    }
static const struct jb_column columns[] = {
    PRICE(until_ns, I64), PRICE(emissions_g, REAL), PRICE(uncertainty_g, REAL), PRICE(intensity_g_per_kwh, REAL),
    PRICE_CHARS(source),  PRICE_CHARS(reason),
};

int jb_price_insert(struct jb_store *store, int64_t run, const struct jb_record_price *price, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_columns_insert(&sql, "INSERT INTO price", "run", columns, JB_COUNT(columns));
    int r = sql.failed ? jb_fail(diag, -ENOMEM, "out of memory")
                       : jb_db_prepare(store, sql.data, "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    jb_columns_bind(statement, 2, columns, JB_COUNT(columns), price);
    return jb_db_run(store, statement, "write to", diag);
}

static void turn_around(struct jb_record_price *prices, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct jb_record_price first = prices[i];
        prices[i] = prices[count - 1 - i];
        prices[count - 1 - i] = first;
    }
}

int jb_prices_load(struct jb_store *store, int64_t run, struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "SELECT ");
    jb_columns_names(&sql, columns, JB_COUNT(columns));
    jb_buf_printf(&sql, " FROM price WHERE run = ?1 ORDER BY id DESC LIMIT %d", JB_PRICES_MAX);
    int r =
        sql.failed ? jb_fail(diag, -ENOMEM, "out of memory") : jb_db_prepare(store, sql.data, "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        struct jb_record_price *grown = realloc(record->prices, (record->price_count + 1) * sizeof(*grown));
        if (grown == NULL) {
            return jb_fail(diag, -ENOMEM, "out of memory");
        }
        record->prices = grown;
        struct jb_record_price *price = &grown[record->price_count++];
        *price = (struct jb_record_price){0};
        r = jb_columns_read(statement, 0, columns, JB_COUNT(columns), price);
        if (r < 0) {
            return jb_fail(diag, r, "out of memory");
        }
    }
    turn_around(record->prices, record->price_count);
    return r;
}
