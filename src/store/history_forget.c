/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgets what is over the limits, by how much time a level holds.
 *
 * The blocks with the lowest keys go first, and a block only when what is left is still enough. One for each level and
 * append is more than comes in, so that limits which were made smaller are reached in time, without an append that
 * takes long. The pages that get free are used by the next blocks: the file stops growing.
 */
#include "base/diag.h"
#include "store/history_file.h"

/* The time in a block; one that is damaged holds what can be read of it. */
static uint64_t time_in(struct jb_history *history, const void *data, size_t size)
{
    uint64_t sum = 0;
    if (jb_history_unpack_begin(&history->unpacker, data, size) < 0) {
        return 0;
    }
    while (jb_history_unpack(&history->unpacker, &history->spare) == 1) {
        sum += history->spare.length_ns;
    }
    return sum;
}

/* 1: there is one that may go. */
static int look(struct jb_history *history, struct jb_history_writer *level, int64_t *ret_key, uint64_t *ret_ns,
                struct jb_diag *diag)
{
    sqlite3_bind_int64(level->oldest, 1, jb_history_key(history->machine, 0));
    sqlite3_bind_int64(level->oldest, 2, jb_history_last_key(history->machine));
    int r = jb_db_step(history->store, level->oldest, "read", diag);
    if (r == 1) {
        *ret_key = sqlite3_column_int64(level->oldest, 0);
        *ret_ns =
            time_in(history, sqlite3_column_blob(level->oldest, 1), (size_t)sqlite3_column_bytes(level->oldest, 1));
        r = !(level->open && *ret_key == level->key);
    }
    sqlite3_reset(level->oldest);
    return r;
}

static int forget(struct jb_history *history, struct jb_history_writer *level, struct jb_diag *diag)
{
    int64_t key = 0;
    uint64_t block_ns = 0;
    int r = look(history, level, &key, &block_ns, diag);
    if (r <= 0) {
        return r;
    }
    if (level->held_ns < level->keep_ns + block_ns) {
        level->look_ns = level->keep_ns + block_ns;
        return 0;
    }
    level->look_ns = level->keep_ns;
    sqlite3_bind_int64(level->drop, 1, key);
    r = jb_db_run(history->store, level->drop, "append to", diag);
    level->held_ns -= r == 0 ? block_ns : 0;
    return r;
}

int jb_history_forget(struct jb_history *history, struct jb_diag *diag)
{
    int r = 0;
    for (int i = 0; r == 0 && i < JB_HISTORY_LEVELS; i++) {
        struct jb_history_writer *level = &history->levels[i];
        if (level->keep_ns != UINT64_MAX && level->held_ns >= level->look_ns && level->held_ns > level->keep_ns) {
            r = forget(history, level, diag);
        }
    }
    return r;
}
