/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through the rows of one level. Documented in history_scan.h.
 *
 * A block holds rows for 60 times the length of one, from its key on; one that began so long before the window may
 * still reach into it. A row that ends after the window may have started in it, so blocks are read on until one starts
 * after it.
 */
#include "store/history_scan.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"

#define ALL_TIME_US (INT64_C(1) << JB_HISTORY_TIME_BITS)

int jb_history_scan_begin(struct jb_history_scan *scan, struct jb_store *store, const char *machine_id,
                          struct jb_diag *diag)
{
    scan->store = store;
    scan->diag = diag;
    if (jb_history_entry_make(&scan->row) < 0 || jb_history_entry_make(&scan->begun[0]) < 0 ||
        jb_history_entry_make(&scan->begun[1]) < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    scan->state = (struct jb_history_state){.begun = {&scan->begun[0], &scan->begun[1]}};
    return jb_history_state_read(store, machine_id, &scan->unpacker, &scan->state, diag);
}

void jb_history_scan_finish(struct jb_history_scan *scan)
{
    jb_history_entry_finish(&scan->row);
    jb_history_entry_finish(&scan->begun[0]);
    jb_history_entry_finish(&scan->begun[1]);
}

static int prepare(struct jb_history_scan *scan, enum jb_history_level level, const char *after, sqlite3_stmt **ret)
{
    char sql[160];
    sqlite3_snprintf(sizeof(sql), sql, "SELECT id, data FROM %s WHERE id BETWEEN ?1 AND ?2 ORDER BY id%s",
                     jb_history_tables[level], after);
    return jb_db_prepare(scan->store, sql, "read", ret, scan->diag);
}

static int damaged(struct jb_history_scan *scan)
{
    return jb_db_damaged(scan->store, "a block of the history cannot be read", scan->diag);
}

static int open_block(struct jb_history_scan *scan, sqlite3_stmt *statement)
{
    const void *data = sqlite3_column_blob(statement, 1);
    int r = jb_history_unpack_begin(&scan->unpacker, data, (size_t)sqlite3_column_bytes(statement, 1));
    return r < 0 ? damaged(scan) : 0;
}

static bool touches(const struct jb_history_entry *row, int64_t t0_us, int64_t t1_us)
{
    return row->end_us > t0_us && jb_history_start_us(row) < t1_us;
}

/* *ret_past: the block starts after the window. */
static int scan_block(struct jb_history_scan *scan, sqlite3_stmt *statement, int64_t t0_us, int64_t t1_us,
                      jb_history_row_fn fn, void *context, bool *ret_past)
{
    int r = open_block(scan, statement), more = 0;
    bool first = true;
    while (r == 0 && (more = jb_history_unpack(&scan->unpacker, &scan->row)) == 1) {
        if (first && jb_history_start_us(&scan->row) >= t1_us) {
            *ret_past = true;
            return 0;
        }
        first = false;
        if (touches(&scan->row, t0_us, t1_us)) {
            r = fn(context, &scan->row);
        }
    }
    return more < 0 ? damaged(scan) : r;
}

int jb_history_scan_rows(struct jb_history_scan *scan, enum jb_history_level level, int64_t t0_us, int64_t t1_us,
                         jb_history_row_fn fn, void *context)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int64_t reach_us = jb_history_width_us[level] * (JB_HISTORY_BLOCK_ROWS + 1);
    int64_t from_us = t0_us > reach_us ? t0_us - reach_us : 0;
    int r = prepare(scan, level, "", &statement);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1,
                       jb_history_key(scan->state.machine, from_us < ALL_TIME_US ? from_us : ALL_TIME_US - 1));
    sqlite3_bind_int64(statement, 2, jb_history_last_key(scan->state.machine));
    bool past = false;
    while (r == 0 && !past && (r = jb_db_step(scan->store, statement, "read", scan->diag)) == 1) {
        r = scan_block(scan, statement, t0_us, t1_us, fn, context, &past);
    }
    for (int i = level; r == 0 && i > 0; i--) {
        struct jb_history_entry *begun = &scan->begun[i - 1];
        if (begun->end_us != 0 && touches(begun, t0_us, t1_us)) {
            r = fn(context, begun);
        }
    }
    return r;
}

int jb_history_scan_first(struct jb_history_scan *scan, enum jb_history_level level, int64_t *ret_us)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = prepare(scan, level, " LIMIT 1", &statement);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, jb_history_key(scan->state.machine, 0));
    sqlite3_bind_int64(statement, 2, jb_history_last_key(scan->state.machine));
    r = jb_db_step(scan->store, statement, "read", scan->diag);
    if (r <= 0) {
        *ret_us = r == 0 ? INT64_MAX : *ret_us;
        return r;
    }
    r = open_block(scan, statement);
    if (r == 0 && jb_history_unpack(&scan->unpacker, &scan->row) != 1) {
        r = damaged(scan);
    }
    if (r == 0) {
        *ret_us = jb_history_start_us(&scan->row);
    }
    return r;
}
