/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens and closes the database, having made sure first that it is ours.
 *
 * The first look at a file is never one that could change it: SQLite would mend the journal of somebody else's database
 * on a normal open, and clean up its write-ahead log when closing. A file that nobody has open is looked at as
 * "immutable" (no lock, no log, no file made beside it); else a read-only connection does. The file is made by us, not
 * by SQLite, so that its mode is 0600 from the start; SQLite gives the log the same mode. Read-only media: a WAL
 * database wants to make a file beside itself even to be read. Where it cannot, and no log is left over, "immutable"
 * reads it all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "store/schema.h"
#include "store/write.h"

#define BUSY_MS   5000
#define PATH_SIZE 4096

int jb_store_default_path(char *buffer, size_t size)
{
    const char *path = getenv("JOULEBOOK_DB");
    if (path != NULL && *path != '\0') {
        return jb_copy(buffer, size, path) ? 0 : -ENAMETOOLONG;
    }
    return jb_xdg_path(JB_XDG_DATA, "joulebook.db", buffer, size);
}

/* "file:PATH?immutable=1"; what means something in a URI is written as %XX. */
static char *immutable_uri(const char *path)
{
    struct jb_buf uri = {0};
    jb_buf_puts(&uri, *path == '/' ? "file://" : "file:");
    for (const unsigned char *p = (const unsigned char *)path; *p != '\0'; p++) {
        if (*p == '%' || *p == '?' || *p == '#' || *p < 0x21) {
            jb_buf_printf(&uri, "%%%02X", *p);
        } else {
            jb_buf_add(&uri, p, 1);
        }
    }
    jb_buf_puts(&uri, "?immutable=1");
    if (uri.failed) {
        jb_buf_finish(&uri);
    }
    return uri.data;
}

/* There is no log, or an empty one: all that was written is in the file itself. */
static bool log_is_empty(const char *path)
{
    char log[PATH_SIZE + 8];
    struct stat st;
    for (int i = 0; i < 2; i++) {
        if (!jb_copy(log, sizeof(log), path) || strlen(log) + sizeof("-journal") > sizeof(log)) {
            return false;
        }
        jb_copy(log + strlen(log), sizeof("-journal"), i == 0 ? "-wal" : "-journal");
        if (stat(log, &st) == 0 ? st.st_size > 0 : errno != ENOENT) {
            return false;
        }
    }
    return true;
}

static void disconnect(struct jb_store *store)
{
    sqlite3_close_v2(store->db);
    store->db = NULL;
}

static int connect_to(struct jb_store *store, int flags, bool immutable, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *uri = immutable ? immutable_uri(store->path) : NULL;
    if (immutable && uri == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int rc = sqlite3_open_v2(immutable ? uri : store->path, &store->db,
                             flags | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_URI : 0), NULL);
    if (rc != SQLITE_OK) {
        rc = jb_db_fail(store, rc, "open", diag);
        disconnect(store);
        return rc;
    }
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)NULL);
    sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, 16 << 20);
    sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
    /* 512 KiB of cache: the whole meter is to stay under 10 MB. */
    return jb_db_exec(store, "PRAGMA cell_size_check = ON; PRAGMA cache_size = -512; PRAGMA mmap_size = 0", "open",
                      diag);
}

/* Whose is it? Leaves no connection. */
static int look(struct jb_store *store, int64_t *ret_version, struct jb_diag *diag)
{
    int r = connect_to(store, SQLITE_OPEN_READONLY, log_is_empty(store->path), diag);
    if (r == 0) {
        r = jb_schema_identify(store, ret_version, diag);
    }
    disconnect(store);
    return r;
}

/* Changing to WAL takes a lock for which SQLite does not wait by itself. */
static int change_to_wal(struct jb_store *store, struct jb_diag *diag)
{
    uint64_t give_up_ns = jb_mono_ns() + BUSY_MS * JB_NS_PER_MS;
    for (;;) {
        JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
        int r = jb_db_prepare(store, "PRAGMA journal_mode = WAL", "open", &statement, diag);
        if (r == 0) {
            r = jb_db_step(store, statement, "open", diag);
        }
        if (r == 1) {
            /* Where there is no shared memory (some network file systems) the old journal stays, and needs more syncs.
             */
            bool wal = jb_streq((const char *)sqlite3_column_text(statement, 0), "wal");
            jb_db_finalize(&statement);
            return jb_db_exec(store, wal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", "open", diag);
        }
        if (r != -EBUSY || jb_mono_ns() > give_up_ns) {
            return r;
        }
        usleep(2000);
    }
}

static int open_for_writing(struct jb_store *store, struct jb_diag *diag)
{
    int r = connect_to(store, SQLITE_OPEN_READWRITE, false, diag);
    if (r < 0) {
        return r;
    }
    if (sqlite3_db_readonly(store->db, "main") != 0) {
        r = jb_fail(diag, -EACCES, "cannot write to %s: Permission denied", store->path);
        jb_fix(diag, "choose another file with --db FILE or JOULEBOOK_DB");
        return r;
    }
    /* auto_vacuum counts only before the first page is written; a log of 256 pages is 1 MB. */
    r = jb_db_exec(
        store, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 1048576",
        "open", diag);
    if (r == 0) {
        r = change_to_wal(store, diag);
    }
    return r < 0 ? r : jb_schema_migrate(store, diag);
}

static int open_for_reading(struct jb_store *store, struct jb_diag *diag)
{
    int64_t version = 0;
    int r = connect_to(store, SQLITE_OPEN_READONLY, false, diag);
    if (r == 0) {
        r = jb_schema_identify(store, &version, diag);
    }
    if (r < 0 && log_is_empty(store->path)) {
        disconnect(store);
        r = connect_to(store, SQLITE_OPEN_READONLY, true, diag);
    }
    return r;
}

/* What was written last is in the log, and reading a log needs a file for its index beside it. */
static int explain_log(struct jb_store *store, int err, struct jb_diag *diag)
{
    if ((err == -EACCES || err == -EROFS) && !log_is_empty(store->path)) {
        jb_fail(diag, err, "%s was not closed properly and its folder cannot be written to", store->path);
        jb_fix(diag, "cp '%s' '%s-wal' FOLDER, and read the copy with --db", store->path, store->path);
    }
    return err;
}

/* The file with mode 0600; 0 also when it was there. */
static int make_file(const char *path, struct jb_diag *diag)
{
    int r = jb_mkdir_parents(path, 0700);
    if (r < 0) {
        jb_fail(diag, r, "cannot make the folder of %s: %s", path, strerror(-r));
        jb_fix(diag, "choose another file with --db FILE or JOULEBOOK_DB");
        return r;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno != EEXIST) {
        r = -errno;
        jb_fail(diag, r, "cannot make %s: %s", path, strerror(errno));
        jb_fix(diag, "choose another file with --db FILE or JOULEBOOK_DB");
        return r;
    }
    /* Closing a file that SQLite has open elsewhere in this process would drop its locks; this one is new. */
    jb_closep(&fd);
    return 0;
}

static int check_file(const char *path, enum jb_store_mode mode, struct jb_diag *diag)
{
    struct stat st;
    int err = stat(path, &st) == 0 ? 0 : -errno;
    if (err == -ENOENT && mode == JB_STORE_WRITE) {
        return make_file(path, diag);
    }
    if (err == -ENOENT) {
        jb_fail(diag, err, "there is no %s: nothing has been recorded yet", path);
        jb_fix(diag, "joulebook run -- COMMAND");
        return err;
    }
    if (err == 0 && !S_ISREG(st.st_mode)) {
        err = S_ISDIR(st.st_mode) ? -EISDIR : -EPROTO;
    }
    return err == 0 ? 0
                    : jb_fail(diag, err, "cannot open %s: %s", path,
                              err == -EPROTO ? "not an ordinary file" : strerror(-err));
}

static int open_store(struct jb_store *store, enum jb_store_mode mode, struct jb_diag *diag)
{
    int64_t version = 0;
    int r = check_file(store->path, mode, diag);
    if (r == 0) {
        r = look(store, &version, diag);
    }
    if (r < 0) {
        return mode == JB_STORE_READ ? explain_log(store, r, diag) : r;
    }
    if (mode == JB_STORE_WRITE) {
        return open_for_writing(store, diag);
    }
    if (version == 0 && log_is_empty(store->path)) {
        jb_fail(diag, -ENOENT, "%s is empty: nothing has been recorded yet", store->path);
        jb_fix(diag, "joulebook run -- COMMAND");
        return -ENOENT;
    }
    if (version < jb_schema_version) { /* an older file is brought up to date first */
        r = open_for_writing(store, diag);
        disconnect(store);
    }
    if (r == 0) {
        r = open_for_reading(store, diag);
    }
    return r < 0 ? explain_log(store, r, diag) : 0;
}

int jb_store_open(const char *path, enum jb_store_mode mode, struct jb_store **ret_store, struct jb_diag *diag)
{
    char fallback[PATH_SIZE];
    if (path == NULL) {
        int r = jb_store_default_path(fallback, sizeof(fallback));
        if (r < 0) {
            jb_fail(diag, r, "cannot tell where to keep the database: %s",
                    r == -ENOENT ? "there is no home folder" : strerror(-r));
            jb_fix(diag, "name a file with --db FILE or JOULEBOOK_DB");
            return r;
        }
        path = fallback;
    }
    if (strlen(path) >= PATH_SIZE || *path == '\0') {
        return jb_fail(diag, *path == '\0' ? -ENOENT : -ENAMETOOLONG, "the path of the database is empty or too long");
    }
    struct jb_store *store = calloc(1, sizeof(*store));
    if (store == NULL || (store->path = malloc(strlen(path) + 3)) == NULL) {
        free(store);
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    /* To SQLite ":memory:" and "file:..." are no files; "./:memory:" is one. */
    jb_copy(store->path, 3, *path == '/' ? "" : "./");
    jb_copy(store->path + strlen(store->path), strlen(path) + 1, path);
    store->read_only = mode == JB_STORE_READ;
    int r = open_store(store, mode, diag);
    if (r < 0) {
        jb_store_close(store);
        return r;
    }
    jb_diag_clear(diag);
    *ret_store = store;
    return 0;
}

void jb_store_close(struct jb_store *store)
{
    if (store == NULL) {
        return;
    }
    jb_writer_destroy(store->writer);
    disconnect(store);
    free(store->path);
    free(store);
}
