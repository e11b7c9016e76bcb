/* SPDX-License-Identifier: Apache-2.0 */
/* GET healthz: does the meter meter? For those who restart what does not. */
#include "base/cleanup.h"
#include "base/text.h"
#include "server/documents_impl.h"

#define SILENT_NS (5 * JB_NS_PER_S)

void jb_document_health(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                        const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    const struct jb_board_view *view = jb_board_look(documents->config->board);
    uint64_t ticks = view->seq, last_ns = view->t_ns;

    jb_board_release(documents->config->board);
    uint64_t now_ns = jb_mono_ns();
    uint64_t silent_ns = now_ns > last_ns ? now_ns - last_ns : 0;
    if (ticks == 0) {
        jb_buf_puts(&body, "the meter has not ticked yet\n");
    } else if (silent_ns > SILENT_NS) {
        jb_buf_printf(&body, "the meter has not ticked for %.1f s\n", (double)silent_ns / 1e9);
    } else {
        jb_buf_puts(&body, "ok\n");
    }
    reply->status = ticks > 0 && silent_ns <= SILENT_NS ? 200 : 503;
    reply->type = JB_TYPE_TEXT;
    jb_reply_take(reply, &body);
}
