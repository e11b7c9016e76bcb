/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to the database: hardening (sqlite.org/security.html), waiting, memory.
 *
 * The file may come from anybody: its schema is not trusted, extensions cannot be loaded, cells are checked, lengths
 * are limited, and it is not mapped into memory (a file that shrinks would kill us). "immutable" is said in a URI
 * (sqlite.org/uri.html), so the path has to be written as one.
 */
#include "store/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/displaced.h"
#include "store/fd_vfs.h"

#define BUSY_MS 5000

char *jb_connection_uri(const char *path, const char *query)
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
    jb_buf_printf(&uri, "?%s", query);
    if (uri.failed) {
        jb_buf_finish(&uri);
    }
    return uri.data;
}

bool jb_connection_log_is_empty(const char *path)
{
    char log[JB_STORE_PATH + 8];
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

void jb_disconnect(struct jb_store *store)
{
    jb_displaced_leave(store);
    sqlite3_close_v2(store->db);
    store->db = NULL;
}

static int harden(struct jb_store *store, struct jb_diag *diag)
{
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

int jb_connect(struct jb_store *store, int flags, bool immutable, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *uri = immutable ? jb_connection_uri(store->path, "immutable=1") : NULL;
    if (immutable && uri == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int rc = sqlite3_open_v2(immutable ? uri : store->path, &store->db,
                             flags | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_URI : 0), NULL);
    if (rc != SQLITE_OK) {
        rc = jb_db_fail(store, rc, "open", diag);
        jb_disconnect(store);
        return rc;
    }
    return harden(store, diag);
}

int jb_connect_fd(struct jb_store *store, int fd, int flags, struct jb_diag *diag)
{
    char number[16];
    jb_snprintf(number, sizeof(number), "%d", fd);
    int rc = jb_fd_vfs_register();
    if (rc == SQLITE_OK) {
        rc = sqlite3_open_v2(number, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, JB_FD_VFS);
    }
    if (rc != SQLITE_OK) {
        rc = jb_db_fail(store, rc, "open", diag);
        jb_disconnect(store);
        return rc;
    }
    rc = harden(store, diag);
    return rc < 0
               ? rc
               : jb_db_exec(store, "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY; PRAGMA synchronous = OFF",
                            "open", diag);
}

int jb_connection_use_wal(struct jb_store *store, struct jb_diag *diag)
{
    uint64_t give_up_ns = jb_mono_ns() + BUSY_MS * JB_NS_PER_MS;
    for (;;) { /* changing takes a lock for which SQLite does not wait by itself */
        JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
        int r = jb_db_prepare(store, "PRAGMA journal_mode = WAL", "open", &statement, diag);
        if (r == 0) {
            r = jb_db_step(store, statement, "open", diag);
        }
        if (r == 1) {
            /* Without shared memory (some network file systems) the old journal stays, and needs more syncs. */
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
