/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook doctor: which sensors answer, how often they are really updated, how far they can be trusted, what is
 * missing and the command that mends it, and what we cost ourselves. Exit status 1 when nothing is measured.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/doctor_json.h"
#include "cli/survey.h"
#include "cli/table.h"

#include <errno.h>
#include <math.h>

#define COLUMNS   80
#define SURVEY_NS (2500 * JB_NS_PER_MS) /* long enough for the cross-check of a counter against its power */

enum { OPT_SENSORS = OPT_OWN };

struct doctor_options {
    struct cli_common common;
    const char *sensors;
};

static const struct jb_option options[] = {
    {OPT_SENSORS, 0, "sensors", "LIST", NULL, "look at these sensors only"},
    CLI_OPTION_JSON,
    CLI_OPTION_ROOT,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct doctor_options *doctor = context;

    if (!cli_common(&doctor->common, option, value)) {
        doctor->sensors = value;
    }
    return 0;
}

static void role(const struct jb_record *record, size_t index, char *buffer, size_t size)
{
    const struct jb_record_channel *channel = &record->channels[index];

    if (channel->in_total) {
        jb_copy(buffer, size, "counted");
    } else if (channel->twin_of >= 0 && (size_t)channel->twin_of < record->channel_count) {
        snprintf(buffer, size, "as %s", record->channels[channel->twin_of].id);
    } else if (channel->parent >= 0 && (size_t)channel->parent < record->channel_count) {
        snprintf(buffer, size, "in %s", record->channels[channel->parent].id);
    } else {
        jb_copy(buffer, size, "check only");
    }
}

/* Who reads a channel, where and what to know of it, below the table: paths are too long for a column. */
static void print_origin(const struct jb_channel *origin, const char *source, const struct cli_style *style)
{
    char text[sizeof(origin->path) + sizeof(origin->note) + 64];

    snprintf(text, sizeof(text), "%s, %s%s%s", source, origin->path, origin->note[0] != '\0' ? "; " : "", origin->note);
    printf("  %s%s: ", style->dim, origin->id);
    cli_wrap(stdout, text, 4 + cli_columns(origin->id), COLUMNS);
    printf("%s\n", style->off);
}

static void print_channels(const struct jb_session *session, const struct jb_record *record,
                           const struct cli_style *style)
{
    const struct jb_meter *meter = jb_session_meter(session);
    struct cli_table table;

    cli_table_init(&table, (const char *const[]){"channel", "status", ">power", ">every", ">error", "role", NULL});
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        const struct jb_channel *origin = jb_meter_channel(meter, (int)i);
        char power[JB_UNIT_TEXT], period[JB_UNIT_TEXT], error[JB_UNIT_TEXT], percent[JB_UNIT_TEXT + 4], what[128];
        double covered_s = (double)channel->covered_ns / 1e9;
        double period_s = channel->update_period_ns > 0 ? (double)channel->update_period_ns / 1e9 : NAN;
        snprintf(percent, sizeof(percent), "± %s %%", jb_format_3(100 * origin->rel_error, error, sizeof(error)));
        role(record, i, what, sizeof(what));
        cli_table_row(&table, (const char *const[]){
                                  channel->id,
                                  origin->status == JB_OK ? channel->method : jb_status_name(origin->status),
                                  jb_format_power(covered_s > 0 ? (double)channel->energy_uj / 1e6 / covered_s : NAN,
                                                  power, sizeof(power)),
                                  jb_format_duration(period_s, period, sizeof(period)),
                                  percent,
                                  origin->status == JB_OK ? what : "not used",
                              });
    }
    cli_table_print(&table, stdout, "  ", style->dim, style->off);
    cli_table_finish(&table);
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_channel *origin = jb_meter_channel(meter, (int)i);
        if (origin->status != JB_OK && origin->reason[0] != '\0') {
            printf("  %s%s%s: %s\n", style->yellow, origin->id, style->off, origin->reason);
            if (origin->fix[0] != '\0') {
                printf("      mend it with: %s\n", origin->fix);
            }
        } else {
            print_origin(origin, record->channels[i].source, style);
        }
    }
}

static void print_missing(const struct jb_session *session, const struct cli_style *style)
{
    const struct jb_meter *meter = jb_session_meter(session);

    printf("\n%snot available%s\n", style->bold, style->off);
    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        if (info.result == 0) {
            continue;
        }
        printf("  %-14s %s", info.driver, info.result == -ENODEV ? style->dim : style->yellow);
        cli_wrap(stdout, info.reason[0] != '\0' ? info.reason : "did not open", 17, COLUMNS);
        printf("%s\n", style->off);
        if (info.fix[0] != '\0') {
            printf("  %-14s mend it with: %s\n", "", info.fix);
        }
    }
}

static bool any_measured(const struct jb_record *record)
{
    for (size_t i = 0; i < record->channel_count; i++) {
        if (record->channels[i].in_total && !jb_streq(record->channels[i].method, "modelled")) {
            return true;
        }
    }
    return false;
}

static void print_text(const struct jb_session *session, const struct jb_record *record, const struct cli_style *style)
{
    const struct jb_machine *machine = jb_session_machine(session);
    char memory[JB_UNIT_TEXT], cpu[JB_UNIT_TEXT], rss[JB_UNIT_TEXT];

    printf("%s%s%s%s%s, %u threads, %s\n\n", style->bold,
           machine->cpu.name[0] != '\0' ? machine->cpu.name : "unknown CPU", style->off,
           machine->virtual_machine ? ", virtual machine" : "", machine->container ? ", container" : "",
           machine->cpu.threads, jb_format_bytes((double)machine->ram_bytes, memory, sizeof(memory)));
    print_channels(session, record, style);
    print_missing(session, style);
    for (size_t i = 0; i < record->warning_count; i++) {
        printf("%swarning:%s %s\n", style->yellow, style->off, record->warnings[i]);
    }
    char share[JB_UNIT_TEXT];
    printf("\n%sour cost%s  %s of CPU in %.1f s at 50 readings/s (%s %% of a core), %s\n", style->bold, style->off,
           jb_format_duration(record->self_cpu_s, cpu, sizeof(cpu)), record->duration_s,
           jb_format_3(100 * record->self_cpu_s / record->duration_s, share, sizeof(share)),
           jb_format_bytes((double)record->self_max_rss_bytes, rss, sizeof(rss)));
    if (!any_measured(record)) {
        printf("%snothing is measured on this machine:%s every joule above is modelled\n", style->yellow, style->off);
    }
}

static int doctor_main(int argc, char **argv, void *context)
{
    struct doctor_options doctor = {0};
    struct jb_conf *conf = NULL;
    struct jb_session *session = NULL;
    struct jb_diag diag = {0};
    int first;
    int status = cli_parse(&cmd_doctor, argc, argv, handle, &doctor.common, &first);

    if (status < 0 && first < argc) {
        status = cli_complain(&cmd_doctor, EXIT_USAGE, "takes no operand: '%s'", argv[first]);
    }
    if (status < 0) {
        status = cli_survey_open(&cmd_doctor, &doctor.common, doctor.sensors, "none", &conf, &session);
    }
    if (status < 0 && cli_survey_run(session, SURVEY_NS, &diag) < 0) {
        status = cli_error(&cmd_doctor, 1, &diag);
    }
    if (status < 0) {
        const struct jb_record *record = jb_session_record(session);
        struct cli_style style = cli_style(&doctor.common, stdout);
        if (doctor.common.json) {
            cli_doctor_json(session, record, stdout);
        } else {
            print_text(session, record, &style);
        }
        status = any_measured(record) ? 0 : 1;
    }
    jb_session_destroy(session);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "say which sensors answer, and what would mend the others",
    .options = options,
    .run = doctor_main,
};
