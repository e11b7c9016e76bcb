/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the history of a machine. Documented in history.h and history_file.h.
 *
 * A row of a minute is the seconds that end in one minute of the calendar, whole; one of an hour is such minutes. The
 * clock may go anywhere between two rows: what was begun then ends there. A failed append puts back what was begun; the
 * blocks that it wrote to are given up, as their file has them still as they were.
 */
#include "store/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/history_file.h"

#define KEY_TRIES 100000

static int prepare(struct jb_store *store, sqlite3_stmt **ret, struct jb_diag *diag, const char *before,
                   const char *table, const char *after)
{
    char sql[160];
    sqlite3_snprintf(sizeof(sql), sql, "%s%s%s", before, table, after);
    return jb_db_prepare(store, sql, "write to", ret, diag);
}

static int prepare_all(struct jb_history *history, struct jb_diag *diag)
{
    struct jb_store *store = history->store;
    int r = 0;
    for (int i = 0; r == 0 && i < JB_HISTORY_LEVELS; i++) {
        struct jb_history_writer *level = &history->levels[i];
        const char *table = jb_history_tables[i];
        r = prepare(store, &level->insert, diag, "INSERT OR IGNORE INTO ", table, "(id, data) VALUES(?1, ?2)");
        if (r == 0) {
            r = prepare(store, &level->update, diag, "UPDATE ", table, " SET data = ?2 WHERE id = ?1");
        }
        if (r == 0) {
            r = prepare(store, &level->oldest, diag, "SELECT id, data FROM ", table,
                        " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1");
        }
        if (r == 0) {
            r = prepare(store, &level->drop, diag, "DELETE FROM ", table, " WHERE id = ?1");
        }
    }
    return r < 0 ? r
                 : jb_db_prepare(store,
                                 "UPDATE history SET first_us = ?2, last_us = ?3, second_held_ns = ?4,"
                                 " minute_held_ns = ?5, hour_held_ns = ?6, minute = ?7, hour = ?8 WHERE machine = ?1",
                                 "write to", &history->put_state, diag);
}

static int insert_machine(struct jb_store *store, const char *machine_id, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store,
                          "INSERT OR IGNORE INTO history(machine_id, first_us, last_us, second_held_ns,"
                          " minute_held_ns, hour_held_ns) VALUES(?1, 0, 0, 0, 0, 0)",
                          "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_text(statement, 1, machine_id, -1, SQLITE_STATIC);
    return jb_db_run(store, statement, "write to", diag);
}

static int take_channel(void *context, int number, const struct jb_history_channel *channel)
{
    struct jb_history *history = context;
    struct jb_history_channel *grown = realloc(history->channels, ((size_t)number + 1) * sizeof(*grown));
    if (grown == NULL) {
        return -ENOMEM;
    }
    history->channels = grown;
    for (size_t i = history->channel_count; i < (size_t)number; i++) { /* a hole: it matches no id */
        grown[i] = (struct jb_history_channel){.id = ""};
    }
    grown[number] = *channel;
    history->channel_count = (size_t)number + 1;
    return 0;
}

static int load(struct jb_history *history, const char *machine_id, const struct jb_history_limits *limits,
                struct jb_diag *diag)
{
    struct jb_history_state state = {.begun = {&history->begun[0], &history->begun[1]}};
    int r = insert_machine(history->store, machine_id, diag);
    if (r == 0) {
        r = jb_history_state_read(history->store, machine_id, &history->unpacker, &state, diag);
    }
    if (r == 0 && state.machine == 0) {
        r = jb_fail(diag, -EOVERFLOW, "%s has no room for another machine", history->store->path);
    }
    if (r == 0) {
        r = jb_history_channels(history->store, machine_id, take_channel, history, diag);
    }
    history->machine = state.machine;
    history->first_us = state.first_us;
    for (int i = 0; i < JB_HISTORY_LEVELS; i++) {
        uint64_t keep_s = limits->keep_s[i];
        history->levels[i].held_ns = state.held_ns[i];
        history->levels[i].keep_ns =
            keep_s == 0 || keep_s > JB_HISTORY_MAX_NS / JB_NS_PER_S ? UINT64_MAX : keep_s * JB_NS_PER_S;
        history->levels[i].look_ns = history->levels[i].keep_ns;
    }
    return r;
}

int jb_history_open(struct jb_store *store, const char *machine_id, const struct jb_history_limits *limits,
                    struct jb_history **ret, struct jb_diag *diag)
{
    if (store->read_only) {
        return jb_fail(diag, -EROFS, "%s was opened for reading", store->path);
    }
    if (machine_id == NULL || machine_id[0] == '\0') {
        return jb_fail(diag, -EINVAL, "a history needs the id of its machine");
    }
    struct jb_history *history = calloc(1, sizeof(*history));
    int r = history == NULL ? -ENOMEM : jb_history_entry_make(&history->row);
    if (r == 0) {
        r = jb_history_entry_make(&history->spare);
    }
    for (int i = 0; r == 0 && i < 2; i++) {
        r = jb_history_entry_make(&history->begun[i]);
        if (r == 0) {
            r = jb_history_entry_make(&history->before[i]);
        }
    }
    if (r < 0) {
        jb_history_close(history);
        return jb_fail(diag, r, "out of memory");
    }
    history->store = store;
    r = prepare_all(history, diag);
    if (r == 0) {
        r = load(history, machine_id, limits, diag);
    }
    if (r < 0) {
        jb_history_close(history);
        return r;
    }
    *ret = history;
    return 0;
}

void jb_history_close(struct jb_history *history)
{
    if (history == NULL) {
        return;
    }
    for (int i = 0; i < JB_HISTORY_LEVELS; i++) {
        struct jb_history_writer *level = &history->levels[i];
        jb_db_finalize(&level->insert);
        jb_db_finalize(&level->update);
        jb_db_finalize(&level->oldest);
        jb_db_finalize(&level->drop);
        jb_history_packer_finish(&level->packer);
    }
    jb_db_finalize(&history->put_state);
    for (int i = 0; i < 2; i++) {
        jb_history_entry_finish(&history->begun[i]);
        jb_history_entry_finish(&history->before[i]);
    }
    jb_history_entry_finish(&history->row);
    jb_history_entry_finish(&history->spare);
    jb_history_packer_finish(&history->alone);
    free(history->channels);
    free(history);
}

static int put_channel(struct jb_history *history, int number, const struct jb_history_channel *channel,
                       struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(history->store,
                          "REPLACE INTO history_channel(machine, number, id, device, name, source, method, in_total)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                          "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, history->machine);
    sqlite3_bind_int(statement, 2, number);
    jb_db_bind_text(statement, 3, channel->id);
    jb_db_bind_text(statement, 4, channel->device);
    jb_db_bind_text(statement, 5, channel->name);
    jb_db_bind_text(statement, 6, channel->source);
    jb_db_bind_text(statement, 7, channel->method);
    sqlite3_bind_int(statement, 8, channel->in_total);
    return jb_db_run(history->store, statement, "write to", diag);
}

static bool same_channel(const struct jb_history_channel *a, const struct jb_history_channel *b)
{
    return jb_streq(a->device, b->device) && jb_streq(a->name, b->name) && jb_streq(a->source, b->source) &&
           jb_streq(a->method, b->method) && a->in_total == b->in_total;
}

int jb_history_channel(struct jb_history *history, const struct jb_history_channel *channel, struct jb_diag *diag)
{
    size_t number = 0;
    if (channel->id[0] == '\0') {
        return jb_fail(diag, -EINVAL, "a channel of the history needs an id");
    }
    while (number < history->channel_count && !jb_streq(history->channels[number].id, channel->id)) {
        number++;
    }
    if (number < history->channel_count && same_channel(&history->channels[number], channel)) {
        return (int)number;
    }
    if (number >= JB_HISTORY_CHANNELS) {
        return jb_fail(diag, -EOVERFLOW, "the history has no room for another channel: %s", channel->id);
    }
    int r = put_channel(history, (int)number, channel, diag);
    if (r == 0 && number < history->channel_count) {
        history->channels[number] = *channel;
    } else if (r == 0 && take_channel(history, (int)number, channel) < 0) {
        r = jb_fail(diag, -ENOMEM, "out of memory");
    }
    return r < 0 ? r : (int)number;
}

/* ---- appending ---- */

static int run_block(struct jb_history *history, sqlite3_stmt *statement, int64_t key,
                     const struct jb_history_writer *level, struct jb_diag *diag)
{
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_blob64(statement, 2, level->packer.blob.data, level->packer.blob.length, SQLITE_STATIC);
    return jb_db_run(history->store, statement, "append to", diag);
}

static int insert_block(struct jb_history *history, struct jb_history_writer *level, int64_t end_us,
                        struct jb_diag *diag)
{
    for (int tries = 0; tries < KEY_TRIES; tries++) {
        int64_t key = jb_history_key(history->machine, end_us + tries);
        int r = run_block(history, level->insert, key, level, diag);
        if (r < 0) {
            return r;
        }
        if (sqlite3_changes(history->store->db) == 1) {
            level->open = true;
            level->key = key;
            level->first_end_us = end_us;
            return 0;
        }
    }
    return jb_fail(diag, -EEXIST, "the history has more of one moment than it can hold");
}

static int write_row(struct jb_history *history, int number, const struct jb_history_entry *entry, struct jb_diag *diag)
{
    struct jb_history_writer *level = &history->levels[number];
    uint64_t width_us = (uint64_t)jb_history_width_us[number];
    bool fits = level->open && jb_history_pack_fits(&level->packer, entry, width_us, level->first_end_us);
    if (!fits) {
        jb_history_pack_begin(&level->packer);
    }
    int r = jb_history_pack(&level->packer, entry);
    if (r < 0) {
        return jb_fail(diag, r, r == -ENOMEM ? "out of memory" : "a row of the history that cannot be");
    }
    r = fits ? run_block(history, level->update, level->key, level, diag)
             : insert_block(history, level, entry->end_us, diag);
    if (r == 0 && fits && sqlite3_changes(history->store->db) != 1) {
        r = jb_db_damaged(history->store, "a block of the history has gone", diag);
    }
    level->held_ns += r == 0 ? entry->length_ns : 0;
    return r;
}

static bool same_bucket(const struct jb_history_entry *a, const struct jb_history_entry *b, int64_t width_us)
{
    return (a->end_us - 1) / width_us == (b->end_us - 1) / width_us;
}

/* A row of a finer level into what was begun of `number`; what is over by it goes to its table, and on. */
static int add_up(struct jb_history *history, int number, const struct jb_history_entry *row, struct jb_diag *diag)
{
    struct jb_history_entry *begun = &history->begun[number - 1];
    int r = 0;
    if (begun->end_us != 0 && !same_bucket(begun, row, jb_history_width_us[number])) {
        r = write_row(history, number, begun, diag);
        if (r == 0 && number + 1 < JB_HISTORY_LEVELS) {
            r = add_up(history, number + 1, begun, diag);
        }
        jb_history_entry_clear(begun);
    }
    jb_history_entry_add(begun, row);
    return r;
}

/* As a block of one row; SQLite copies it, because the packer is used for both of a statement. */
static int bind_begun(struct jb_history *history, int index, const struct jb_history_entry *entry)
{
    if (entry->end_us == 0) {
        return sqlite3_bind_null(history->put_state, index) == SQLITE_OK ? 0 : -ENOMEM;
    }
    jb_history_pack_begin(&history->alone);
    int r = jb_history_pack(&history->alone, entry);
    if (r == 0 && sqlite3_bind_blob64(history->put_state, index, history->alone.blob.data, history->alone.blob.length,
                                      SQLITE_TRANSIENT) != SQLITE_OK) {
        r = -ENOMEM;
    }
    return r;
}

static int put_state(struct jb_history *history, struct jb_diag *diag)
{
    sqlite3_stmt *statement = history->put_state;
    int64_t first_us = history->first_us != 0 ? history->first_us : jb_history_start_us(&history->row);
    sqlite3_bind_int64(statement, 1, history->machine);
    sqlite3_bind_int64(statement, 2, first_us < 1 ? 1 : first_us);
    sqlite3_bind_int64(statement, 3, history->row.end_us);
    for (int i = 0; i < JB_HISTORY_LEVELS; i++) {
        sqlite3_bind_int64(statement, 4 + i, (int64_t)history->levels[i].held_ns);
    }
    if (bind_begun(history, 7, &history->begun[0]) < 0 || bind_begun(history, 8, &history->begun[1]) < 0) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = jb_db_run(history->store, statement, "append to", diag);
    if (r == 0 && sqlite3_changes(history->store->db) != 1) {
        r = jb_db_damaged(history->store, "the history of this machine has gone", diag);
    }
    return r;
}

static int take_row(struct jb_history *history, const struct jb_history_row *row, struct jb_diag *diag)
{
    struct jb_history_entry *entry = &history->row;
    if (row->channel_count > history->channel_count || row->length_ns < 1000 ||
        row->length_ns > (uint64_t)JB_WALL_MAX_NS) {
        return jb_fail(diag, -EINVAL, "a row of the history has a length or channels that cannot be");
    }
    jb_history_entry_clear(entry);
    entry->end_us = row->end_ns / 1000;
    entry->end_us = entry->end_us < 1 ? 1 : entry->end_us;
    entry->end_us = entry->end_us > JB_WALL_MAX_NS / 1000 ? JB_WALL_MAX_NS / 1000 : entry->end_us;
    entry->span_us = row->length_ns / 1000;
    entry->length_ns = row->length_ns;
    entry->channel_count = row->channel_count;
    for (size_t i = 0; i < row->channel_count; i++) {
        const struct jb_history_value *value = &row->values[i];
        bool known = value->energy_uj != JB_NO_VALUE;
        if (known && (value->energy_uj > JB_HISTORY_MAX_UJ / JB_HISTORY_CHANNELS || value->runs_uj > value->energy_uj ||
                      value->idle_uj > value->energy_uj - value->runs_uj || value->covered_ns > row->length_ns)) {
            return jb_fail(diag, -EINVAL, "a row of the history has parts that are more than their sum");
        }
        entry->values[i] = known ? *value : (struct jb_history_value){.energy_uj = JB_NO_VALUE};
        entry->in_total[i] = history->channels[i].in_total;
        entry->total_uj += known && entry->in_total[i] ? value->energy_uj : 0;
    }
    if (row->g_per_kwh >= 0 && isfinite(row->g_per_kwh)) {
        entry->g_per_kwh = row->g_per_kwh;
        entry->priced_uj = entry->total_uj;
        entry->estimated = row->estimated;
    }
    return 0;
}

static void keep(struct jb_history *history)
{
    for (int i = 0; i < 2; i++) {
        jb_history_entry_copy(&history->before[i], &history->begun[i]);
    }
    for (int i = 0; i < JB_HISTORY_LEVELS; i++) {
        history->levels[i].held_before_ns = history->levels[i].held_ns;
    }
}

static void put_back(struct jb_history *history)
{
    for (int i = 0; i < 2; i++) {
        jb_history_entry_copy(&history->begun[i], &history->before[i]);
    }
    for (int i = 0; i < JB_HISTORY_LEVELS; i++) {
        history->levels[i].held_ns = history->levels[i].held_before_ns;
        history->levels[i].look_ns = history->levels[i].keep_ns;
        history->levels[i].open = false;
    }
}

int jb_history_append(struct jb_history *history, const struct jb_history_row *row, struct jb_diag *diag)
{
    int r = take_row(history, row, diag);
    if (r == 0) {
        r = jb_db_exec(history->store, "BEGIN IMMEDIATE", "append to", diag);
    }
    if (r < 0) {
        return r;
    }
    keep(history);
    r = write_row(history, JB_HISTORY_SECONDS, &history->row, diag);
    if (r == 0) {
        r = add_up(history, JB_HISTORY_MINUTES, &history->row, diag);
    }
    if (r == 0) {
        r = jb_history_forget(history, diag);
    }
    if (r == 0) {
        r = put_state(history, diag);
    }
    if (r == 0) {
        r = jb_db_exec(history->store, "COMMIT", "append to", diag);
    }
    if (r < 0) {
        jb_db_rollback(history->store);
        put_back(history);
        return r;
    }
    if (history->first_us == 0) {
        history->first_us = jb_history_start_us(&history->row);
    }
    return 0;
}
