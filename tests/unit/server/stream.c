/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stream without a network: the library's functions are ours, its thread is this one. What cannot be waited for
 * with a real connection: the comment after silence, a message cut into pieces, memory that runs out on nobody.
 */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/events.h"
#include "server/ring.h"

struct library {
    MHD_ContentReaderCallback reader;
    MHD_ContentReaderFreeCallback release;
    void *context;
    int suspended, resumed;
};
static struct library library; /* the library's callbacks have no context of ours */

static struct MHD_Response *from_callback(uint64_t size, size_t block, MHD_ContentReaderCallback reader, void *context,
                                          MHD_ContentReaderFreeCallback release)
{
    assert_true(size == MHD_SIZE_UNKNOWN);
    library.reader = reader;
    library.context = context;
    library.release = release;
    return (struct MHD_Response *)&library;
}

static void suspend(struct MHD_Connection *connection)
{
    __atomic_add_fetch(&library.suspended, 1, __ATOMIC_SEQ_CST);
}

static void resume(struct MHD_Connection *connection)
{
    __atomic_add_fetch(&library.resumed, 1, __ATOMIC_SEQ_CST);
}

static const union MHD_ConnectionInfo *info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType type, ...)
{
    return NULL;
}

static enum MHD_Result option(struct MHD_Connection *connection, enum MHD_CONNECTION_OPTION which, ...)
{
    return MHD_YES;
}

static const struct jb_mhd mhd = {.response_from_callback = from_callback,
                                  .suspend = suspend,
                                  .resume = resume,
                                  .get_connection_info = info,
                                  .set_connection_option = option};

struct scene {
    struct house house;
    struct jb_events *events;
};

static void begin(struct scene *scene, uint64_t quiet_ns, unsigned streams)
{
    struct jb_events_config config = {.mhd = &mhd, .max_streams = streams, .stall_s = 10, .quiet_ns = quiet_ns};

    memset(&library, 0, sizeof(library));
    assert_int_equal(jb_board_create(&scene->house.board), 0);
    struct jb_board_view *view = jb_board_begin(scene->house.board);
    view->layout = 1;
    view->interval_ns = 100 * JB_NS_PER_MS;
    jb_board_publish(scene->house.board);
    config.board = scene->house.board;
    assert_int_equal(jb_events_create(&config, &scene->events, NULL), 0);
}

static void end(struct scene *scene)
{
    jb_events_end(scene->events);
    if (library.release) {
        char text[16];
        assert_int_equal(library.reader(library.context, 0, text, sizeof(text)), MHD_CONTENT_READER_END_OF_STREAM);
        library.release(library.context);
    }
    jb_events_destroy(scene->events);
    jb_board_destroy(scene->house.board);
}

static void come(struct scene *scene, unsigned hz)
{
    struct jb_viewer viewer = {0};
    assert_non_null(jb_events_open(scene->events, NULL, &viewer, hz, NULL));
}

/* All that there is to say now, in pieces of `room`. */
static void hear(char *text, size_t size, size_t room)
{
    size_t n = 0;
    for (;;) {
        assert_true(n + room < size);
        ssize_t got = library.reader(library.context, n, text + n, room);
        assert_true(got >= 0 && (size_t)got <= room);
        if (got == 0) {
            break;
        }
        n += (size_t)got;
    }
    text[n] = '\0';
}

static void test_whatever_the_pieces_the_text_is_the_same(void **state)
{
    static const size_t rooms[] = {1, 2, 7, 64, 4096};
    char first[8192] = "", text[8192];

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        struct scene scene;
        begin(&scene, 15 * JB_NS_PER_S, 4);
        come(&scene, 10);
        hear(text, sizeof(text), rooms[i]);
        for (int t = 0; t < 3; t++) {
            size_t n = strlen(text);
            house_tick(&scene.house, t == 1);
            hear(text + n, sizeof(text) - n, rooms[i]);
        }
        if (i == 0) {
            memcpy(first, text, sizeof(first));
            assert_non_null(strstr(text, "event: hello\ndata: {\"seq\":0,"));
            assert_non_null(strstr(text, "\n\nid: 1\nevent: tick\ndata: {\"seq\":1,"));
            assert_non_null(strstr(text, "\n\nevent: hello\ndata: {\"seq\":2,\"layout\":2,"));
            assert_non_null(strstr(text, "\n\nid: 3\nevent: tick\n"));
        }
        assert_string_equal(text, first);
        end(&scene);
    }
}

static void test_with_nothing_to_say_it_sleeps_until_a_tick_is_due(void **state)
{
    struct scene scene;
    char text[4096];

    begin(&scene, 15 * JB_NS_PER_S, 4);
    come(&scene, 2);
    hear(text, sizeof(text), 512);
    assert_int_equal(library.suspended, 1);
    house_tick(&scene.house, false);
    assert_int_equal(library.resumed, 1);
    hear(text, sizeof(text), 512);
    assert_non_null(strstr(text, "event: tick"));
    assert_int_equal(library.suspended, 2);
    for (int i = 0; i < 4; i++) { /* at 2 a second the next is the fifth */
        house_tick(&scene.house, false);
        assert_int_equal(library.resumed, 1);
    }
    house_tick(&scene.house, false);
    assert_int_equal(library.resumed, 2);
    end(&scene);
}

static bool is_resumed(void *context)
{
    return __atomic_load_n(&library.resumed, __ATOMIC_SEQ_CST) > *(int *)context;
}

static void test_after_silence_a_comment_tells_that_we_are_here(void **state)
{
    struct scene scene;
    char text[4096];

    begin(&scene, 30 * JB_NS_PER_MS, 4);
    come(&scene, 10);
    hear(text, sizeof(text), 512);
    for (int i = 0; i < 3; i++) { /* the meter stands still */
        int before = __atomic_load_n(&library.resumed, __ATOMIC_SEQ_CST);
        poll_until(is_resumed, &before);
        hear(text, sizeof(text), 512);
        assert_string_equal(text, ": still here\n\n");
    }
    end(&scene);
}

static void test_no_more_streams_than_may_be(void **state)
{
    struct scene scene;
    struct jb_viewer viewer = {0};

    begin(&scene, 15 * JB_NS_PER_S, 1);
    come(&scene, 10);
    assert_null(jb_events_open(scene.events, NULL, &viewer, 10, NULL));
    library.release(library.context);
    come(&scene, 10);
    end(&scene);
}

static struct jb_tick a_tick(uint64_t seq, char *text)
{
    return (struct jb_tick){seq, 1, seq * 100 * JB_NS_PER_MS, 100 * JB_NS_PER_MS, strlen(text), text};
}

static void test_the_ring_keeps_the_last_64(void **state)
{
    struct jb_ring ring;
    char text[] = "x";

    assert_int_equal(jb_ring_init(&ring), 0);
    assert_null(jb_ring_after(&ring, 0));
    for (uint64_t seq = 1; seq <= 100; seq++) {
        struct jb_tick tick = a_tick(seq, text);
        jb_ring_push(&ring, &tick);
    }
    assert_int_equal(jb_ring_after(&ring, 0)->seq, 37);
    assert_int_equal(jb_ring_after(&ring, 36)->seq, 37);
    assert_int_equal(jb_ring_after(&ring, 37)->seq, 38);
    assert_int_equal(jb_ring_after(&ring, 99)->seq, 100);
    assert_null(jb_ring_after(&ring, 100));
    struct jb_tick large = a_tick(101, text);
    large.length = JB_RING_TEXT + 1;
    jb_ring_push(&ring, &large);
    assert_int_equal(jb_ring_after(&ring, 100)->length, 0);
    jb_ring_finish(&ring);
}

static void test_a_pace_is_kept_over_uneven_ticks(void **state)
{
    static const unsigned paces[] = {1, 2, 3, 4, 5, 7, 10};
    char text[] = "x";

    for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
        struct jb_pace pace = {.period_ns = JB_NS_PER_S / paces[i]};
        unsigned sent = 0;
        for (uint64_t seq = 1; seq <= 1000; seq++) { /* 100 s */
            struct jb_tick tick = a_tick(seq, text);
            tick.t_ns += seq % 3 * 10 * JB_NS_PER_MS; /* up to 20 ms late */
            if (jb_pace_is_due(&pace, &tick)) {
                jb_pace_sent(&pace, &tick);
                sent++;
            }
        }
        assert_in_range(sent, paces[i] * 100 - 2, paces[i] * 100 + 2);
    }
}

static void test_after_a_pause_there_is_no_rush(void **state)
{
    struct jb_pace pace = {.period_ns = JB_NS_PER_S};
    char text[] = "x";
    struct jb_tick tick = a_tick(1, text);

    jb_pace_sent(&pace, &tick);
    tick = a_tick(1000, text);
    assert_true(jb_pace_is_due(&pace, &tick));
    jb_pace_sent(&pace, &tick);
    tick = a_tick(1001, text);
    assert_false(jb_pace_is_due(&pace, &tick));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_the_pieces_the_text_is_the_same),
        cmocka_unit_test(test_with_nothing_to_say_it_sleeps_until_a_tick_is_due),
        cmocka_unit_test(test_after_silence_a_comment_tells_that_we_are_here),
        cmocka_unit_test(test_no_more_streams_than_may_be),
        cmocka_unit_test(test_the_ring_keeps_the_last_64),
        cmocka_unit_test(test_a_pace_is_kept_over_uneven_ticks),
        cmocka_unit_test(test_after_a_pause_there_is_no_rush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
