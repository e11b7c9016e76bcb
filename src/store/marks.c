/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of a run: a row each, by run and time.
 *
 * The row goes in only while its run is there, under its own id: the number of a deleted run may have been given to
 * another. Statements are made anew each time: once in five minutes that costs nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/database.h"
#include "store/mark_blob.h"
#include "store/write.h"

void jb_marks_finish(struct jb_marks *marks)
{
    if (marks == NULL) {
        return;
    }
    for (size_t i = 0; i < marks->count; i++) {
        free(marks->marks[i].channels);
    }
    free(marks->marks);
    *marks = (struct jb_marks){0};
}

/* What the next mark is compared with. -ENOMEM leaves the one before. */
static int keep(struct jb_store_mark *kept, const struct jb_store_mark *mark)
{
    if (mark->channel_count > kept->channel_count) {
        struct jb_mark_channel *grown = realloc(kept->channels, mark->channel_count * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        kept->channels = grown;
    }
    if (mark->channel_count > 0) {
        memcpy(kept->channels, mark->channels, mark->channel_count * sizeof(*mark->channels));
    }
    kept->channel_count = mark->channel_count;
    kept->t_ns = mark->t_ns;
    kept->wall_ns = mark->wall_ns;
    return 0;
}

static int insert(struct jb_store *store, const struct jb_store_mark *mark, const struct jb_buf *blob,
                  struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    struct jb_run_writer *writer = store->writer;
    int r = jb_db_prepare(store,
                          "INSERT INTO mark(run, t_ns, wall_ns, data)"
                          " SELECT id, ?3, ?4, ?5 FROM run WHERE id = ?1 AND ulid = ?2",
                          "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, writer->run);
    jb_db_bind_text(statement, 2, writer->id);
    sqlite3_bind_int64(statement, 3, (int64_t)mark->t_ns);
    sqlite3_bind_int64(statement, 4, mark->wall_ns);
    sqlite3_bind_blob64(statement, 5, blob->data, blob->length, SQLITE_STATIC);
    r = jb_db_run(store, statement, "write to", diag);
    if (r == 0 && sqlite3_changes(store->db) != 1) {
        r = jb_fail(diag, -ENOENT, "the run %s has been deleted from %s", writer->id, store->path);
    }
    return r;
}

int jb_store_mark(struct jb_store *store, const struct jb_store_mark *mark, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf blob = {0};
    struct jb_run_writer *writer = store->writer;
    if (writer == NULL || !writer->active) {
        return jb_fail(diag, -EINVAL, "no run is being written");
    }
    if (mark->t_ns > INT64_MAX || (writer->has_last_mark && !jb_mark_follows(&writer->last_mark, mark))) {
        return jb_fail(diag, -EINVAL, "a mark of run %s does not follow the one before", writer->id);
    }
    int r = jb_mark_encode(mark, &blob);
    if (r < 0) {
        return jb_fail(diag, r, r == -ENOMEM ? "out of memory" : "a mark of run %s has channels that cannot be",
                       writer->id);
    }
    r = insert(store, mark, &blob, diag);
    /* Written is written: without memory for the comparison the next one is not compared. */
    writer->has_last_mark = r == 0 ? keep(&writer->last_mark, mark) == 0 : writer->has_last_mark;
    return r;
}

static int add(struct jb_marks *marks, struct jb_store_mark *mark)
{
    if ((marks->count & (marks->count - 1)) == 0) { /* full, at each power of two */
        size_t capacity = marks->count == 0 ? 1 : marks->count * 2;
        struct jb_store_mark *grown = realloc(marks->marks, capacity * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        marks->marks = grown;
    }
    marks->marks[marks->count++] = *mark;
    return 0;
}

static int read_one(sqlite3_stmt *statement, struct jb_marks *marks)
{
    int64_t t_ns = sqlite3_column_int64(statement, 0);
    struct jb_store_mark mark = {.t_ns = (uint64_t)t_ns, .wall_ns = sqlite3_column_int64(statement, 1)};
    const void *data = sqlite3_column_blob(statement, 2);
    int r =
        t_ns < 0 || data == NULL ? -EBADMSG : jb_mark_decode(data, (size_t)sqlite3_column_bytes(statement, 2), &mark);
    if (r < 0) {
        return r;
    }
    bool follows = marks->count == 0 || jb_mark_follows(&marks->marks[marks->count - 1], &mark);
    r = follows ? add(marks, &mark) : -EBADMSG;
    if (r < 0) {
        free(mark.channels);
    }
    return r;
}

static int read_all(struct jb_store *store, int64_t run, struct jb_marks *marks, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store, "SELECT t_ns, wall_ns, data FROM mark WHERE run = ?1 ORDER BY t_ns", "read",
                          &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        r = read_one(statement, marks);
        if (r < 0) {
            return r == -ENOMEM ? jb_fail(diag, r, "out of memory")
                                : jb_db_damaged(store, "a mark of a run cannot be read", diag);
        }
    }
    return r;
}

int jb_store_marks(struct jb_store *store, const char *id, struct jb_marks *ret, struct jb_diag *diag)
{
    struct jb_marks marks = {0};
    int64_t run = 0;
    int r = jb_db_run_row(store, id, &run, diag);
    if (r == 0) {
        r = read_all(store, run, &marks, diag);
    }
    if (r < 0) {
        jb_marks_finish(&marks);
        return r;
    }
    *ret = marks;
    return 0;
}
