/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The columns of run and run_channel, and what a row becomes when it is read.
 *
 * "running" in the table is a claim; whether it is so is judged each time a row is read (liveness.h), so that a run
 * needs nobody to clean up after its meter.
 */
#include "store/row.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/json.h"

#define RUN(name, type)                                                                                                \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_run_row, record.name), 0                                           \
    }
#define RUN_CHARS(name)                                                                                                \
    {                                                                                                                  \
#name, JB_COLUMN_CHARS, offsetof(struct jb_run_row, record.name), sizeof(((struct jb_record *)0)->name)        \
    }
const struct jb_column jb_run_columns[] = {
    {"ulid", JB_COLUMN_CHARS, offsetof(struct jb_run_row, record.id), JB_RUN_ID_TEXT},
    RUN(name, STRING),
    RUN(project, STRING),
    RUN_CHARS(parent),
    RUN_CHARS(host),
    RUN_CHARS(machine_id),
    RUN(started_ns, I64),
    {"meter_pid", JB_COLUMN_I64, offsetof(struct jb_run_row, mark.pid), 0},
    {"meter_start", JB_COLUMN_U64, offsetof(struct jb_run_row, mark.start_ticks), 0},
    {"meter_place", JB_COLUMN_CHARS, offsetof(struct jb_run_row, mark.place), sizeof(((struct jb_mark *)0)->place)},
    RUN(owner, USER),
    /* JB_RUN_FIXED: at the end again */
    RUN(ended_ns, I64),
    {"status", JB_COLUMN_CHARS, offsetof(struct jb_run_row, status), sizeof(((struct jb_run_row *)0)->status)},
    {"exit_code", JB_COLUMN_OPTIONAL, offsetof(struct jb_run_row, record.exit_code),
     offsetof(struct jb_run_row, record.has_exit_code)},
    {"signal", JB_COLUMN_OPTIONAL, offsetof(struct jb_run_row, record.signal),
     offsetof(struct jb_run_row, record.has_signal)},
    RUN(coverage, REAL),
    RUN_CHARS(basis),
    RUN(emissions_g, REAL),
    RUN(emissions_uncertainty_g, REAL),
    RUN(embodied_g, REAL),
    RUN(intensity_g_per_kwh, REAL),
    RUN(intensity_rel_error, REAL),
    RUN(pue, REAL),
    RUN_CHARS(zone),
    RUN_CHARS(zone_name),
    RUN_CHARS(zone_note),
    RUN(self_cpu_s, REAL),
    RUN(self_energy_j, REAL),
    RUN(self_max_rss_bytes, U64),
    RUN(events_dropped, U64),
    /* JB_RUN_LIVE: with every append */
    RUN(duration_s, REAL),
    RUN(machine_uj, U64),
    RUN(run_uj, U64),
    RUN(idle_uj, U64),
    RUN(others_uj, U64),
    RUN(unattributed_uj, U64),
    RUN(footprint_uj, U64),
    RUN(measured_uj, U64),
    RUN(modelled_uj, U64),
    RUN(uncertainty_uj, REAL),
    RUN(run_uncertainty_uj, REAL),
    RUN(footprint_uncertainty_uj, REAL),
    {"last_us", JB_COLUMN_U64, offsetof(struct jb_run_row, last_us), 0},
    {"heartbeat_ns", JB_COLUMN_I64, offsetof(struct jb_run_row, mark.heartbeat_ns), 0},
};
const size_t jb_run_column_count = JB_COUNT(jb_run_columns);

#define CHANNEL(name, type)                                                                                            \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_record_channel, name), 0                                           \
    }
#define CHANNEL_CHARS(name)                                                                                            \
    {                                                                                                                  \
#name, JB_COLUMN_CHARS, offsetof(struct jb_record_channel, name),                                              \
            sizeof(((struct jb_record_channel *)0)->name)                                                              \
    }
const struct jb_column jb_channel_columns[] = {
    CHANNEL(number, INT),
    CHANNEL_CHARS(id),
    CHANNEL_CHARS(device),
    CHANNEL_CHARS(name),
    CHANNEL_CHARS(source),
    CHANNEL_CHARS(method),
    CHANNEL(in_total, BOOL),
    CHANNEL(parent, INT),
    CHANNEL(twin_of, INT),
    CHANNEL(energy_uj, U64),
    CHANNEL(run_uj, U64),
    CHANNEL(idle_uj, U64),
    CHANNEL(others_uj, U64),
    CHANNEL(unattributed_uj, U64),
    CHANNEL(footprint_uj, U64),
    CHANNEL(uncertainty_uj, REAL),
    CHANNEL(run_uncertainty_uj, REAL),
    CHANNEL(idle_uw, U64),
    CHANNEL_CHARS(idle_source),
    CHANNEL(covered_ns, U64),
    CHANNEL(gap_ns, U64),
    CHANNEL(update_period_ns, U64),
    CHANNEL(flags, UNSIGNED),
    CHANNEL_CHARS(flag_text),
    CHANNEL_CHARS(note),
    CHANNEL(context_w, REAL),
    CHANNEL(context_tax_j, REAL),
};
const size_t jb_channel_column_count = JB_COUNT(jb_channel_columns);

static enum jb_run_status status_from(const char *name)
{
    for (int status = JB_RUN_RUNNING; status < JB_RUN_LOST; status++) {
        if (jb_streq(name, jb_run_status_name((enum jb_run_status)status))) {
            return (enum jb_run_status)status;
        }
    }
    return JB_RUN_LOST; /* also for a word that we do not know */
}

/* Times are added and taken from each other by whoever reads the record; a file may hold any. */
static void bound_times(struct jb_record *record)
{
    int64_t *times[] = {&record->started_ns, &record->ended_ns};
    for (size_t i = 0; i < JB_COUNT(times); i++) {
        *times[i] = *times[i] < 0 ? 0 : *times[i] > JB_WALL_MAX_NS ? JB_WALL_MAX_NS : *times[i];
    }
    if (!(record->duration_s >= 0 && record->duration_s <= (double)JB_WALL_MAX_NS / 1e9)) {
        record->duration_s = NAN;
    }
}

int jb_row_read(sqlite3_stmt *statement, int first, const struct jb_mark *self, struct jb_run_row *ret)
{
    int r = jb_columns_read(statement, first, jb_run_columns, jb_run_column_count, ret);
    struct jb_record *record = &ret->record;
    if (ret->last_us > JB_TIME_MAX_US) {
        ret->last_us = JB_TIME_MAX_US;
    }
    record->status = status_from(ret->status);
    if (record->status == JB_RUN_RUNNING && !jb_mark_is_alive(&ret->mark, self)) {
        record->status = JB_RUN_LOST;
    }
    if (record->status == JB_RUN_LOST &&
        __builtin_add_overflow(record->started_ns, (int64_t)(ret->last_us * 1000), &record->ended_ns)) {
        record->ended_ns = record->started_ns;
    }
    bound_times(record);
    return r;
}

static const char *column_text(sqlite3_stmt *statement, int index)
{
    return (const char *)sqlite3_column_text(statement, index);
}

int jb_row_read_text(sqlite3_stmt *statement, int first, bool all, struct jb_record *record)
{
    int failed[7] = {
        jb_json_to_strings(column_text(statement, first), &record->command, &record->command_count),
        jb_json_to_tags(column_text(statement, first + 1), record),
        jb_json_to_strings(column_text(statement, first + 2), &record->warnings, &record->warning_count),
        jb_json_to_wall(column_text(statement, first + 3), record),
        0,
        0,
        0,
    };
    if (all) {
        failed[4] = jb_json_to_segments(column_text(statement, first + 4), &record->segments, &record->segment_count);
        failed[5] = jb_json_to_carbon(column_text(statement, first + 6), record);
        failed[6] = jb_json_to_work(column_text(statement, first + 7), &record->work);
        const char *hardware = column_text(statement, first + 5);
        record->hardware_json = hardware == NULL ? NULL : strdup(hardware);
        if (hardware != NULL && record->hardware_json == NULL) {
            return -ENOMEM;
        }
    }
    static const char *const names[7] = {"command", "tags", "warnings", "wall", "carbon segments", "carbon", "work"};
    for (size_t i = 0; i < JB_COUNT(failed); i++) {
        if (failed[i] == -ENOMEM ||
            (failed[i] < 0 && jb_record_warn(record, "the stored %s cannot be read", names[i]) < 0)) {
            return -ENOMEM;
        }
    }
    return 0;
}
