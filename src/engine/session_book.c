/* SPDX-License-Identifier: Apache-2.0 */
/* From readings to the book: what a poll brought becomes entries of the channels. */
#include "engine/session_impl.h"

#include "base/clock.h"

/* A pre-emption between the two clocks looks like a short sleep; a real one lasts longer than this. */
#define SLEEP_MIN_NS ((int64_t)(500 * JB_NS_PER_MS))

int64_t session_sleep_ns(void)
{
    /* In this order the difference is never less than the time slept, and more only by what lies between two calls. */
    int64_t mono_ns = (int64_t)jb_mono_ns();
    return (int64_t)jb_boot_ns() - mono_ns;
}

void session_check_sleep(struct jb_session *session, int64_t sleep_ns)
{
    if (sleep_ns - session->sleep_ns > SLEEP_MIN_NS) {
        session->suspends++;
        session->suspended_ns += (uint64_t)(sleep_ns - session->sleep_ns);
        for (int i = 0; i < session->channel_count; i++) {
            jb_account_suspend(&session->channels[i].account);
        }
    }
    session->sleep_ns = sleep_ns;
}

static void book_entry(struct jb_session *session, int number, const struct jb_entry *entry)
{
    struct channel_state *state = &session->channels[number];

    if (entry->flags & JB_ENTRY_GAP) {
        session_attribute_pending(session, number); /* what lies before the gap is a time of its own */
    }
    if (state->pending.t1_ns == 0) {
        state->pending = *entry;
    } else {
        state->pending.t1_ns = entry->t1_ns;
        state->pending.energy_uj += entry->energy_uj;
        state->pending.flags |= entry->flags;
    }
    state->tick_uj += entry->energy_uj;
    state->tick_has_value = true;
    session_wall_entry(session, number, entry);
    session_rows_entry(session, number, entry);
    if (session->work != NULL && session_work_counts(session, number)) {
        session_regions_entry(session->work, entry);
    }
}

void session_book_reading(struct jb_session *session, const struct jb_reading *reading)
{
    struct jb_entry entry;

    if (reading->channel < 0 || reading->channel >= session->channel_count) {
        return;
    }
    struct channel_state *state = &session->channels[reading->channel];
    bool was_started = state->account.started;
    state->status = reading->status;
    if (reading->status == JB_OK && state->channel->method == JB_METHOD_INTEGRATED && session->work != NULL &&
        session->remote == NULL) {
        unsigned __int128 power_uw =
            (unsigned __int128)reading->raw * state->channel->unit_num / state->channel->unit_den;
        session_rows_reading(session, reading->channel, reading->t_after_ns, (uint64_t)power_uw);
    }
    if (jb_account_post(&state->account, reading, &entry) > 0) {
        session_wall_clip(session, reading->channel, &entry);
        book_entry(session, reading->channel, &entry);
    } else {
        bool begins = !was_started && state->account.started && session->started; /* in mid-run */
        bool gap = begins || state->account.pending_gap;
        state->tick_gap = state->tick_gap || (gap && !session_wall_fills(session, reading->channel));
    }
}

int session_number_of(const struct jb_session *session, int meter_number)
{
    return meter_number >= 0 && meter_number < session->meter_count ? session->number_of[meter_number] : -1;
}

void session_book(struct jb_session *session, const struct jb_poll *poll)
{
    if (poll->channels_changed) {
        session_refresh_channels(session);
    }
    session_keep_uses(session, poll);
    for (size_t i = 0; i < poll->count; i++) {
        struct jb_reading reading = poll->readings[i];
        reading.channel = session_number_of(session, reading.channel);
        session_book_reading(session, &reading);
    }
}

void session_book_first(struct jb_session *session, const struct jb_poll *poll)
{
    if (poll->channels_changed) {
        session_refresh_channels(session);
    }
    session_keep_uses(session, poll);
    for (size_t i = 0; i < poll->count; i++) {
        struct jb_reading reading = poll->readings[i];
        reading.channel = session_number_of(session, reading.channel);
        if (reading.channel >= 0) {
            struct channel_state *state = &session->channels[reading.channel];
            jb_account_init(&state->account, state->channel);
            session_book_reading(session, &reading);
        }
    }
}

void session_restart_books(struct jb_session *session)
{
    for (int i = 0; i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        jb_account_init(&state->account, state->channel);
        state->totals = state->chunk = state->marked = (struct jb_parts){0};
        state->pending = (struct jb_entry){0};
        state->tick_uj = 0;
        state->tick_has_value = state->tick_gap = false;
        state->check_twin = -1;
    }
}
