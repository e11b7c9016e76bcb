/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads one run.
 *
 * The rows are read in one transaction: the meter may be writing. The indexes by which channels point at each other are
 * checked, and loops among parents cut: whoever walks up a tree need not fear for its end.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/prices.h"
#include "store/row.h"

static int select_sql(struct jb_buf *sql, const char *before, const struct jb_column *columns, size_t count,
                      const char *after)
{
    jb_buf_puts(sql, before);
    jb_columns_names(sql, columns, count);
    jb_buf_puts(sql, after);
    return sql->failed ? -ENOMEM : 0;
}

static int load_row(struct jb_store *store, int64_t number, struct jb_run_row *row, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (select_sql(&sql, "SELECT ", jb_run_columns, jb_run_column_count, " FROM run WHERE id = ?1") < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = jb_db_prepare(store, sql.data, "read", &statement, diag);
    if (r == 0) {
        sqlite3_bind_int64(statement, 1, number);
        r = jb_db_step(store, statement, "read", diag);
    }
    if (r <= 0) {
        return r < 0 ? r : jb_db_damaged(store, "a run has no row", diag);
    }
    struct jb_mark self;
    jb_mark_self(&self);
    r = jb_row_read(statement, 0, &self, row);
    return r < 0 ? jb_fail(diag, r, "out of memory") : 0;
}

int jb_row_status(struct jb_store *store, int64_t run, enum jb_run_status *ret, struct jb_diag *diag)
{
    struct jb_run_row row = {0};
    int r = load_row(store, run, &row, diag);
    if (r == 0) {
        *ret = row.record.status;
    }
    jb_record_finish(&row.record);
    return r;
}

static int load_text(struct jb_store *store, int64_t number, struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(
        store, "SELECT command, tags, warnings, wall, segments, hardware, carbon, work FROM run_text WHERE run = ?1",
        "read", &statement, diag);
    if (r == 0) {
        sqlite3_bind_int64(statement, 1, number);
        r = jb_db_step(store, statement, "read", diag);
    }
    if (r <= 0) {
        return r;
    }
    r = jb_row_read_text(statement, 0, true, record);
    return r < 0 ? jb_fail(diag, r, "out of memory") : 0;
}

static int load_channels(struct jb_store *store, int64_t number, struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    if (select_sql(&sql, "SELECT ", jb_channel_columns, jb_channel_column_count,
                   " FROM run_channel WHERE run = ?1 ORDER BY number") < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = jb_db_prepare(store, sql.data, "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, number);
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        if (record->channel_count >= JB_CHUNK_MAX_CHANNELS) {
            return jb_db_damaged(store, "a run has too many channels", diag);
        }
        struct jb_record_channel *grown = realloc(record->channels, (record->channel_count + 1) * sizeof(*grown));
        if (grown == NULL) {
            return jb_fail(diag, -ENOMEM, "out of memory");
        }
        record->channels = grown;
        struct jb_record_channel *channel = &grown[record->channel_count++];
        *channel = (struct jb_record_channel){0};
        r = jb_columns_read(statement, 0, jb_channel_columns, jb_channel_column_count, channel);
        if (r < 0) {
            return jb_fail(diag, r, "out of memory");
        }
    }
    return r;
}

static void check_links(struct jb_record *record)
{
    int count = (int)record->channel_count;
    for (int i = 0; i < count; i++) {
        struct jb_record_channel *channel = &record->channels[i];
        if (channel->parent < 0 || channel->parent >= count) {
            channel->parent = -1;
        }
        if (channel->twin_of < 0 || channel->twin_of >= count || channel->twin_of == i) {
            channel->twin_of = -1;
        }
    }
    for (int i = 0; i < count; i++) {
        int steps = 0;
        for (int up = record->channels[i].parent; up >= 0 && steps <= count; up = record->channels[up].parent) {
            steps++;
        }
        if (steps > count) {
            record->channels[i].parent = -1;
        }
    }
}

/* Segments are written at the beginning and the end; what has been used since belongs to the last one. */
static void complete_last_segment(struct jb_record *record)
{
    if (record->segment_count == 0) {
        return;
    }
    uint64_t before = 0;
    for (size_t i = 0; i + 1 < record->segment_count; i++) {
        before += record->segments[i].energy_uj;
    }
    struct jb_record_segment *last = &record->segments[record->segment_count - 1];
    uint64_t total = jb_record_basis_uj(record);
    last->energy_uj = total > before ? total - before : 0;
    if (record->ended_ns > last->start_ns) {
        last->end_ns = record->ended_ns;
    }
}

/* Said at the end of a run; of one that has none the channels tell: only the wall is divided as the sensors are. */
static void complete_total(struct jb_record *record)
{
    jb_copy(record->total, sizeof(record->total), "sensors");
    for (size_t i = 0; i < record->channel_count; i++) {
        if (record->channels[i].in_total && jb_streq(record->channels[i].idle_source, "sensors")) {
            jb_copy(record->total, sizeof(record->total), "wall");
        }
    }
}

/* What nobody has worked out, because the run is not over or its meter did not live to do it. */
static void complete(struct jb_record *record)
{
    if (record->status == JB_RUN_RUNNING || record->status == JB_RUN_LOST) {
        jb_record_sum(record);
        complete_total(record);
        complete_last_segment(record);
    }
}

static int load(struct jb_store *store, const char *id, struct jb_record *record, struct jb_diag *diag)
{
    int64_t number = 0;
    int r = jb_db_run_row(store, id, &number, diag);
    if (r < 0) {
        return r;
    }
    struct jb_run_row row = {0};
    r = load_row(store, number, &row, diag);
    *record = row.record;
    if (r == 0) {
        r = load_text(store, number, record, diag);
    }
    if (r == 0) {
        r = load_channels(store, number, record, diag);
    }
    if (r == 0) {
        r = jb_prices_load(store, number, record, diag);
    }
    if (r == 0) {
        check_links(record);
        complete(record);
        jb_record_work_price(record);
    }
    return r;
}

int jb_store_load(struct jb_store *store, const char *id, struct jb_record *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    bool alone = sqlite3_get_autocommit(store->db) != 0;
    int r = alone ? jb_db_exec(store, "BEGIN", "read", diag) : 0;
    if (r == 0) {
        r = load(store, id, &record, diag);
    }
    if (alone) {
        jb_db_rollback(store);
    }
    if (r < 0) {
        return r;
    }
    *ret = record;
    record = (struct jb_record){0};
    return 0;
}
