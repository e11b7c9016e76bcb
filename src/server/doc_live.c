/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET api/v1/live and the events made of it: the board as JSON.
 *
 * Odd: hello is told under the board's lock, so that nothing here asks the disk or the network. A channel that has
 * never been booked has null for its energies, and so has the machine where that is all of them.
 */
#include "server/documents_impl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "server/booked.h"
#include "server/source_status.h"

static const char *domain_name(enum jb_domain domain)
{
    static const char *const names[] = {
        [JB_DOMAIN_BOARD] = "board",   [JB_DOMAIN_PSYS] = "psys",     [JB_DOMAIN_PACKAGE] = "package",
        [JB_DOMAIN_CORE] = "core",     [JB_DOMAIN_UNCORE] = "uncore", [JB_DOMAIN_DRAM] = "dram",
        [JB_DOMAIN_MODULE] = "module", [JB_DOMAIN_GPU] = "gpu",       [JB_DOMAIN_RAIL] = "rail",
        [JB_DOMAIN_NODE] = "node",
    };
    return (size_t)domain < JB_COUNT(names) ? names[domain] : NULL;
}

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

static void machine(struct jb_json *json, const struct jb_board_view *view)
{
    bool known = jb_machine_booked(view);

    jb_json_open(json, "machine", '{');
    jb_json_number(json, "power_w", view->power_w);
    jb_json_joules_if(json, "energy_j", known, view->energy_uj);
    jb_json_number(json, "uncertainty_j", known ? view->sigma_uj / 1e6 : NAN);
    jb_json_joules_if(json, "runs_j", known, view->runs_uj);
    jb_json_joules_if(json, "idle_j", known, view->idle_uj);
    jb_json_joules_if(json, "others_j", known, view->others_uj);
    jb_json_joules_if(json, "unattributed_j", known, view->unattributed_uj);
    jb_json_joules_if(json, "measured_j", known, view->measured_uj);
    jb_json_joules_if(json, "modelled_j", known, view->modelled_uj);
    jb_json_number(json, "emissions_g", known ? view->grams : NAN);
    jb_json_number(json, "pue", view->pue);
    jb_json_close(json, '}');
}

static const char *channel_id(const struct jb_board_view *view, int index)
{
    return index >= 0 && (size_t)index < view->channel_count ? view->channels[index].id : NULL;
}

static void channel_json(struct jb_json *json, const struct jb_board_view *view, const struct jb_board_channel *c)
{
    bool known = jb_channel_booked(c);

    jb_json_open(json, NULL, '{');
    jb_json_string(json, "id", c->id);
    jb_json_string(json, "device", jb_device_name(c->device));
    jb_json_string(json, "domain", domain_name(c->domain));
    jb_json_integer_if(json, "unit", c->unit >= 0, c->unit);
    jb_json_string(json, "name", c->name);
    jb_json_string(json, "source", c->source);
    jb_json_string(json, "method", jb_method_name(c->method));
    jb_json_bool(json, "in_total", c->in_total);
    jb_json_string(json, "parent", channel_id(view, c->parent));
    jb_json_string(json, "twin_of", channel_id(view, c->twin_of));
    jb_json_string(json, "status", jb_status_name(c->status));
    jb_json_string(json, "reason", c->reason);
    jb_json_string(json, "fix", c->fix);
    jb_json_string(json, "note", c->note);
    jb_json_number(json, "power_w", c->power_w);
    jb_json_number(json, "limit_w", c->limit_w);
    jb_json_joules_if(json, "energy_j", known, c->energy_uj);
    jb_json_number(json, "uncertainty_j", known ? c->sigma_uj / 1e6 : NAN);
    jb_json_joules_if(json, "runs_j", known, c->runs_uj);
    jb_json_joules_if(json, "idle_j", known, c->idle_uj);
    jb_json_joules_if(json, "others_j", known, c->others_uj);
    jb_json_joules_if(json, "unattributed_j", known, c->unattributed_uj);
    jb_json_number(json, "rel_error", c->rel_error);
    jb_json_number(json, "update_period_s", c->update_period_ns > 0 ? seconds(c->update_period_ns) : NAN);
    jb_json_number(json, "covered_s", seconds(c->covered_ns));
    jb_json_number(json, "gap_s", seconds(c->gap_ns));
    jb_json_close(json, '}');
}

static void source_json(struct jb_json *json, const struct jb_board_source *source)
{
    jb_json_open(json, NULL, '{');
    jb_json_string(json, "source", source->driver);
    jb_json_string(json, "title", source->title);
    jb_json_string(json, "status", jb_source_status(source->result, source->hung));
    jb_json_string(json, "reason", source->reason);
    jb_json_string(json, "fix", source->fix);
    jb_json_close(json, '}');
}

static void run_json(struct jb_json *json, const struct jb_board_run *run, bool mine)
{
    static const struct {
        const char *name;
        enum jb_device device;
    } devices[] = {{"cpu", JB_DEVICE_CPU}, {"ram", JB_DEVICE_RAM}, {"gpu", JB_DEVICE_GPU}, {"board", JB_DEVICE_BOARD}};

    jb_json_open(json, NULL, '{');
    jb_json_string(json, "id", run->id);
    jb_json_string(json, "parent", run->parent);
    jb_json_bool(json, "mine", mine);
    jb_json_string(json, "user", run->user);
    jb_json_integer(json, "uid", run->uid);
    jb_json_string(json, "name", mine ? run->name : NULL);
    jb_json_string(json, "project", mine ? run->project : NULL);
    jb_json_string(json, "command", mine ? run->command : NULL);
    jb_json_integer_if(json, "pid", run->pid > 0, run->pid);
    jb_json_time(json, "started", run->started_ns);
    jb_json_number(json, "elapsed_s", run->elapsed_s);
    jb_json_number(json, "power_w", run->power_w);
    jb_json_open(json, "devices", '{');
    for (size_t i = 0; i < JB_COUNT(devices); i++) {
        jb_json_number(json, devices[i].name, run->device_w[devices[i].device]);
    }
    jb_json_close(json, '}');
    jb_json_joules(json, "run_j", run->run_uj);
    jb_json_joules(json, "footprint_j", run->footprint_uj);
    jb_json_joules(json, "machine_j", run->machine_uj);
    jb_json_number(json, "uncertainty_j", run->sigma_uj / 1e6);
    jb_json_string(json, "basis", run->basis);
    jb_json_number(json, "emissions_g", run->grams);
    jb_json_number(json, "emissions_uncertainty_g", run->grams_sigma);
    jb_json_string(json, "phase", run->phase);
    jb_json_integer_if(json, "epoch", run->epoch >= 0, run->epoch);
    jb_json_integer_if(json, "step", run->step >= 0, run->step);
    jb_json_integer_if(json, "epochs_planned", run->epochs_planned >= 0, run->epochs_planned);
    jb_json_integer_if(json, "epoch_nth", run->epoch_nth >= 0, run->epoch_nth);
    jb_json_number(json, "projected_j", run->projected_uj / 1e6);
    jb_json_number(json, "projected_uncertainty_j", run->projected_sigma_uj / 1e6);
    jb_json_number(json, "projected_s", run->projected_s);
    jb_json_number(json, "projected_uncertainty_s", run->projected_sigma_s);
    jb_json_number(json, "projected_emissions_g", run->projected_grams);
    jb_json_number(json, "projected_emissions_uncertainty_g", run->projected_grams_sigma);
    jb_json_close(json, '}');
}

static void grid_json(struct jb_json *json, const struct jb_board_grid *grid)
{
    jb_json_open(json, "grid", '{');
    jb_json_string(json, "zone", grid->zone);
    jb_json_string(json, "zone_name", grid->zone_name);
    jb_json_number(json, "g_per_kwh", grid->g_per_kwh);
    jb_json_number(json, "rel_error", grid->rel_error);
    jb_json_string(json, "source", grid->source);
    jb_json_string(json, "factor", grid->factor);
    jb_json_string(json, "kind", grid->kind);
    jb_json_bool(json, "estimated", grid->estimated);
    jb_json_number(json, "age_s", grid->age_s);
    jb_json_string(json, "note", grid->note);
    jb_json_close(json, '}');
}

static void ourselves(struct jb_json *json, const struct jb_board_view *view)
{
    jb_json_open(json, "self", '{');
    jb_json_number(json, "cpu_s", view->self_cpu_s);
    jb_json_number(json, "share", view->self_share);
    jb_json_number(json, "energy_j", view->self_energy_j);
    jb_json_integer_if(json, "rss_bytes", view->self_rss_bytes > 0, (int64_t)view->self_rss_bytes);
    jb_json_integer(json, "clients", view->clients);
    jb_json_close(json, '}');
    jb_json_open(json, "history", '{');
    jb_json_bool(json, "kept", view->keeps_history);
    jb_json_string(json, "error", view->history_error != 0 ? view->history_text : NULL);
    jb_json_string(json, "fix", view->history_error != 0 ? view->history_fix : NULL);
    jb_json_close(json, '}');
}

static void head(struct jb_json *json, const struct jb_board_view *view, const struct jb_viewer *viewer)
{
    jb_json_integer(json, "seq", (int64_t)view->seq);
    jb_json_time(json, "time", view->wall_ns);
    jb_json_integer(json, "t_ms", view->wall_ns / (int64_t)JB_NS_PER_MS);
    jb_json_number(json, "interval_s", view->interval_ns > 0 ? seconds(view->interval_ns) : NAN);
    jb_json_string(json, "version", JB_VERSION);
    jb_json_time(json, "started", view->began_wall_ns);
    jb_json_number(json, "elapsed_s", view->t_ns >= view->began_ns ? seconds(view->t_ns - view->began_ns) : NAN);
    jb_json_string(json, "host", view->host);
    jb_json_string(json, "machine_id", view->machine_id);
    jb_json_open(json, "viewer", '{');
    jb_json_integer_if(json, "uid", viewer->known, viewer->uid);
    jb_json_bool(json, "all", viewer->all);
    jb_json_close(json, '}');
}

static void live(struct jb_json *json, const struct jb_board_view *view, const struct jb_viewer *viewer)
{
    head(json, view, viewer);
    machine(json, view);
    jb_json_open(json, "channels", '[');
    for (size_t i = 0; i < view->channel_count; i++) {
        channel_json(json, view, &view->channels[i]);
    }
    jb_json_close(json, ']');
    jb_json_open(json, "sources", '[');
    for (size_t i = 0; i < view->source_count; i++) {
        source_json(json, &view->sources[i]);
    }
    jb_json_close(json, ']');
    jb_json_open(json, "runs", '[');
    for (size_t i = 0; i < view->run_count; i++) {
        run_json(json, &view->runs[i], jb_visible(viewer, view->runs[i].uid));
    }
    jb_json_close(json, ']');
    grid_json(json, &view->grid);
    ourselves(json, view);
    jb_json_open(json, "warnings", '[');
    for (size_t i = 0; i < view->warning_count; i++) {
        jb_json_text(json, NULL, view->warnings[i]);
    }
    jb_json_close(json, ']');
}

void jb_live_hello(const struct jb_board_view *view, const struct jb_viewer *viewer, struct jb_buf *out)
{
    struct jb_json json;

    jb_document_begin(&json, out);
    live(&json, view, viewer);
    jb_json_close(&json, '}');
}

char *jb_server_live(struct jb_board *board, uid_t viewer, uid_t owner, bool share_runs)
{
    const struct jb_viewer who = {
        .known = true,
        .uid = viewer,
        .all = viewer == 0 || viewer == owner || share_runs,
    };
    struct jb_buf out = {0};

    jb_live_hello(jb_board_look(board), &who, &out);
    jb_board_release(board);
    if (out.failed) {
        jb_buf_finish(&out);
        return NULL;
    }
    return out.data;
}

void jb_document_live(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                      const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    static const char *const names[] = {NULL};
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    struct jb_json json;

    if (!jb_param_names(query, names, reply)) {
        return;
    }
    jb_document_begin(&json, &body);
    const struct jb_board_view *view = jb_board_look(documents->config->board);
    live(&json, view, viewer);
    jb_board_release(documents->config->board);
    jb_document_end(&json, reply);
}
