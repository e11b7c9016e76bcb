/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_file.h - what the files of the history share: its tables, and a history that is being written.
 *
 * Each level has a table of blocks (history_block.h). A block's key is the number of its machine and the calendar's
 * microsecond at the end of its first row, moved on by one where another block has it already. The block that is being
 * filled is in the file as far as it goes, and written anew with each row.
 *
 * The minute and the hour that were begun are in the row of the machine, of the same transaction as the second that was
 * added to them last. So whoever is killed has lost nothing of them, and whoever reads has them as the last rows of
 * their level: the minutes are all minutes and the one begun; the hours are all hours, the one begun and, as it is not
 * in that yet, the minute begun.
 */
#ifndef JB_STORE_HISTORY_FILE_H
#define JB_STORE_HISTORY_FILE_H

#include "store/database.h"
#include "store/history_block.h"

#define JB_HISTORY_TIME_BITS   53 /* microseconds until the year 2255 */
#define JB_HISTORY_MACHINE_MAX ((INT64_C(1) << (63 - JB_HISTORY_TIME_BITS)) - 1)
static inline int64_t jb_history_key(int64_t machine, int64_t end_us)
{
    return machine << JB_HISTORY_TIME_BITS | end_us;
}
static inline int64_t jb_history_last_key(int64_t machine)
{
    return jb_history_key(machine, (INT64_C(1) << JB_HISTORY_TIME_BITS) - 1);
}

extern const char *const jb_history_tables[JB_HISTORY_LEVELS];
extern const int64_t jb_history_width_us[JB_HISTORY_LEVELS];

struct jb_history_writer { /* of a level */
    struct jb_history_packer packer;
    bool open; /* there is a block to go on with */
    int64_t key, first_end_us;
    uint64_t held_ns, held_before_ns; /* time in the rows of this level; before the append that is under way */
    uint64_t keep_ns, look_ns;        /* forget when more is held; not worth a look before so much is */
    sqlite3_stmt *insert, *update, *oldest, *drop;
};
struct jb_history {
    struct jb_store *store;
    int64_t machine;
    int64_t first_us;
    struct jb_history_channel *channels;
    size_t channel_count;
    struct jb_history_writer levels[JB_HISTORY_LEVELS];
    struct jb_history_entry row, begun[2], before[2]; /* of a minute and an hour: end_us 0: none */
    struct jb_history_entry spare;
    struct jb_history_packer alone;
    struct jb_history_unpacker unpacker;
    sqlite3_stmt *put_state;
};

/* Within the transaction of an append: forget a block of each level that holds more than it is to. */
int jb_history_forget(struct jb_history *history, struct jb_diag *diag);

/* The row of a machine (NULL: of the one that was written last). 0: `machine` of ret is 0 when there is none. The
 * entries are made by the caller and cleared where nothing was begun. */
struct jb_history_state {
    int64_t machine, first_us, last_us;
    uint64_t held_ns[JB_HISTORY_LEVELS];
    struct jb_history_entry *begun[2];
};
int jb_history_state_read(struct jb_store *store, const char *machine_id, struct jb_history_unpacker *unpacker,
                          struct jb_history_state *ret, struct jb_diag *diag);

#endif
