/* SPDX-License-Identifier: Apache-2.0 */
/* What a document answers. See reply.h. */
#include "server/reply.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json_out.h"

#define OUT_OF_MEMORY 500

void jb_reply_init(struct jb_reply *reply)
{
    *reply = (struct jb_reply){.status = 200, .type = JB_TYPE_JSON, .fd = -1};
}

void jb_reply_finish(struct jb_reply *reply)
{
    jb_freep(&reply->body);
    jb_closep(&reply->fd);
    reply->length = 0;
}

void jb_reply_take(struct jb_reply *reply, struct jb_buf *body)
{
    if (body->failed) {
        unsigned retry_s = reply->retry_s;
        jb_buf_finish(body);
        jb_reply_finish(reply);
        jb_reply_init(reply);
        reply->retry_s = retry_s;
        reply->status = OUT_OF_MEMORY;
        return;
    }
    jb_reply_finish(reply);
    reply->body = body->data;
    reply->length = body->length;
    *body = (struct jb_buf){0};
}

void jb_reply_error(struct jb_reply *reply, unsigned status, const char *text, const char *fix)
{
    struct jb_buf body = {0};
    struct jb_json json = {.out = &body};
    unsigned retry_s = reply->retry_s;

    jb_json_open(&json, NULL, '{');
    jb_json_text(&json, "error", text);
    jb_json_string(&json, "fix", fix);
    jb_json_close(&json, '}');
    jb_reply_finish(reply);
    jb_reply_init(reply);
    reply->status = status;
    reply->retry_s = retry_s;
    jb_reply_take(reply, &body);
}
