/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - one connection to the database file, set up the way we want all of them.
 */
#ifndef JB_STORE_CONNECTION_H
#define JB_STORE_CONNECTION_H

#include "store/database.h"

#define JB_STORE_PATH 4096 /* bytes of a path, at most */

/* flags: SQLITE_OPEN_READONLY or SQLITE_OPEN_READWRITE; never creates a file. immutable: take no lock, make no file
 * beside it, read no log. */
int jb_connect(struct jb_store *store, int flags, bool immutable, struct jb_diag *diag);
/* To the unnamed file that `fd` is (fd_vfs.h); store->path is what messages call it. Closing leaves the descriptor
 * open. */
int jb_connect_fd(struct jb_store *store, int fd, int flags, struct jb_diag *diag);
void jb_disconnect(struct jb_store *store); /* fine without a connection */

/* "file:PATH?QUERY"; what means something in a URI is written as %XX. malloc'd; NULL: out of memory. */
char *jb_connection_uri(const char *path, const char *query);

/* There is no log or journal beside the file, or an empty one: all that was written is in the file itself. */
bool jb_connection_log_is_empty(const char *path);

/* Write-ahead log where the file system can have one, else the old journal; and the syncs that this needs. */
int jb_connection_use_wal(struct jb_store *store, struct jb_diag *diag);

#endif
