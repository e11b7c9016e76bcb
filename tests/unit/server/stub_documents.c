/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that say who asked for what: the server's tests are not about what the documents hold. */
#include "server/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"

struct jb_documents {
    int dummy;
};

int jb_documents_create(const struct jb_server_config *config, struct jb_documents **ret, struct jb_diag *diag)
{
    *ret = calloc(1, sizeof(**ret));
    return 0;
}

void jb_documents_destroy(struct jb_documents *documents)
{
    free(documents);
}

static void echo(const char *name, const struct jb_viewer *viewer, const char *rest, const struct jb_query *query,
                 const char *accept, struct jb_reply *reply)
{
    struct jb_buf body = {0};
    struct jb_json json = {.out = &body};

    jb_json_open(&json, NULL, '{');
    jb_json_text(&json, "document", name);
    jb_json_text(&json, "rest", rest);
    jb_json_bool(&json, "known", viewer->known);
    jb_json_integer(&json, "uid", viewer->known ? (int64_t)viewer->uid : -1);
    jb_json_bool(&json, "all", viewer->all);
    jb_json_string(&json, "q", jb_query_get(query, "q"));
    jb_json_string(&json, "accept", accept);
    jb_json_close(&json, '}');
    jb_reply_take(reply, &body);
}

#define ECHO(name)                                                                                                     \
    void jb_document_##name(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,          \
                            const struct jb_query *query, const char *accept, struct jb_reply *reply)                  \
    {                                                                                                                  \
        echo(#name, viewer, rest, query, accept, reply);                                                               \
    }

ECHO(live)
ECHO(history)
ECHO(runs)
ECHO(grid)
ECHO(hosts)
ECHO(doctor)
ECHO(metrics)
ECHO(health)

/* ID "download" is one. */
void jb_document_run(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                     const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    echo("run", viewer, rest, query, accept, reply);
    if (strcmp(rest, "download/export") == 0) {
        jb_copy(reply->filename, sizeof(reply->filename), "a\"b\r\nc: d.csv");
        reply->type = "text/csv; charset=utf-8";
    }
}

void jb_live_hello(const struct jb_board_view *view, const struct jb_viewer *viewer, struct jb_buf *out)
{
    jb_buf_printf(out, "{\"seq\":%llu,\"layout\":%llu,\"uid\":%lld,\"host\":\"%s\"}", (unsigned long long)view->seq,
                  (unsigned long long)view->layout, viewer->known ? (long long)viewer->uid : -1LL, view->host);
}

/* As long as that of a usual machine; much longer where the host says so. */
void jb_live_tick(const struct jb_board_view *view, struct jb_buf *out)
{
    static const char filler[] = "[212.1,98.2,40.3,311.9,305.2,0.1,12.2,33.3,41.0,18.8,7.7,9.1]";
    jb_buf_printf(out, "{\"seq\":%llu,\"layout\":%llu,\"w\":[%s", (unsigned long long)view->seq,
                  (unsigned long long)view->layout, filler);
    for (int i = 0; strcmp(view->host, "large") == 0 && i < 200; i++) {
        jb_buf_printf(out, ",%s", filler);
    }
    jb_buf_puts(out, "]}");
}
