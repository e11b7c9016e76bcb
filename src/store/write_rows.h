/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_rows.h - the rows of the run being written, apart from its series. All within a transaction of the caller.
 */
#ifndef JB_STORE_WRITE_ROWS_H
#define JB_STORE_WRITE_ROWS_H

#include "store/write.h"

int jb_writer_prepare(struct jb_store *store, struct jb_diag *diag); /* the statements of an append, once a store */

/* Insert run and run_text; fills writer->run, ->id and ->mark. */
int jb_writer_insert(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);
/* Update run and run_channel. final: status, end and exit code are the record's; else the run goes on and ends at
 * `last_us` so far. -ENOENT when somebody deleted the run. */
int jb_writer_update(struct jb_store *store, const struct jb_record *record, uint64_t last_us, bool final,
                     struct jb_diag *diag);
/* Update warnings, segments and hardware. */
int jb_writer_update_text(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag);

#endif
