/* SPDX-License-Identifier: Apache-2.0 */
/*
 * documents.h - what the server answers, below what speaks HTTP (request.c): one function a document of docs/api.md.
 *
 * All of it runs on the server's one thread, but for create and destroy (the owner's, while that thread is not there)
 * and jb_live_tick() (the meter's). A document that takes long keeps everybody waiting: bound what it asks of the
 * database.
 *
 * Who may ask has been settled (guard.h); what this viewer may see is the document's business.
 */
#ifndef JB_SERVER_DOCUMENTS_H
#define JB_SERVER_DOCUMENTS_H

#include "engine/board.h"
#include "server/query.h"
#include "server/reply.h"
#include "server/server.h"
#include "server/viewer.h"

struct jb_documents;

/* `config` and what it points at must outlive them. */
int jb_documents_create(const struct jb_server_config *config, struct jb_documents **ret, struct jb_diag *diag);
void jb_documents_destroy(struct jb_documents *documents); /* NULL-safe */

/* Fill `reply` (zeroed but for status 200, type JSON and fd -1), also where it fails: see jb_reply_error().
 * `rest`: what follows the document's name in the path, decoded, without the slash; never NULL. For _run it is "ID",
 * "ID/series" or "ID/export" (ID is not empty; nothing else comes), for all others empty.
 * `accept`: the header of that name; NULL: none came. */
typedef void (*jb_document_fn)(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                               const struct jb_query *query, const char *accept, struct jb_reply *reply);

void jb_document_live(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                      const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_history(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                         const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_runs(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                      const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_run(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                     const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_grid(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                      const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_hosts(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                       const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_doctor(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                        const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_metrics(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                         const struct jb_query *query, const char *accept, struct jb_reply *reply);
void jb_document_health(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                        const struct jb_query *query, const char *accept, struct jb_reply *reply);

/* ---- for the stream of events (events.h), which frames the texts; both are one line, without a newline ---- */

/* The document of api/v1/live: what an event "hello" says, appended to `out`. Called with the board looked at: it must
 * not look itself. */
void jb_live_hello(const struct jb_board_view *view, const struct jb_viewer *viewer, struct jb_buf *out);

/* The JSON of an event "tick", the same for all viewers, appended to `out`. On the meter's thread, with the board
 * looked at: `out` has room for what is usual, so that nothing is allocated; nothing slow, please. */
void jb_live_tick(const struct jb_board_view *view, struct jb_buf *out);

#endif
