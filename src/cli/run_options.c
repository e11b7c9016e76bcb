/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `run` and of `meter`. Everything is checked before the child exists, so that a typo costs nothing. */
#include "cli/run_options.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/run_rows.h"
#include "meter/meter.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MIN_INTERVAL_NS JB_NS_PER_MS
#define MAX_INTERVAL_NS (60 * JB_NS_PER_S)
#define MAX_BASELINE_NS (600 * JB_NS_PER_S)

const struct jb_option run_option_table[] = {
    ROW_NAME,
    ROW_PROJECT,
    ROW_TAG,
    ROW_ZONE,
    ROW_INTERVAL,
    {OPT_BASELINE, 0, "baseline", "TIME", NULL, "measure idle power for so long before the command starts"},
    ROW_SENSORS,
    {OPT_RECORD_JSON, 0, "json", "FILE", "@file", "write the run record as JSON when it ends; - is stdout"},
    {OPT_CSV, 0, "csv", "FILE", "@file", "append one row for the run to a CSV file"},
    {OPT_SERIES, 0, "series", "FILE", "@file", "write the time series as CSV when it ends"},
    ROW_RUN_DB,
    {OPT_QUIET, 'q', "quiet", NULL, NULL, "print no report"},
    {OPT_STRICT, 0, "strict", NULL, NULL, "fail with 125 when measuring fails though the command succeeds"},
    ROW_BASIS,
    ROW_TOTAL,
    {OPT_OPS, 0, "ops", "HOW", "off|phases|full|auto",
     "hear what the program does: joules by phase and operator (default auto)"},
    {OPT_ATTRIBUTION, 0, "attribution", "HOW", "estimate|time", "operators' joules: estimated (default), or by time"},
    ROW_EPOCHS,
    ROW_PUE,
    {OPT_WHEN, 0, "when", "greenest:TIME[,within:TIME]", NULL, "wait for the hours in which a run so long emits least"},
    {OPT_LIVE, 0, "live", NULL, NULL, "show one line of live status when stderr is a terminal"},
    CLI_OPTION_ROOT,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

const struct jb_option meter_option_table[] = {
    {OPT_PID, 0, "pid", "PID", NULL, "the process to measure, with its children"},
    ROW_NAME,
    ROW_PROJECT,
    ROW_TAG,
    ROW_ZONE,
    ROW_INTERVAL,
    ROW_SENSORS,
    ROW_RUN_DB,
    ROW_BASIS,
    ROW_TOTAL,
    ROW_PUE,
    ROW_EPOCHS,
    CLI_OPTION_ROOT,
    CLI_OPTION_HELP,
    {0},
};

static int add_tag(struct run_options *options, const char *value, struct jb_diag *diag)
{
    const char *equals = strchr(value, '=');

    if (equals == NULL || equals == value) {
        return jb_fail(diag, -EINVAL, "--tag %s: a tag is KEY=VALUE", value);
    }
    if (options->tag_count == RUN_MAX_TAGS) {
        return jb_fail(diag, -E2BIG, "--tag %s: more than %d tags", value, RUN_MAX_TAGS);
    }
    char *copy = strdup(value);
    if (copy == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    copy[equals - value] = '\0';
    options->tags[options->tag_count++] = (struct jb_tag){copy, copy + (equals - value) + 1};
    /* cppcheck-suppress memleak ; the tag owns the copy now, run_options_finish() frees it */
    return 0;
}

int run_options_handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct run_options *options = context;

    if (cli_common(&options->common, option, value)) {
        return 0;
    }
    switch (option->id) {
    case OPT_NAME:
        options->name = value;
        break;
    case OPT_PROJECT:
        options->project = value;
        break;
    case OPT_TAG:
        return add_tag(options, value, diag);
    case OPT_ZONE:
        options->zone = value;
        break;
    case OPT_INTERVAL:
        options->interval_text = value;
        break;
    case OPT_BASELINE:
        options->baseline_text = value;
        break;
    case OPT_SENSORS:
        options->sensors = value;
        break;
    case OPT_RECORD_JSON:
        options->json = value;
        break;
    case OPT_CSV:
        options->csv = value;
        break;
    case OPT_SERIES:
        options->series = value;
        break;
    case OPT_RUN_DB:
        options->common.db = value;
        break;
    case OPT_QUIET:
        options->quiet = true;
        break;
    case OPT_STRICT:
        options->strict = true;
        break;
    case OPT_BASIS:
        options->basis = value;
        break;
    case OPT_TOTAL:
        options->total = value;
        break;
    case OPT_PUE:
        options->pue_text = value;
        break;
    case OPT_WHEN:
        options->when_text = value;
        break;
    case OPT_OPS:
        options->ops_text = value;
        break;
    case OPT_ATTRIBUTION:
        options->attribution = value;
        break;
    case OPT_EPOCHS:
        options->epochs_text = value;
        break;
    case OPT_LIVE:
        options->live = true;
        break;
    case OPT_PID:
        options->pid_text = value;
        break;
    default:
        break;
    }
    return 0;
}

int cli_intensity(const struct jb_conf *conf, const char *zone, const char *root, struct jb_intensity *ret,
                  struct jb_diag *diag)
{
    struct jb_intensity intensity;
    double own;
    int error = jb_grid_choose(zone, jb_conf_string(conf, "grid", "zone"), root, &intensity, diag);

    if (error < 0) {
        return error;
    }
    if (zone == NULL && jb_conf_number(conf, "grid", "intensity", &own)) {
        intensity.g_per_kwh = own;
        intensity.rel_error = 0;
        intensity.estimated = false;
        intensity.given = true;
        intensity.year = 0;
        snprintf(intensity.source, sizeof(intensity.source), "given by the user (%s)",
                 jb_conf_origin(conf, "grid", "intensity"));
    }
    *ret = intensity;
    return 0;
}

int cli_tariff(const struct jb_conf *conf, struct jb_tariff *ret, struct jb_diag *diag)
{
    int error = jb_tariff_load(conf, ret, diag);

    return error == 0 ? 1 : error == -ENOENT ? 0 : error;
}

static int duration(const struct jb_conf *conf, const char *key, const char *flag, uint64_t min_ns, uint64_t max_ns,
                    uint64_t *ret_ns, struct jb_diag *diag)
{
    uint64_t value_ns = 0;

    if (flag != NULL) {
        int error = jb_duration_parse(flag, &value_ns, diag);
        if (error < 0) {
            struct jb_diag inner = diag != NULL ? *diag : (struct jb_diag){0};
            return jb_fail(diag, error, "--%s: %s", key, inner.text);
        }
    } else if (!jb_conf_duration(conf, "run", key, &value_ns)) {
        return 0;
    }
    if (flag == NULL && value_ns == 0) {
        return 0; /* a config may say "none" */
    }
    if (value_ns < min_ns || value_ns > max_ns) {
        return jb_fail(diag, -ERANGE, "%s%s: %s must be from %llu ms to %llu s", flag != NULL ? "--" : "",
                       flag != NULL ? key : jb_conf_origin(conf, "run", key), flag != NULL ? flag : key,
                       (unsigned long long)(min_ns / JB_NS_PER_MS), (unsigned long long)(max_ns / JB_NS_PER_S));
    }
    *ret_ns = value_ns;
    return 0;
}

/* The list of the flag, or of the config: then the message says where it stands. */
static int check_sensors(const struct jb_conf *conf, const char *flag, const char *sensors, struct jb_diag *diag)
{
    int error = sensors == NULL ? 0 : jb_meter_check_sensors(sensors, diag);

    if (error < 0 && flag == NULL && diag != NULL) {
        struct jb_diag inner = *diag;
        jb_fail(diag, error, "%s: sensors: %s", jb_conf_origin(conf, "run", "sensors"), inner.text);
        jb_fix(diag, "%s", inner.fix);
    }
    return error;
}

/* Where the electricity comes from, who says what it emits, what it costs, and when to use it. */
static int resolve_grid(struct run_options *options, struct jb_diag *diag)
{
    const struct jb_conf *conf = options->conf;
    int error = cli_intensity(conf, options->zone, options->common.root, &options->intensity, diag);

    error = error < 0 ? error : jb_grid_settings_load(conf, options->common.root, &options->grid, diag);
    error = error < 0 ? error : cli_tariff(conf, &options->tariff, diag);
    if (error < 0) {
        return error;
    }
    options->has_tariff = error > 0;
    options->grid.fixed = options->intensity.given; /* --zone goes before a figure of one's own */
    return options->when_text != NULL ? cli_when_parse(options->when_text, &options->when, diag) : 0;
}

static int resolve_pid(struct run_options *options, struct jb_diag *diag)
{
    uint64_t pid;

    if (jb_parse_u64(options->pid_text, &pid) < 0 || pid == 0 || pid > INT_MAX) {
        return jb_fail(diag, -EINVAL, "--pid %s: a process has a number above 0", options->pid_text);
    }
    options->pid = (pid_t)pid;
    return 0;
}

static int resolve_epochs(struct run_options *options, struct jb_diag *diag)
{
    uint64_t epochs;

    if (jb_parse_u64(options->epochs_text, &epochs) < 0 || epochs == 0 || epochs > INT_MAX) {
        return jb_fail(diag, -EINVAL, "--epochs %s: a number from 1 to %d", options->epochs_text, INT_MAX);
    }
    options->epochs = (unsigned)epochs;
    return 0;
}

int run_options_resolve(struct run_options *options, struct jb_diag *diag)
{
    int error = cli_config(&options->common, &options->conf, diag);

    if (error == 0 && options->pid_text != NULL) {
        error = resolve_pid(options, diag);
    }
    if (error == 0 && options->epochs_text != NULL) {
        error = resolve_epochs(options, diag);
    }

    if (error < 0) {
        return error;
    }
    const struct jb_conf *conf = options->conf;
    options->interval_ns = 100 * JB_NS_PER_MS;
    options->pue = 1;
    if ((error = duration(conf, "interval", options->interval_text, MIN_INTERVAL_NS, MAX_INTERVAL_NS,
                          &options->interval_ns, diag)) < 0 ||
        (error = duration(conf, "baseline", options->baseline_text, 100 * JB_NS_PER_MS, MAX_BASELINE_NS,
                          &options->baseline_ns, diag)) < 0) {
        return error;
    }
    jb_conf_number(conf, "grid", "pue", &options->pue);
    if (options->pue_text != NULL &&
        (jb_parse_double(options->pue_text, &options->pue) < 0 || options->pue < 1 || options->pue > 10)) {
        return jb_fail(diag, -EINVAL, "--pue %s: a PUE is a number from 1 to 10", options->pue_text);
    }
    if (options->basis == NULL) {
        options->basis = jb_conf_string(conf, "run", "basis");
    }
    if (options->total == NULL) {
        options->total = jb_conf_string(conf, "run", "total");
    }
    if (options->ops_text == NULL) {
        options->ops_text = jb_conf_string(conf, "run", "ops");
    }
    if (options->attribution == NULL) {
        options->attribution = jb_conf_string(conf, "run", "attribution");
    }
    if (jb_ops_parse(options->ops_text, &options->ops) < 0) {
        return jb_fail(diag, -EINVAL, "ops: %s is none of off, phases, full, auto", options->ops_text);
    }
    const char *sensors_flag = options->sensors;
    if (options->sensors == NULL) {
        options->sensors = jb_conf_string(conf, "run", "sensors");
    }
    options->quiet = options->quiet || jb_conf_bool(conf, "run", "quiet");
    options->live = options->live || jb_conf_bool(conf, "run", "live");
    options->db = cli_db_path(&options->common, conf);
    error = check_sensors(conf, sensors_flag, options->sensors, diag);
    if (error < 0) {
        return error;
    }
    if (options->series != NULL && jb_streq(options->db, "none")) {
        return jb_fail(diag, -EINVAL, "--series needs the database, which --db none turns off");
    }
    return resolve_grid(options, diag);
}

int run_options_parse(const struct jb_command *command, int argc, char **argv, struct run_options *ret, int *ret_first)
{
    struct jb_diag diag = {0};

    *ret = (struct run_options){0};
    int status = cli_parse(command, argc, argv, run_options_handle, &ret->common, ret_first);
    if (status >= 0) {
        return status;
    }
    if (command->stop_at_operand && *ret_first >= argc) {
        return cli_complain(command, EXIT_USAGE, "which command? For example: joulebook run -- python3 train.py");
    }
    if (run_options_resolve(ret, &diag) < 0) {
        return cli_error(command, EXIT_USAGE, &diag);
    }
    return -1;
}

void run_options_finish(struct run_options *options)
{
    for (size_t i = 0; i < options->tag_count; i++) {
        free(options->tags[i].key);
    }
    jb_tariff_finish(&options->tariff);
    jb_conf_destroy(options->conf);
    *options = (struct run_options){0};
}
