/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of a run, at most JB_PIECES: when there are no more places two neighbours become one, everywhere, and from
 * then on a piece holds twice as many chunks.
 */
#include "engine/pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jb_pieces_init(struct jb_pieces *pieces)
{
    *pieces = (struct jb_pieces){.every = 1};
    pieces->time = calloc(JB_PIECES, sizeof(*pieces->time));
    pieces->run_uj = calloc((size_t)JB_PIECES * JB_PIECE_CHANNELS, sizeof(*pieces->run_uj));
    if (pieces->time == NULL || pieces->run_uj == NULL) {
        jb_pieces_finish(pieces);
        return -ENOMEM;
    }
    return 0;
}

void jb_pieces_finish(struct jb_pieces *pieces)
{
    free(pieces->time);
    free(pieces->run_uj);
    *pieces = (struct jb_pieces){0};
}

static void add_time(struct jb_work_piece *to, const struct jb_work_piece *more)
{
    if (to->t1_ns == 0) {
        to->t0_ns = more->t0_ns;
    }
    to->t1_ns = more->t1_ns;
    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        to->cell_s[i] += more->cell_s[i];
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        to->context_s[i] += more->context_s[i];
    }
}

static void add_energy(uint64_t *to, const uint64_t *more, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] += more[i];
    }
}

static void halve(struct jb_pieces *pieces)
{
    for (size_t i = 0; i < JB_PIECES / 2; i++) {
        struct jb_work_piece both = pieces->time[2 * i];
        uint64_t *to = pieces->run_uj + i * JB_PIECE_CHANNELS;
        const uint64_t *first = pieces->run_uj + 2 * i * JB_PIECE_CHANNELS, *second = first + JB_PIECE_CHANNELS;
        add_time(&both, &pieces->time[2 * i + 1]);
        pieces->time[i] = both;
        for (size_t channel = 0; channel < JB_PIECE_CHANNELS; channel++) {
            to[channel] = first[channel] + second[channel];
        }
    }
    memset(pieces->time + JB_PIECES / 2, 0, JB_PIECES / 2 * sizeof(*pieces->time));
    memset(pieces->run_uj + (size_t)JB_PIECES / 2 * JB_PIECE_CHANNELS, 0,
           (size_t)JB_PIECES / 2 * JB_PIECE_CHANNELS * sizeof(*pieces->run_uj));
    pieces->count = JB_PIECES / 2;
    pieces->every *= 2;
    pieces->taken = pieces->every;
}

void jb_pieces_add(struct jb_pieces *pieces, const struct jb_work_piece *time, const uint64_t *run_uj, size_t count)
{
    if (pieces->count == 0 || pieces->taken >= pieces->every) {
        if (pieces->count == JB_PIECES) {
            halve(pieces);
        }
        pieces->count++;
        pieces->taken = 0;
    }
    size_t last = pieces->count - 1;
    count = count < JB_PIECE_CHANNELS ? count : JB_PIECE_CHANNELS;
    add_time(&pieces->time[last], time);
    add_energy(pieces->run_uj + last * JB_PIECE_CHANNELS, run_uj, count);
    pieces->taken++;
    if (count > pieces->channel_count) {
        pieces->channel_count = count;
    }
}
