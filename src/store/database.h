/* SPDX-License-Identifier: Apache-2.0 */
/*
 * database.h - what the files of store/ share: the open database, its errors, its statements.
 *
 * Functions here return 0 or a negative errno and put a whole message into the diag: what was being done, on which
 * file, what SQLite said, and where there is one the way out. They are written to be returned at once: `return
 * jb_db_fail(...)`.
 */
#ifndef JB_STORE_DATABASE_H
#define JB_STORE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/chunk.h"
#include "store/store.h"

struct jb_run_writer;

struct jb_store {
    sqlite3 *db;
    char *path;
    bool read_only;
    struct {
        uint64_t dev, ino;
    } beside[2];                  /* log and index, as they were when it was opened; 0: none (displaced.h) */
    uint64_t deadline_ns;         /* CLOCK_MONOTONIC, of jb_store_budget(); 0: none */
    struct jb_run_writer *writer; /* of the run being written; NULL before the first jb_store_begin() */
};

/* The negative errno for what SQLite answered just now (errno is looked at): -ENOSPC, -EIO, -EBUSY, -EROFS, -EACCES,
 * -EUCLEAN, -EPROTO, -ENOMEM,
 * ... */
int jb_db_errno(sqlite3 *db, int rc);
/* Message and way out; `doing` completes "cannot ... PATH": "append to", "read". */
int jb_db_fail(struct jb_store *store, int rc, const char *doing, struct jb_diag *diag);
int jb_db_damaged(struct jb_store *store, const char *what, struct jb_diag *diag); /* -EUCLEAN */

int jb_db_exec(struct jb_store *store, const char *sql, const char *doing, struct jb_diag *diag);
int jb_db_prepare(struct jb_store *store, const char *sql, const char *doing, sqlite3_stmt **ret, struct jb_diag *diag);
/* Run a statement that gives no rows and make it ready for the next time, whatever happens. */
int jb_db_run(struct jb_store *store, sqlite3_stmt *statement, const char *doing, struct jb_diag *diag);
/* 1 a row, 0 no more. */
int jb_db_step(struct jb_store *store, sqlite3_stmt *statement, const char *doing, struct jb_diag *diag);
int jb_db_number(struct jb_store *store, const char *sql, const char *doing, int64_t *ret, struct jb_diag *diag);
void jb_db_rollback(struct jb_store *store);   /* if a transaction is open */
void jb_db_finalize(sqlite3_stmt **statement); /* for JB_CLEANUP */
void jb_db_bind_text(sqlite3_stmt *statement, int index,
                     const char *text); /* NULL or "": NULL; `text` outlives the step */

/* The row of a run by its id. -ENOENT with a message. */
int jb_db_run_row(struct jb_store *store, const char *id, int64_t *ret_row, struct jb_diag *diag);

/* Rows of `chunk` and of the sums are kept under run and time in one number, ascending, so that they are appended at
 * the end of the table (full pages) and found by time without an index. */
static inline int64_t jb_db_key(int64_t run, uint64_t low)
{
    return (int64_t)((uint64_t)run << JB_TIME_BITS | low);
}
#define JB_RUN_ROW_MAX ((INT64_C(1) << (63 - JB_TIME_BITS)) - 1)
#define JB_KEY_LOW_MAX ((UINT64_C(1) << JB_TIME_BITS) - 1)

#endif
