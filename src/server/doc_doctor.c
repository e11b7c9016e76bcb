/* SPDX-License-Identifier: Apache-2.0 */
/* GET api/v1/doctor: what the meter sees now, as the doctor tells it. */
#include "server/documents_impl.h"

void jb_document_doctor(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                        const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    static const char *const names[] = {NULL};
    const struct jb_server_config *config = documents->config;

    if (!jb_param_names(query, names, reply)) {
        return;
    }
    char *text = config->doctor != NULL ? config->doctor(config->context) : NULL;
    if (text != NULL) {
        jb_document_tell(reply, text);
    } else {
        jb_reply_error(reply, 503, "the doctor is not to be had here", "joulebook doctor");
    }
}
