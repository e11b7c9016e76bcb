/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - one reader of events, and the house of them all. For events.c and stream.c.
 */
#ifndef JB_SERVER_STREAM_H
#define JB_SERVER_STREAM_H

#include <pthread.h>
#include <sys/types.h>

#include "base/text.h"
#include "server/events.h"
#include "server/ring.h"

struct jb_stream {
    struct jb_events *events;
    struct MHD_Connection *connection;
    struct jb_viewer viewer;
    struct jb_stream *next;
    struct jb_pace pace;
    uint64_t layout;  /* of the last hello */
    uint64_t seq;     /* of the last tick that was sent or passed over */
    uint64_t said_ns; /* when it was last given anything */
    bool greeted;     /* a hello has been made */
    bool replays;     /* it came back: ticks before its hello count too */
    bool suspended;
    bool comment;  /* it is to hear that we are here */
    char *pending; /* what is being sent and did not fit; malloc'd */
    size_t pending_length, pending_sent;
};

struct jb_events {
    struct jb_events_config config;
    struct jb_buf tick; /* the meter's own */
    unsigned unwatched; /* likewise: ticks since somebody was there */
    bool has_pulse;
    pthread_t pulse;

    pthread_mutex_t lock; /* of all below, and of the streams */
    pthread_cond_t wake;  /* of the pulse */
    bool ending;
    struct jb_ring ring;
    struct jb_stream *streams;
    unsigned count;
};

/* With the lock held. */
bool jb_stream_wants(const struct jb_stream *stream, const struct jb_tick *tick);
void jb_stream_wake(struct jb_stream *stream);

/* MHD_ContentReaderCallback and its MHD_ContentReaderFreeCallback; the context is the stream. */
ssize_t jb_stream_read(void *context, uint64_t position, char *buffer, size_t room);
void jb_stream_release(void *context);

#endif
