/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes over a run from a database that another process made.
 *
 * Nothing in it is trusted. It is copied first, so that it cannot change while it is read, and only from memory: a file
 * of a file system that its owner serves could make us wait for ever. It must have the very tables that we make, word
 * by word, and nothing else: no view, no trigger, no computed column. Rows are copied value by value into our own
 * STRICT tables, under a new number, in ascending order of their keys, so that a tree of pages that leads in circles
 * ends. Who the meter was is not taken over: nobody's process is asked for whether that run is alive.
 *
 * One with the tables of another version is refused. Taking the missing steps in the copy would write to pages that
 * somebody hostile laid out; that needs the very tables of each version to compare with first, and is not worth it:
 * the first version that hands runs over is the newest one, and the run stays in its user's own database.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/connection.h"
#include "store/row.h"
#include "store/run_tables.h"
#include "store/schema.h"

struct adoption {
    struct jb_store *store, *source;
    struct jb_diag *diag;
    uint32_t owner;
    int64_t from, to; /* the number of the run there and here */
    char id[JB_RUN_ID_TEXT];
};

static int refuse(struct adoption *adoption, int err, const char *why)
{
    return jb_fail(adoption->diag, err, "the run that was handed over is refused: %s", why);
}

/* What goes wrong with the source is the source's fault. */
static int blame(int r)
{
    return r == -ENOMEM || r == -EPROTO || r == -EPROTONOSUPPORT || r >= 0 ? r : -EUCLEAN;
}

static int copy_bytes(int from, int to)
{
    char buffer[16384];
    uint64_t size = 0;
    for (;;) {
        ssize_t got = pread(from, buffer, sizeof(buffer), (off_t)size);
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        if (got == 0) {
            return 0;
        }
        if (got > 0 && size + (uint64_t)got > JB_STORE_ADOPT_MAX) {
            return -EFBIG;
        }
        for (ssize_t put = 0; put < got;) {
            ssize_t r = pwrite(to, buffer + put, (size_t)(got - put), (off_t)size + put);
            if (r < 0 && errno != EINTR) {
                return -errno;
            }
            put += r > 0 ? r : 0;
        }
        size += got > 0 ? (uint64_t)got : 0;
    }
}

static int take_bytes(struct adoption *adoption, int fd, int *ret_fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fcntl(fd, F_GET_SEALS) < 0) {
        return refuse(adoption, -EPROTO, "it is no file in memory");
    }
    if ((uint64_t)st.st_size > JB_STORE_ADOPT_MAX) {
        return refuse(adoption, -EFBIG, "it is too large");
    }
    int copy = memfd_create("joulebook-adopted", MFD_CLOEXEC);
    int r = copy < 0 ? -errno : copy_bytes(fd, copy);
    if (r < 0) {
        jb_closep(&copy);
        return refuse(adoption, r, strerror(-r));
    }
    *ret_fd = copy;
    return 0;
}

/* Each thing in its schema is one of ours. */
static int check_schema(struct adoption *adoption)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *theirs = NULL;
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *ours = NULL;
    int64_t version = 0;
    int r = jb_schema_identify(adoption->source, &version, adoption->diag);
    if (r == 0 && version != jb_schema_version) {
        r = refuse(adoption, -EPROTO, "it was made by an older joulebook");
    }
    if (r == 0) {
        r = jb_db_prepare(adoption->source, "SELECT type, name, tbl_name, sql FROM sqlite_schema", "read", &theirs,
                          adoption->diag);
    }
    if (r < 0) {
        return blame(r);
    }
    r = jb_db_prepare(adoption->store,
                      "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND tbl_name = ?3 AND sql IS ?4",
                      "read", &ours, adoption->diag);
    while (r == 0 && (r = jb_db_step(adoption->source, theirs, "read", adoption->diag)) == 1) {
        for (int i = 0; i < 4; i++) {
            sqlite3_bind_value(ours, i + 1, sqlite3_column_value(theirs, i));
        }
        r = jb_db_step(adoption->store, ours, "read", adoption->diag);
        sqlite3_reset(ours);
        r = r == 1 ? 0 : r < 0 ? r : refuse(adoption, -EUCLEAN, "its tables are not ours");
    }
    return blame(r);
}

static bool is_id(const char *id)
{
    size_t length = 0;
    for (; id != NULL && id[length] != '\0'; length++) {
        char c = id[length];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z')) {
            return false;
        }
    }
    return length > 0 && length < JB_RUN_ID_TEXT;
}

static int find_run(struct adoption *adoption)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(adoption->source, "SELECT id, ulid FROM run LIMIT 2", "read", &statement, adoption->diag);
    if (r == 0) {
        r = jb_db_step(adoption->source, statement, "read", adoption->diag);
    }
    if (r < 0) {
        return blame(r);
    }
    if (r == 0) {
        return refuse(adoption, -EUCLEAN, "there is no run in it");
    }
    const char *id = (const char *)sqlite3_column_text(statement, 1);
    adoption->from = sqlite3_column_int64(statement, 0);
    if (!is_id(id) || adoption->from < 0 || adoption->from > JB_RUN_ROW_MAX) {
        return refuse(adoption, -EUCLEAN, "its run has an impossible id");
    }
    jb_copy(adoption->id, sizeof(adoption->id), id);
    r = jb_db_step(adoption->source, statement, "read", adoption->diag);
    return r == 1 ? refuse(adoption, -EUCLEAN, "there is more than one run in it") : blame(r);
}

/* A run of the same id makes way if it is the same user's and over. */
static int make_way(struct adoption *adoption)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    struct jb_store *store = adoption->store;
    int r = jb_db_prepare(store, "SELECT id, owner IS ?2 FROM run WHERE ulid = ?1", "read", &statement, adoption->diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, adoption->id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, adoption->owner);
    r = jb_db_step(store, statement, "read", adoption->diag);
    if (r <= 0) {
        return r;
    }
    int64_t row = sqlite3_column_int64(statement, 0);
    if (sqlite3_column_int(statement, 1) == 0) {
        return jb_fail(adoption->diag, -EEXIST, "there is a run %s of somebody else in %s already", adoption->id,
                       store->path);
    }
    enum jb_run_status status = JB_RUN_RUNNING;
    r = jb_row_status(store, row, &status, adoption->diag);
    if (r == 0 && status == JB_RUN_RUNNING) {
        r = jb_fail(adoption->diag, -EBUSY, "the run %s is still being written to %s", adoption->id, store->path);
    }
    jb_db_finalize(&statement);
    if (r == 0) {
        r = jb_db_prepare(store, "DELETE FROM run WHERE id = ?1", "write to", &statement, adoption->diag);
    }
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, row);
    return jb_db_run(store, statement, "write to", adoption->diag);
}

/* Of the run itself: whose it is, and nothing of its meter. */
static bool bind_own(struct adoption *adoption, sqlite3_stmt *insert, int index, const char *name)
{
    if (jb_streq(name, "owner")) {
        sqlite3_bind_int64(insert, index, adoption->owner);
    } else if (jb_streq(name, "id") || jb_streq(name, "meter_place")) {
        sqlite3_bind_null(insert, index);
    } else if (jb_streq(name, "meter_pid") || jb_streq(name, "meter_start") || jb_streq(name, "heartbeat_ns")) {
        sqlite3_bind_int64(insert, index, 0);
    } else {
        return false;
    }
    return true;
}

/* The key of a row in its new place; false: it is not one of this run, or not after the one before. */
static bool bind_key(struct adoption *adoption, const struct jb_run_table *table, sqlite3_stmt *select,
                     sqlite3_stmt *insert, int column, int64_t *last)
{
    int64_t id = sqlite3_column_int64(select, column);
    if (id <= *last) {
        return false;
    }
    *last = id;
    if (table->kind == JB_RUN_TABLE_IDS) {
        sqlite3_bind_null(insert, column + 1);
        return true;
    }
    sqlite3_bind_int64(insert, column + 1, jb_db_key(adoption->to, (uint64_t)id & JB_KEY_LOW_MAX));
    return id >> JB_TIME_BITS == adoption->from;
}

static int copy_row(struct adoption *adoption, const struct jb_run_table *table, sqlite3_stmt *select,
                    sqlite3_stmt *insert, int64_t *last)
{
    int count = sqlite3_column_count(select);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_column_name(select, i);
        if (table->kind == JB_RUN_TABLE_ITSELF) {
            if (!bind_own(adoption, insert, i + 1, name)) {
                sqlite3_bind_value(insert, i + 1, sqlite3_column_value(select, i));
            }
        } else if (jb_streq(name, "run")) {
            sqlite3_bind_int64(insert, i + 1, adoption->to);
        } else if (jb_streq(name, "id") && table->kind != JB_RUN_TABLE_ROWS) {
            if (!bind_key(adoption, table, select, insert, i, last)) {
                return refuse(adoption, -EUCLEAN, "its rows are out of order");
            }
        } else {
            sqlite3_bind_value(insert, i + 1, sqlite3_column_value(select, i));
        }
    }
    int r = jb_db_run(adoption->store, insert, "write to", adoption->diag);
    return r == -EEXIST || r == -E2BIG ? refuse(adoption, -EUCLEAN, "its rows are not what our tables hold") : r;
}

static int prepare_insert(struct adoption *adoption, const struct jb_run_table *table, int count, sqlite3_stmt **ret)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    jb_buf_printf(&sql, "INSERT INTO %s VALUES(", table->name);
    jb_columns_marks(&sql, (size_t)count, 1);
    jb_buf_puts(&sql, ")");
    return sql.failed ? jb_fail(adoption->diag, -ENOMEM, "out of memory")
                      : jb_db_prepare(adoption->store, sql.data, "write to", ret, adoption->diag);
}

static int copy_table(struct adoption *adoption, const struct jb_run_table *table)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *select = NULL;
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *insert = NULL;
    char sql[192];
    sqlite3_snprintf(sizeof(sql), sql, "SELECT * FROM %s%s", table->name, jb_run_table_where(table->kind));
    int r = blame(jb_db_prepare(adoption->source, sql, "read", &select, adoption->diag));
    if (r == 0) {
        r = prepare_insert(adoption, table, sqlite3_column_count(select), &insert);
    }
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(select, 1, adoption->from);
    int64_t last = -1;
    int more = 0;
    while (r == 0 && (more = jb_db_step(adoption->source, select, "read", adoption->diag)) == 1) {
        r = copy_row(adoption, table, select, insert, &last);
    }
    return r < 0 ? r : blame(more);
}

static int check_loads(struct adoption *adoption)
{
    struct jb_record record;
    int r = jb_store_load(adoption->store, adoption->id, &record, adoption->diag);
    if (r == 0) {
        jb_record_finish(&record);
    }
    return r == 0 || r == -ENOMEM ? r : -EUCLEAN;
}

static int take_over(struct adoption *adoption)
{
    int r = make_way(adoption);
    for (size_t i = 0; r == 0 && i < jb_run_table_count; i++) {
        r = copy_table(adoption, &jb_run_tables[i]);
        if (r == 0 && i == 0) {
            adoption->to = sqlite3_last_insert_rowid(adoption->store->db);
            if (adoption->to < 0 || adoption->to > JB_RUN_ROW_MAX) {
                r = jb_fail(adoption->diag, -EOVERFLOW, "%s has no room for another run", adoption->store->path);
            }
        }
    }
    return r < 0 ? r : check_loads(adoption);
}

static int adopt(struct adoption *adoption)
{
    int r = check_schema(adoption);
    if (r == 0) {
        r = find_run(adoption);
    }
    if (r == 0) {
        r = jb_db_exec(adoption->store, "BEGIN IMMEDIATE", "write to", adoption->diag);
    }
    if (r < 0) {
        return r;
    }
    r = take_over(adoption);
    if (r == 0) {
        r = jb_db_exec(adoption->store, "COMMIT", "write to", adoption->diag);
    }
    if (r < 0) {
        jb_db_rollback(adoption->store);
    }
    return r;
}

int jb_store_adopt(struct jb_store *store, int fd, uint32_t owner, char ret_id[JB_RUN_ID_TEXT], struct jb_diag *diag)
{
    char name[] = "the run that was handed over";
    struct jb_store source = {.path = name, .read_only = true};
    struct adoption adoption = {.store = store, .source = &source, .diag = diag, .owner = owner};
    JB_CLEANUP(jb_closep) int copy = -1;
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    int r = take_bytes(&adoption, fd, &copy);
    if (r == 0) {
        r = blame(jb_connect_fd(&source, copy, SQLITE_OPEN_READONLY, diag));
    }
    if (r == 0) {
        r = adopt(&adoption);
    }
    jb_disconnect(&source);
    if (r < 0) {
        return r;
    }
    jb_diag_clear(diag);
    memcpy(ret_id, adoption.id, JB_RUN_ID_TEXT);
    return 0;
}
