/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c - where ticks come in, who is woken, and who hears that we are still here. See events.h; stream.c sends.
 */
#include "server/events.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "base/thread.h"
#include "server/stream.h"

#define PULSE_STACK ((size_t)256 << 10)
#define SEND_BUFFER 32768 /* engineering bound: some seconds of ticks; what a reader that sleeps may keep of us */

static void format(struct jb_events *events, struct jb_tick *ret)
{
    const struct jb_board_view *view = jb_board_look(events->config.board);
    struct jb_buf *out = &events->tick;

    *ret = (struct jb_tick){view->seq, view->layout, view->t_ns, view->interval_ns, 0, NULL};
    jb_buf_clear(out);
    jb_buf_printf(out, "id: %llu\nevent: tick\ndata: ", (unsigned long long)view->seq);
    jb_live_tick(view, out);
    jb_buf_puts(out, "\n\n");
    jb_board_release(events->config.board);
    if (out->failed) { /* it may work the next time */
        jb_buf_finish(out);
        *out = (struct jb_buf){0};
        return;
    }
    ret->text = out->data;
    ret->length = out->length;
}

/* On the meter's thread, at each tick; also while nobody watches, for those who come back. */
static void published(void *context)
{
    struct jb_events *events = context;
    struct jb_tick tick;

    format(events, &tick);
    pthread_mutex_lock(&events->lock);
    jb_ring_push(&events->ring, &tick);
    for (struct jb_stream *stream = events->streams; stream != NULL; stream = stream->next) {
        if (jb_stream_wants(stream, &tick)) {
            jb_stream_wake(stream);
        }
    }
    pthread_mutex_unlock(&events->lock);
}

static void comfort(struct jb_events *events, uint64_t now_ns)
{
    for (struct jb_stream *stream = events->streams; stream != NULL; stream = stream->next) {
        if (stream->suspended && now_ns - stream->said_ns >= events->config.quiet_ns) {
            stream->comment = true;
            jb_stream_wake(stream);
        }
    }
}

/* Sleeps nearly always: libmicrohttpd has no timers of ours, and a meter that stands still wakes nobody. */
static void *pulse(void *context)
{
    struct jb_events *events = context;
    uint64_t step_ns = events->config.quiet_ns / 3;

    pthread_mutex_lock(&events->lock);
    while (!events->ending) {
        if (!jb_cond_until(&events->wake, &events->lock, jb_mono_ns() + step_ns)) {
            comfort(events, jb_mono_ns());
        }
    }
    pthread_mutex_unlock(&events->lock);
    return NULL;
}

static int start_pulse(struct jb_events *events)
{
    int error = jb_thread_start(&events->pulse, "jb-pulse", PULSE_STACK, pulse, events);

    events->has_pulse = error == 0;
    return error;
}

static int init(struct jb_events *events)
{
    pthread_mutex_init(&events->lock, NULL);
    jb_cond_init(&events->wake);
    int r = jb_ring_init(&events->ring);
    if (r < 0) {
        return r;
    }
    for (size_t i = 0; i < JB_RING_TEXT / 64; i++) { /* make room now: ticks shall not allocate */
        static const char blank[64] = {0};
        jb_buf_add(&events->tick, blank, sizeof(blank));
    }
    return events->tick.failed ? -ENOMEM : start_pulse(events);
}

int jb_events_create(const struct jb_events_config *config, struct jb_events **ret, struct jb_diag *diag)
{
    struct jb_events *events = calloc(1, sizeof(*events));

    if (events == NULL) {
        return jb_fail(diag, -ENOMEM, "no memory for the stream of events");
    }
    events->config = *config;
    int r = init(events);
    if (r < 0) {
        jb_events_destroy(events);
        return jb_fail(diag, r, "the stream of events cannot be started");
    }
    jb_board_listen(config->board, published, events);
    *ret = events;
    return 0;
}

void jb_events_end(struct jb_events *events)
{
    jb_board_listen(events->config.board, NULL, NULL);
    pthread_mutex_lock(&events->lock);
    events->ending = true;
    pthread_cond_signal(&events->wake);
    for (struct jb_stream *stream = events->streams; stream != NULL; stream = stream->next) {
        jb_stream_wake(stream);
    }
    pthread_mutex_unlock(&events->lock);
    if (events->has_pulse) {
        pthread_join(events->pulse, NULL);
        events->has_pulse = false;
    }
}

void jb_events_destroy(struct jb_events *events)
{
    if (events == NULL) {
        return;
    }
    if (events->has_pulse) {
        jb_events_end(events);
    }
    jb_buf_finish(&events->tick);
    jb_ring_finish(&events->ring);
    pthread_cond_destroy(&events->wake);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

/* A reader that took nothing is seen by what no longer goes out: little may wait in the kernel, and the library closes
 * a connection on which nothing moved for so long (one that is suspended is not counted). */
static void bound(struct jb_events *events, struct MHD_Connection *connection)
{
    const struct jb_mhd *mhd = events->config.mhd;
    const union MHD_ConnectionInfo *info = mhd->get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int size = SEND_BUFFER, gone_ms = (int)(events->config.stall_s * 1000), now = 1;

    mhd->set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, events->config.stall_s);
    if (info != NULL) {
        setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        setsockopt(info->connect_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
        setsockopt(info->connect_fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
    }
}

static bool add(struct jb_events *events, struct jb_stream *stream)
{
    pthread_mutex_lock(&events->lock);
    bool room = !events->ending && events->count < events->config.max_streams;
    if (room) {
        stream->next = events->streams;
        events->streams = stream;
        events->count++;
    }
    pthread_mutex_unlock(&events->lock);
    return room;
}

struct MHD_Response *jb_events_open(struct jb_events *events, struct MHD_Connection *connection,
                                    const struct jb_viewer *viewer, unsigned hz, const char *last_id)
{
    struct jb_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL) {
        return NULL;
    }
    stream->events = events;
    stream->connection = connection;
    stream->viewer = *viewer;
    stream->pace.period_ns = JB_NS_PER_S / hz;
    stream->said_ns = jb_mono_ns();
    stream->replays = last_id != NULL && jb_parse_u64(last_id, &stream->seq) == 0;
    if (!add(events, stream)) {
        free(stream);
        return NULL;
    }
    struct MHD_Response *response =
        events->config.mhd->response_from_callback(MHD_SIZE_UNKNOWN, 4096, jb_stream_read, stream, jb_stream_release);
    if (response == NULL) {
        jb_stream_release(stream);
        return NULL;
    }
    bound(events, connection);
    return response;
}
