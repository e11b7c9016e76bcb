/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks: what each channel has booked up to round times of the clock, so that it can be priced by the hour, now and
 * whenever better intensities are known.
 */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "engine/buckets.h"

#include <stdlib.h>

/* A sleep of the machine has a mark on both sides: a bucket over hours of it would spread over them what was used
 * before. */
#define SLEPT_NS ((int64_t)JB_NS_PER_S)

int64_t session_wall_clock_ns(const struct jb_session *session, uint64_t now_ns)
{
    return session->record.started_ns + (int64_t)(now_ns - session->start_ns) + (int64_t)session->suspended_ns;
}

void session_marks_begin(struct jb_session *session)
{
    session->marks_ns = session->record.started_ns;
    session->marks_t_ns = session->start_ns;
}

/* The part of what was booked since the last look that lies before the mark: even over that time, which is short. */
static uint64_t at(uint64_t before_uj, uint64_t after_uj, double part)
{
    return before_uj + (uint64_t)((double)(after_uj - before_uj) * part);
}

static bool reserve(struct jb_session *session)
{
    if (session->marks.count < session->mark_capacity) {
        return true;
    }
    size_t capacity = 2 * session->mark_capacity + 32;
    struct jb_store_mark *grown = reallocarray(session->marks.marks, capacity, sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    session->marks.marks = grown;
    session->mark_capacity = capacity;
    return true;
}

/* So much of the time since the last look had gone by at the mark, on the clock and on the run's own. */
static void make(struct jb_session *session, uint64_t now_ns, int64_t wall_ns, double part)
{
    size_t count = (size_t)session->channel_count;
    struct jb_mark_channel *channels = reserve(session) ? calloc(count + 1, sizeof(*channels)) : NULL;

    if (channels == NULL) {
        return; /* the next mark has it all */
    }
    for (size_t i = 0; i < count; i++) {
        const struct jb_parts *before = &session->channels[i].marked, *after = &session->channels[i].totals;
        channels[i] = (struct jb_mark_channel){
            .run_uj = at(before->run_uj, after->run_uj, part),
            .idle_uj = at(before->idle_uj, after->idle_uj, part),
            .others_uj = at(before->others_uj, after->others_uj, part),
            .unattributed_uj = at(before->unattributed_uj, after->unattributed_uj, part),
        };
    }
    struct jb_store_mark mark = {
        .t_ns = at(session->marks_t_ns, now_ns, part) - session->start_ns,
        .wall_ns = wall_ns,
        .channels = channels,
        .channel_count = count,
    };
    session->marks.marks[session->marks.count++] = mark;
    if (session->writer != NULL) {
        jb_writer_mark(session->writer, &mark);
    }
}

void session_marks_look(struct jb_session *session, uint64_t now_ns)
{
    int64_t now_wall_ns = session_wall_clock_ns(session, now_ns);
    int64_t round_ns = now_wall_ns - now_wall_ns % JB_BUCKET_NS, gone_ns = now_wall_ns - session->marks_ns;

    if (gone_ns - (int64_t)(now_ns - session->marks_t_ns) > SLEPT_NS) {
        make(session, now_ns, session->marks_ns, 0);
        make(session, now_ns, now_wall_ns, 1);
    } else if (round_ns > session->marks_ns) {
        make(session, now_ns, round_ns, (double)(round_ns - session->marks_ns) / (double)gone_ns);
    }
    session->marks_ns = now_wall_ns;
    session->marks_t_ns = now_ns;
    for (int i = 0; i < session->channel_count; i++) {
        session->channels[i].marked = session->channels[i].totals;
    }
}
