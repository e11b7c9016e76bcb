/* SPDX-License-Identifier: Apache-2.0 */
/* The board: readers see whole views, the listener is told of each, and is not called once it was taken away. */
#include "test.h"

#include "engine/board.h"

#include <pthread.h>
#include <stdbool.h>

#define VIEWS 20000

struct heard {
    struct jb_board *board;
    unsigned count;
    bool gone, after;
};

static void published(void *context)
{
    struct heard *heard = context;

    heard->count++;
    heard->after = heard->after || __atomic_load_n(&heard->gone, __ATOMIC_SEQ_CST);
}

/* A listener may look: the view is not locked while it is called. */
static void published_and_looks(void *context)
{
    struct heard *heard = context;
    const struct jb_board_view *view = jb_board_look(heard->board);

    heard->count += (unsigned)view->seq;
    jb_board_release(heard->board);
}

static void the_listener_is_told_of_each(void **state)
{
    struct jb_board *board;
    assert_int_equal(jb_board_create(&board), 0);
    struct heard heard = {.board = board};
    const struct jb_board_view *look = jb_board_look(board);
    assert_int_equal(look->channel_count, 0);
    jb_board_release(board);

    jb_board_begin(board)->seq = 5;
    jb_board_publish(board); /* nobody listens */
    jb_board_listen(board, published_and_looks, &heard);
    jb_board_begin(board)->seq = 7;
    jb_board_publish(board);
    assert_int_equal(heard.count, 7);
    jb_board_listen(board, NULL, NULL);
    jb_board_begin(board)->seq = 9;
    jb_board_publish(board);
    assert_int_equal(heard.count, 7);
    jb_board_destroy(board);
    jb_board_destroy(NULL);
}

static void *writer(void *context)
{
    struct jb_board *board = context;

    for (uint64_t i = 1; i <= VIEWS; i++) {
        struct jb_board_view *view = jb_board_begin(board);
        view->seq = view->energy_uj = view->channels[JB_BOARD_CHANNELS - 1].energy_uj = i;
        jb_board_publish(board);
    }
    return NULL;
}

static void readers_see_whole_views(void **state)
{
    struct jb_board *board;
    pthread_t thread;
    uint64_t seq = 0;
    assert_int_equal(jb_board_create(&board), 0);
    assert_int_equal(pthread_create(&thread, NULL, writer, board), 0);

    while (seq < VIEWS) {
        struct heard heard = {.board = board};
        const struct jb_board_view *view = jb_board_look(board);
        assert_true(view->seq >= seq);
        seq = view->seq;
        assert_int_equal(view->energy_uj, seq);
        assert_int_equal(view->channels[JB_BOARD_CHANNELS - 1].energy_uj, seq);
        jb_board_release(board);
        jb_board_listen(board, published, &heard); /* comes and goes while it is written */
        jb_board_listen(board, NULL, NULL);
        __atomic_store_n(&heard.gone, true, __ATOMIC_SEQ_CST);
        assert_false(heard.after);
    }
    pthread_join(thread, NULL);
    jb_board_destroy(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listener_is_told_of_each),
        cmocka_unit_test(readers_see_whole_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
