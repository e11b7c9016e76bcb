/* SPDX-License-Identifier: Apache-2.0 */
/* The board: one view, one lock. See board.h. */
#include "engine/board.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct jb_board {
    pthread_mutex_t lock;
    struct jb_board_view view;
    pthread_mutex_t telling; /* held while the listener is called: after listen() the former one is not running */
    void (*published)(void *context);
    void *context;
};

int jb_board_create(struct jb_board **ret)
{
    struct jb_board *board = calloc(1, sizeof(*board));

    if (board == NULL) {
        return -ENOMEM;
    }
    int error = pthread_mutex_init(&board->lock, NULL);
    if (error != 0) {
        free(board);
        return -error;
    }
    error = pthread_mutex_init(&board->telling, NULL);
    if (error != 0) {
        pthread_mutex_destroy(&board->lock);
        free(board);
        return -error;
    }
    *ret = board;
    return 0;
}

void jb_board_destroy(struct jb_board *board)
{
    if (board != NULL) {
        pthread_mutex_destroy(&board->telling);
        pthread_mutex_destroy(&board->lock);
        free(board);
    }
}

struct jb_board_view *jb_board_begin(struct jb_board *board)
{
    pthread_mutex_lock(&board->lock);
    return &board->view;
}

void jb_board_publish(struct jb_board *board)
{
    pthread_mutex_unlock(&board->lock);
    pthread_mutex_lock(&board->telling);
    if (board->published != NULL) {
        board->published(board->context);
    }
    pthread_mutex_unlock(&board->telling);
}

void jb_board_listen(struct jb_board *board, void (*published)(void *context), void *context)
{
    pthread_mutex_lock(&board->telling);
    board->published = published;
    board->context = context;
    pthread_mutex_unlock(&board->telling);
}

const struct jb_board_view *jb_board_look(struct jb_board *board)
{
    pthread_mutex_lock(&board->lock);
    return &board->view;
}

void jb_board_release(struct jb_board *board)
{
    pthread_mutex_unlock(&board->lock);
}
