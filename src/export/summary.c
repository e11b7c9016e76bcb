/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a run, with the columns that a paper's table is made from. Empty is not known.
 *
 * cpu_j, ram_j, gpu_j and board_j are of the whole machine and sum to machine_j; the uncertainties are one sigma;
 * emissions_g prices the basis column. total says what machine_j is the sum of; wall_j is what a node meter measured
 * while it was read, wall_fitted_j what the fit tells of the whole run. intensity_g_per_kwh is the mean weighted by
 * energy, live_share and estimated_share the parts of the energy that were priced at values of their own time and at
 * estimates. marginal_emissions_g is part of nothing else; it and cost are of the part of the energy that their
 * coverage says. Tags are key=value with ";" between them, each ; = and \ of a tag behind a "\".
 *
 * Odd: text that begins like a formula has a leading apostrophe (escape.h), so "-x" reads back as "'-x". One table
 * holds name and value of each column, so that header and row cannot drift apart.
 */
#include "export/summary.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/escape.h"
#include "export/formats.h"
#include "export/hardware_view.h"
#include "export/measured.h"
#include "export/price.h"

struct row {
    const struct jb_record *record;
    struct jb_hardware_view hardware;
    struct jb_buf *out;
};

struct column {
    const char *name;
    void (*put)(struct row *row, const struct column *column);
    size_t offset;      /* of the value in the record, for those that are kept there */
    const char *device; /* for put_device */
};

static const void *field(const struct row *row, const struct column *column)
{
    return (const char *)row->record + column->offset;
}

static void put_buf(struct row *row, const struct jb_buf *text)
{
    row->out->failed |= text->failed;
    jb_export_csv_text(row->out, text->data);
}

static void put_text(struct row *row, const struct column *column)
{
    jb_export_csv_text(row->out, field(row, column));
}

static void put_pointer(struct row *row, const struct column *column)
{
    const char *text;
    memcpy(&text, field(row, column), sizeof(text));
    jb_export_csv_text(row->out, text);
}

static double number(const struct row *row, const struct column *column)
{
    double value;
    memcpy(&value, field(row, column), sizeof(value));
    return value;
}

static void put_number(struct row *row, const struct column *column)
{
    jb_export_number(row->out, number(row, column));
}

static void put_energy(struct row *row, const struct column *column)
{
    uint64_t energy_uj;
    memcpy(&energy_uj, field(row, column), sizeof(energy_uj));
    if (jb_export_measured(row->record)) {
        jb_export_joules(row->out, energy_uj);
    }
}

static void put_sigma(struct row *row, const struct column *column)
{
    jb_export_number(row->out, jb_export_measured(row->record) ? number(row, column) / 1e6 : NAN);
}

/* A figure that is made from energy. */
static void put_known(struct row *row, const struct column *column)
{
    jb_export_number(row->out, jb_export_known(row->record, number(row, column)));
}

static void put_time(struct row *row, const struct column *column)
{
    char text[32];
    int64_t wall_ns;
    memcpy(&wall_ns, field(row, column), sizeof(wall_ns));
    if (wall_ns != 0) {
        jb_buf_puts(row->out, jb_iso_time(wall_ns, text, sizeof(text)));
    }
}

static void put_device(struct row *row, const struct column *column)
{
    uint64_t energy_uj;
    if (jb_export_device_uj(row->record, column->device, JB_SHARE_MACHINE, &energy_uj)) {
        jb_export_joules(row->out, energy_uj);
    }
}

static void put_status(struct row *row, const struct column *column)
{
    jb_export_csv_text(row->out, jb_run_status_name(row->record->status));
}

static void put_exit_code(struct row *row, const struct column *column)
{
    if (row->record->has_exit_code) {
        jb_buf_printf(row->out, "%d", row->record->exit_code);
    }
}

static void put_signal(struct row *row, const struct column *column)
{
    if (row->record->has_signal) {
        jb_buf_printf(row->out, "%d", row->record->signal);
    }
}

static void put_command(struct row *row, const struct column *column)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    jb_export_command(&text, row->record->command, row->record->command_count);
    put_buf(row, &text);
}

static void put_wall(struct row *row, const struct column *column)
{
    if (row->record->wall.measured) {
        jb_export_joules(row->out, row->record->wall.energy_uj);
    }
}

/* A figure of the wall in microjoules; which of the two it needs stands in `device`. */
static void put_wall_number(struct row *row, const struct column *column)
{
    const struct jb_record_wall *wall = &row->record->wall;
    bool known = jb_streq(column->device, "fit") ? wall->has_fit : wall->measured;
    jb_export_number(row->out, known ? number(row, column) / 1e6 : NAN);
}

static void put_total(struct row *row, const struct column *column)
{
    jb_export_csv_text(row->out, row->record->total[0] ? row->record->total : "sensors");
}

static void put_cpu(struct row *row, const struct column *column)
{
    jb_export_csv_text(row->out, row->hardware.cpu);
}

static void put_gpus(struct row *row, const struct column *column)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    jb_hardware_view_gpus(&row->hardware, row->record, &text);
    put_buf(row, &text);
}

#define MAX_SOURCES 16

/* Each source once, in order of time. */
static void put_sources(struct row *row, const struct column *column)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    const struct jb_record *r = row->record;
    const char *seen[MAX_SOURCES];
    size_t count = 0;
    for (size_t i = 0; i < r->segment_count && count < MAX_SOURCES; i++) {
        bool again = false;
        for (size_t k = 0; k < count && !again; k++) {
            again = strcmp(seen[k], r->segments[i].source) == 0;
        }
        if (!again) {
            jb_buf_printf(&text, "%s%s", count > 0 ? "; " : "", r->segments[i].source);
            seen[count++] = r->segments[i].source;
        }
    }
    put_buf(row, &text);
}

static void put_share(struct row *row, const struct column *column)
{
    bool live = jb_streq(column->device, "live");
    jb_export_number(row->out, live ? jb_export_live_share(row->record) : jb_export_estimated_share(row->record));
}

/* A figure made from energy, of the marginal or the cost; which of the two stands in `device`. */
static void put_beside(struct row *row, const struct column *column)
{
    const struct jb_record *r = row->record;
    bool known = jb_streq(column->device, "cost") ? r->cost.known : r->marginal.known;
    jb_export_number(row->out, known ? jb_export_known(r, number(row, column)) : NAN);
}

static void put_currency(struct row *row, const struct column *column)
{
    jb_export_csv_text(row->out, row->record->cost.known ? row->record->cost.currency : "");
}

static void add_guarded(struct jb_buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (strchr(";=\\", *text)) {
            jb_buf_puts(out, "\\");
        }
        jb_buf_add(out, text, 1);
    }
}

static void put_tags(struct row *row, const struct column *column)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    for (size_t i = 0; i < row->record->tag_count; i++) {
        jb_buf_puts(&text, i > 0 ? ";" : "");
        add_guarded(&text, row->record->tags[i].key);
        jb_buf_puts(&text, "=");
        add_guarded(&text, row->record->tags[i].value);
    }
    put_buf(row, &text);
}

static const struct column columns[] = {
    {"id", put_text, offsetof(struct jb_record, id)},
    {"name", put_pointer, offsetof(struct jb_record, name)},
    {"project", put_pointer, offsetof(struct jb_record, project)},
    {"started", put_time, offsetof(struct jb_record, started_ns)},
    {"ended", put_time, offsetof(struct jb_record, ended_ns)},
    {"duration_s", put_number, offsetof(struct jb_record, duration_s)},
    {"status", put_status},
    {"exit_code", put_exit_code},
    {"signal", put_signal},
    {"command", put_command},
    {"host", put_text, offsetof(struct jb_record, host)},
    {"machine_j", put_energy, offsetof(struct jb_record, machine_uj)},
    {"run_j", put_energy, offsetof(struct jb_record, run_uj)},
    {"footprint_j", put_energy, offsetof(struct jb_record, footprint_uj)},
    {"idle_j", put_energy, offsetof(struct jb_record, idle_uj)},
    {"others_j", put_energy, offsetof(struct jb_record, others_uj)},
    {"unattributed_j", put_energy, offsetof(struct jb_record, unattributed_uj)},
    {"uncertainty_j", put_sigma, offsetof(struct jb_record, uncertainty_uj)},
    {"run_uncertainty_j", put_sigma, offsetof(struct jb_record, run_uncertainty_uj)},
    {"footprint_uncertainty_j", put_sigma, offsetof(struct jb_record, footprint_uncertainty_uj)},
    {"measured_j", put_energy, offsetof(struct jb_record, measured_uj)},
    {"modelled_j", put_energy, offsetof(struct jb_record, modelled_uj)},
    {"coverage", put_known, offsetof(struct jb_record, coverage)},
    {"emissions_g", put_known, offsetof(struct jb_record, emissions_g)},
    {"emissions_uncertainty_g", put_known, offsetof(struct jb_record, emissions_uncertainty_g)},
    {"embodied_g", put_number, offsetof(struct jb_record, embodied_g)},
    {"basis", put_text, offsetof(struct jb_record, basis)},
    {"intensity_g_per_kwh", put_number, offsetof(struct jb_record, intensity_g_per_kwh)},
    {"zone", put_text, offsetof(struct jb_record, zone)},
    {"zone_source", put_sources},
    {"zone_note", put_text, offsetof(struct jb_record, zone_note)},
    {"pue", put_number, offsetof(struct jb_record, pue)},
    {"cpu_j", put_device, .device = "cpu"},
    {"ram_j", put_device, .device = "ram"},
    {"gpu_j", put_device, .device = "gpu"},
    {"board_j", put_device, .device = "board"},
    {"cpu", put_cpu},
    {"gpus", put_gpus},
    {"self_cpu_s", put_number, offsetof(struct jb_record, self_cpu_s)},
    {"self_energy_j", put_number, offsetof(struct jb_record, self_energy_j)},
    {"tags", put_tags},
    {"total", put_total},
    {"wall_j", put_wall},
    {"wall_uncertainty_j", put_wall_number, offsetof(struct jb_record, wall.uncertainty_uj), .device = "meter"},
    {"wall_fitted_j", put_wall_number, offsetof(struct jb_record, wall.fitted_uj), .device = "fit"},
    {"wall_fitted_uncertainty_j", put_wall_number, offsetof(struct jb_record, wall.fitted_uncertainty_uj),
     .device = "fit"},
    {"live_share", put_share, .device = "live"},
    {"estimated_share", put_share, .device = "estimated"},
    {"marginal_emissions_g", put_beside, offsetof(struct jb_record, marginal.emissions_g), .device = "marginal"},
    {"marginal_coverage", put_beside, offsetof(struct jb_record, marginal.coverage), .device = "marginal"},
    {"cost", put_beside, offsetof(struct jb_record, cost.amount), .device = "cost"},
    {"cost_coverage", put_beside, offsetof(struct jb_record, cost.coverage), .device = "cost"},
    {"currency", put_currency},
};

void jb_summary_header(struct jb_buf *out)
{
    for (size_t i = 0; i < JB_COUNT(columns); i++) {
        jb_buf_printf(out, "%s%s", i > 0 ? "," : "", columns[i].name);
    }
    jb_buf_puts(out, "\n");
}

void jb_summary_row(struct jb_buf *out, const struct jb_record *record)
{
    struct row row = {.record = record, .out = out};
    jb_hardware_view_init(&row.hardware, record);
    for (size_t i = 0; i < JB_COUNT(columns); i++) {
        jb_buf_puts(out, i > 0 ? "," : "");
        columns[i].put(&row, &columns[i]);
    }
    jb_buf_puts(out, "\n");
    jb_hardware_view_finish(&row.hardware);
}

static int write_summary(const struct jb_export_input *input, FILE *out, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    jb_summary_header(&text);
    jb_summary_row(&text, input->record);
    if (text.failed) {
        return jb_fail(diag, -ENOMEM, "cannot write the summary: %s", strerror(ENOMEM));
    }
    if (fwrite(text.data, 1, text.length, out) != text.length) {
        return jb_fail(diag, -EIO, "cannot write the summary");
    }
    return 0;
}

const struct jb_export_format jb_export_summary = {
    .name = "summary",
    .suffix = "csv",
    .help = "one CSV row for the run, with a header",
    .write = write_summary,
};
