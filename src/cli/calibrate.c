/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook calibrate: idle, what this machine draws when nobody uses it, which runs use to tell their own energy from
 * what would have been drawn anyway; and wall, in calibrate_wall.c.
 */
#include "cli/calibrate.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/survey.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <unistd.h>

#define DEFAULT_IDLE_NS (20 * JB_NS_PER_S)

enum { OPT_FOR = OPT_OWN, OPT_TYPED, OPT_PAIRS, OPT_STEPS, OPT_NO_LOAD, OPT_ERROR, OPT_SENSORS, OPT_SHOW, OPT_FORGET };

static const struct jb_option options[] = {
    {OPT_FOR, 0, "for", "TIME", NULL, "measure for so long: idle 20s; wall 15s for each reading"},
    {OPT_TYPED, 0, "typed", NULL, NULL, "wall: type what your meter shows, on stdin"},
    {OPT_PAIRS, 0, "pairs", "FILE", "@file", "wall: take readings from a CSV file: sensors_w,wall_w[,seconds]"},
    {OPT_STEPS, 0, "steps", "N", NULL, "wall: readings from rest to all CPUs busy, 3 to 50 (default 5)"},
    {OPT_NO_LOAD, 0, "no-load", NULL, NULL, "wall: keep no CPU busy; the load is yours"},
    {OPT_ERROR, 0, "error", "PERCENT", NULL, "wall: the meter's own error, where you know better"},
    {OPT_SENSORS, 0, "sensors", "LIST", NULL, "wall: fit these sensors, as runs will use them"},
    {OPT_SHOW, 0, "show", NULL, NULL, "wall: print the fit that is kept"},
    {OPT_FORGET, 0, "forget", NULL, NULL, "wall: forget it"},
    CLI_OPTION_JSON,
    CLI_OPTION_DB,
    CLI_OPTION_ROOT,
    CLI_OPTION_HELP,
    {0},
};

static int set_duration(struct calibrate_options *calibrate, const char *value, struct jb_diag *diag)
{
    int error = jb_duration_parse(value, &calibrate->duration_ns, diag);

    if (error == 0 && (calibrate->duration_ns < JB_NS_PER_S || calibrate->duration_ns > 3600 * JB_NS_PER_S)) {
        error = jb_fail(diag, -ERANGE, "--for %s: from 1s to 1h", value);
    }
    return error;
}

static int set_error(struct calibrate_options *calibrate, const char *value, struct jb_diag *diag)
{
    double percent;

    if (jb_parse_double(value, &percent) < 0 || percent < 0 || percent > 100) {
        return jb_fail(diag, -EINVAL, "--error %s: percent, from 0 to 100", value);
    }
    calibrate->meter_error = percent / 100;
    return 0;
}

static int set_steps(struct calibrate_options *calibrate, const char *value, struct jb_diag *diag)
{
    uint64_t steps;

    if (jb_parse_u64(value, &steps) < 0 || steps < JB_WALL_MIN_READINGS || steps > 50) {
        return jb_fail(diag, -EINVAL, "--steps %s: from %d to 50", value, JB_WALL_MIN_READINGS);
    }
    calibrate->steps = (unsigned)steps;
    return 0;
}

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct calibrate_options *calibrate = context;

    if (cli_common(&calibrate->common, option, value)) {
        calibrate->of_wall = calibrate->of_wall || option->id == OPT_JSON;
        return 0;
    }
    calibrate->of_wall = calibrate->of_wall || option->id != OPT_FOR;
    switch (option->id) {
    case OPT_FOR:
        return set_duration(calibrate, value, diag);
    case OPT_STEPS:
        return set_steps(calibrate, value, diag);
    case OPT_ERROR:
        return set_error(calibrate, value, diag);
    case OPT_PAIRS:
        calibrate->pairs = value;
        break;
    case OPT_SENSORS:
        calibrate->sensors = value;
        break;
    case OPT_TYPED:
        calibrate->typed = true;
        break;
    case OPT_NO_LOAD:
        calibrate->no_load = true;
        break;
    case OPT_SHOW:
        calibrate->show = true;
        break;
    default:
        calibrate->forget = true;
        break;
    }
    return 0;
}

static int calibrate_idle(struct jb_session *session, uint64_t duration_ns)
{
    struct jb_diag diag = {0};
    char text[JB_UNIT_TEXT];

    int stop_fd = calibrate_watch();
    fprintf(stderr, "measuring idle power for %s; leave the machine alone\n",
            jb_format_duration((double)duration_ns / 1e9, text, sizeof(text)));
    int quiet = jb_session_baseline(session, duration_ns, stop_fd);
    if (stop_fd >= 0) {
        close(stop_fd);
    }
    if (quiet == -EINTR) {
        return cli_complain(&cmd_calibrate, 128 + SIGINT, "interrupted; nothing was kept");
    }
    const struct jb_record *record = jb_session_record(session);
    for (size_t i = 0; i < record->warning_count; i++) {
        cli_complain(&cmd_calibrate, 0, "%s", record->warnings[i]);
    }
    if (quiet == 0) {
        return cli_complain(&cmd_calibrate, 1, "nothing was kept; try again when nothing runs");
    }
    int stored = jb_session_store_baseline(session, &diag);
    if (stored < 0) {
        return cli_error(&cmd_calibrate, 1, &diag);
    }
    if (stored == 0) {
        return cli_complain(
            &cmd_calibrate, 1,
            "nothing is measured on this machine, so there is nothing to calibrate; see joulebook doctor");
    }
    for (int i = 0; i < jb_meter_channel_count(jb_session_meter(session)); i++) {
        uint64_t idle_uw, sigma_uw;
        char sigma[JB_UNIT_TEXT];
        if (jb_session_measured_idle(session, i, &idle_uw, &sigma_uw)) {
            printf("  %-24s %s ± %s\n", jb_meter_channel(jb_session_meter(session), i)->id,
                   jb_format_power((double)idle_uw / 1e6, text, sizeof(text)),
                   jb_format_power((double)sigma_uw / 1e6, sigma, sizeof(sigma)));
        }
    }
    printf("kept for %d channel%s of this machine\n", stored, stored == 1 ? "" : "s");
    return 0;
}

static int idle_main(struct calibrate_options *calibrate)
{
    struct jb_conf *conf = NULL;
    struct jb_session *session = NULL;
    uint64_t duration_ns = calibrate->duration_ns > 0 ? calibrate->duration_ns : DEFAULT_IDLE_NS;
    int status = cli_survey_open(&cmd_calibrate, &calibrate->common, NULL, NULL, &conf, &session);

    if (status < 0) {
        status = calibrate_idle(session, duration_ns);
    }
    jb_session_destroy(session);
    jb_conf_destroy(conf);
    return status;
}

static int calibrate_main(int argc, char **argv, void *context)
{
    struct calibrate_options calibrate = {.meter_error = NAN};
    int first;
    int status = cli_parse(&cmd_calibrate, argc, argv, handle, &calibrate.common, &first);

    if (status >= 0) {
        return status;
    }
    bool idle = argc - first == 1 && jb_streq(argv[first], "idle"),
         wall = argc - first == 1 && jb_streq(argv[first], "wall");
    if (!idle && !wall) {
        return cli_complain(&cmd_calibrate, EXIT_USAGE,
                            "what is to be calibrated, idle or wall? For example: joulebook calibrate idle");
    }
    if (idle && calibrate.of_wall) {
        return cli_complain(&cmd_calibrate, EXIT_USAGE,
                            "idle knows --for, --db and --root; the rest is of: joulebook "
                            "calibrate wall");
    }
    if (wall && calibrate.typed + (calibrate.pairs != NULL) + calibrate.show + calibrate.forget > 1) {
        return cli_complain(&cmd_calibrate, EXIT_USAGE, "one of --typed, --pairs, --show and --forget at a time");
    }
    return idle ? idle_main(&calibrate) : calibrate_wall(&calibrate);
}

const struct jb_command cmd_calibrate = {
    .name = "calibrate",
    .operands = "idle|wall",
    .summary = "measure what this machine draws when idle or at the wall",
    .operand_choices = "idle|wall",
    .options = options,
    .run = calibrate_main,
};
