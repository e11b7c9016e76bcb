/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the row of a machine in `history`: what it holds, and what was begun.
 *
 * The times that are held are sums over rows; a file that says nonsense of them forgets too early or too late, no more.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "store/history_file.h"

const char *const jb_history_tables[JB_HISTORY_LEVELS] = {"history_second", "history_minute", "history_hour"};
const int64_t jb_history_width_us[JB_HISTORY_LEVELS] = {1000000, 60000000, 3600000000};

static int read_begun(struct jb_store *store, sqlite3_stmt *statement, int index, struct jb_history_unpacker *unpacker,
                      struct jb_history_entry *ret, struct jb_diag *diag)
{
    jb_history_entry_clear(ret);
    if (sqlite3_column_type(statement, index) == SQLITE_NULL) {
        return 0;
    }
    const void *data = sqlite3_column_blob(statement, index);
    int r = jb_history_unpack_begin(unpacker, data, (size_t)sqlite3_column_bytes(statement, index));
    if (r == 0) {
        r = jb_history_unpack(unpacker, ret);
    }
    return r == 1 ? 0 : jb_db_damaged(store, "a row of the history cannot be read", diag);
}

int jb_history_state_read(struct jb_store *store, const char *machine_id, struct jb_history_unpacker *unpacker,
                          struct jb_history_state *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store,
                          "SELECT machine, first_us, last_us, second_held_ns, minute_held_ns, hour_held_ns, minute,"
                          " hour FROM history WHERE ?1 IS NULL OR machine_id = ?1 ORDER BY last_us DESC LIMIT 1",
                          "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    jb_db_bind_text(statement, 1, machine_id);
    r = jb_db_step(store, statement, "read", diag);
    if (r < 0) {
        return r;
    }
    ret->machine = r == 0 ? 0 : sqlite3_column_int64(statement, 0);
    if (r == 0) {
        return 0;
    }
    if (ret->machine < 1 || ret->machine > JB_HISTORY_MACHINE_MAX) {
        return jb_db_damaged(store, "a machine has an impossible number", diag);
    }
    ret->first_us = sqlite3_column_int64(statement, 1);
    ret->last_us = sqlite3_column_int64(statement, 2);
    for (int level = 0; level < JB_HISTORY_LEVELS; level++) {
        int64_t held = sqlite3_column_int64(statement, 3 + level);
        ret->held_ns[level] = held < 0 ? 0 : (uint64_t)held > JB_HISTORY_MAX_NS ? JB_HISTORY_MAX_NS : (uint64_t)held;
    }
    r = read_begun(store, statement, 6, unpacker, ret->begun[0], diag);
    return r < 0 ? r : read_begun(store, statement, 7, unpacker, ret->begun[1], diag);
}
