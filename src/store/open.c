/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens and closes the database, having made sure first that it is ours.
 *
 * The first look at a file is never one that could change it: SQLite would mend the journal of somebody else's database
 * on a normal open, and clean up its write-ahead log when closing. A file that nobody has open is looked at as
 * "immutable" (no lock, no log, no file made beside it); else a read-only connection does.
 *
 * The file is made by us, not by SQLite, so that its mode is 0600 from the start; SQLite gives the log the same mode.
 *
 * Read-only media: a WAL database wants to make a file beside itself even to be read. Where it cannot, and no log is
 * left over, "immutable" reads it all the same.
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
#include "store/connection.h"
#include "store/displaced.h"
#include "store/schema.h"
#include "store/write.h"

#define FRESH_S      5
#define HALF_MADE_NS JB_NS_PER_S

int jb_store_default_path(char *buffer, size_t size)
{
    const char *path = getenv("JOULEBOOK_DB");
    if (path != NULL && *path != '\0') {
        return jb_copy(buffer, size, path) ? 0 : -ENAMETOOLONG;
    }
    return jb_xdg_path(JB_XDG_DATA, "joulebook.db", buffer, size);
}

/* Has it been written in the last seconds? */
static bool is_fresh(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && jb_wall_ns() / (int64_t)JB_NS_PER_S - st.st_mtime <= FRESH_S;
}

static int look_once(struct jb_store *store, int64_t *ret_version, struct jb_diag *diag)
{
    int r = jb_connect(store, SQLITE_OPEN_READONLY, jb_connection_log_is_empty(store->path), diag);
    if (r == 0) {
        r = jb_schema_identify(store, ret_version, diag);
    }
    jb_disconnect(store);
    return r;
}

/* Whose is it? Leaves no connection. The first look takes no lock, so that a file which another run is making at this
 * moment may be seen half made, and for somebody else's: of a fresh file that is only believed when it stays so. */
static int look(struct jb_store *store, int64_t *ret_version, struct jb_diag *diag)
{
    uint64_t give_up_ns = jb_mono_ns() + HALF_MADE_NS;
    for (;;) {
        int r = look_once(store, ret_version, diag);
        bool half_made = (r == -EPROTO || r == -EUCLEAN || r == -EIO) && is_fresh(store->path);
        if (!half_made || jb_mono_ns() > give_up_ns) {
            return r;
        }
        usleep(5000);
    }
}

/* Counts only before the first page is written, and on an old file is not without effect. A chunk is about 400 bytes:
 * pages of 8 KiB waste half as much of it as the usual 4. */
static int set_up_new(struct jb_store *store, struct jb_diag *diag)
{
    return jb_db_exec(store, "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL", "open", diag);
}

static int open_for_writing(struct jb_store *store, int64_t version, struct jb_diag *diag)
{
    int r = jb_connect(store, SQLITE_OPEN_READWRITE, false, diag);
    if (r < 0) {
        return r;
    }
    if (sqlite3_db_readonly(store->db, "main") != 0) {
        r = jb_fail(diag, -EACCES, "cannot write to %s: Permission denied", store->path);
        jb_fix(diag, "choose another file with --db FILE or JOULEBOOK_DB");
        return r;
    }
    if (version == 0) {
        r = set_up_new(store, diag);
    }
    if (r == 0) { /* a log of 128 pages is 1 MB */
        r = jb_db_exec(store, "PRAGMA wal_autocheckpoint = 128; PRAGMA journal_size_limit = 1048576", "open", diag);
    }
    if (r == 0) {
        r = jb_connection_use_wal(store, diag);
    }
    return r < 0 ? r : jb_schema_migrate(store, diag);
}

/* Open for writing, if that may be, and then not written to: a read-only connection would leave an empty log and its
 * index lying beside the file, because it may not delete them. */
static int open_for_reading(struct jb_store *store, struct jb_diag *diag)
{
    int64_t version = 0;
    int r = jb_connect(store, SQLITE_OPEN_READWRITE, false, diag);
    if (r == 0) {
        r = jb_db_exec(store, "PRAGMA query_only = ON", "open", diag);
    }
    if (r == 0) {
        r = jb_schema_identify(store, &version, diag);
    }
    bool by_place = r < 0 && r != -EBUSY && r != -EUCLEAN && r != -ENOMEM; /* not by what is in the file */
    if (by_place && jb_connection_log_is_empty(store->path)) {
        jb_disconnect(store);
        r = jb_connect(store, SQLITE_OPEN_READONLY, true, diag);
    }
    return r;
}

/* What was written last is in the log, and reading a log needs a file for its index beside it. */
static int explain_log(struct jb_store *store, int err, struct jb_diag *diag)
{
    if ((err == -EACCES || err == -EROFS) && !jb_connection_log_is_empty(store->path)) {
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
        return open_for_writing(store, version, diag);
    }
    if (version == 0 && jb_connection_log_is_empty(store->path)) {
        jb_fail(diag, -ENOENT, "%s is empty: nothing has been recorded yet", store->path);
        jb_fix(diag, "joulebook run -- COMMAND");
        return -ENOENT;
    }
    if (version < jb_schema_version) { /* an older file is brought up to date first */
        r = open_for_writing(store, version, diag);
        jb_disconnect(store);
    }
    if (r == 0) {
        r = open_for_reading(store, diag);
    }
    return r < 0 ? explain_log(store, r, diag) : 0;
}

int jb_store_open(const char *path, enum jb_store_mode mode, struct jb_store **ret_store, struct jb_diag *diag)
{
    char fallback[JB_STORE_PATH];
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
    if (strlen(path) >= JB_STORE_PATH || *path == '\0') {
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
    jb_displaced_remember(store);
    jb_diag_clear(diag);
    *ret_store = store;
    return 0;
}

void jb_store_close(struct jb_store *store)
{
    if (store == NULL) {
        return;
    }
    jb_run_writer_destroy(store->writer);
    jb_disconnect(store);
    free(store->path);
    free(store);
}
