/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_scan.h - goes through the rows of one level of a machine's history in order of their blocks.
 */
#ifndef JB_STORE_HISTORY_SCAN_H
#define JB_STORE_HISTORY_SCAN_H

#include "store/history_file.h"

struct jb_history_scan {
    struct jb_store *store;
    struct jb_history_state state;
    struct jb_history_entry row, begun[2];
    struct jb_history_unpacker unpacker;
    struct jb_diag *diag;
};
/* Of a machine (NULL: any); scan->state.machine is 0 where nothing is kept of it. The caller holds a transaction. */
int jb_history_scan_begin(struct jb_history_scan *scan, struct jb_store *store, const char *machine_id,
                          struct jb_diag *diag);
void jb_history_scan_finish(struct jb_history_scan *scan);

/* The rows that touch [t0_us, t1_us) of the calendar, those that were begun last. A non-zero value of the callback
 * stops and is returned. */
typedef int (*jb_history_row_fn)(void *context, const struct jb_history_entry *row);
int jb_history_scan_rows(struct jb_history_scan *scan, enum jb_history_level level, int64_t t0_us, int64_t t1_us,
                         jb_history_row_fn fn, void *context);

/* When the first row of the first block starts; INT64_MAX: there is none. */
int jb_history_scan_first(struct jb_history_scan *scan, enum jb_history_level level, int64_t *ret_us);

#endif
