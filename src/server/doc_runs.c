/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET api/v1/runs: the stored runs, newest first, a page at a time.
 *
 * Odd: one run more than a page is asked for, to know whether there is another page. Whoever does not see all and
 * searches by what is not shown of others' runs, searches his own (visible.h).
 */
#include "server/documents_impl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "export/measured.h"
#include "export/run_json.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     500
#define TEXT_MAX      1024

struct page {
    struct jb_documents *documents;
    const struct jb_viewer *viewer;
    struct jb_json json;
    size_t shown, limit;
    char last[JB_RUN_ID_TEXT];
    bool more;
};

static void figures(struct jb_json *json, const struct jb_record *record)
{
    bool known = jb_export_measured(record);
    bool timed = known && record->duration_s > 0;

    jb_export_energy_member(json, "machine_j", record, record->machine_uj);
    jb_export_energy_member(json, "run_j", record, record->run_uj);
    jb_export_energy_member(json, "footprint_j", record, record->footprint_uj);
    jb_json_number(json, "uncertainty_j", known ? record->footprint_uncertainty_uj / 1e6 : NAN);
    jb_json_number(json, "mean_w", timed ? (double)record->run_uj / 1e6 / record->duration_s : NAN);
    jb_json_string(json, "basis", record->basis);
    jb_json_number(json, "emissions_g", jb_export_known(record, record->emissions_g));
    jb_json_number(json, "emissions_uncertainty_g", jb_export_known(record, record->emissions_uncertainty_g));
    jb_json_number(json, "intensity_g_per_kwh", record->intensity_g_per_kwh);
    jb_json_string(json, "zone", record->zone);
    jb_json_number(json, "coverage", known ? record->coverage : NAN);
}

static int show(void *context, const struct jb_record *record)
{
    struct page *page = context;
    struct jb_json *json = &page->json;
    bool mine = jb_visible(page->viewer, record->owner);

    if (page->shown == page->limit) {
        page->more = true;
        return 1;
    }
    page->shown++;
    memcpy(page->last, record->id, sizeof(page->last));
    jb_json_open(json, NULL, '{');
    if (mine) {
        jb_export_run_json(json, "run", record);
    } else {
        jb_export_others_run_json(json, "run", record);
    }
    jb_json_bool(json, "mine", mine);
    jb_json_string(json, "user", jb_documents_user(page->documents, record->owner));
    figures(json, record);
    jb_json_close(json, '}');
    return json->out->failed ? -ENOMEM : 0;
}

/* KEY=VALUE, split into `buffer`. */
static bool split_tag(const char *tag, char *buffer, size_t size, struct jb_run_filter *filter, struct jb_reply *reply)
{
    char *equals = jb_copy(buffer, size, tag) ? strchr(buffer, '=') : NULL;

    if (equals == NULL || equals == buffer) {
        jb_reply_error(reply, 400, "tag: KEY=VALUE is wanted", NULL);
        return false;
    }
    *equals = '\0';
    filter->tag_key = buffer;
    filter->tag_value = equals + 1;
    return true;
}

static bool read_filter(const struct jb_query *query, const struct jb_viewer *viewer, char *tag_buffer, size_t size,
                        struct jb_run_filter *filter, struct jb_reply *reply)
{
    static const char *const names[] = {"project", "tag", "q", "limit", "cursor", NULL};
    int64_t limit = LIMIT_DEFAULT;
    const char *tag = NULL;

    if (!jb_param_names(query, names, reply) || !jb_param_integer(query, "limit", 1, LIMIT_MAX, &limit, reply) ||
        !jb_param_text(query, "project", TEXT_MAX, &filter->project, reply) ||
        !jb_param_text(query, "q", TEXT_MAX, &filter->text, reply) ||
        !jb_param_text(query, "cursor", JB_RUN_ID_TEXT - 1, &filter->before, reply) ||
        !jb_param_text(query, "tag", size - 1, &tag, reply)) {
        return false;
    }
    if (tag != NULL && !split_tag(tag, tag_buffer, size, filter, reply)) {
        return false;
    }
    filter->limit = (size_t)limit + 1;
    if (filter->project != NULL || filter->text != NULL || tag != NULL) {
        jb_visible_filter(viewer, filter);
    }
    return true;
}

void jb_document_runs(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                      const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    struct page page = {.documents = documents, .viewer = viewer};
    struct jb_run_filter filter = {0};
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    char tag[TEXT_MAX + 1];

    if (!read_filter(query, viewer, tag, sizeof(tag), &filter, reply)) {
        return;
    }
    page.limit = filter.limit - 1;
    jb_document_begin(&page.json, &body);
    jb_json_open(&page.json, "runs", '[');
    int error = jb_documents_store(documents, &store, &diag);
    if (error == 0) {
        error = jb_store_list(store, &filter, show, &page, &diag);
    } else if (error == -ENOENT) {
        error = 0;
    }
    if (error < 0) {
        jb_document_fail(reply, error, &diag);
        return;
    }
    jb_json_close(&page.json, ']');
    jb_json_string(&page.json, "next", page.more ? page.last : NULL);
    jb_document_end(&page.json, reply);
}
