/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_rows.h - the rows of the run being written, apart from its series. All within a transaction of the caller.
 */
#ifndef JB_STORE_WRITE_ROWS_H
#define JB_STORE_WRITE_ROWS_H

#include "store/write.h"

int jb_run_writer_prepare(struct jb_store *store, struct jb_diag *diag); /* the statements of an append, once a store */

/* Insert run and run_text; fills writer->run, ->id and ->mark. */
int jb_run_writer_insert(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);
/* Update what is live of run, and run_channel. -ENOENT when somebody deleted the run. */
int jb_run_writer_update(struct jb_store *store, const struct jb_record *record, uint64_t last_us,
                         struct jb_diag *diag);
/* Update all that may have changed: the run is over. */
int jb_run_writer_finish(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);

#endif
