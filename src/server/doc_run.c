/* SPDX-License-Identifier: Apache-2.0 */
/* GET api/v1/runs/ID and what lies below it. */
#include "server/doc_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "export/export.h"

#define RUN_MAX 256 /* bytes of a name that is asked for */

static void whole_record(const struct jb_found_run *found, const struct jb_query *query, struct jb_reply *reply)
{
    static const char *const names[] = {NULL};
    char *text = NULL;

    if (!jb_param_names(query, names, reply)) {
        return;
    }
    if (!found->stored) {
        jb_document_board_run(found, reply);
        return;
    }
    if (jb_record_json(&found->record, false, &text) < 0) {
        jb_reply_error(reply, 500, "out of memory", NULL);
        return;
    }
    jb_document_tell(reply, text);
}

void jb_document_run(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                     const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    JB_CLEANUP(jb_found_run_finish) struct jb_found_run found = {0};
    char word[RUN_MAX];
    const char *slash = strrchr(rest, '/');
    /* A name may hold a slash: only what is a document of ours is taken for one. */
    bool series = slash != NULL && strcmp(slash, "/series") == 0;
    bool export = slash != NULL && strcmp(slash, "/export") == 0;
    size_t length = series || export ? (size_t)(slash - rest) : strlen(rest);

    if (length == 0 || length >= sizeof(word)) {
        jb_reply_error(reply, 404, "there is no such run", "joulebook list");
        return;
    }
    memcpy(word, rest, length);
    word[length] = '\0';
    if (!jb_find_run(documents, viewer, word, &found, reply)) {
        return;
    }
    if (series) {
        jb_document_run_series(documents, &found, query, reply);
    } else if (export) {
        jb_document_run_export(documents, &found, query, reply);
    } else {
        whole_record(&found, query, reply);
    }
}
