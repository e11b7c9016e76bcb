/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_tables.h - the tables in which a run has rows: what goes with it from one database to another.
 *
 * A table that a later step of the schema makes belongs in here, or in the list of those that are the machine's in
 * tests/unit/store/adopt.c, which fails until it is in one of them.
 */
#ifndef JB_STORE_RUN_TABLES_H
#define JB_STORE_RUN_TABLES_H

#include <stddef.h>

enum jb_run_table_kind {
    JB_RUN_TABLE_ITSELF, /* `run`, by its id */
    JB_RUN_TABLE_ROWS,   /* by the column `run`, which its key begins with */
    JB_RUN_TABLE_IDS,    /* by the column `run`; a number of its own, `id`, is its key and means nothing */
    JB_RUN_TABLE_SERIES, /* by the upper bits of `id` (database.h) */
};
struct jb_run_table {
    const char *name;
    enum jb_run_table_kind kind;
};
/* `run` first. */
extern const struct jb_run_table jb_run_tables[];
extern const size_t jb_run_table_count;

/* " WHERE ..." of the rows of run ?1, in order of their keys. */
const char *jb_run_table_where(enum jb_run_table_kind kind);

#endif
