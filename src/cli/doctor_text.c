/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's findings for people: a table of channels, where each is read, what they say of each other, what is
 * missing and what would mend it, our own cost. */
#include "cli/doctor_text.h"

#include "base/text.h"
#include "base/units.h"
#include "cli/doctor_checks.h"
#include "cli/table.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define COLUMNS     80
#define UUID_LENGTH (sizeof("GPU-9c200000-0000-4000-8000-000000000001") - 1)
#define UUID_KEPT   (sizeof("GPU-9c200000") - 1)
#define ID_TEXT     64 /* as jb_channel.id */
#define BESIDE      24 /* a longer id has a line of its own */

/* A channel's id, the UUID in it cut to the part that nvidia-smi users know their cards by. */
static const char *brief(const char *id, char *buffer, size_t size)
{
    const char *uuid = strstr(id, "GPU-");
    size_t kept = uuid != NULL && strlen(uuid) > UUID_LENGTH ? (size_t)(uuid - id) + UUID_KEPT : strlen(id);
    const char *rest = id + kept == id + strlen(id) ? "" : uuid + UUID_LENGTH;

    snprintf(buffer, size, "%.*s%s%s", (int)kept, id, rest[0] != '\0' ? "~" : "", rest);
    return buffer;
}

static void role(const struct jb_record *record, size_t index, char *buffer, size_t size)
{
    const struct jb_record_channel *channel = &record->channels[index];
    char id[ID_TEXT];

    if (channel->in_total) {
        jb_copy(buffer, size, "counted");
    } else if (channel->twin_of >= 0 && (size_t)channel->twin_of < record->channel_count) {
        snprintf(buffer, size, "as %s", brief(record->channels[channel->twin_of].id, id, sizeof(id)));
    } else if (channel->parent >= 0 && (size_t)channel->parent < record->channel_count) {
        snprintf(buffer, size, "in %s", brief(record->channels[channel->parent].id, id, sizeof(id)));
    } else {
        jb_copy(buffer, size, "check only");
    }
}

/* "id: text", the text indented below the id where that is long. */
static void print_at_id(const char *id, const char *text, const char *colour)
{
    char shown[ID_TEXT];
    int width = cli_columns(brief(id, shown, sizeof(shown)));

    printf("  %s%s:%s", colour, shown, width > BESIDE ? "\n      " : " ");
    cli_wrap(stdout, text, width > BESIDE ? 6 : 4 + width, COLUMNS);
}

/* Who reads a channel, where and what to know of it, below the table: paths are too long for a column. */
static void print_origin(const struct jb_channel *origin, const char *source, const struct cli_style *style)
{
    char text[sizeof(origin->path) + sizeof(origin->note) + 2 * JB_UNIT_TEXT + 64], step[JB_UNIT_TEXT];
    double resolution = (double)origin->unit_num / (double)origin->unit_den / 1e6;

    if (origin->method == JB_METHOD_INTEGRATED) {
        jb_format_power(resolution, step, sizeof(step));
    } else {
        jb_format_energy(resolution, step, sizeof(step));
    }
    snprintf(text, sizeof(text), "%s, %s, in steps of %s%s%s", source, origin->path, step,
             origin->note[0] != '\0' ? "; " : "", origin->note);
    print_at_id(origin->id, text, style->dim);
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
        char power[JB_UNIT_TEXT], period[JB_UNIT_TEXT], error[JB_UNIT_TEXT], percent[JB_UNIT_TEXT + 4], what[128],
            id[ID_TEXT];
        double covered_s = (double)channel->covered_ns / 1e9;
        double period_s = channel->update_period_ns > 0 ? (double)channel->update_period_ns / 1e9 : NAN;
        snprintf(percent, sizeof(percent), "± %s %%", jb_format_3(100 * origin->rel_error, error, sizeof(error)));
        role(record, i, what, sizeof(what));
        cli_table_row(&table, (const char *const[]){
                                  brief(channel->id, id, sizeof(id)),
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
            print_at_id(origin->id, origin->reason, style->yellow);
            printf("%s\n", style->off);
            if (origin->fix[0] != '\0') {
                printf("      mend it with: %s\n", origin->fix);
            }
        } else {
            print_origin(origin, record->channels[i].source, style);
        }
    }
}

static void print_one_missing(const struct jb_source_info *info, const struct cli_style *style)
{
    printf("  %-14s %s", info->driver, info->result == -ENODEV ? style->dim : style->yellow);
    cli_wrap(stdout, info->reason[0] != '\0' ? info->reason : "did not open", 17, COLUMNS);
    printf("%s\n", style->off);
    if (info->fix[0] != '\0') {
        printf("  %-14s mend it with: %s\n", "", info->fix);
    }
}

/* What is not here is named, and what would be here for the asking is said how; with a reason each only what is denied
 * or broken, or all of it where nothing at all is measured. */
static void print_missing(const struct jb_session *session, bool all, const struct cli_style *style)
{
    const struct jb_meter *meter = jb_session_meter(session);
    char names[512] = "";
    size_t used = 0;

    printf("\n%snot available%s\n", style->bold, style->off);
    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        if (info.result == 0) {
            continue;
        }
        if (all || info.result != -ENODEV) {
            print_one_missing(&info, style);
        } else if (info.fix[0] != '\0') {
            printf("  %-14s %scould be had: ", info.driver, style->dim);
            cli_wrap(stdout, info.fix, 31, COLUMNS);
            printf("%s\n", style->off);
        } else if (used < sizeof(names)) {
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "", info.driver);
        }
    }
    if (used > 0) {
        printf("  %snot on this machine, or not needed: ", style->dim);
        cli_wrap(stdout, names, 39, COLUMNS);
        printf("%s\n  %s(why, for each: doctor --json)%s\n", style->off, style->dim, style->off);
    }
}

/* What the sensors say of each other: a line each. */
static void print_check(const struct jb_record *record, const struct doctor_check *check, const struct cli_style *style)
{
    const struct jb_record_channel *channel = &record->channels[check->channel];
    char power[JB_UNIT_TEXT], against[JB_UNIT_TEXT], share[JB_UNIT_TEXT], id[ID_TEXT], text[320];
    bool fine = check->verdict == JB_VERDICT_AGREE;

    jb_format_power(check->power_w, power, sizeof(power));
    jb_format_power(check->against_w, against, sizeof(against));
    if (check->kind == DOCTOR_TWIN) {
        const struct jb_record_channel *twin = &record->channels[check->against];
        bool same = jb_streq(twin->source, channel->source);
        snprintf(text, sizeof(text), "%s by %s, %s by %s: %s", power, channel->source, against,
                 same ? brief(twin->id, id, sizeof(id)) : twin->source,
                 fine                                    ? "they agree"
                 : check->verdict == JB_VERDICT_FROZEN   ? "it stands still"
                 : check->verdict == JB_VERDICT_DISAGREE ? "they disagree"
                                                         : "too early to tell");
    } else if (check->kind == DOCTOR_PARTS) {
        snprintf(text, sizeof(text), "%s, what lies in it %s: %s", power, against,
                 fine ? "they agree" : "the parts exceed the whole: one of them is false");
    } else {
        snprintf(text, sizeof(text), "the machine takes in %s by %s; the sensors see %s, %s %%%s", power,
                 channel->source, against, jb_format_3(100 * check->ratio, share, sizeof(share)),
                 fine ? "" : ": more than comes in");
    }
    print_at_id(channel->id, text, fine ? "" : style->yellow);
    printf("%s\n", fine ? "" : style->off);
}

static void print_checks(const struct jb_session *session, const struct jb_record *record,
                         const struct cli_style *style)
{
    struct doctor_check checks[JB_METER_MAX_CHANNELS];
    size_t count = doctor_checks(session, record, checks, JB_METER_MAX_CHANNELS);

    if (count == 0) {
        return;
    }
    printf("\n%swhat they say of each other%s\n", style->bold, style->off);
    for (size_t i = 0; i < count; i++) {
        print_check(record, &checks[i], style);
    }
}

/* Drivers that are in use here and were written from documents. */
static void print_unseen(const struct jb_session *session, const struct jb_record *record,
                         const struct cli_style *style)
{
    const struct jb_meter *meter = jb_session_meter(session);
    char names[256] = "";
    size_t used = 0;

    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        if (info.unseen && info.result == 0 && used < sizeof(names)) {
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "", info.driver);
        }
    }
    if (used > 0 && record->channel_count > 0) {
        printf("  %suntested on real hardware: ", style->dim);
        cli_wrap(stdout, names, 30, COLUMNS);
        printf("\n  (yours may be the first: joulebook doctor --record DIR keeps it for a report)%s\n", style->off);
    }
}

bool cli_doctor_measured(const struct jb_record *record)
{
    for (size_t i = 0; i < record->channel_count; i++) {
        if (record->channels[i].in_total && !jb_streq(record->channels[i].method, "modelled")) {
            return true;
        }
    }
    return false;
}

void cli_doctor_text(const struct jb_session *session, const struct jb_record *record, const struct cli_style *style)
{
    const struct jb_machine *machine = jb_session_machine(session);
    char memory[JB_UNIT_TEXT], cpu[JB_UNIT_TEXT], rss[JB_UNIT_TEXT];

    printf("%s%s%s%s%s, %u threads, %s\n\n", style->bold,
           machine->cpu.name[0] != '\0' ? machine->cpu.name : "unknown CPU", style->off,
           machine->virtual_machine ? ", virtual machine" : "", machine->container ? ", container" : "",
           machine->cpu.threads, jb_format_bytes((double)machine->ram_bytes, memory, sizeof(memory)));
    print_channels(session, record, style);
    print_unseen(session, record, style);
    print_checks(session, record, style);
    print_missing(session, !cli_doctor_measured(record), style);
    for (size_t i = 0; i < record->warning_count; i++) {
        printf("%swarning:%s %s\n", style->yellow, style->off, record->warnings[i]);
    }
    char share[JB_UNIT_TEXT];
    printf("\n%sour cost%s  %s of CPU in %.1f s (%s %% of a core), %s\n", style->bold, style->off,
           jb_format_duration(record->self_cpu_s, cpu, sizeof(cpu)), record->duration_s,
           jb_format_3(100 * record->self_cpu_s / record->duration_s, share, sizeof(share)),
           jb_format_bytes((double)record->self_max_rss_bytes, rss, sizeof(rss)));
    if (!cli_doctor_measured(record)) {
        printf("%snothing is measured on this machine:%s every joule above is modelled\n", style->yellow, style->off);
    }
}
