/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook calibrate wall: fit what the machine takes in from what its sensors see, and keep the line for its runs.
 *
 * The session that measures has no database: what it meters is no run.
 */
#include "cli/calibrate.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/survey.h"
#include "cli/table.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void print_line(const struct jb_wall_fit *fit)
{
    char base[JB_UNIT_TEXT], slope[JB_UNIT_TEXT], sigma_a[JB_UNIT_TEXT], sigma_b[JB_UNIT_TEXT], rest[JB_UNIT_TEXT],
        low[JB_UNIT_TEXT], high[JB_UNIT_TEXT], error[JB_UNIT_TEXT];

    printf("P_wall = a + b x P_sensors: a %s ± %s, b %s ± %s\n", jb_format_power(fit->a_w, base, sizeof(base)),
           jb_format_power(sqrt(fit->var_a), sigma_a, sizeof(sigma_a)), jb_format_3(fit->b, slope, sizeof(slope)),
           jb_format_3(sqrt(fit->var_b), sigma_b, sizeof(sigma_b)));
    printf("%d readings of %s with the sensors from %s to %s, ± %s about the line\n", fit->readings, fit->meter,
           jb_format_power(fit->min_w, low, sizeof(low)), jb_format_power(fit->max_w, high, sizeof(high)),
           jb_format_power(fit->residual_w, rest, sizeof(rest)));
    if (isnan(fit->meter_error)) {
        printf("the meter's own error is not known and in none of this (--error)\n");
    } else {
        printf("the meter's own error: ± %s %%\n", jb_format_3(100 * fit->meter_error, error, sizeof(error)));
    }
}

static void print_leaves(const char *leaves)
{
    printf("good for runs with these sensors:\n");
    for (const char *at = leaves; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        printf("  %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void print_readings(const struct calibrate_readings *readings, const struct jb_wall_fit *fit)
{
    struct cli_table table;

    cli_table_init(&table, (const char *const[]){">sensors", ">wall", ">the line", NULL});
    for (size_t i = 0; i < readings->count; i++) {
        char sensors[JB_UNIT_TEXT], wall[JB_UNIT_TEXT], line[JB_UNIT_TEXT];
        const struct jb_wall_reading *reading = &readings->list[i];
        cli_table_row(&table, (const char *const[]){
                                  jb_format_power(reading->sensors_w, sensors, sizeof(sensors)),
                                  jb_format_power(reading->wall_w, wall, sizeof(wall)),
                                  jb_format_power(fit->a_w + fit->b * reading->sensors_w, line, sizeof(line)),
                              });
    }
    cli_table_print(&table, stdout, "  ", "", "");
    cli_table_finish(&table);
}

/* Why there is no line; -1: there is one. */
static int refuse(enum jb_wall_verdict verdict, const struct calibrate_readings *readings,
                  const struct jb_wall_line *line)
{
    char slope[JB_UNIT_TEXT];

    switch (verdict) {
    case JB_WALL_GOOD:
        return -1;
    case JB_WALL_BASE_NEGATIVE:
        cli_complain(
            &cmd_calibrate, 0,
            "the line begins below zero: at rest the sensors show more than the wall; is this the meter of this "
            "machine, and of all of it?");
        return -1;
    case JB_WALL_SLOPE:
        return cli_complain(&cmd_calibrate, 1,
                            "nothing was kept: the wall rises by %s W for each watt of the sensors, where %.1f to %.1f "
                            "can be; is this the meter of this machine, and were the readings of steady loads?",
                            jb_format_3(line->b, slope, sizeof(slope)), JB_WALL_MIN_SLOPE, JB_WALL_MAX_SLOPE);
    case JB_WALL_TOO_FEW:
        return cli_complain(&cmd_calibrate, 1, "nothing was kept: a line needs %d readings or more, and there %s %zu",
                            JB_WALL_MIN_READINGS, readings->count == 1 ? "is" : "are", readings->count);
    case JB_WALL_NO_NUMBERS:
    case JB_WALL_NO_SPREAD:
        break;
    }
    return cli_complain(&cmd_calibrate, 1,
                        "nothing was kept: the sensors saw nearly the same power in all readings; no line can rest on "
                        "that; take them at rest and under load");
}

static int keep(const struct calibrate_options *options, const struct jb_session *session,
                const struct calibrate_readings *readings, const struct jb_wall_line *line)
{
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    JB_CLEANUP(jb_wall_fit_finish)
    struct jb_wall_fit fit = {
        .a_w = line->a_w,
        .b = line->b,
        .var_a = line->var_a,
        .var_b = line->var_b,
        .cov_ab = line->cov_ab,
        .residual_w = line->residual_w,
        .min_w = line->min_w,
        .max_w = line->max_w,
        .readings = line->count,
        .meter_error = readings->meter_error,
        .measured_ns = jb_wall_ns(),
        .leaves = jb_session_leaves(session),
    };

    jb_copy(fit.meter, sizeof(fit.meter), readings->meter);
    print_readings(readings, &fit);
    print_line(&fit);
    int status = cli_open_store(&cmd_calibrate, &options->common, JB_STORE_WRITE, &conf, &store);
    if (status < 0 && jb_store_wall_fit_put(store, jb_session_machine(session)->id, &fit, &diag) < 0) {
        status = cli_error(&cmd_calibrate, 1, &diag);
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    if (status < 0) {
        print_leaves(fit.leaves);
        printf("kept for this machine\n");
        status = 0;
    }
    return status;
}

static int measure(struct jb_session *session, const struct calibrate_options *options,
                   struct calibrate_readings *readings)
{
    struct jb_diag diag = {0};

    if (options->pairs != NULL) {
        readings->meter_error = options->meter_error;
        return calibrate_pairs(options->pairs, readings);
    }
    int stop_fd = calibrate_watch();
    if (jb_session_start(session, 0, &diag) < 0) {
        jb_closep(&stop_fd);
        return cli_error(&cmd_calibrate, 1, &diag);
    }
    int status = calibrate_measure(session, options, stop_fd, readings);
    jb_session_stop(session, &(struct jb_ending){.status = JB_RUN_FINISHED});
    const struct jb_record *record = jb_session_record(session);
    for (size_t i = 0; i < record->warning_count; i++) {
        cli_complain(&cmd_calibrate, 0, "%s", record->warnings[i]);
    }
    jb_closep(&stop_fd);
    return status;
}

static int fit_readings(const struct calibrate_options *options, struct jb_session *session,
                        struct calibrate_readings *readings)
{
    struct jb_wall_line line = {0};
    char *leaves = jb_session_leaves(session);
    bool any = leaves != NULL && leaves[0] != '\0';

    free(leaves);
    if (!any) {
        return cli_complain(&cmd_calibrate, 1, "there are no sensors to hold a meter against; see joulebook doctor");
    }
    int status = measure(session, options, readings);
    if (status < 0) {
        enum jb_wall_verdict verdict = jb_wall_fit(readings->list, readings->count, &line);
        status = refuse(verdict, readings, &line);
    }
    return status < 0 ? keep(options, session, readings, &line) : status;
}

static json_t *finite_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void print_json(const struct jb_wall_fit *fit)
{
    json_t *root = json_object(), *object = json_object(), *leaves = json_array();
    char time[32];

    for (const char *at = fit->leaves; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        json_array_append_new(leaves, json_stringn(at, length));
        at += length + (at[length] == '\n');
    }
    json_object_set_new(object, "a_w", json_real(fit->a_w));
    json_object_set_new(object, "b", json_real(fit->b));
    json_object_set_new(object, "var_a", json_real(fit->var_a));
    json_object_set_new(object, "var_b", json_real(fit->var_b));
    json_object_set_new(object, "cov_ab", json_real(fit->cov_ab));
    json_object_set_new(object, "residual_w", json_real(fit->residual_w));
    json_object_set_new(object, "min_w", json_real(fit->min_w));
    json_object_set_new(object, "max_w", json_real(fit->max_w));
    json_object_set_new(object, "readings", json_integer(fit->readings));
    json_object_set_new(object, "meter", json_string(fit->meter));
    json_object_set_new(object, "meter_error", finite_or_null(fit->meter_error));
    json_object_set_new(object, "measured", json_string(jb_iso_time(fit->measured_ns, time, sizeof(time))));
    json_object_set_new(object, "sensors", leaves);
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "fit", object);
    json_dumpf(root, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(root);
}

static int show(const struct calibrate_options *options, struct jb_store *store, const char *machine_id)
{
    JB_CLEANUP(jb_wall_fit_finish) struct jb_wall_fit fit = {0};
    char time[32];
    int error = jb_store_wall_fit_get(store, machine_id, &fit);

    if (error == -ENOENT) {
        return cli_complain(&cmd_calibrate, 1,
                            "no fit of the wall is kept for this machine; make one: joulebook "
                            "calibrate wall");
    }
    if (error < 0) {
        return cli_complain(&cmd_calibrate, 1,
                            "the stored fit of the wall cannot be used: %s; make it anew: joulebook "
                            "calibrate wall",
                            error == -EUCLEAN ? "it makes no sense" : strerror(-error));
    }
    jb_sanitise(fit.meter);
    if (options->common.json) {
        print_json(&fit);
        return 0;
    }
    print_line(&fit);
    printf("made %s\n", jb_iso_time(fit.measured_ns, time, sizeof(time)));
    print_leaves(fit.leaves);
    return 0;
}

static int show_or_forget(struct calibrate_options *options)
{
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    struct jb_machine machine;
    struct jb_machine_hints hints = {0};
    struct jb_diag diag = {0};
    int status = cli_open_store(&cmd_calibrate, &options->common, JB_STORE_WRITE, &conf, &store);

    if (status < 0) {
        jb_machine_probe(options->common.root, &hints, &machine, NULL);
        if (options->show) {
            status = show(options, store, machine.id);
        } else if (jb_store_wall_fit_forget(store, machine.id, &diag) < 0) {
            status = cli_error(&cmd_calibrate, 1, &diag);
        } else {
            printf("the fit of the wall is forgotten\n");
            status = 0;
        }
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    return status;
}

int calibrate_wall(struct calibrate_options *options)
{
    struct jb_conf *conf = NULL, *own = NULL;
    struct jb_session *session = NULL;
    struct jb_diag diag = {0};

    if (cli_config(&options->common, &own, &diag) < 0) {
        return cli_error(&cmd_calibrate, EXIT_USAGE, &diag);
    }
    if (jb_streq(cli_db_path(&options->common, own), "none")) {
        jb_conf_destroy(own);
        return cli_complain(&cmd_calibrate, EXIT_USAGE, "--db none: the fit is kept in the database");
    }
    int status = -1;
    if (options->show || options->forget) {
        status = show_or_forget(options);
    }
    if (status < 0) { /* with the sensors that runs use, so that the fit is theirs */
        const char *sensors = options->sensors != NULL ? options->sensors : jb_conf_string(own, "run", "sensors");
        status = cli_survey_open(&cmd_calibrate, &options->common, sensors, "none", &conf, &session);
    }
    if (status < 0) {
        struct calibrate_readings readings = {.count = 0};
        status = fit_readings(options, session, &readings);
    }
    jb_session_destroy(session);
    jb_conf_destroy(conf);
    jb_conf_destroy(own);
    return status;
}
