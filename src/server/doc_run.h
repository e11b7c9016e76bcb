/* SPDX-License-Identifier: Apache-2.0 */
/* doc_run.h - which run is meant, and its documents. Private to doc_run*.c, doc_series.c, doc_export.c. */
#ifndef JB_SERVER_DOC_RUN_H
#define JB_SERVER_DOC_RUN_H

#include "server/documents_impl.h"

/* A run: of the database, or attached and only on the board. */
struct jb_found_run {
    struct jb_store *store; /* NULL: no database */
    bool stored;
    struct jb_record record;    /* stored: all of it */
    struct jb_board_run *board; /* else a copy */
    struct jb_board_grid grid;  /* with that */
    char host[65], machine_id[65];
    double pue;
};
void jb_found_run_finish(struct jb_found_run *found); /* frees and zeroes */

/* `run` as everywhere: id, prefix, name, "last". Of names and "last" only those that this viewer sees are meant. False:
 * the reply has become a 404, 403, ... */
bool jb_find_run(struct jb_documents *documents, const struct jb_viewer *viewer, const char *run,
                 struct jb_found_run *ret, struct jb_reply *reply);

void jb_document_board_run(const struct jb_found_run *found, struct jb_reply *reply);
void jb_document_run_series(struct jb_documents *documents, const struct jb_found_run *found,
                            const struct jb_query *query, struct jb_reply *reply);
void jb_document_run_export(struct jb_documents *documents, const struct jb_found_run *found,
                            const struct jb_query *query, struct jb_reply *reply);

#endif
