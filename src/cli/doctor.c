/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook doctor: which sensors answer, how often they are really updated, how far they can be trusted, what is
 * missing and the command that mends it, and what we cost ourselves. Exit status 1 when nothing is measured.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/doctor_fix.h"
#include "cli/doctor_json.h"
#include "cli/doctor_record.h"
#include "cli/doctor_text.h"
#include "cli/survey.h"

#include <errno.h>

/* Long enough that a counter and its power, first seen together after 0.8 s, are held against each other for 2 s. */
#define SURVEY_NS (3200 * JB_NS_PER_MS)

enum { OPT_SENSORS = OPT_OWN, OPT_RECORD, OPT_FOR, OPT_FIX, OPT_YES };

struct doctor_options {
    struct cli_common common;
    const char *sensors, *record;
    uint64_t record_ns;
    bool fix, yes;
};

static const struct jb_option options[] = {
    {OPT_SENSORS, 0, "sensors", "LIST", NULL, "look at these sensors only"},
    {OPT_RECORD, 0, "record", "DIR", "@dir", "keep what is read in a new folder, to replay it with --root"},
    {OPT_FOR, 0, "for", "DURATION", NULL, "with --record: how long to record what changes (default 10s)"},
    {OPT_FIX, 0, "fix", NULL, NULL, "show what would let you read energy, ask, and do it"},
    {OPT_YES, 0, "yes", NULL, NULL, "with --fix: do not ask"},
    CLI_OPTION_JSON,
    CLI_OPTION_ROOT,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static int record_for(const char *text, uint64_t *ret_ns, struct jb_diag *diag)
{
    uint64_t duration_ns;
    int error = jb_duration_parse(text, &duration_ns, diag);

    if (error == 0 && (duration_ns < JB_NS_PER_S || duration_ns > 600 * JB_NS_PER_S)) {
        return jb_fail(diag, -ERANGE, "--for: %s is not between 1s and 10m", text);
    }
    *ret_ns = error == 0 ? duration_ns : *ret_ns;
    return error;
}

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct doctor_options *doctor = context;

    if (cli_common(&doctor->common, option, value)) {
        return 0;
    }
    switch (option->id) {
    case OPT_RECORD:
        doctor->record = value;
        return 0;
    case OPT_FOR:
        return record_for(value, &doctor->record_ns, diag);
    case OPT_FIX:
        doctor->fix = true;
        return 0;
    case OPT_YES:
        doctor->yes = true;
        return 0;
    default:
        doctor->sensors = value;
        return 0;
    }
}

static int doctor_main(int argc, char **argv, void *context)
{
    struct doctor_options doctor = {0};
    struct jb_conf *conf = NULL;
    struct jb_session *session = NULL;
    struct doctor_record *recorder = NULL;
    struct jb_diag diag = {0};
    int first;
    int status = cli_parse(&cmd_doctor, argc, argv, handle, &doctor.common, &first);

    if (status < 0 && first < argc) {
        status = cli_complain(&cmd_doctor, EXIT_USAGE, "takes no operand: '%s'", argv[first]);
    }
    if (status < 0 && doctor.record_ns != 0 && doctor.record == NULL) {
        status = cli_complain(&cmd_doctor, EXIT_USAGE, "--for needs --record DIR");
    }
    if (status < 0 && doctor.yes && !doctor.fix) {
        status = cli_complain(&cmd_doctor, EXIT_USAGE, "--yes needs --fix");
    }
    if (status < 0 && doctor.fix && doctor.record != NULL) {
        status = cli_complain(&cmd_doctor, EXIT_USAGE, "--fix and --record do not go together");
    }
    if (status < 0 && doctor.record != NULL) {
        uint64_t duration_ns = doctor.record_ns != 0 ? doctor.record_ns : DOCTOR_RECORD_S * JB_NS_PER_S;
        if (doctor_record_begin(&doctor.common, doctor.record, duration_ns, &recorder, &diag) < 0) {
            status = cli_error(&cmd_doctor, EXIT_USAGE, &diag);
        }
    }
    if (status < 0) {
        status = cli_survey_open(&cmd_doctor, &doctor.common, doctor.sensors, "none", &conf, &session);
    }
    if (status < 0 && doctor.fix && doctor.common.root != NULL) { /* by the option or JOULEBOOK_ROOT */
        status = cli_complain(&cmd_doctor, EXIT_USAGE, "--fix is for this machine, not for one below --root");
    }
    if (status < 0 && doctor.fix) {
        status = cli_doctor_fix(&cmd_doctor, &doctor.common, doctor.sensors, session, doctor.yes);
    }
    if (status < 0 && cli_survey_look(session, SURVEY_NS, &diag) < 0) {
        status = cli_error(&cmd_doctor, 1, &diag);
    }
    if (status < 0) {
        const struct jb_record *record = jb_session_record(session);
        struct cli_style style = cli_style(&doctor.common, stdout);
        if (doctor.common.json) {
            cli_doctor_json(session, record, stdout);
        } else {
            cli_doctor_text(session, record, &style);
            if (doctor.common.root == NULL) {
                cli_doctor_fix_hint(session, &style);
            }
        }
        status = cli_doctor_measured(record) ? 0 : 1;
        if (recorder != NULL) { /* then that is what was asked for */
            fflush(stdout);
            int error = doctor_record_finish(recorder, session, record, stderr, &diag);
            status = error < 0 ? cli_error(&cmd_doctor, 1, &diag) : 0;
        }
    }
    jb_session_destroy(session);
    jb_conf_destroy(conf);
    doctor_record_destroy(recorder);
    return status;
}

const struct jb_command cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "say which sensors answer, and what would mend the others",
    .options = options,
    .run = doctor_main,
};
