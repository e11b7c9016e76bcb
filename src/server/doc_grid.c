/* SPDX-License-Identifier: Apache-2.0 */
/* GET api/v1/grid: what is known of a zone, as whoever asks the providers tells it. */
#include "base/diag.h"
#include "server/documents_impl.h"

#define ZONE_MAX 95 /* bytes, as of zones everywhere */

void jb_document_grid(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                      const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    static const char *const names[] = {"zone", NULL};
    const struct jb_server_config *config = documents->config;
    struct jb_diag diag = {0};
    const char *zone = NULL;

    if (!jb_param_names(query, names, reply) || !jb_param_text(query, "zone", ZONE_MAX, &zone, reply)) {
        return;
    }
    if (zone != NULL && zone[0] == '\0') {
        zone = NULL;
    }
    char *text = config->grid != NULL ? config->grid(config->context, zone, &diag) : NULL;
    if (text != NULL) {
        jb_document_tell(reply, text);
    } else {
        const char *what = diag.text[0] != '\0' ? diag.text : "nothing is known of the grid here";
        jb_reply_error(reply, zone != NULL ? 404 : 503, what, diag.fix);
    }
}
