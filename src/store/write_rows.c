/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inserts and updates run, run_text and run_channel.
 *
 * The statements are put together from the column lists of row.h. A record is copied flat into a row to be bound:
 * nothing in it is owned by the copy.
 */
#include "store/write_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "store/json.h"
#include "store/prices.h"

static int prepare_text(struct jb_store *store, struct jb_buf *sql, sqlite3_stmt **ret, struct jb_diag *diag)
{
    if (sql->failed) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = *ret != NULL ? 0 : jb_db_prepare(store, sql->data, "write to", ret, diag);
    jb_buf_clear(sql);
    return r;
}

static int prepare(struct jb_store *store, const char *sql, sqlite3_stmt **ret, struct jb_diag *diag)
{
    return *ret != NULL ? 0 : jb_db_prepare(store, sql, "write to", ret, diag);
}

/* "UPDATE run SET ..." of the columns from number `first` on; ?1 and ?2 say which run. */
static void update_sql(struct jb_buf *sql, size_t first)
{
    jb_buf_puts(sql, "UPDATE run SET ");
    jb_columns_assign(sql, jb_run_columns + first, jb_run_column_count - first, 3);
    jb_buf_puts(sql, " WHERE id = ?1 AND ulid = ?2");
}

static int prepare_rows(struct jb_store *store, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    update_sql(&sql, JB_RUN_LIVE);
    int r = prepare_text(store, &sql, &writer->update_run, diag);
    if (r < 0) {
        return r;
    }
    jb_columns_insert(&sql, "REPLACE INTO run_channel", "run", jb_channel_columns, jb_channel_column_count);
    return prepare_text(store, &sql, &writer->put_channel, diag);
}

int jb_run_writer_prepare(struct jb_store *store, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    int r = prepare_rows(store, diag);
    const struct {
        const char *sql;
        sqlite3_stmt **ret;
    } others[] = {
        {"INSERT INTO chunk(id, data) VALUES(?1, ?2)", &writer->insert_chunk},
        {"SELECT data FROM sum_10s WHERE id = ?1", &writer->levels[0].get},
        {"REPLACE INTO sum_10s(id, data) VALUES(?1, ?2)", &writer->levels[0].put},
        {"SELECT data FROM sum_10min WHERE id = ?1", &writer->levels[1].get},
        {"REPLACE INTO sum_10min(id, data) VALUES(?1, ?2)", &writer->levels[1].put},
    };
    for (size_t i = 0; r == 0 && i < JB_COUNT(others); i++) {
        r = prepare(store, others[i].sql, others[i].ret, diag);
    }
    return r;
}

/* The lists of a record as JSON. */
struct texts {
    char *command, *tags, *warnings, *segments, *wall, *carbon, *work;
};

static void texts_finish(struct texts *texts)
{
    free(texts->command);
    free(texts->tags);
    free(texts->warnings);
    free(texts->segments);
    free(texts->wall);
    free(texts->carbon);
    free(texts->work);
}

static int texts_make(struct texts *texts, const struct jb_record *record, struct jb_diag *diag)
{
    if (jb_json_from_strings(record->command, record->command_count, &texts->command) < 0 ||
        jb_json_from_tags(record->tags, record->tag_count, &texts->tags) < 0 ||
        jb_json_from_strings(record->warnings, record->warning_count, &texts->warnings) < 0 ||
        jb_json_from_segments(record->segments, record->segment_count, &texts->segments) < 0 ||
        jb_json_from_wall(record, &texts->wall) < 0 || jb_json_from_carbon(record, &texts->carbon) < 0 ||
        jb_json_from_work(&record->work, &texts->work) < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    return 0;
}

/* A statement with ?1 the run, then command, tags, warnings, segments, hardware, wall, carbon, work. */
static int run_text(struct jb_store *store, sqlite3_stmt *statement, const struct texts *texts,
                    const struct jb_record *record, struct jb_diag *diag)
{
    sqlite3_bind_int64(statement, 1, store->writer->run);
    jb_db_bind_text(statement, 2, texts->command);
    jb_db_bind_text(statement, 3, texts->tags);
    jb_db_bind_text(statement, 4, texts->warnings);
    jb_db_bind_text(statement, 5, texts->segments);
    jb_db_bind_text(statement, 6, record->hardware_json);
    jb_db_bind_text(statement, 7, texts->wall);
    jb_db_bind_text(statement, 8, texts->carbon);
    jb_db_bind_text(statement, 9, texts->work);
    return jb_db_run(store, statement, "write to", diag);
}

static void make_row(const struct jb_run_writer *writer, const struct jb_record *record, uint64_t last_us,
                     enum jb_run_status status, struct jb_run_row *ret)
{
    *ret = (struct jb_run_row){.record = *record, .last_us = last_us, .mark = writer->mark};
    ret->mark.heartbeat_ns = jb_wall_ns();
    jb_copy(ret->status, sizeof(ret->status), jb_run_status_name(status));
    if (status == JB_RUN_RUNNING) {
        ret->record.ended_ns = 0;
        ret->record.duration_s = (double)last_us / 1e6;
        ret->record.has_exit_code = ret->record.has_signal = false;
    }
}

static int insert_run(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "INSERT INTO run(");
    jb_columns_names(&sql, jb_run_columns, jb_run_column_count);
    jb_buf_puts(&sql, ") VALUES(");
    jb_columns_marks(&sql, jb_run_column_count, 1);
    jb_buf_puts(&sql, ")");
    int r = prepare_text(store, &sql, &statement, diag);
    if (r < 0) {
        return r;
    }
    struct jb_run_row row;
    make_row(store->writer, record, 0, JB_RUN_RUNNING, &row);
    row.record.owner = (int64_t)getuid();
    jb_columns_bind(statement, 1, jb_run_columns, jb_run_column_count, &row);
    return jb_db_run(store, statement, "write to", diag);
}

static int insert_text(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    JB_CLEANUP(texts_finish) struct texts texts = {0};
    int r = texts_make(&texts, record, diag);
    if (r == 0) {
        r = jb_db_prepare(store,
                          "INSERT INTO run_text(run, command, tags, warnings, segments, hardware, wall, carbon,"
                          " work)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                          "write to", &statement, diag);
    }
    return r < 0 ? r : run_text(store, statement, &texts, record, diag);
}

int jb_run_writer_insert(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    jb_mark_self(&writer->mark);
    jb_copy(writer->id, sizeof(writer->id), record->id);
    int r = insert_run(store, record, diag);
    if (r < 0) {
        return r == -EEXIST ? jb_fail(diag, r, "there is a run %s in %s already", record->id, store->path) : r;
    }
    writer->run = sqlite3_last_insert_rowid(store->db);
    if (writer->run < 0 || writer->run > JB_RUN_ROW_MAX) {
        return jb_fail(diag, -EOVERFLOW, "%s has no room for another run", store->path);
    }
    return insert_text(store, record, diag);
}

static int update_row(struct jb_store *store, sqlite3_stmt *statement, size_t first, const struct jb_run_row *row,
                      struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    sqlite3_bind_int64(statement, 1, writer->run);
    jb_db_bind_text(statement, 2, writer->id);
    jb_columns_bind(statement, 3, jb_run_columns + first, jb_run_column_count - first, row);
    int r = jb_db_run(store, statement, "write to", diag);
    if (r == 0 && sqlite3_changes(store->db) != 1) {
        r = jb_fail(diag, -ENOENT, "the run %s has been deleted from %s", writer->id, store->path);
    }
    return r;
}

static int put_channels(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    struct jb_run_writer *writer = store->writer;
    int r = 0;
    for (size_t i = 0; r == 0 && i < record->channel_count; i++) {
        sqlite3_bind_int64(writer->put_channel, 1, writer->run);
        jb_columns_bind(writer->put_channel, 2, jb_channel_columns, jb_channel_column_count, &record->channels[i]);
        r = jb_db_run(store, writer->put_channel, "write to", diag);
    }
    return r;
}

int jb_run_writer_update(struct jb_store *store, const struct jb_record *record, uint64_t last_us, struct jb_diag *diag)
{
    struct jb_run_row row;
    make_row(store->writer, record, last_us, JB_RUN_RUNNING, &row);
    int r = update_row(store, store->writer->update_run, JB_RUN_LIVE, &row, diag);
    return r < 0 ? r : put_channels(store, record, diag);
}

/* What has been said in words may have grown: the tags too. */
static int update_text(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    JB_CLEANUP(texts_finish) struct texts texts = {0};
    int r = texts_make(&texts, record, diag);
    if (r == 0) {
        r = jb_db_prepare(store,
                          "UPDATE run_text SET command = ?2, tags = ?3, warnings = ?4, segments = ?5, hardware = ?6,"
                          " wall = ?7, carbon = ?8, work = ?9 WHERE run = ?1",
                          "write to", &statement, diag);
    }
    return r < 0 ? r : run_text(store, statement, &texts, record, diag);
}

/* A run that ends has none, but one that was put together elsewhere may. */
static int put_prices(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < record->price_count; i++) {
        r = jb_price_insert(store, store->writer->run, &record->prices[i], diag);
    }
    return r;
}

int jb_run_writer_finish(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    struct jb_run_row row;
    make_row(store->writer, record, store->writer->last_us, record->status, &row);
    update_sql(&sql, JB_RUN_FIXED);
    int r = prepare_text(store, &sql, &statement, diag);
    if (r == 0) {
        r = update_row(store, statement, JB_RUN_FIXED, &row, diag);
    }
    if (r == 0) {
        r = put_channels(store, record, diag);
    }
    if (r == 0) {
        r = update_text(store, record, diag);
    }
    return r < 0 ? r : put_prices(store, record, diag);
}
