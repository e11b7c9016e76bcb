/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prices.h - the table price: what a run was priced at before something better was known, oldest first.
 */
#ifndef JB_STORE_PRICES_H
#define JB_STORE_PRICES_H

#include "store/database.h"

/* Put one behind the others of the run in this row; within a transaction of the caller. */
int jb_price_insert(struct jb_store *store, int64_t run, const struct jb_record_price *price, struct jb_diag *diag);

/* Into a record without any. Of a run that was priced anew more often than anybody reads, the last JB_PRICES_MAX. */
#define JB_PRICES_MAX 256
int jb_prices_load(struct jb_store *store, int64_t run, struct jb_record *record, struct jb_diag *diag);

#endif
