/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file a store is.
 *
 * Asked of the path, not of a descriptor: opening the file beside SQLite, and closing it, would drop its locks.
 */
#include <errno.h>
#include <sys/stat.h>

#include "store/database.h"

int jb_store_identity(struct jb_store *store, uint64_t *ret_dev, uint64_t *ret_ino)
{
    struct stat st;
    if (stat(store->path, &st) < 0) {
        return -errno;
    }
    *ret_dev = st.st_dev;
    *ret_ino = st.st_ino;
    return 0;
}
