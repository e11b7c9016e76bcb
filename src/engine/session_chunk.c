/* SPDX-License-Identifier: Apache-2.0 */
/* Ticks, and the chunk of them that is divided and goes to the store about once a second. */
#include "engine/session_impl.h"

void session_end_tick(struct jb_session *session, uint64_t now_ns)
{
    struct jb_writer_slot *slot = session->slot;

    if (slot == NULL && session->writer != NULL) {
        slot = session->slot = jb_writer_slot(session->writer);
        if (slot != NULL) {
            slot->tick_count = 0;
            slot->t0_ns = session->chunk_start_ns - session->start_ns;
        }
    }
    if (slot == NULL || slot->tick_count >= session->max_ticks) {
        return; /* values stay in tick_uj and come with a later tick */
    }
    size_t tick = slot->tick_count++;
    slot->tick_ns[tick] = now_ns - session->start_ns;
    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        uint64_t *values = slot->energy_uj + (size_t)i * session->max_ticks;
        if (tick > 0 && i >= (int)slot->channel_count) {
            for (size_t t = 0; t < tick; t++) {
                values[t] = JB_NO_VALUE; /* the channel appeared within this chunk */
            }
        }
        values[tick] = state->tick_has_value ? state->tick_uj : state->tick_gap ? JB_GAP : JB_NO_VALUE;
        if (state->tick_has_value) {
            state->tick_uj = 0;
        }
        state->tick_has_value = false;
        state->tick_gap = false;
    }
    slot->channel_count = (size_t)session->channel_count;
}

void session_flush_chunk(struct jb_session *session, uint64_t now_ns)
{
    struct jb_writer_slot *slot = session->slot;

    session_attribute(session);
    session_check_twins(session, now_ns);
    session->attributed_ns = now_ns;
    if (!session->config.endless) {
        session_marks_look(session, now_ns);
    }
    session_work_chunk(session, now_ns);
    session_grid_look(session);
    if (slot == NULL || slot->tick_count == 0) {
        return;
    }
    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        session_fill_channel(session, i, &slot->channels[i]);
        slot->parts[i] = (struct jb_chunk_channel){
            .run_uj = state->chunk.run_uj,
            .idle_uj = state->chunk.idle_uj,
            .others_uj = state->chunk.others_uj,
            .unattributed_uj = state->chunk.unattributed_uj,
        };
        state->chunk = (struct jb_parts){0};
    }
    session_wall_channel(session, slot->channels);
    session->slot = NULL;
    session->chunk_start_ns = now_ns;
    jb_writer_submit(session->writer);
}
