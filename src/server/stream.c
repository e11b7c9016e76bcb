/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c - what one reader of events is given next. See stream.h and events.h.
 *
 * Odd: libmicrohttpd calls the reader again and again; with nothing to say it is suspended from within, under our lock,
 * so that a tick cannot come between the look and the sleep.
 */
#include "server/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const char comment[] = ": still here\n\n";

bool jb_stream_wants(const struct jb_stream *stream, const struct jb_tick *tick)
{
    return tick->layout != stream->layout || (tick->length > 0 && jb_pace_is_due(&stream->pace, tick));
}

void jb_stream_wake(struct jb_stream *stream)
{
    if (stream->suspended) {
        stream->suspended = false;
        stream->events->config.mhd->resume(stream->connection);
    }
}

static void put(struct jb_stream *stream, char *text, size_t length)
{
    stream->pending = text;
    stream->pending_length = length;
    stream->pending_sent = 0;
}

static size_t take_pending(struct jb_stream *stream, char *buffer, size_t room)
{
    size_t length = stream->pending_length - stream->pending_sent;

    length = length < room ? length : room;
    memcpy(buffer, stream->pending + stream->pending_sent, length);
    stream->pending_sent += length;
    if (stream->pending_sent == stream->pending_length) {
        free(stream->pending);
        put(stream, NULL, 0);
    }
    return length;
}

struct hello {
    struct jb_buf text;
    uint64_t layout, seq;
};

/* Without the lock: this looks at the board. False: no memory. */
static bool compose(const struct jb_stream *stream, struct hello *ret)
{
    struct jb_board *board = stream->events->config.board;

    jb_buf_puts(&ret->text, "event: hello\ndata: ");
    const struct jb_board_view *view = jb_board_look(board);
    jb_live_hello(view, &stream->viewer, &ret->text);
    ret->layout = view->layout;
    ret->seq = view->seq;
    jb_board_release(board);
    jb_buf_puts(&ret->text, "\n\n");
    return !ret->text.failed;
}

/* With the lock, which is given up in between. */
static bool greet(struct jb_stream *stream)
{
    struct hello hello = {0};

    pthread_mutex_unlock(&stream->events->lock);
    bool composed = compose(stream, &hello);
    pthread_mutex_lock(&stream->events->lock);
    if (!composed) {
        jb_buf_finish(&hello.text);
        return false;
    }
    put(stream, hello.text.data, hello.text.length);
    stream->layout = hello.layout;
    if (!stream->greeted && (!stream->replays || stream->seq > hello.seq)) { /* beyond: of a meter before this one */
        stream->seq = hello.seq;
    }
    stream->greeted = true;
    return true;
}

/* The next tick that is due: into the buffer, or what does not fit into pending. -1: no memory. 0: there is none, or
 * a hello has to come before. */
static ssize_t take_tick(struct jb_stream *stream, char *buffer, size_t room, bool *ret_greet)
{
    const struct jb_tick *tick = jb_ring_after(&stream->events->ring, stream->seq);

    for (; tick != NULL; tick = jb_ring_after(&stream->events->ring, stream->seq)) {
        if (tick->layout > stream->layout) {
            *ret_greet = true;
            return 0;
        }
        stream->seq = tick->seq;
        if (tick->layout == stream->layout && jb_stream_wants(stream, tick)) {
            break;
        }
    }
    if (tick == NULL) {
        return 0;
    }
    jb_pace_sent(&stream->pace, tick);
    if (tick->length <= room) {
        memcpy(buffer, tick->text, tick->length);
        return (ssize_t)tick->length;
    }
    char *copy = malloc(tick->length);
    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, tick->text, tick->length);
    put(stream, copy, tick->length);
    return (ssize_t)take_pending(stream, buffer, room);
}

/* With the lock, which is given up for a hello. */
static ssize_t next(struct jb_stream *stream, char *buffer, size_t room)
{
    struct jb_events *events = stream->events;

    for (;;) {
        bool needs_hello = !stream->greeted;
        if (events->ending) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        if (stream->pending != NULL) {
            return (ssize_t)take_pending(stream, buffer, room);
        }
        ssize_t taken = needs_hello ? 0 : take_tick(stream, buffer, room, &needs_hello);
        if (taken > 0) {
            return taken;
        }
        if (taken < 0) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        if (!needs_hello) {
            break;
        }
        if (!greet(stream)) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
    if (stream->comment && room >= sizeof(comment) - 1) {
        memcpy(buffer, comment, sizeof(comment) - 1);
        return (ssize_t)sizeof(comment) - 1;
    }
    stream->suspended = true;
    events->config.mhd->suspend(stream->connection);
    return 0;
}

ssize_t jb_stream_read(void *context, uint64_t position, char *buffer, size_t room)
{
    struct jb_stream *stream = context;

    (void)position;
    pthread_mutex_lock(&stream->events->lock);
    ssize_t given = next(stream, buffer, room);
    if (given > 0) {
        stream->said_ns = jb_mono_ns();
        stream->comment = false;
    }
    pthread_mutex_unlock(&stream->events->lock);
    return given;
}

void jb_stream_release(void *context)
{
    struct jb_stream *stream = context;
    struct jb_events *events = stream->events;

    pthread_mutex_lock(&events->lock);
    for (struct jb_stream **link = &events->streams; *link != NULL; link = &(*link)->next) {
        if (*link == stream) {
            *link = stream->next;
            events->count--;
            break;
        }
    }
    pthread_mutex_unlock(&events->lock);
    free(stream->pending);
    free(stream);
}
