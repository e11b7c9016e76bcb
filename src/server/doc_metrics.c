/* SPDX-License-Identifier: Apache-2.0 */
/* GET metrics: who may see whose projects there are, in which format. */
#include "base/cleanup.h"
#include "server/accept.h"
#include "server/documents_impl.h"
#include "server/metrics.h"
#include "server/metrics_text.h"

void jb_document_metrics(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                         const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    bool openmetrics = jb_accept_openmetrics(accept);
    const struct jb_board_view *view = jb_board_look(documents->config->board);

    jb_metrics_write(view, viewer->all, openmetrics, &body);
    jb_board_release(documents->config->board);
    reply->type = jb_metrics_content_type(openmetrics);
    reply->vary_accept = true;
    jb_reply_take(reply, &body);
}
