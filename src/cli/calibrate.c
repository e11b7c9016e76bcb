/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook calibrate idle: measure what this machine draws when nobody uses it, and keep it. Runs use it to tell their
 * own energy from what would have been drawn anyway.
 */
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/survey.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { OPT_FOR = OPT_OWN };

struct calibrate_options {
    struct cli_common common;
    uint64_t duration_ns;
};

static const struct jb_option options[] = {
    {OPT_FOR, 0, "for", "TIME", NULL, "measure for so long (default 20s)"},
    CLI_OPTION_DB,
    CLI_OPTION_ROOT,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct calibrate_options *calibrate = context;

    if (cli_common(&calibrate->common, option, value)) {
        return 0;
    }
    int error = jb_duration_parse(value, &calibrate->duration_ns, diag);
    if (error == 0 && (calibrate->duration_ns < JB_NS_PER_S || calibrate->duration_ns > 3600 * JB_NS_PER_S)) {
        error = jb_fail(diag, -ERANGE, "--for %s: from 1s to 1h", value);
    }
    return error;
}

static int calibrate_idle(struct jb_session *session, uint64_t duration_ns)
{
    struct jb_diag diag = {0};
    sigset_t signals;
    char text[JB_UNIT_TEXT];

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int stop_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
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

static int calibrate_main(int argc, char **argv, void *context)
{
    struct calibrate_options calibrate = {.duration_ns = 20 * JB_NS_PER_S};
    struct jb_conf *conf = NULL;
    struct jb_session *session = NULL;
    int first;
    int status = cli_parse(&cmd_calibrate, argc, argv, handle, &calibrate.common, &first);

    if (status < 0 && (argc - first != 1 || !jb_streq(argv[first], "idle"))) {
        status =
            cli_complain(&cmd_calibrate, EXIT_USAGE, "what is to be calibrated? For example: joulebook calibrate idle");
    }
    if (status < 0) {
        status = cli_survey_open(&cmd_calibrate, &calibrate.common, NULL, NULL, &conf, &session);
    }
    if (status < 0) {
        status = calibrate_idle(session, calibrate.duration_ns);
    }
    jb_session_destroy(session);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_calibrate = {
    .name = "calibrate",
    .operands = "idle",
    .summary = "measure what this machine draws when idle, and keep it",
    .operand_choices = "idle",
    .options = options,
    .run = calibrate_main,
};
