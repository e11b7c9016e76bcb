/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET api/v1/hosts: the machines that runs or history are kept of; this one always.
 *
 * Odd: whoever does not see all sees how often each machine was used by himself.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "server/documents_impl.h"
#include "store/history.h"

struct hosts {
    struct jb_json json;
    struct jb_store *store;
    char host[65], machine_id[65]; /* of this machine */
    bool seen;                     /* it was among them */
    int error;
    struct jb_diag *diag;
};

/* "cpu" and "gpus" of a record's hardware; hostile, as all that comes from the database. */
static void hardware(struct jb_json *json, const char *text)
{
    json_t *root = text != NULL ? json_loads(text, 0, NULL) : NULL;
    json_t *gpus = json_object_get(root, "gpus"), *gpu;
    size_t i;

    jb_json_string(json, "cpu", json_string_value(json_object_get(root, "cpu")));
    jb_json_open(json, "gpus", '[');
    json_array_foreach(gpus, i, gpu)
    {
        const char *name = json_string_value(json_is_object(gpu) ? json_object_get(gpu, "name") : gpu);
        if (name != NULL) {
            jb_json_text(json, NULL, name);
        }
    }
    jb_json_close(json, ']');
    json_decref(root);
}

static void history_members(struct hosts *hosts, const char *machine_id)
{
    struct jb_history_sum sum = {0};
    int error = hosts->store != NULL ? jb_history_sum(hosts->store, machine_id, &sum, hosts->diag) : -ENOENT;

    if (error < 0 && error != -ENOENT) {
        hosts->error = error;
    }
    jb_json_joules_if(&hosts->json, "history_j", error == 0 && sum.last_ns > 0, sum.energy_uj);
    jb_json_time(&hosts->json, "history_since", error == 0 ? sum.first_ns : 0);
}

static int show(void *context, const struct jb_store_machine *machine)
{
    struct hosts *hosts = context;
    struct jb_json *json = &hosts->json;
    bool this = strcmp(machine->machine_id, hosts->machine_id) == 0;

    hosts->seen = hosts->seen || this;
    jb_json_open(json, NULL, '{');
    jb_json_string(json, "machine_id", machine->machine_id);
    jb_json_string(json, "host", machine->host[0] == '\0' && this ? hosts->host : machine->host);
    jb_json_bool(json, "this", this);
    hardware(json, machine->hardware_json);
    jb_json_integer(json, "runs", (int64_t)machine->runs);
    jb_json_time(json, "first_seen", machine->first_ns);
    jb_json_time(json, "last_seen", machine->last_ns);
    jb_json_joules(json, "runs_j", machine->run_uj);
    jb_json_joules(json, "footprint_j", machine->footprint_uj);
    jb_json_number(json, "emissions_g", machine->grams);
    history_members(hosts, machine->machine_id);
    jb_json_close(json, '}');
    return hosts->error;
}

void jb_document_hosts(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                       const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    static const char *const names[] = {NULL};
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    struct jb_run_filter whose = {0};
    struct jb_diag diag = {0};
    struct hosts hosts = {.diag = &diag};

    if (!jb_param_names(query, names, reply)) {
        return;
    }
    const struct jb_board_view *view = jb_board_look(documents->config->board);
    memcpy(hosts.host, view->host, sizeof(hosts.host));
    memcpy(hosts.machine_id, view->machine_id, sizeof(hosts.machine_id));
    jb_board_release(documents->config->board);
    jb_visible_filter(viewer, &whose);
    jb_document_begin(&hosts.json, &body);
    jb_json_open(&hosts.json, "hosts", '[');
    int error = jb_documents_store(documents, &hosts.store, &diag);
    if (error == 0) {
        error = jb_store_machines(hosts.store, whose.has_owner, whose.owner, show, &hosts, &diag);
    } else if (error == -ENOENT) {
        error = 0;
    }
    if (error == 0 && !hosts.seen) {
        struct jb_store_machine this = {.grams = NAN};
        memcpy(this.machine_id, hosts.machine_id, sizeof(this.machine_id));
        memcpy(this.host, hosts.host, sizeof(this.host));
        error = show(&hosts, &this);
    }
    if (error < 0) {
        jb_document_fail(reply, error, &diag);
        return;
    }
    jb_json_close(&hosts.json, ']');
    jb_document_end(&hosts.json, reply);
}
