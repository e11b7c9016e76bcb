/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row.h - the tables run and run_channel as structs.
 *
 * A row is a record with what only the database needs beside it. The lists say which member is which column. The
 * columns of a run are in three groups by when they are written, because every append writes: the first JB_RUN_FIXED at
 * its beginning (its indexes are on these), those up to JB_RUN_LIVE at its beginning and end, the rest with every
 * append.
 */
#ifndef JB_STORE_ROW_H
#define JB_STORE_ROW_H

#include "store/column.h"
#include "store/database.h"
#include "store/liveness.h"

struct jb_run_row {
    struct jb_record record;
    char status[16];
    uint64_t last_us; /* end of the last chunk */
    struct jb_mark mark;
};

#define JB_RUN_FIXED 11
#define JB_RUN_LIVE  30
/* Among those, one after the other: all that a price is. */
#define JB_RUN_CARBON       16
#define JB_RUN_CARBON_COUNT 10
extern const struct jb_column jb_run_columns[];
extern const size_t jb_run_column_count;
extern const struct jb_column
    jb_channel_columns[]; /* of struct jb_record_channel; the column `run` comes before them */
extern const size_t jb_channel_column_count;

/* Read a row of run (its columns in order, from result column `first`) into a zeroed row. Status, end and duration are
 * those that the record is to show: a run whose meter is dead is JB_RUN_LOST. `self` is who asks. -ENOMEM. */
int jb_row_read(sqlite3_stmt *statement, int first, const struct jb_mark *self, struct jb_run_row *ret);
/* Read the text columns: command, tags, warnings, wall, and if wanted segments, hardware, carbon and work. What cannot
 * be read is left empty, with a warning in the record. -ENOMEM. */
int jb_row_read_text(sqlite3_stmt *statement, int first, bool all, struct jb_record *record);

/* Whether the run in this row is running, and how it ended if not. In load.c. */
int jb_row_status(struct jb_store *store, int64_t run, enum jb_run_status *ret, struct jb_diag *diag);

#endif
