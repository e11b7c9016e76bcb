/* SPDX-License-Identifier: Apache-2.0 */
/* Notices a file that is not where it was, and leaves it. See displaced.h. */
#include "store/displaced.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "store/connection.h"

static const char *const endings[] = {"-wal", "-shm"};

/* SQLite's own name of the file: links on the way to it were followed when it was opened. */
static bool beside(struct jb_store *store, size_t which, char *buffer, size_t size, struct stat *st)
{
    const char *path = store->db != NULL ? sqlite3_db_filename(store->db, "main") : NULL;

    if (path == NULL || *path == '\0') {
        return false;
    }
    int length = jb_snprintf(buffer, size, "%s%s", path, endings[which]);
    return length > 0 && (size_t)length < size && lstat(buffer, st) == 0;
}

bool jb_store_displaced(struct jb_store *store)
{
    int moved = 0;

    return store->db != NULL && sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved != 0;
}

void jb_displaced_remember(struct jb_store *store)
{
    for (size_t i = 0; i < JB_COUNT(endings); i++) {
        char path[JB_STORE_PATH + 8];
        struct stat st;
        bool there = beside(store, i, path, sizeof(path), &st);
        store->beside[i].dev = there ? st.st_dev : 0;
        store->beside[i].ino = there ? st.st_ino : 0;
    }
}

void jb_displaced_leave(struct jb_store *store)
{
    int keep = 1;

    if (!jb_store_displaced(store)) {
        return;
    }
    sqlite3_busy_timeout(store->db, 0); /* who is busy with it now does this later on */
    sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    for (size_t i = 0; i < JB_COUNT(endings); i++) {
        char path[JB_STORE_PATH + 8];
        struct stat st;
        if (store->beside[i].ino != 0 && beside(store, i, path, sizeof(path), &st) &&
            st.st_dev == store->beside[i].dev && st.st_ino == store->beside[i].ino) {
            unlink(path);
        }
    }
}
