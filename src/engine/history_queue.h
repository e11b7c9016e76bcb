/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_queue.h - rows of the history that wait for the disk: a bounded queue in which no joule is lost.
 *
 * A row that finds no room is added to the one before it: resolution goes, sums, lengths and the powers' extremes stay.
 * For history_writer.c, which holds its lock around each call; nothing here locks, and nothing but init() allocates.
 */
#ifndef JB_ENGINE_HISTORY_QUEUE_H
#define JB_ENGINE_HISTORY_QUEUE_H

#include "store/history.h"

#define JB_HISTORY_WAITING 32 /* seconds that a disk may take without loss of resolution */

/* A row with room for its values: row.values is the array below. */
struct jb_held_row {
    struct jb_history_row row;
    struct jb_history_value values[JB_HISTORY_CHANNELS];
};

struct jb_history_queue {
    struct jb_held_row *rows; /* a ring of JB_HISTORY_WAITING */
    size_t first, count;
};

int jb_history_queue_init(struct jb_history_queue *queue); /* -ENOMEM */
void jb_history_queue_finish(struct jb_history_queue *queue);

/* Copied; at most JB_HISTORY_CHANNELS channels. It begins where the one before it ended. */
void jb_history_queue_add(struct jb_history_queue *queue, const struct jb_history_row *row);

/* The oldest row leaves the queue; false: none waits. */
bool jb_history_queue_take(struct jb_history_queue *queue, struct jb_held_row *ret);

/* The row that was taken last goes back to where it came from, or where another took its place, into the one after it.
 * `row` is used up. */
void jb_history_queue_put_back(struct jb_history_queue *queue, struct jb_held_row *row);

#endif
