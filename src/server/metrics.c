/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET metrics. Prometheus' rules for names: base units, _total last (prometheus.io/docs/practices/naming).
 *
 * Odd: promtool takes "watts" and "grams_per_kwh" as they are but says nothing of milli and kilo;
 * tests/unit/server/metrics.c does.
 */
#include "server/metrics.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "server/booked.h"
#include "server/metrics_text.h"
#include "server/source_status.h"

#define GPU_NAMES 8 /* different ones that are told apart */

static void label_channel(struct jb_metrics *metrics, const struct jb_board_channel *channel)
{
    jb_metrics_label(metrics, "device", jb_device_name(channel->device));
    jb_metrics_label(metrics, "channel", channel->id);
}

static void energy(struct jb_metrics *metrics, const struct jb_board_view *view, bool in_total)
{
    for (size_t i = 0; i < view->channel_count; i++) {
        const struct jb_board_channel *channel = &view->channels[i];
        if (channel->in_total != in_total || !jb_channel_booked(channel)) {
            continue;
        }
        label_channel(metrics, channel);
        jb_metrics_label(metrics, "method", jb_method_name(channel->method));
        if (!in_total) { /* several sources may show one counter, each under the same id */
            jb_metrics_label(metrics, "source", channel->source);
        }
        jb_metrics_joules(metrics, channel->energy_uj);
    }
}

static void power(struct jb_metrics *metrics, const struct jb_board_view *view)
{
    jb_metrics_family(metrics, JB_METRICS_GAUGE, "joulebook_power_watts", "watts",
                      "Mean power of the last second, of the channels that make up the machine.");
    for (size_t i = 0; i < view->channel_count; i++) {
        if (view->channels[i].in_total && isfinite(view->channels[i].power_w)) {
            label_channel(metrics, &view->channels[i]);
            jb_metrics_number(metrics, view->channels[i].power_w);
        }
    }
}

static void carbon(struct jb_metrics *metrics, const struct jb_board_view *view)
{
    const struct jb_board_grid *grid = &view->grid;

    jb_metrics_family(metrics, JB_METRICS_COUNTER, "joulebook_emissions_grams_total", "grams",
                      "CO2 equivalent of the energy, by where the intensity came from.");
    for (size_t i = 0; i < view->emission_count; i++) {
        const struct jb_board_emission *emission = &view->emissions[i];
        if (isfinite(emission->grams)) {
            jb_metrics_label(metrics, "zone", emission->zone);
            jb_metrics_label(metrics, "source", emission->source);
            jb_metrics_number(metrics, emission->grams);
        }
    }
    jb_metrics_family(metrics, JB_METRICS_GAUGE, "joulebook_grid_intensity_grams_per_kwh", "grams_per_kwh",
                      "CO2 equivalent of a kilowatt-hour from the grid, as energy is priced now.");
    if (isfinite(grid->g_per_kwh)) {
        jb_metrics_label(metrics, "zone", grid->zone);
        jb_metrics_label(metrics, "source", grid->source);
        jb_metrics_label(metrics, "estimated", grid->estimated ? "true" : "false");
        jb_metrics_number(metrics, grid->g_per_kwh);
    }
}

static void runs(struct jb_metrics *metrics, const struct jb_board_view *view, bool projects)
{
    jb_metrics_family(metrics, JB_METRICS_GAUGE, "joulebook_runs_active", NULL, "Runs that are attached to the meter.");
    jb_metrics_number(metrics, (double)view->run_count);
    jb_metrics_family(metrics, JB_METRICS_COUNTER, "joulebook_run_energy_joules_total", "joules",
                      "Energy of runs by project: what would not have been used without them.");
    for (size_t i = 0; i < view->project_count; i++) {
        jb_metrics_label(metrics, "project", projects ? view->projects[i].name : "");
        jb_metrics_joules(metrics, view->projects[i].run_uj);
    }
}

static void sensors(struct jb_metrics *metrics, const struct jb_board_view *view)
{
    jb_metrics_family(metrics, JB_METRICS_GAUGE, "joulebook_sensor_up", NULL,
                      "1 for a sensor that answers; else reason says why not.");
    for (size_t i = 0; i < view->source_count; i++) {
        const struct jb_board_source *source = &view->sources[i];
        const char *status = jb_source_status(source->result, source->hung);
        jb_metrics_label(metrics, "sensor", source->driver);
        jb_metrics_label(metrics, "reason", status);
        jb_metrics_number(metrics, strcmp(status, "ok") == 0 ? 1 : 0);
    }
}

static void ourselves(struct jb_metrics *metrics, const struct jb_board_view *view)
{
    jb_metrics_family(metrics, JB_METRICS_COUNTER, "joulebook_self_cpu_seconds_total", "seconds",
                      "CPU time of the meter itself.");
    jb_metrics_number(metrics, view->self_cpu_s);
    jb_metrics_family(metrics, JB_METRICS_COUNTER, "joulebook_self_energy_joules_total", "joules",
                      "Energy of the meter itself: its CPU time at the machine's active power.");
    jb_metrics_number(metrics, view->self_energy_j);
    jb_metrics_family(metrics, JB_METRICS_INFO, "joulebook_build_info", NULL, "The version of joulebook.");
    jb_metrics_label(metrics, "version", JB_VERSION);
    jb_metrics_number(metrics, 1);
}

/* "NVIDIA H100 (8)": the accelerators of a machine, each name once with how many there are. */
static void gpu_names(const struct jb_board_view *view, struct jb_buf *out)
{
    const char *names[GPU_NAMES];
    unsigned counts[GPU_NAMES] = {0};
    size_t known = 0;

    for (size_t i = 0; i < view->channel_count; i++) {
        const struct jb_board_channel *channel = &view->channels[i];
        size_t k = 0;
        if (channel->device != JB_DEVICE_GPU || channel->parent >= 0 || channel->twin_of >= 0) {
            continue;
        }
        while (k < known && strcmp(names[k], channel->name) != 0) {
            k++;
        }
        if (k < GPU_NAMES) {
            known += k == known;
            names[k] = channel->name;
            counts[k]++;
        }
    }
    for (size_t k = 0; k < known; k++) {
        jb_buf_printf(out, counts[k] > 1 ? "%s%s (%u)" : "%s%s", k > 0 ? ", " : "", names[k], counts[k]);
    }
}

static const char *cpu_name(const struct jb_board_view *view)
{
    for (size_t i = 0; i < view->channel_count; i++) {
        if (view->channels[i].device == JB_DEVICE_CPU && view->channels[i].name[0] != '\0') {
            return view->channels[i].name;
        }
    }
    return "";
}

static void machine(struct jb_metrics *metrics, const struct jb_board_view *view)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf gpus = {0};

    gpu_names(view, &gpus);
    jb_metrics_family(metrics, JB_METRICS_INFO, "joulebook_machine_info", NULL, "The machine that is metered.");
    jb_metrics_label(metrics, "machine_id", view->machine_id);
    jb_metrics_label(metrics, "host", view->host);
    jb_metrics_label(metrics, "cpu", cpu_name(view));
    jb_metrics_label(metrics, "gpu", gpus.data != NULL ? gpus.data : "");
    jb_metrics_number(metrics, 1);
}

void jb_metrics_write(const struct jb_board_view *view, bool projects, bool openmetrics, struct jb_buf *out)
{
    struct jb_metrics metrics;

    jb_metrics_begin(&metrics, out, openmetrics);
    jb_metrics_family(&metrics, JB_METRICS_COUNTER, "joulebook_energy_joules_total", "joules",
                      "Energy of the channels that make up the machine: their sum is all of it.");
    energy(&metrics, view, true);
    jb_metrics_family(&metrics, JB_METRICS_COUNTER, "joulebook_domain_energy_joules_total", "joules",
                      "Energy of channels that contain or repeat others, and of meters of the whole machine: never "
                      "to be added to those.");
    energy(&metrics, view, false);
    power(&metrics, view);
    carbon(&metrics, view);
    runs(&metrics, view, projects);
    sensors(&metrics, view);
    ourselves(&metrics, view);
    machine(&metrics, view);
    jb_metrics_end(&metrics);
}
