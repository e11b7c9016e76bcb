/* SPDX-License-Identifier: Apache-2.0 */
/*
 * displaced.h - a database whose file was deleted, moved or replaced under us.
 *
 * SQLite finds log and index by name (sqlite.org/howtocorrupt.html, "unlinked or renamed while in use"): closing the
 * old file would delete those of the new one, and opening the new one would share the old one's index, which is in
 * memory of ours, or read its log into it. So what lies beside the file is remembered by number when it is opened, and
 * whoever closes a displaced file takes away what was its own and nothing else. What was written is in the old file,
 * wherever that is by now.
 */
#ifndef JB_STORE_DISPLACED_H
#define JB_STORE_DISPLACED_H

#include "store/database.h"

void jb_displaced_remember(struct jb_store *store); /* which files are beside it, once it was written to or read */
void jb_displaced_leave(struct jb_store *store);    /* before its connection is closed; does nothing to one in place */

#endif
