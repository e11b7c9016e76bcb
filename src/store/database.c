/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's answers as ours, and the few lines around each statement.
 *
 * Result codes: sqlite.org/rescode.html. Odd: a full disk is SQLITE_FULL only where the file system says ENOSPC; a
 * quota (EDQUOT) or a size limit (EFBIG) comes as an I/O error and is told apart by errno (what sqlite3_system_errno()
 * keeps may be of an earlier error when it is a COMMIT that fails). SQLITE_ERROR can only mean that the tables are not
 * what we made, because all our SQL is constant.
 */
#include "store/database.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

int jb_db_errno(sqlite3 *db, int rc)
{
    int reason = errno;
    int system = db == NULL ? 0 : sqlite3_system_errno(db);
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
        if (rc == SQLITE_IOERR_NOMEM) {
            return -ENOMEM;
        }
        return reason == ENOSPC || reason == EDQUOT || reason == EFBIG ? -ENOSPC : -EIO;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CANTOPEN:
        return system == EROFS || system == ENOSPC || system == EMFILE || system == ENFILE ? -system : -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
        return -EUCLEAN;
    case SQLITE_NOTADB:
        return -EPROTO;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_INTERRUPT:
        return -ETIMEDOUT;
    case SQLITE_TOOBIG:
        return -E2BIG;
    default:
        return -EIO;
    }
}

static void add_fix(struct jb_store *store, int err, struct jb_diag *diag)
{
    switch (-err) {
    case ENOSPC:
        jb_fix(diag, "free some space where %s lies, or choose another file with --db FILE", store->path);
        break;
    case EBUSY:
        jb_fix(diag, "another program has held the file for 5 s: end it, or try again");
        break;
    case EROFS:
    case EACCES:
    case EPERM:
    case EPROTO:
        jb_fix(diag, "choose another file with --db FILE or JOULEBOOK_DB");
        break;
    case EUCLEAN:
        jb_fix(diag, "sqlite3 '%s' .recover | sqlite3 recovered.db", store->path);
        break;
    default:
        break;
    }
}

int jb_db_fail(struct jb_store *store, int rc, const char *doing, struct jb_diag *diag)
{
    int err = jb_db_errno(store->db, rc);
    const char *text = store->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(store->db);
    jb_fail(diag, err, "cannot %s %s: %s", doing, store->path,
            err == -ENOSPC      ? strerror(ENOSPC)
            : err == -ETIMEDOUT ? "it takes too long"
                                : text);
    add_fix(store, err, diag);
    return err;
}

int jb_db_damaged(struct jb_store *store, const char *what, struct jb_diag *diag)
{
    jb_fail(diag, -EUCLEAN, "%s is damaged: %s", store->path, what);
    add_fix(store, -EUCLEAN, diag);
    return -EUCLEAN;
}

int jb_db_exec(struct jb_store *store, const char *sql, const char *doing, struct jb_diag *diag)
{
    errno = 0;
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : jb_db_fail(store, rc, doing, diag);
}

int jb_db_prepare(struct jb_store *store, const char *sql, const char *doing, sqlite3_stmt **ret, struct jb_diag *diag)
{
    int rc = sqlite3_prepare_v2(store->db, sql, -1, ret, NULL);
    return rc == SQLITE_OK ? 0 : jb_db_fail(store, rc, doing, diag);
}

int jb_db_step(struct jb_store *store, sqlite3_stmt *statement, const char *doing, struct jb_diag *diag)
{
    errno = 0;
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        return 1;
    }
    return rc == SQLITE_DONE ? 0 : jb_db_fail(store, rc, doing, diag);
}

int jb_db_run(struct jb_store *store, sqlite3_stmt *statement, const char *doing, struct jb_diag *diag)
{
    int r = jb_db_step(store, statement, doing, diag);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return r < 0 ? r : 0;
}

int jb_db_number(struct jb_store *store, const char *sql, const char *doing, int64_t *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store, sql, doing, &statement, diag);
    if (r == 0) {
        r = jb_db_step(store, statement, doing, diag);
    }
    if (r < 0) {
        return r;
    }
    *ret = r == 1 ? sqlite3_column_int64(statement, 0) : 0;
    return 0;
}

void jb_db_rollback(struct jb_store *store)
{
    /* A full disk may have rolled back already. */
    if (!sqlite3_get_autocommit(store->db)) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

void jb_db_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

void jb_db_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text == NULL || *text == '\0') {
        sqlite3_bind_null(statement, index);
    } else {
        sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
    }
}

int jb_db_run_row(struct jb_store *store, const char *id, int64_t *ret_row, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store, "SELECT id FROM run WHERE ulid = ?1", "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    jb_db_bind_text(statement, 1, id);
    r = jb_db_step(store, statement, "read", diag);
    if (r <= 0) {
        if (r == 0) {
            r = jb_fail(diag, -ENOENT, "there is no run %s in %s", id == NULL ? "" : id, store->path);
            jb_fix(diag, "joulebook list");
        }
        return r;
    }
    int64_t row = sqlite3_column_int64(statement, 0);
    if (row < 0 || row > JB_RUN_ROW_MAX) {
        return jb_db_damaged(store, "a run has an impossible number", diag);
    }
    *ret_row = row;
    return 0;
}
