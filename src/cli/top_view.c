/* SPDX-License-Identifier: Apache-2.0 */
/* top_view.c - the live document out of its JSON. Documented in top_view.h. */
#include "cli/top_view.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

const char *const top_device_names[TOP_DEVICES] = {"cpu", "ram", "gpu", "board"};

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    double found = json_is_number(value) ? json_number_value(value) : (double)NAN;
    return isfinite(found) ? found : (double)NAN;
}

/* What cannot be negative. */
static double amount(const json_t *object, const char *key)
{
    double value = number(object, key);
    return value >= 0 ? value : (double)NAN;
}

static int64_t whole(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value) : -1;
}

#define TEXT(object, key, array) copy_text(json_object_get(object, key), array, sizeof(array))

static void copy_text(const json_t *from, char *ret, size_t size)
{
    const char *value = json_string_value(from);
    jb_copy(ret, size, value != NULL ? value : "");
    jb_sanitise(ret);
}

static bool truth(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static enum top_device device(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "device"));
    for (int i = 0; name != NULL && i < TOP_DEVICES; i++) {
        if (strcmp(name, top_device_names[i]) == 0) {
            return (enum top_device)i;
        }
    }
    return TOP_DEVICE_BOARD; /* whatever it is, it is a part of the machine */
}

static void channel(const json_t *from, struct top_channel *to)
{
    int64_t unit = whole(from, "unit");

    TEXT(from, "id", to->id);
    TEXT(from, "name", to->name);
    TEXT(from, "source", to->source);
    TEXT(from, "domain", to->domain);
    TEXT(from, "status", to->status);
    TEXT(from, "twin_of", to->twin_of);
    TEXT(from, "reason", to->reason);
    TEXT(from, "fix", to->fix);
    TEXT(from, "note", to->note);
    to->device = device(from);
    to->unit = unit <= INT32_MAX ? (int)unit : -1;
    to->modelled = jb_streq(json_string_value(json_object_get(from, "method")), "modelled");
    to->in_total = truth(from, "in_total");
    to->power_w = amount(from, "power_w");
    to->limit_w = amount(from, "limit_w");
    to->energy_j = amount(from, "energy_j");
    to->rel_error = amount(from, "rel_error");
    to->update_period_s = amount(from, "update_period_s");
    to->covered_s = amount(from, "covered_s");
    to->gap_s = amount(from, "gap_s");
}

static void source(const json_t *from, struct top_source_state *to)
{
    TEXT(from, "source", to->source);
    TEXT(from, "title", to->title);
    TEXT(from, "status", to->status);
    TEXT(from, "reason", to->reason);
    TEXT(from, "fix", to->fix);
}

static void run(const json_t *from, struct top_run *to)
{
    const json_t *devices = json_object_get(from, "devices");

    TEXT(from, "id", to->id);
    TEXT(from, "user", to->user);
    TEXT(from, "name", to->name);
    TEXT(from, "project", to->project);
    TEXT(from, "command", to->command);
    TEXT(from, "basis", to->basis);
    TEXT(from, "phase", to->phase);
    to->mine = truth(from, "mine");
    to->pid = whole(from, "pid");
    to->epoch = whole(from, "epoch");
    to->step = whole(from, "step");
    to->epochs_planned = whole(from, "epochs_planned");
    to->epoch_nth = whole(from, "epoch_nth");
    to->projected_j = amount(from, "projected_j");
    to->projected_sigma_j = amount(from, "projected_uncertainty_j");
    to->projected_s = amount(from, "projected_s");
    to->projected_g = amount(from, "projected_emissions_g");
    to->elapsed_s = amount(from, "elapsed_s");
    to->power_w = amount(from, "power_w");
    for (int i = 0; i < TOP_DEVICES; i++) {
        to->device_w[i] = amount(devices, top_device_names[i]);
    }
    to->run_j = amount(from, "run_j");
    to->footprint_j = amount(from, "footprint_j");
    to->machine_j = amount(from, "machine_j");
    to->uncertainty_j = amount(from, "uncertainty_j");
    to->emissions_g = amount(from, "emissions_g");
    to->emissions_sigma_g = amount(from, "emissions_uncertainty_g");
}

static void grid(const json_t *from, struct top_grid *to)
{
    TEXT(from, "zone", to->zone);
    TEXT(from, "zone_name", to->zone_name);
    TEXT(from, "source", to->source);
    TEXT(from, "factor", to->factor);
    TEXT(from, "kind", to->kind);
    TEXT(from, "note", to->note);
    to->g_per_kwh = amount(from, "g_per_kwh");
    to->rel_error = amount(from, "rel_error");
    to->age_s = amount(from, "age_s");
    to->estimated = truth(from, "estimated");
}

static void whole_machine(const json_t *root, struct top_view *view)
{
    const json_t *machine = json_object_get(root, "machine"), *self = json_object_get(root, "self"),
                 *history = json_object_get(root, "history");

    view->t_ms = whole(root, "t_ms");
    view->t_ms = view->t_ms <= JB_WALL_MAX_NS / (int64_t)JB_NS_PER_MS ? view->t_ms : -1;
    TEXT(root, "version", view->version);
    TEXT(root, "host", view->host);
    view->elapsed_s = amount(root, "elapsed_s");
    view->interval_s = amount(root, "interval_s");
    view->power_w = amount(machine, "power_w");
    view->energy_j = amount(machine, "energy_j");
    view->uncertainty_j = amount(machine, "uncertainty_j");
    view->runs_j = amount(machine, "runs_j");
    view->idle_j = amount(machine, "idle_j");
    view->others_j = amount(machine, "others_j");
    view->unattributed_j = amount(machine, "unattributed_j");
    view->measured_j = amount(machine, "measured_j");
    view->modelled_j = amount(machine, "modelled_j");
    view->emissions_g = amount(machine, "emissions_g");
    view->pue = amount(machine, "pue");
    view->self_cpu_s = amount(self, "cpu_s");
    view->self_share = amount(self, "share");
    view->self_energy_j = amount(self, "energy_j");
    view->self_rss_bytes = amount(self, "rss_bytes");
    view->clients = amount(self, "clients");
    view->history_kept = truth(history, "kept");
    TEXT(history, "error", view->history_error);
    TEXT(history, "fix", view->history_fix);
    grid(json_object_get(root, "grid"), &view->grid);
}

/* How many of `list` there is room for; the others are counted. */
static size_t fit(const json_t *list, size_t room, struct top_view *view)
{
    size_t count = json_array_size(list);
    view->left_out += count > room ? count - room : 0;
    return count < room ? count : room;
}

static void lists(const json_t *root, struct top_view *view)
{
    const json_t *list = json_object_get(root, "channels");
    view->channel_count = fit(list, TOP_MAX_CHANNELS, view);
    for (size_t i = 0; i < view->channel_count; i++) {
        channel(json_array_get(list, i), &view->channels[i]);
    }
    list = json_object_get(root, "sources");
    view->source_count = fit(list, TOP_MAX_SOURCES, view);
    for (size_t i = 0; i < view->source_count; i++) {
        source(json_array_get(list, i), &view->sources[i]);
    }
    list = json_object_get(root, "runs");
    view->run_count = fit(list, TOP_MAX_RUNS, view);
    for (size_t i = 0; i < view->run_count; i++) {
        run(json_array_get(list, i), &view->runs[i]);
    }
    list = json_object_get(root, "warnings");
    view->warning_count = fit(list, TOP_MAX_WARNINGS, view);
    for (size_t i = 0; i < view->warning_count; i++) {
        copy_text(json_array_get(list, i), view->warnings[i], sizeof(view->warnings[i]));
    }
}

int top_view_parse(const char *bytes, size_t length, struct top_view *ret, struct jb_diag *diag)
{
    json_error_t error;
    json_t *root = json_loadb(bytes, length, 0, &error);

    if (root == NULL) {
        char what[sizeof(error.text)];
        jb_copy(what, sizeof(what), error.text);
        jb_sanitise(what);
        return jb_fail(diag, -EBADMSG, "the meter's answer is no JSON: %s", what);
    }
    if (whole(root, "schema") != 1) {
        json_decref(root);
        jb_fail(diag, -EBADMSG, "the meter's answer is of another version");
        jb_fix(diag, "restart joulebook serve, so that both are of one version");
        return -EBADMSG;
    }
    memset(ret, 0, sizeof(*ret));
    whole_machine(root, ret);
    lists(root, ret);
    json_decref(root);
    return 0;
}

void top_view_forget_now(struct top_view *view)
{
    view->power_w = (double)NAN;
    for (size_t i = 0; i < view->channel_count; i++) {
        view->channels[i].power_w = (double)NAN;
    }
    for (size_t i = 0; i < view->run_count; i++) {
        view->runs[i].power_w = (double)NAN;
        for (int j = 0; j < TOP_DEVICES; j++) {
            view->runs[i].device_w[j] = (double)NAN;
        }
    }
}

double top_modelled_share(const struct top_view *view)
{
    double all = view->measured_j + view->modelled_j;
    return all > 0 ? view->modelled_j / all : (double)NAN;
}

double top_run_energy(const struct top_run *run)
{
    return strcmp(run->basis, "run") == 0       ? run->run_j
           : strcmp(run->basis, "machine") == 0 ? run->machine_j
                                                : run->footprint_j;
}
