/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook compare: runs side by side, the first is the reference. A difference smaller than the uncertainties of both
 * (in quadrature, two standard deviations) is said to be none: two noisy numbers are not a result.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "export/export.h"

#include <math.h>
#include <stdlib.h>

#define MAX_RUNS 64

static const struct jb_option options[] = {
    CLI_OPTION_JSON, CLI_OPTION_DB, CLI_OPTION_COLOR, CLI_OPTION_HELP, {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    cli_common(context, option, value);
    return 0;
}

/* A run in which nothing was read has no energy that we know of: that is not 0 J. */
static double joules(const struct jb_record *record, uint64_t energy_uj)
{
    return record->machine_uj > 0 ? (double)energy_uj / 1e6 : NAN;
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
    snprintf(buffer, size, "%s%s %% ± %s%s", change > 0 ? "+" : "", jb_format_3(change, number, sizeof(number)),
             jb_format_3(sigma, sigma_text, sizeof(sigma_text)),
             fabs(change) < 2 * sigma ? " (no clear difference)" : "");
}

static void print_table(const struct cli_common *common, const struct jb_record *records, size_t count)
{
    struct cli_style style = cli_style(common, stdout);
    struct cli_table table;

    cli_table_init(&table,
                   (const char *const[]){"run", "name", ">duration", ">mean power", ">machine", ">run", ">footprint",
                                         ">CO2e", "measured", "footprint against the first", NULL});
    for (size_t i = 0; i < count; i++) {
        const struct jb_record *record = &records[i];
        char duration[JB_UNIT_TEXT], power[JB_UNIT_TEXT], machine[JB_UNIT_TEXT], run[JB_UNIT_TEXT],
            footprint[JB_UNIT_TEXT];
        char mass[JB_UNIT_TEXT], measured[JB_UNIT_TEXT], change[96];
        double share = record->machine_uj > 0 ? 100 * (double)record->measured_uj / (double)record->machine_uj : NAN;
        snprintf(measured, sizeof(measured), "%.0f %%", share);
        difference(&records[0], record, change, sizeof(change));
        cli_table_row(
            &table, (const char *const[]){
                        record->id,
                        record->name,
                        jb_format_duration(record->duration_s, duration, sizeof(duration)),
                        jb_format_power(joules(record, record->machine_uj) / record->duration_s, power, sizeof(power)),
                        jb_format_energy(joules(record, record->machine_uj), machine, sizeof(machine)),
                        jb_format_energy(joules(record, record->run_uj), run, sizeof(run)),
                        jb_format_energy(joules(record, record->footprint_uj), footprint, sizeof(footprint)),
                        jb_format_mass(record->emissions_g, mass, sizeof(mass)),
                        isnan(share) ? "unknown" : measured,
                        change,
                    });
    }
    cli_table_print(&table, stdout, "", style.dim, style.off);
    cli_table_finish(&table);
}

static void print_json(const struct jb_record *records, size_t count)
{
    fputs("{\"schema\": 1, \"runs\": [", stdout);
    for (size_t i = 0; i < count; i++) {
        JB_CLEANUP(jb_freep) char *text = NULL;
        if (jb_record_json(&records[i], false, &text) == 0) {
            printf("%s%s", i > 0 ? ",\n" : "\n", text);
        }
    }
    fputs("\n]}\n", stdout);
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
            print_json(records, count);
        } else {
            print_table(common, records, count);
        }
        status = 0;
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
    int status = cli_parse(&cmd_compare, argc, argv, handle, &common, &first);

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
