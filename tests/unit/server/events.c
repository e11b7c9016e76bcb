/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of events: what comes first, what comes then, who is not waited for. */
#include "common.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"

#define TEXT 262144

struct stream {
    int fd;
    char text[TEXT];
};

static void open_stream(struct stream *stream, uint16_t port, unsigned hz, const char *headers)
{
    char text[256];

    memset(stream, 0, sizeof(*stream));
    stream->fd = client_connect(port);
    snprintf(text, sizeof(text), "GET /api/v1/events?hz=%u HTTP/1.1\r\nHost: localhost\r\n%s\r\n", hz, headers);
    client_send(stream->fd, text);
    assert_true(client_until(stream->fd, stream->text, TEXT, "event: hello\ndata: {"));
}

static bool wait_for(struct stream *stream, const char *wanted)
{
    return client_until(stream->fd, stream->text, TEXT, wanted);
}

static void wait_for_tick(struct stream *stream, unsigned long long seq)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\nid: %llu\nevent: tick\n", seq);
    if (!wait_for(stream, wanted)) {
        fail_msg("no tick %llu in \"%s\"", seq, stream->text);
    }
}

static bool has_tick(const struct stream *stream, unsigned long long seq)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\nid: %llu\nevent: tick\n", seq);
    return strstr(stream->text, wanted) != NULL;
}

static void tick(struct house *house, int count)
{
    for (int i = 0; i < count; i++) {
        house_tick(house, false);
    }
}

static void test_a_hello_comes_first_and_then_each_tick(void **state)
{
    struct house *house = *state;
    struct stream stream;
    char wanted[64];

    open_stream(&stream, house->port, 10, "");
    assert_non_null(strstr(stream.text, "HTTP/1.1 200 "));
    assert_non_null(strcasestr(stream.text, "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strcasestr(stream.text, "\r\nCache-Control: no-store\r\n"));
    assert_non_null(strcasestr(stream.text, "\r\nX-Accel-Buffering: no\r\n"));
    snprintf(wanted, sizeof(wanted), "\"uid\":%u,", (unsigned)getuid());
    assert_true(wait_for(&stream, wanted));
    for (int i = 1; i <= 200; i++) { /* beyond the ring */
        tick(house, 1);
        wait_for_tick(&stream, (unsigned long long)i);
    }
    close(stream.fd);
}

static void test_a_slower_pace_leaves_ticks_out(void **state)
{
    struct house *house = *state;
    struct stream stream;

    open_stream(&stream, house->port, 2, "");
    for (int i = 1; i <= 41; i++) {
        tick(house, 1);
        if (i % 5 == 1) {
            wait_for_tick(&stream, (unsigned long long)i);
        }
    }
    for (int i = 1; i <= 41; i++) {
        assert_int_equal(has_tick(&stream, (unsigned long long)i), i % 5 == 1);
    }
    close(stream.fd);
}

static void test_another_layout_brings_another_hello_before_its_ticks(void **state)
{
    struct house *house = *state;
    struct stream stream;

    open_stream(&stream, house->port, 1, "");
    tick(house, 1);
    wait_for_tick(&stream, 1);
    house_tick(house, true); /* not due at this pace, and told all the same */
    assert_true(wait_for(&stream, "\"layout\":2,\"uid\""));
    tick(house, 10);
    wait_for_tick(&stream, 11);
    const char *second = strstr(stream.text, "\"layout\":2,\"uid\"");
    assert_true(strstr(stream.text, "\"layout\":2,\"w\"") > second);
    close(stream.fd);
}

static void test_who_comes_back_gets_what_was_missed(void **state)
{
    struct house *house = *state;
    struct stream stream;

    open_stream(&stream, house->port, 10, "");
    tick(house, 10);
    wait_for_tick(&stream, 10);
    close(stream.fd);
    tick(house, 20);
    open_stream(&stream, house->port, 10, "Last-Event-ID: 10\r\n");
    wait_for_tick(&stream, 30);
    assert_false(has_tick(&stream, 10));
    for (int i = 11; i <= 30; i++) {
        assert_true(has_tick(&stream, (unsigned long long)i));
    }
    tick(house, 1);
    wait_for_tick(&stream, 31);
    close(stream.fd);
    open_stream(&stream, house->port, 10, ""); /* a new one gets nothing old */
    tick(house, 1);
    wait_for_tick(&stream, 32);
    assert_false(has_tick(&stream, 31));
    close(stream.fd);
    tick(house, 168); /* long away: what is left of it is the last 64 */
    open_stream(&stream, house->port, 10, "Last-Event-ID: 32\r\n");
    wait_for_tick(&stream, 200);
    for (int i = 100; i <= 200; i++) {
        assert_int_equal(has_tick(&stream, (unsigned long long)i), i > 136);
    }
    close(stream.fd);
}

static void test_what_the_ring_has_lost_and_other_layouts_are_left_out(void **state)
{
    struct house *house = *state;
    struct stream stream;

    open_stream(&stream, house->port, 10, "");
    tick(house, 5);
    wait_for_tick(&stream, 5);
    tick(house, 40);
    house_tick(house, true);
    tick(house, 40); /* 86 in all, of which 64 are kept */
    wait_for_tick(&stream, 86);
    close(stream.fd);
    open_stream(&stream, house->port, 10, "Last-Event-ID: 5\r\n");
    wait_for_tick(&stream, 86);
    assert_false(has_tick(&stream, 45)); /* its numbers are of other channels */
    assert_true(has_tick(&stream, 46));
    close(stream.fd);
}

static void test_an_id_of_a_meter_before_this_one_does_no_harm(void **state)
{
    static const char *const headers[] = {"Last-Event-ID: 999999999\r\n", "Last-Event-ID: x\r\n", "Last-Event-ID: \r\n",
                                          "Last-Event-ID: 99999999999999999999999\r\n", "Last-Event-ID: -1\r\n"};
    struct house *house = *state;
    struct stream stream;

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        open_stream(&stream, house->port, 10, headers[i]);
        tick(house, 1);
        wait_for_tick(&stream, i + 1);
        close(stream.fd);
    }
}

static void test_the_pace_is_from_1_to_10(void **state)
{
    static const char *const wrong[] = {"0", "11", "x", "", "2.5", "-1", "99999999999999999999", "2&hz=3", "2&pace=3"};
    struct house *house = *state;
    struct answer answer;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char target[64];
        snprintf(target, sizeof(target), "/api/v1/events?hz=%s", wrong[i]);
        ask(house->port, "GET", target, NULL, &answer);
        assert_int_equal(answer.status, 400);
    }
}

static void test_a_tick_larger_than_a_chunk_arrives_whole(void **state)
{
    struct house *house = *state;
    struct stream stream;

    struct jb_board_view *view = jb_board_begin(house->board);
    snprintf(view->host, sizeof(view->host), "large");
    jb_board_publish(house->board);
    open_stream(&stream, house->port, 10, "");
    for (unsigned i = 1; i <= 5; i++) {
        tick(house, 1);
        wait_for_tick(&stream, i);
        assert_true(wait_for(&stream, "]]}\n\n"));
        assert_true(strlen(stream.text) > 12000);
        stream.text[0] = '\n'; /* forget it, but for what the next id begins behind */
        stream.text[1] = '\0';
    }
    close(stream.fd);
}

#define MANY 50

static void test_fifty_streams_get_every_tick(void **state)
{
    struct house *house = *state;
    struct stream *streams = calloc(MANY, sizeof(*streams));
    struct answer answer;

    assert_non_null(streams);
    for (int i = 0; i < MANY; i++) {
        open_stream(&streams[i], house->port, 10, "");
    }
    for (unsigned t = 1; t <= 30; t++) {
        tick(house, 1);
        for (int i = 0; i < MANY; i++) {
            wait_for_tick(&streams[i], t);
        }
        ask(house->port, "GET", "/api/v1/live", NULL, &answer); /* others are served beside */
        assert_int_equal(answer.status, 200);
    }
    for (int i = 0; i < MANY; i++) {
        close(streams[i].fd);
    }
    free(streams);
}

static void test_more_streams_than_may_be_are_refused(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();
    struct stream *streams = calloc(4, sizeof(*streams));
    struct answer answer;

    config.max_connections = 8; /* 4 streams */
    house_open(&house, &config);
    for (int i = 0; i < 4; i++) {
        open_stream(&streams[i], house.port, 10, "");
    }
    ask(house.port, "GET", "/api/v1/events", NULL, &answer);
    assert_int_equal(answer.status, 503);
    assert_true(has_header(&answer, "Retry-After: 1"));
    for (int i = 0; i < 4; i++) {
        close(streams[i].fd);
    }
    house_close(&house);
    free(streams);
}

static void test_the_end_of_the_server_ends_streams(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();
    struct stream stream;

    house_open(&house, &config);
    open_stream(&stream, house.port, 10, "");
    tick(&house, 1);
    wait_for_tick(&stream, 1);
    jb_server_destroy(house.server);
    house_tick(&house, false); /* nobody listens any more */
    assert_true(client_ended(stream.fd));
    close(stream.fd);
    jb_board_destroy(house.board);
}

struct meter {
    struct house *house;
    pthread_t thread;
    atomic_bool stop;
};

static void *run_meter(void *context)
{
    struct meter *meter = context;
    for (unsigned i = 0; !atomic_load(&meter->stop); i++) {
        struct timespec pause = {.tv_nsec = 200000};
        house_tick(meter->house, i % 50 == 49);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static int sockets(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

static bool is_down_to(void *context)
{
    const int *wanted = context;
    return sockets() <= *wanted;
}

static void test_a_reader_that_sleeps_is_dropped_and_nobody_waits_for_it(void **state)
{
    struct house *house = *state;
    struct stream awake;
    int small = 4096, before;

    struct jb_board_view *view = jb_board_begin(house->board);
    snprintf(view->host, sizeof(view->host), "large"); /* so that buffers fill soon */
    jb_board_publish(house->board);
    before = sockets();
    int asleep = client_connect(house->port);
    setsockopt(asleep, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    client_send(asleep, "GET /api/v1/events?hz=10 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    open_stream(&awake, house->port, 10, "");

    int with_both = before + 4, without = before + 3; /* both ends of each are ours */
    assert_true(sockets() >= with_both);
    uint64_t until_ns = jb_mono_ns() + DEADLINE_S * JB_NS_PER_S;
    unsigned long long seq = 0;
    while (sockets() > without) {
        assert_true(jb_mono_ns() < until_ns);
        tick(house, 1);
        wait_for_tick(&awake, ++seq); /* at once, whoever else sleeps */
        awake.text[0] = '\n';
        awake.text[1] = '\0';
        struct timespec pause = {.tv_nsec = 5000000};
        nanosleep(&pause, NULL);
    }
    assert_true(seq > 64);
    assert_true(client_ended(asleep));
    close(asleep);
    close(awake.fd);
}

static void test_coming_and_going_while_the_meter_runs(void **state)
{
    struct house house;
    struct jb_server_config config = house_config();
    struct meter meter = {.house = &house};
    struct stream *stream = calloc(1, sizeof(*stream));

    house_open(&house, &config);
    int before = sockets();
    assert_int_equal(pthread_create(&meter.thread, NULL, run_meter, &meter), 0);
    for (int i = 0; i < 200; i++) {
        open_stream(stream, house.port, (unsigned)(i % 10 + 1), i % 3 == 0 ? "Last-Event-ID: 3\r\n" : "");
        assert_true(i % 2 == 0 || wait_for(stream, "event: tick\n"));
        close(stream->fd);
    }
    poll_until(is_down_to, &before); /* all of them were let go */
    open_stream(stream, house.port, 10, "");
    jb_server_destroy(house.server); /* with the meter still running, and somebody there */
    atomic_store(&meter.stop, true);
    pthread_join(meter.thread, NULL);
    close(stream->fd);
    jb_board_destroy(house.board);
    free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_house(test_a_hello_comes_first_and_then_each_tick),
        in_a_house(test_a_slower_pace_leaves_ticks_out),
        in_a_house(test_another_layout_brings_another_hello_before_its_ticks),
        in_a_house(test_who_comes_back_gets_what_was_missed),
        in_a_house(test_what_the_ring_has_lost_and_other_layouts_are_left_out),
        in_a_house(test_an_id_of_a_meter_before_this_one_does_no_harm),
        in_a_house(test_the_pace_is_from_1_to_10),
        in_a_house(test_a_tick_larger_than_a_chunk_arrives_whole),
        in_a_house(test_fifty_streams_get_every_tick),
        cmocka_unit_test(test_more_streams_than_may_be_are_refused),
        cmocka_unit_test(test_the_end_of_the_server_ends_streams),
        in_a_house(test_a_reader_that_sleeps_is_dropped_and_nobody_waits_for_it),
        cmocka_unit_test(test_coming_and_going_while_the_meter_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
