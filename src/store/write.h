/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.h - the run that a store is writing: what is kept between two appends.
 *
 * All memory is had by the time the first chunk is written (and when channels join); statements are kept prepared.
 * A failed append leaves the writer as if the chunk had never come, but for one thing: the values in it are lost to the
 * series, so the next value of a channel that had one begins after it, marked as a gap.
 */
#ifndef JB_STORE_WRITE_H
#define JB_STORE_WRITE_H

#include "base/text.h"
#include "store/database.h"
#include "store/row.h"
#include "store/sum.h"

struct jb_run_writer_level {
    struct jb_bin current; /* the bin of the run's last moment, as of the last commit */
    struct jb_bin work;    /* `current` with the chunk being appended */
    struct jb_bin next;    /* the bin after, when the chunk reaches into it */
    sqlite3_stmt *get, *put;
};

struct jb_run_writer {
    bool active;
    char id[JB_RUN_ID_TEXT];
    int64_t run;       /* its row */
    uint64_t last_us;  /* end of the last chunk that was written */
    uint64_t time_us;  /* end of the last chunk, lost ones included */
    uint64_t next_low; /* the next chunk's key is at least this */
    size_t channel_count;
    struct jb_anchor *anchors;
    struct jb_mark mark;
    bool has_last_mark;
    struct jb_store_mark last_mark; /* the next comes after it */
    struct jb_run_writer_level levels[JB_SUM_LEVELS];
    struct jb_bin older; /* a bin that was written before, read back to add to it */
    struct jb_buf blob, bin_blob;
    sqlite3_stmt *insert_chunk, *update_run, *put_channel;
    uint64_t tick_us[JB_CHUNK_MAX_TICKS];
    struct jb_chunk_reader reader;
};
void jb_run_writer_destroy(struct jb_run_writer *writer); /* NULL-safe; before the database is closed */

/* Within the transaction of an append: add the chunk in writer->blob to the sums; write the bins that are done. */
int jb_run_writer_sums(struct jb_store *store, struct jb_diag *diag);
void jb_run_writer_sums_keep(struct jb_run_writer *writer); /* after the commit */

#endif
