/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From readings to the book. At every tick readings become entries; about once a second (and at the end) the clocks of
 * the machine and of the run are looked at, what was booked since is attributed by who was busy in that very time, and
 * the chunk goes to the store. Attribution per chunk and not per tick, because the machine's clock counts in 10 ms:
 * over 100 ms its rounding alone would charge others with energy of the run.
 */
#include "engine/session_impl.h"

#include "base/clock.h"

/* A pre-emption between the two clocks looks like a short sleep; a real one lasts longer than this. */
#define SLEEP_MIN_NS ((int64_t)(500 * JB_NS_PER_MS))
#define QUIET_SHARE  0.02 /* of all CPUs busy: below this a chunk says what idle draws */

static bool is_ours(const void *context, int32_t pid)
{
    const struct jb_session *session = context;

    if (session_runs_own(session, pid)) {
        return true;
    }
    for (size_t i = 0; i < session->our_pid_count; i++) {
        if (session->our_pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Asked when a pid is first heard of: at the end of a run the driver still names processes that are gone. */
static void know_pid(struct jb_session *session, int32_t pid)
{
    session_runs_know(session, pid);
    if (session->tree != NULL && session->our_pid_count < MAX_USES && !is_ours(session, pid) &&
        jb_proctree_contains(session->tree, pid)) {
        session->our_pids[session->our_pid_count++] = pid;
    }
}

bool session_names(const struct jb_session *session, int32_t pid)
{
    for (size_t i = 0; i < session->use_count; i++) {
        if (session->uses[i].pid == pid) {
            return true;
        }
    }
    return false;
}

/* Who is not named any more: else a long run had no room for the next one, and a pid that is used again its joules. */
static void forget_pids(struct jb_session *session)
{
    size_t kept = 0;

    for (size_t i = 0; i < session->our_pid_count; i++) {
        if (session_names(session, session->our_pids[i])) {
            session->our_pids[kept++] = session->our_pids[i];
        }
    }
    session->our_pid_count = kept;
    session_runs_forget(session);
}

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

void session_look(struct jb_session *session, bool final)
{
    struct jb_usage_point point = {.t_ns = jb_mono_ns()};

    if (session->clock_known && jb_machine_clock_read(&session->clock, &session->busy_last) == 0) {
        point.busy_ns = session->busy_last.busy_ns;
        point.system_ns = session->busy_last.system_ns;
    }
    if (session->tree != NULL) {
        jb_proctree_leave_out(session->tree, jb_privileged_pid(session->privileged));
    }
    session->run_cpu_ns = session->tree != NULL ? jb_proctree_cpu_ns(session->tree, final) : 0;
    point.run_ns = session->runs != NULL ? session_runs_look(session, &point) : session->run_cpu_ns;
    jb_usage_add(&session->usage, &point);
}

/* The number of the first channel of the device that `number` belongs to: processes are listed under it. */
int session_device_channel(const struct jb_session *session, int number)
{
    const struct jb_channel *channel = session->channels[number].channel;

    for (int i = 0; i < number; i++) {
        if (session->nodes[i].source == session->nodes[number].source &&
            session->channels[i].channel->domain == channel->domain &&
            session->channels[i].channel->unit == channel->unit) {
            return i;
        }
    }
    return number;
}

static void shares_of(const struct jb_session *session, int number, const struct jb_entry *entry, struct jb_shares *ret)
{
    const struct channel_state *state = &session->channels[number];

    if (state->channel->device == JB_DEVICE_GPU) {
        struct jb_gpu_share share;
        struct jb_source_info info;
        *ret = (struct jb_shares){.known = false};
        session_source_of(session, number, &info);
        if (!info.processes_known) {
            return;
        }
        jb_gpu_share(session->uses, session->use_count, session_device_channel(session, number), jb_mono_ns(), is_ours,
                     session, &share);
        *ret = share.shares;
        return;
    }
    struct jb_usage_weights weights;
    jb_usage_between(&session->usage, entry->t0_ns, entry->t1_ns, &weights);
    *ret = (struct jb_shares){
        .known = weights.known, .run = weights.run_ns, .others = weights.others_ns, .nobody = weights.system_ns};
}

static void attribute_pending(struct jb_session *session, int number)
{
    struct channel_state *state = &session->channels[number];
    struct jb_shares shares;
    struct jb_parts parts;

    if (state->pending.t1_ns == 0) {
        return;
    }
    if (!session_remote_attribute(session, number, &parts) && !session_wall_attribute(session, number, &parts)) {
        shares_of(session, number, &state->pending, &shares);
        jb_attribute(&state->pending, state->idle.idle_uw, &shares, &parts);
    }
    session_runs_divide(session, number, &parts);
    if (session_is_sensor(session, number)) {
        jb_parts_add(&session->wall.like, &parts);
    }
    jb_parts_add(&state->totals, &parts);
    jb_parts_add(&state->chunk, &parts);
    state->pending = (struct jb_entry){0};
}

/* Was nobody busy since the last point? Then what was drawn is what idle draws. */
static bool machine_quiet(const struct jb_session *session, const struct jb_machine_busy *before)
{
    uint64_t total_ns = session->busy_last.total_ns - before->total_ns;
    uint64_t busy_ns = session->busy_last.busy_ns + session->busy_last.system_ns - before->busy_ns - before->system_ns;

    return session->clock_known && total_ns > 0 && (double)busy_ns < QUIET_SHARE * (double)total_ns;
}

static bool device_unused(const struct jb_session *session, int number)
{
    struct jb_shares shares;

    if (session->channels[number].channel->device != JB_DEVICE_GPU) {
        return true;
    }
    shares_of(session, number, &session->channels[number].pending, &shares);
    return shares.known && shares.run == 0 && shares.others == 0;
}

/* What it drew while the run held it and nobody used it (context.h). */
static void see_context(struct jb_session *session, int number)
{
    struct channel_state *state = &session->channels[number];
    uint64_t dt_ns = state->pending.t1_ns - state->pending.t0_ns;
    struct jb_source_info info;

    if (state->channel->device == JB_DEVICE_GPU && dt_ns > 0) {
        session_source_of(session, number, &info);
        jb_context_add(&state->context, info.processes_known, session->uses, session->use_count,
                       session_device_channel(session, number), is_ours, session, state->pending.energy_uj, dt_ns);
    }
}

static void attribute(struct jb_session *session)
{
    struct jb_machine_busy before = session->busy_last;

    session_look(session, session->stopped);
    bool quiet = machine_quiet(session, &before);
    int last = session->wall.channel; /* after what it contains */
    for (int k = 0; k < session->channel_count + (last >= 0); k++) {
        int i = k < session->channel_count ? k : last;
        struct channel_state *state = &session->channels[i];
        if (i == last && k < session->channel_count) {
            continue;
        }
        uint64_t dt_ns = state->pending.t1_ns - state->pending.t0_ns;
        if (quiet && dt_ns >= CHUNK_NS / 2 && state->pending.flags == 0 && device_unused(session, i)) {
            jb_quiet_add(&state->quiet, state->pending.energy_uj, dt_ns);
        }
        see_context(session, i);
        attribute_pending(session, i);
    }
    session_wall_attributed(session);
    session_runs_divided(session);
}

static void book_entry(struct jb_session *session, int number, const struct jb_entry *entry)
{
    struct channel_state *state = &session->channels[number];

    if (entry->flags & JB_ENTRY_GAP) {
        attribute_pending(session, number); /* what lies before the gap is a time of its own */
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

static int number_here(const struct jb_session *session, int meter_number)
{
    return meter_number >= 0 && meter_number < session->meter_count ? session->number_of[meter_number] : -1;
}

/* Who uses the accelerators, until the same source looks again: a look that finds nobody brings no use at all. */
static void keep_uses(struct jb_session *session, const struct jb_poll *poll)
{
    int sources = jb_meter_source_count(session->meter);
    bool looked = false;

    for (int i = 0; i < sources; i++) {
        uint64_t looks = jb_meter_source_looks(session->meter, i);
        if (looks == session->looks[i]) {
            continue;
        }
        session->looks[i] = looks;
        looked = true;
        size_t kept = 0;
        for (size_t j = 0; j < session->use_count; j++) {
            if (session->nodes[session->uses[j].channel].source != i) {
                session->uses[kept++] = session->uses[j];
            }
        }
        session->use_count = kept;
    }
    size_t fresh = session->use_count;
    for (size_t i = 0; i < poll->use_count && session->use_count < MAX_USES; i++) {
        int number = number_here(session, poll->uses[i].channel);
        if (number >= 0) {
            session->uses[session->use_count] = poll->uses[i];
            session->uses[session->use_count++].channel = number;
        }
    }
    if (looked) {
        forget_pids(session);
    }
    for (size_t i = fresh; i < session->use_count; i++) {
        know_pid(session, session->uses[i].pid);
    }
}

void session_book(struct jb_session *session, const struct jb_poll *poll)
{
    if (poll->channels_changed) {
        session_refresh_channels(session);
    }
    keep_uses(session, poll);
    for (size_t i = 0; i < poll->count; i++) {
        struct jb_reading reading = poll->readings[i];
        reading.channel = number_here(session, reading.channel);
        session_book_reading(session, &reading);
    }
}

void session_book_first(struct jb_session *session, const struct jb_poll *poll)
{
    if (poll->channels_changed) {
        session_refresh_channels(session);
    }
    keep_uses(session, poll);
    for (size_t i = 0; i < poll->count; i++) {
        struct jb_reading reading = poll->readings[i];
        reading.channel = number_here(session, reading.channel);
        if (reading.channel >= 0) {
            struct channel_state *state = &session->channels[reading.channel];
            jb_account_init(&state->account, state->channel);
            session_book_reading(session, &reading);
        }
    }
}

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

    attribute(session);
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
