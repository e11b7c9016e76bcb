/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook compare: runs side by side, the first is the reference. A difference smaller than the uncertainties of both
 * (in quadrature, two standard deviations) is said to be none: two noisy numbers are not a result.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/work_compare.h"
#include "export/export.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define MAX_RUNS 64
#define BLOCK    2  /* runs beside the first */
#define ID_SHOWN 10 /* as joulebook list */

static const struct jb_option options[] = {
    CLI_OPTION_JSON, CLI_OPTION_DB, CLI_OPTION_COLOR, CLI_OPTION_HELP, {0},
};

/* A run in which nothing was read has no energy that we know of: that is not 0 J. */
static double joules(const struct jb_record *record, uint64_t energy_uj)
{
    return record->machine_uj > 0 ? (double)energy_uj / 1e6 : NAN;
}

/* Beyond two standard deviations of the difference itself: the sigmas of both, in quadrature. */
static bool is_clear(const struct jb_record *first, const struct jb_record *record)
{
    return fabs((double)record->footprint_uj - (double)first->footprint_uj) >
           2 * hypot(record->footprint_uncertainty_uj, first->footprint_uncertainty_uj);
}

static void difference(const struct jb_record *first, const struct jb_record *record, char *buffer, size_t size)
{
    double a = (double)first->footprint_uj, b = (double)record->footprint_uj;
    char number[JB_UNIT_TEXT], sigma_text[JB_UNIT_TEXT];

    if (first == record || a <= 0 || record->machine_uj == 0) {
        jb_copy(buffer, size, first == record ? "reference" : "unknown");
        return;
    }
    double change = 100 * (b - a) / a;
    double sigma = 100 * hypot(record->footprint_uncertainty_uj / a, first->footprint_uncertainty_uj * b / (a * a));
    snprintf(buffer, size, "%s%s ± %s %%", change > 0 ? "+" : "", jb_format_3(change, number, sizeof(number)),
             jb_format_3(sigma, sigma_text, sizeof(sigma_text)));
}

#define SHOWN 22 /* characters of a name */

/* One run as a column of texts, in the order of `labels`. */
enum { ROWS = 11 };
static const char *const labels[ROWS] = {"name",      "started", "duration", "mean power", "machine", "this run",
                                         "footprint", "CO2e",    "measured", "difference", "clear"};
struct column {
    char text[ROWS][SHOWN * 4 + 8];
};

static void energy(const struct jb_record *record, uint64_t energy_uj, double sigma_uj, char *buffer, size_t size)
{
    if (record->machine_uj > 0) {
        cli_energy_pm((double)energy_uj, sigma_uj, buffer, size);
    } else {
        jb_copy(buffer, size, "unknown");
    }
}

static void fill(const struct jb_record *first, const struct jb_record *record, struct column *column)
{
    const size_t size = sizeof(column->text[0]);
    double share = record->machine_uj > 0 ? 100 * (double)record->measured_uj / (double)record->machine_uj : NAN;
    time_t seconds = (time_t)(record->started_ns / (int64_t)JB_NS_PER_S);
    char number[JB_UNIT_TEXT];
    struct tm local;
    int i = 0;

    snprintf(column->text[i++], size, "%.*s", SHOWN, record->name != NULL ? record->name : "");
    strftime(column->text[i++], size, "%Y-%m-%d %H:%M", localtime_r(&seconds, &local));
    jb_format_duration(record->duration_s, column->text[i++], size);
    jb_format_power(joules(record, record->machine_uj) / record->duration_s, column->text[i++], size);
    energy(record, record->machine_uj, record->uncertainty_uj, column->text[i++], size);
    energy(record, record->run_uj, record->run_uncertainty_uj, column->text[i++], size);
    energy(record, record->footprint_uj, record->footprint_uncertainty_uj, column->text[i++], size);
    jb_format_mass(record->machine_uj > 0 ? record->emissions_g : NAN, column->text[i++], size);
    snprintf(column->text[i++], size, isnan(share) ? "unknown" : "%s %%", jb_format_3(share, number, sizeof(number)));
    difference(first, record, column->text[i++], size);
    bool comparable = first != record && first->machine_uj > 0 && record->machine_uj > 0;
    jb_copy(column->text[i++], size, !comparable ? "" : is_clear(first, record) ? "yes" : "no");
}

/* The first run and up to two more beside it: that is what fits 80 columns. */
static void print_block(const struct cli_style *style, const struct jb_record *first, const struct jb_record *others,
                        size_t count)
{
    struct column columns[BLOCK + 1];
    const struct jb_record *records[BLOCK + 1];
    char ids[BLOCK + 1][ID_SHOWN + 1];
    const char *titles[BLOCK + 3] = {"run"};
    struct cli_table table;

    for (size_t i = 0; i <= count; i++) {
        const struct jb_record *record = i == 0 ? first : &others[i - 1];
        records[i] = record;
        fill(first, record, &columns[i]);
        snprintf(ids[i], sizeof(ids[i]), "%.*s", ID_SHOWN, record->id);
        titles[i + 1] = ids[i];
    }
    cli_table_init(&table, titles);
    for (int row = 0; row < ROWS; row++) {
        const char *cells[BLOCK + 3] = {labels[row]};
        for (size_t i = 0; i <= count; i++) {
            cells[i + 1] = columns[i].text[row];
        }
        cli_table_row(&table, cells);
    }
    cli_work_compare(&table, records, count + 1);
    cli_table_print(&table, stdout, "", style->dim, style->off);
    cli_table_finish(&table);
}

static void print_table(const struct cli_common *common, const struct jb_record *records, size_t count)
{
    struct cli_style style = cli_style(common, stdout);

    for (size_t i = 1; i < count; i += BLOCK) {
        fputs(i > 1 ? "\n" : "", stdout);
        print_block(&style, &records[0], &records[i], count - i < BLOCK ? count - i : BLOCK);
    }
    printf("\n%sdifference: of the footprint, against the first run; clear: beyond two sigma%s\n", style.dim,
           style.off);
}

static int print_json(const struct jb_record *records, size_t count)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf all = {0};

    for (size_t i = 0; i < count; i++) {
        JB_CLEANUP(jb_freep) char *text = NULL;
        if (jb_record_json(&records[i], false, &text) < 0) {
            return cli_complain(&cmd_compare, 1, "cannot make JSON of %s", records[i].id);
        }
        jb_buf_printf(&all, "%s%s", i > 0 ? ",\n" : "\n", text);
    }
    if (all.failed) {
        return cli_complain(&cmd_compare, 1, "out of memory");
    }
    printf("{\"schema\": 1, \"runs\": [%s\n]}\n", all.data);
    return 0;
}

static int load_all(struct jb_store *store, char **runs, struct jb_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = cli_load_run(&cmd_compare, store, runs[i], &records[i]);
        if (status >= 0) {
            return status;
        }
    }
    return -1;
}

static int compare_runs(const struct cli_common *common, struct jb_store *store, char **runs, size_t count)
{
    struct jb_record *records = calloc(count, sizeof(*records));

    if (records == NULL) {
        return cli_complain(&cmd_compare, 1, "out of memory");
    }
    int status = load_all(store, runs, records, count);
    if (status < 0) {
        if (common->json) {
            status = print_json(records, count);
        } else {
            print_table(common, records, count);
            status = 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        jb_record_finish(&records[i]);
    }
    free(records);
    return status;
}

static int compare_main(int argc, char **argv, void *context)
{
    struct cli_common common = {0};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    int first;
    int status = cli_parse(&cmd_compare, argc, argv, cli_common_only, &common, &first);

    if (status < 0 && (argc - first < 2 || argc - first > MAX_RUNS)) {
        status = cli_complain(&cmd_compare, EXIT_USAGE, "compares 2 to %d runs; see joulebook list", MAX_RUNS);
    }
    if (status < 0) {
        status = cli_open_store(&cmd_compare, &common, JB_STORE_READ, &conf, &store);
    }
    if (status < 0) {
        status = compare_runs(&common, store, argv + first, (size_t)(argc - first));
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_compare = {
    .name = "compare",
    .operands = "RUN RUN...",
    .summary = "compare stored runs; the first is the reference",
    .operand_choices = "@run",
    .options = options,
    .run = compare_main,
};
