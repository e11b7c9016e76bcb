/* SPDX-License-Identifier: Apache-2.0 */
/* The session's chunks, cut out of the timelines. Events are drained up to the end of a chunk before it is cut, so that
 * time and energy of a piece are of the same moments. */
#include "engine/session_impl.h"

bool session_work_counts(const struct jb_session *session, int number)
{
    bool like_sensors = session->wall.total && session_wall_fills(session, session->wall.channel);

    return like_sensors ? session_is_sensor(session, number) : session->nodes[number].in_total;
}

/* Of the run, of all channels that count. */
static double counted_uj(const struct jb_session *session, const struct work_chunk *chunk)
{
    double sum_uj = 0;

    for (int i = 0; i < session->channel_count && i < JB_PIECE_CHANNELS; i++) {
        double run_uj = chunk != NULL ? (double)chunk->run_uj[i] : session->work->cut_uj[i];
        sum_uj += session_work_counts(session, i) ? run_uj : 0;
    }
    return sum_uj;
}

double session_work_cut_uj(const struct jb_session *session)
{
    return counted_uj(session, NULL);
}

/* Of a chunk each domain gets the channels that it is the timeline of. */
static void keep_piece(struct jb_session *session, unsigned domain, const struct work_chunk *chunk)
{
    struct session_work *work = session->work;
    struct jb_work_piece piece;
    uint64_t run_uj[JB_PIECE_CHANNELS] = {0};
    size_t count =
        (size_t)session->channel_count < JB_PIECE_CHANNELS ? (size_t)session->channel_count : JB_PIECE_CHANNELS;

    for (size_t i = 0; i < count; i++) {
        run_uj[i] = session_work_domain(session, (int)i) == domain ? chunk->run_uj[i] : 0;
    }
    jb_work_cut(work->work, domain, &piece);
    jb_pieces_add(&work->pieces[domain], &piece, run_uj, count);
}

void session_work_cut(struct jb_session *session, uint64_t until_ns, uint64_t device_until_ns)
{
    struct session_work *work = session->work;

    while (work->chunk_next[JB_WORK_HOST] < work->chunk_count) {
        const struct work_chunk *chunk = &work->chunks[work->chunk_next[JB_WORK_HOST] % WORK_CHUNKS];
        if (chunk->t1_ns > until_ns) {
            break;
        }
        session_work_drain(work, chunk->t1_ns);
        keep_piece(session, JB_WORK_HOST, chunk);
        session_regions_total(work, session_work_cut_uj(session));
        session_regions_chunk(work, chunk, counted_uj(session, chunk));
        for (size_t i = 0; i < JB_PIECE_CHANNELS; i++) {
            work->cut_uj[i] += (double)chunk->run_uj[i];
        }
        work->chunk_next[JB_WORK_HOST]++;
    }
    for (unsigned domain = 1; domain < work->domain_count; domain++) {
        while (work->chunk_next[domain] < work->chunk_next[JB_WORK_HOST]) {
            const struct work_chunk *chunk = &work->chunks[work->chunk_next[domain] % WORK_CHUNKS];
            if (chunk->t1_ns > device_until_ns) {
                break;
            }
            session_work_advance(work, domain, chunk->t1_ns);
            keep_piece(session, domain, chunk);
            work->chunk_next[domain]++;
        }
    }
}

void session_work_chunk(struct jb_session *session, uint64_t now_ns)
{
    struct session_work *work = session->work;

    if (work == NULL) {
        return;
    }
    if (work->chunk_count - work->chunk_next[JB_WORK_HOST] == WORK_CHUNKS) {
        session_work_cut(session, now_ns, now_ns); /* nobody has looked for long: take it as it is */
    }
    struct work_chunk *chunk = &work->chunks[work->chunk_count % WORK_CHUNKS];
    uint64_t before_ns =
        work->chunk_count > 0 ? work->chunks[(work->chunk_count - 1) % WORK_CHUNKS].t1_ns : session->start_ns;
    *chunk = (struct work_chunk){.t0_ns = before_ns, .t1_ns = now_ns};
    for (int i = 0; i < session->channel_count && i < JB_PIECE_CHANNELS; i++) {
        uint64_t total_uj = session->channels[i].totals.run_uj;
        chunk->run_uj[i] = total_uj - work->attributed_uj[i];
        work->attributed_uj[i] = total_uj;
    }
    work->chunk_count++;
    for (unsigned domain = 1; domain < work->domain_count; domain++) {
        if (work->chunk_count - work->chunk_next[domain] > WORK_CHUNKS) {
            work->chunk_next[domain] = work->chunk_count - WORK_CHUNKS;
        }
    }
}
