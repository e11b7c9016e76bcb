/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CodeCarbon's emissions.csv: its 38 columns in its order and units (kg, kg/s, W, kWh, L, s, GB), for tools that read
 * it.
 *
 * As there, energies include the PUE, powers do not, and emissions / energy_consumed is the intensity of the grid. The
 * energies are of the record's basis; tracking_mode is "machine" for that basis, else "process". Empty is not known.
 *
 * Odd: cpu, gpu and ram need not sum to energy_consumed, which also has what is metered for the board as a whole.
 * timestamp is UTC, in CodeCarbon's form without a zone. country_name is given only where the zone is a whole
 * country. The operating system is not part of a record: that of this machine is given when the record is of this
 * machine.
 */
#include "export/formats.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/escape.h"
#include "base/os.h"
#include "export/hardware_view.h"
#include "export/iso3.h"
#include "export/measured.h"

#define UJ_PER_KWH 3.6e12

struct row {
    const struct jb_record *record;
    struct jb_hardware_view hardware;
    enum jb_share basis;
    struct jb_buf *out;
};

struct column {
    const char *name;
    void (*put)(struct row *row, const char *device); /* NULL: always empty */
    const char *device;
};

static double device_uj(const struct row *row, const char *device)
{
    uint64_t energy_uj;
    return jb_export_device_uj(row->record, device, row->basis, &energy_uj) ? (double)energy_uj : NAN;
}

static void put_timestamp(struct row *row, const char *device)
{
    const struct jb_record *r = row->record;
    int64_t wall_ns = r->ended_ns != 0 ? r->ended_ns : r->started_ns;
    char text[32];
    jb_iso_time(wall_ns, text, sizeof(text));
    char *fraction = strchr(text, '.');
    if (fraction) {
        *fraction = '\0';
    }
    jb_buf_puts(row->out, text);
}

static void put_project(struct row *row, const char *device)
{
    jb_export_csv_text(row->out, row->record->project ? row->record->project : row->record->name);
}

static void put_id(struct row *row, const char *device)
{
    jb_export_csv_text(row->out, row->record->id);
}

static void put_duration(struct row *row, const char *device)
{
    jb_export_number(row->out, row->record->duration_s);
}

static void put_emissions(struct row *row, const char *device)
{
    jb_export_number(row->out, jb_export_known(row->record, row->record->emissions_g) / 1e3);
}

static void put_rate(struct row *row, const char *device)
{
    double duration_s = row->record->duration_s;
    jb_export_number(row->out,
                     duration_s > 0 ? jb_export_known(row->record, row->record->emissions_g) / 1e3 / duration_s : NAN);
}

static void put_power(struct row *row, const char *device)
{
    double duration_s = row->record->duration_s;
    jb_export_number(row->out, duration_s > 0 ? device_uj(row, device) / 1e6 / duration_s : NAN);
}

static void put_energy(struct row *row, const char *device)
{
    jb_export_number(row->out, device_uj(row, device) / UJ_PER_KWH * row->record->pue);
}

static void put_total(struct row *row, const char *device)
{
    const struct jb_record *r = row->record;
    double energy_uj = row->basis == JB_SHARE_MACHINE ? (double)r->machine_uj
                       : row->basis == JB_SHARE_RUN   ? (double)r->run_uj
                                                      : (double)r->footprint_uj;
    jb_export_number(row->out, jb_export_measured(r) ? energy_uj / UJ_PER_KWH * r->pue : NAN);
}

/* "DE" is a country, "US-CAL-CISO" a part of one, "World" neither. */
static bool zone_is_country(const struct jb_record *record)
{
    return strlen(record->zone) == 2;
}

static void put_country(struct row *row, const char *device)
{
    jb_export_csv_text(row->out, zone_is_country(row->record) ? row->record->zone_name : "");
}

static void put_iso3(struct row *row, const char *device)
{
    jb_export_csv_text(row->out, jb_iso3(row->record->zone));
}

static void put_region(struct row *row, const char *device)
{
    const struct jb_record *r = row->record;
    jb_export_csv_text(row->out, strchr(r->zone, '-') ? (r->zone_name[0] ? r->zone_name : r->zone) : "");
}

static void put_os(struct row *row, const char *device)
{
    char host[65] = "";
    if (row->hardware.os) {
        jb_export_csv_text(row->out, row->hardware.os);
    } else if (gethostname(host, sizeof(host) - 1) == 0 && jb_streq(host, row->record->host)) {
        jb_export_csv_text(row->out, jb_os_version());
    }
}

static void put_version(struct row *row, const char *device)
{
    jb_export_csv_text(row->out, "joulebook-" JB_VERSION);
}

static void put_cpu_count(struct row *row, const char *device)
{
    if (row->hardware.threads > 0) {
        jb_buf_printf(row->out, "%lld", (long long)row->hardware.threads);
    }
}

static void put_cpu(struct row *row, const char *device)
{
    jb_export_csv_text(row->out, row->hardware.cpu);
}

static void put_gpu_count(struct row *row, const char *device)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf unused = {0};
    size_t count = jb_hardware_view_gpus(&row->hardware, row->record, &unused);
    if (count > 0) {
        jb_buf_printf(row->out, "%zu", count);
    }
}

static void put_gpus(struct row *row, const char *device)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    jb_hardware_view_gpus(&row->hardware, row->record, &text);
    row->out->failed |= text.failed;
    jb_export_csv_text(row->out, text.data);
}

/* CodeCarbon's GB are of 2^30 bytes. */
static void put_ram_size(struct row *row, const char *device)
{
    if (row->hardware.ram_bytes > 0) {
        jb_export_number(row->out, (double)row->hardware.ram_bytes / (double)(1 << 30));
    }
}

static void put_mode(struct row *row, const char *device)
{
    jb_buf_puts(row->out, row->basis == JB_SHARE_MACHINE ? "machine" : "process");
}

static void put_pue(struct row *row, const char *device)
{
    jb_export_number(row->out, row->record->pue);
}

static const struct column columns[] = {
    {"timestamp", put_timestamp},
    {"project_name", put_project},
    {"run_id", put_id},
    {"experiment_id"},
    {"duration", put_duration},
    {"emissions", put_emissions},
    {"emissions_rate", put_rate},
    {"cpu_power", put_power, "cpu"},
    {"gpu_power", put_power, "gpu"},
    {"ram_power", put_power, "ram"},
    {"cpu_energy", put_energy, "cpu"},
    {"gpu_energy", put_energy, "gpu"},
    {"ram_energy", put_energy, "ram"},
    {"energy_consumed", put_total},
    {"water_consumed"},
    {"country_name", put_country},
    {"country_iso_code", put_iso3},
    {"region", put_region},
    {"cloud_provider"},
    {"cloud_region"},
    {"os", put_os},
    {"python_version"},
    {"codecarbon_version", put_version},
    {"cpu_count", put_cpu_count},
    {"cpu_model", put_cpu},
    {"gpu_count", put_gpu_count},
    {"gpu_model", put_gpus},
    {"longitude"},
    {"latitude"},
    {"ram_total_size", put_ram_size},
    {"tracking_mode", put_mode},
    {"cpu_utilization_percent"},
    {"gpu_utilization_percent"},
    {"ram_utilization_percent"},
    {"ram_used_gb"},
    {"on_cloud"},
    {"pue", put_pue},
    {"wue"},
};

static int write_codecarbon(const struct jb_export_input *input, FILE *out, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    struct row row = {.record = input->record, .basis = jb_export_basis(input->record), .out = &text};
    for (size_t i = 0; i < JB_COUNT(columns); i++) {
        jb_buf_printf(&text, "%s%s", i > 0 ? "," : "", columns[i].name);
    }
    jb_buf_puts(&text, "\n");
    jb_hardware_view_init(&row.hardware, input->record);
    for (size_t i = 0; i < JB_COUNT(columns); i++) {
        jb_buf_puts(&text, i > 0 ? "," : "");
        if (columns[i].put) {
            columns[i].put(&row, columns[i].device);
        }
    }
    jb_hardware_view_finish(&row.hardware);
    jb_buf_puts(&text, "\n");
    if (text.failed) {
        return jb_fail(diag, -ENOMEM, "cannot write the row: %s", strerror(ENOMEM));
    }
    if (fwrite(text.data, 1, text.length, out) != text.length) {
        return jb_fail(diag, -EIO, "cannot write the row");
    }
    return 0;
}

const struct jb_export_format jb_export_codecarbon = {
    .name = "codecarbon",
    .suffix = "csv",
    .help = "CodeCarbon's emissions.csv",
    .write = write_codecarbon,
};
