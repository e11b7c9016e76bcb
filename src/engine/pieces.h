/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces.h - the run cut into pieces of time, each with the energy of every channel and the time of every cell.
 *
 * What a joule is divided by is known only at the end, when the power of operators has been estimated; until then time
 * and energy are kept side by side. When all places are taken neighbours are put together, so that memory does not grow
 * with the run: a piece is a second long at first, and a 256th of the run at the least.
 */
#ifndef JB_ENGINE_PIECES_H
#define JB_ENGINE_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "attribution/work.h"

#define JB_PIECES         512
#define JB_PIECE_CHANNELS 64 /* channels beyond these are not divided */

struct jb_pieces {
    size_t count, channel_count;
    unsigned every, taken;      /* a place holds so many chunks; so many are in the last one */
    struct jb_work_piece *time; /* of one domain */
    uint64_t *run_uj;           /* [piece * JB_PIECE_CHANNELS + channel] */
};
int jb_pieces_init(struct jb_pieces *pieces);
void jb_pieces_finish(struct jb_pieces *pieces);
/* One chunk: its time, and what each channel has booked for the run in it. */
void jb_pieces_add(struct jb_pieces *pieces, const struct jb_work_piece *time, const uint64_t *run_uj, size_t count);

#endif
