/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies a run into a database of its own, in memory.
 *
 * The copy is the database that is written to, and the store is attached to it for reading: a store that was opened for
 * reading may not even write to what is attached to it. Both have the tables of the same steps, so that rows are
 * copied as they are. Sealed in the end: whoever gets it finds what was put into it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/connection.h"
#include "store/row.h"
#include "store/run_tables.h"
#include "store/schema.h"

/* Read as the store itself is read: a file in a folder that cannot be written to has no lock and no log. */
static int attach(struct jb_store *copy, struct jb_store *store, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    char query[64];
    bool immutable = sqlite3_uri_boolean(sqlite3_db_filename(store->db, "main"), "immutable", 0) != 0;
    jb_snprintf(query, sizeof(query), "mode=ro&vfs=%s%s", sqlite3_vfs_find(NULL)->zName,
                immutable ? "&immutable=1" : "");
    JB_CLEANUP(jb_freep) char *uri = jb_connection_uri(store->path, query);
    if (uri == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    sqlite3_limit(copy->db, SQLITE_LIMIT_ATTACHED, 1);
    int r = jb_db_prepare(copy, "ATTACH ?1 AS whole", "make", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, uri, -1, SQLITE_STATIC);
    return jb_db_run(copy, statement, "make", diag);
}

static int copy_table(struct jb_store *copy, const struct jb_run_table *table, int64_t run, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    char sql[256];
    sqlite3_snprintf(sizeof(sql), sql, "INSERT INTO main.%s SELECT * FROM whole.%s%s", table->name, table->name,
                     jb_run_table_where(table->kind));
    int r = jb_db_prepare(copy, sql, "make", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, run);
    return jb_db_run(copy, statement, "make", diag);
}

static int fill(struct jb_store *copy, struct jb_store *store, const char *id, int64_t run, struct jb_diag *diag)
{
    int r = jb_db_exec(copy, "PRAGMA page_size = 8192", "make", diag);
    if (r == 0) {
        r = jb_schema_migrate(copy, diag);
    }
    if (r == 0) {
        r = attach(copy, store, diag);
    }
    if (r == 0) {
        r = jb_db_exec(copy, "BEGIN", "make", diag);
    }
    for (size_t i = 0; r == 0 && i < jb_run_table_count; i++) {
        r = copy_table(copy, &jb_run_tables[i], run, diag);
        if (r == 0 && i == 0 && sqlite3_changes(copy->db) != 1) {
            r = jb_fail(diag, -ENOENT, "the run %s has been deleted from %s", id, store->path);
        }
    }
    return r < 0 ? r : jb_db_exec(copy, "COMMIT", "make", diag);
}

static int find(struct jb_store *store, const char *id, int64_t *ret_run, struct jb_diag *diag)
{
    enum jb_run_status status = JB_RUN_RUNNING;
    int r = jb_db_run_row(store, id, ret_run, diag);
    if (r == 0) {
        r = jb_row_status(store, *ret_run, &status, diag);
    }
    if (r == 0 && status == JB_RUN_RUNNING) {
        r = jb_fail(diag, -EBUSY, "the run %s is still running", id);
    }
    return r;
}

int jb_store_hand_over(struct jb_store *store, const char *id, int *ret_fd, struct jb_diag *diag)
{
    int64_t run = 0;
    int r = find(store, id, &run, diag);
    if (r < 0) {
        return r;
    }
    JB_CLEANUP(jb_closep) int fd = memfd_create("joulebook-run", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        r = -errno;
        return jb_fail(diag, r, "cannot make a file in memory: %s", strerror(-r));
    }
    char name[] = "a copy in memory";
    struct jb_store copy = {.path = name};
    r = jb_connect_fd(&copy, fd, SQLITE_OPEN_READWRITE, diag);
    if (r == 0) {
        r = fill(&copy, store, id, run, diag);
    }
    jb_disconnect(&copy);
    if (r == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
        r = -errno;
        jb_fail(diag, r, "cannot seal a file in memory: %s", strerror(-r));
    }
    if (r < 0) {
        return r;
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}
