/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - the tables, and how an older file becomes a newer one.
 *
 * PRAGMA user_version is the number of steps that have been taken. A step is SQL that is never changed once released; a
 * new need is a new step at the end. Each step is one transaction, so that a file is always at some whole version, and
 * two programs that open a new file at once take every step once.
 */
#ifndef JB_STORE_SCHEMA_H
#define JB_STORE_SCHEMA_H

#include "store/database.h"

#define JB_APPLICATION_ID 0x4a426f6b /* "JBok" */

extern const char *const jb_schema_steps[];
extern const int64_t jb_schema_version; /* the number of steps */

/* Whose file it is: 0 ours (then *ret_version is its version) or empty (0); -EPROTO, -EPROTONOSUPPORT, -EUCLEAN, ...
 * Reads only. */
int jb_schema_identify(struct jb_store *store, int64_t *ret_version, struct jb_diag *diag);
/* Take the steps that are missing. */
int jb_schema_migrate(struct jb_store *store, struct jb_diag *diag);

#endif
