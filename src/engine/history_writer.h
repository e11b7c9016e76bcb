/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_writer.h - the history's disk, on a thread of its own: seconds go in, nothing waits.
 *
 * The thread opens the database itself and keeps trying when it cannot: a disk that is full, slow or away costs
 * resolution, never a joule. Rows that find no room in the queue are added up. The same thread takes over runs that
 * attached programs hand in, and keeps what was learned of idle power, so that the machine's meter never waits for a
 * disk.
 */
#ifndef JB_ENGINE_HISTORY_WRITER_H
#define JB_ENGINE_HISTORY_WRITER_H

#include "engine/idle.h"
#include "store/history.h"

struct jb_history_writer;

/* `path` NULL: the default place. Both strings are copied. */
int jb_history_writer_create(const char *path, const char *machine_id, const struct jb_history_limits *limits,
                             struct jb_history_writer **ret);
/* Writes what waits and ends, after wait_ns at most; then -ETIMEDOUT: the thread was left behind. NULL-safe. */
int jb_history_writer_destroy(struct jb_history_writer *writer, uint64_t wait_ns);

/* What channel `index` of later rows is. */
void jb_history_writer_describe(struct jb_history_writer *writer, size_t index,
                                const struct jb_history_channel *channel);
/* The values are by index; copied. Powers' extremes of rows that are added up are kept. */
void jb_history_writer_add(struct jb_history_writer *writer, const struct jb_history_row *row);

/* Take over the run in `fd`, which is closed, for `owner`; the word on it (link.h, KEPT) is sent to reply_fd, which is
 * closed too. -EAGAIN: too many wait; nothing is closed. */
int jb_history_writer_adopt(struct jb_history_writer *writer, int fd, uint32_t owner, int reply_fd);
/* Quiet seconds of a channel (idle.h); copied, dropped when many wait. */
void jb_history_writer_learn(struct jb_history_writer *writer, const char *channel_id, const struct jb_quiet *quiet);

/* What is to be said once: 1 with *ret, 0: nothing. The database was deleted, moved or replaced (looked at every 10 s
 * and before a run is taken over) and the writer went on in the file that is there now, a new one where there was none.
 * What was written before is in the former file. */
int jb_history_writer_notice(struct jb_history_writer *writer, struct jb_diag *ret);

/* 0, or what writing said last, with its message; and which file it is (0, 0: not open yet). */
int jb_history_writer_state(struct jb_history_writer *writer, struct jb_diag *ret, uint64_t *ret_dev,
                            uint64_t *ret_ino);

#endif
