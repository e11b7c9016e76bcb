/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_row.h - a row of what is known of one channel of one machine: idle power, how its counter updates.
 *
 * The tables have machine_id and channel as their key; a list of columns says the rest.
 */
#ifndef JB_STORE_MACHINE_ROW_H
#define JB_STORE_MACHINE_ROW_H

#include "store/column.h"
#include "store/database.h"

/* -ENOENT: there is none. `object` is not zeroed first. */
int jb_machine_row_get(struct jb_store *store, const char *table, const struct jb_column *columns, size_t count,
                       const char *machine_id, const char *channel_id, void *object);
/* Takes the place of the one before; -EROFS. */
int jb_machine_row_put(struct jb_store *store, const char *table, const struct jb_column *columns, size_t count,
                       const char *machine_id, const char *channel_id, const void *object, struct jb_diag *diag);

#endif
