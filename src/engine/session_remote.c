/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session that is attached to the machine's one meter: its readings are what that meter booked, and whose joules they
 * are is its word too, so that all runs of the machine sum to it exactly. Everything else is as in any session.
 *
 * Readings are cumulative microjoules since the meter began, at the times that its entries end; parts are cumulative
 * since START. When the meter goes away the session opens sensors of its own and goes on: the books stay, the time in
 * between is a gap.
 */
#include "engine/session_impl.h"

#include "attribution/split.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_WAIT_NS (2 * JB_NS_PER_S)
#define OPEN_WAIT_NS   (200 * JB_NS_PER_MS) /* for vendor libraries, after the meter went away */

static void join(char *buffer, size_t size, char *const *words)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (; words != NULL && *words != NULL && used + 1 < size; words++) {
        int n = snprintf(buffer + used, size - used, "%s%s", used > 0 ? " " : "", *words);
        used += n > 0 ? (size_t)n : 0;
    }
}

/* A run that was told no place is where its machine is. */
static void take_zone(struct jb_session *session)
{
    const char *zone = jb_remote_welcome(session->remote)->zone;
    bool told = jb_grid_named(&session->intensity);
    struct jb_intensity found;

    if (zone[0] == '\0' || told || session->intensity.given || jb_grid_told(zone, &found) < 0) {
        return;
    }
    session->intensity = found;
    session_record_place(session);
}

void session_remote_attach(struct jb_session *session)
{
    const struct jb_session_config *config = &session->config;
    struct jb_diag diag = {0};
    struct jb_link_hello *hello = calloc(1, sizeof(*hello));

    if (hello == NULL) {
        return;
    }
    *hello = (struct jb_link_hello){
        .version = JB_LINK_VERSION, .pid = config->top, .interval_ns = config->interval_ns, .pue = config->pue};
    jb_copy(hello->run, sizeof(hello->run), session->record.id);
    jb_copy(hello->parent, sizeof(hello->parent), session->record.parent);
    jb_copy(hello->root, sizeof(hello->root), config->root != NULL ? config->root : "");
    jb_copy(hello->name, sizeof(hello->name), config->name != NULL ? config->name : "");
    jb_copy(hello->project, sizeof(hello->project), config->project != NULL ? config->project : "");
    jb_copy(hello->basis, sizeof(hello->basis), config->basis);
    join(hello->command, sizeof(hello->command), config->command);
    int error = jb_remote_attach(hello, &session->remote, &diag);
    free(hello);
    if (error < 0 && error != -ENOENT && diag.text[0] != '\0') {
        jb_record_warn(&session->record, "measured without the machine's meter: %s", diag.text);
    }
    if (error == 0) {
        take_zone(session);
    }
}

static void fill_channel(const struct jb_link_channel *from, int parent, struct jb_channel *ret)
{
    *ret = (struct jb_channel){
        .method = from->method,
        .domain = from->domain,
        .device = from->device,
        .unit = from->unit,
        .die = from->die,
        .parent = parent,
        .unit_num = from->unit_num,
        .unit_den = from->unit_den > 0 ? from->unit_den : 1,
        .wrap = from->wrap,
        .with_memory = from->with_memory,
        .max_power_uw = from->max_power_uw,
        .horizon_ns = from->horizon_ns,
        .refresh_ns = from->refresh_ns,
        .window_ns = from->window_ns,
        .idle_uw = from->idle_uw,
        .rel_error = from->rel_error,
        .status = from->status,
    };
    jb_copy(ret->id, sizeof(ret->id), from->id);
    jb_copy(ret->name, sizeof(ret->name), from->name);
    jb_copy(ret->path, sizeof(ret->path), from->path);
    jb_copy(ret->reason, sizeof(ret->reason), from->reason);
    jb_copy(ret->fix, sizeof(ret->fix), from->fix);
    jb_copy(ret->note, sizeof(ret->note), from->note);
}

/* What it reads of a channel is microjoules that were booked already: nothing is judged anew. */
static void open_account(struct jb_account *account, const struct jb_channel *channel)
{
    struct jb_channel booked = *channel;

    booked.method = JB_METHOD_COUNTER;
    booked.unit_num = booked.unit_den = 1;
    booked.wrap = booked.max_power_uw = booked.horizon_ns = 0;
    jb_account_init(account, &booked);
}

static const char *const idle_words[] = {
    "measured before the run", "calibrated", "learned", "model", "none", "sensors"};

/* struct jb_idle keeps a word that lives for ever. */
static const char *idle_word(const char *source)
{
    for (size_t i = 0; i < JB_COUNT(idle_words); i++) {
        if (jb_streq(source, idle_words[i])) {
            return idle_words[i];
        }
    }
    return "none";
}

void session_remote_channels(struct jb_session *session)
{
    const struct jb_link_channel_list *list = jb_remote_channels(session->remote);

    for (uint32_t i = 0; i < list->count && i < JB_METER_MAX_CHANNELS; i++) {
        const struct jb_link_channel *from = &list->channels[i];
        struct channel_state *state = &session->channels[i];
        struct jb_overlap_node *node = &session->nodes[i];
        int first = (int)i;
        while (first > 0 && list->channels[first - 1].group == from->group) {
            first--;
        }
        if ((int)i >= session->channel_count) {
            *state = (struct channel_state){.channel = &state->own, .check_twin = -1, .status = from->status};
            fill_channel(from, from->parent >= first ? from->parent - first : -1, &state->own);
            jb_copy(state->remote_source, sizeof(state->remote_source), from->source);
            open_account(&state->account, &state->own);
            session->channel_count = (int)i + 1;
        }
        state->idle = (struct jb_idle){from->idle_uw, from->idle_sigma_uw, idle_word(from->idle_source)};
        *node = (struct jb_overlap_node){
            .channel = state->channel,
            .source = REMOTE_SOURCE + from->group,
            .preference = from->preference,
            .mirror_of = from->mirror_of,
            .rejected = from->rejected,
        };
    }
    session_resolve(session);
}

static void book_tick(struct jb_session *session, const struct jb_link_tick *tick, bool first)
{
    for (uint32_t i = 0; i < tick->count && (int)i < session->channel_count; i++) {
        struct channel_state *state = &session->channels[i];
        struct jb_reading reading = {
            .channel = (int)i,
            .status = tick->channels[i].status,
            .t_before_ns = tick->channels[i].t_ns,
            .t_after_ns = tick->channels[i].t_ns,
            .raw = tick->channels[i].energy_uj,
        };
        if (tick->channels[i].t_ns == JB_LINK_NEVER) {
            continue;
        }
        if (first) {
            open_account(&state->account, state->channel);
        }
        if (tick->channels[i].gap && !first) {
            state->account.flags |= JB_ENTRY_GAP;
        }
        session_book_reading(session, &reading);
    }
}

static void keep_parts(struct jb_session *session, const struct jb_link_cut *cut)
{
    for (uint32_t i = 0; i < cut->count && (int)i < session->channel_count; i++) {
        session->channels[i].told = (struct jb_parts){cut->channels[i].run_uj, cut->channels[i].idle_uj,
                                                      cut->channels[i].others_uj, cut->channels[i].unattributed_uj};
    }
}

static uint64_t since(uint64_t told_uj, uint64_t taken_uj)
{
    return told_uj > taken_uj ? told_uj - taken_uj : 0;
}

bool session_remote_attribute(struct jb_session *session, int number, struct jb_parts *ret)
{
    enum { RUN, IDLE, OTHERS, NOBODY, PARTS };
    struct channel_state *state = &session->channels[number];
    const struct jb_parts *told = &state->told, *taken = &state->taken;
    uint64_t parts[PARTS];

    if (session->remote == NULL || state->remote_source[0] == '\0') {
        return false;
    }
    const uint64_t weights[PARTS] = {since(told->run_uj, taken->run_uj), since(told->idle_uj, taken->idle_uj),
                                     since(told->others_uj, taken->others_uj),
                                     since(told->unattributed_uj, taken->unattributed_uj)};
    /* The sums are equal unless a packet was missed: then the proportions are what is known. */
    jb_split(state->pending.energy_uj, weights, PARTS, NOBODY, parts);
    *ret = (struct jb_parts){
        .run_uj = parts[RUN], .idle_uj = parts[IDLE], .others_uj = parts[OTHERS], .unattributed_uj = parts[NOBODY]};
    state->taken = *told;
    return true;
}

/* By the meter's own time: several may come at once after this program was off the processor. */
static void end_tick(struct jb_session *session, uint64_t t_ns)
{
    if (t_ns > session->tick_ns && t_ns <= jb_mono_ns()) {
        session->tick_ns = t_ns;
        session_wall_tick(session, t_ns);
        session_end_tick(session, t_ns);
    }
}

static void hear(struct jb_session *session, const struct jb_link_message *message, bool first)
{
    switch (message->kind) {
    case JB_LINK_CHANNEL_LIST:
        session_remote_channels(session);
        break;
    case JB_LINK_TICK:
        book_tick(session, &message->tick, first);
        if (!first) {
            end_tick(session, message->tick.t_ns);
        }
        break;
    case JB_LINK_CUT:
        keep_parts(session, &message->cut);
        if (!first) {
            session_flush_chunk(session, session->tick_ns);
            session_news_tell(session);
            session_plan_tell(session);
        }
        break;
    default:
        break;
    }
}

static void tell_refusal(struct jb_session *session, const struct jb_link_refuse *refuse)
{
    char text[sizeof(refuse->text)], fix[sizeof(refuse->fix)];

    jb_copy(text, sizeof(text), refuse->text);
    jb_copy(fix, sizeof(fix), refuse->fix);
    jb_sanitise(text);
    jb_sanitise(fix);
    jb_record_warn(&session->record, "measured without the machine's meter, which refuses: %s%s%s", text,
                   fix[0] != '\0' ? "; " : "", fix);
}

/* Until a CUT of this kind, or for ANSWER_WAIT_NS. -EACCES: it was refused, and why is in the record. */
static int hear_until(struct jb_session *session, enum jb_link_cut_kind kind)
{
    uint64_t deadline_ns = jb_mono_ns() + ANSWER_WAIT_NS;
    const struct jb_link_message *message;

    for (uint64_t now_ns = jb_mono_ns(); now_ns < deadline_ns; now_ns = jb_mono_ns()) {
        int r = jb_remote_next(session->remote, deadline_ns - now_ns, &message);
        if (r <= 0) {
            return r < 0 ? r : -ETIMEDOUT;
        }
        if (message->kind == JB_LINK_REFUSE) {
            tell_refusal(session, &message->refuse);
            return -EACCES;
        }
        hear(session, message, kind == JB_LINK_CUT_STARTED);
        if (message->kind == JB_LINK_CUT && message->cut.kind == kind) {
            return 0;
        }
    }
    return -ETIMEDOUT;
}

/* With sensors of its own; false: there are none. */
static bool go_alone(struct jb_session *session)
{
    struct jb_diag diag = {0};

    jb_remote_destroy(session->remote);
    session->remote = NULL;
    session->alone = true;
    if (session_open_meter(session, OPEN_WAIT_NS, &diag) < 0) {
        session->sensor_lost = true;
        jb_record_warn(&session->record, "no sensor could be opened in its place: %s", diag.text);
        return false;
    }
    session_refresh_channels(session);
    return true;
}

int session_remote_start(struct jb_session *session)
{
    int r = jb_remote_start(session->remote);

    if (r >= 0) {
        r = hear_until(session, JB_LINK_CUT_STARTED);
    }
    if (r == -EACCES) { /* nothing was booked, nothing is missing */
        go_alone(session);
        return 0;
    }
    return r;
}

void session_remote_tick(struct jb_session *session)
{
    const struct jb_link_message *message;
    int r;

    while ((r = jb_remote_next(session->remote, 0, &message)) > 0) {
        hear(session, message, false);
    }
    if (r < 0) {
        session_remote_lost(session);
    }
}

void session_remote_stop(struct jb_session *session)
{
    int r = jb_remote_stop(session->remote);

    if (r >= 0) {
        r = hear_until(session, JB_LINK_CUT_FINAL);
    }
    if (r < 0) {
        jb_record_warn(&session->record, "the machine's meter went away as the run ended; its last second is missing");
        jb_remote_destroy(session->remote);
        session->remote = NULL;
    }
}

void session_remote_lost(struct jb_session *session)
{
    struct jb_poll poll_result;
    char text[JB_UNIT_TEXT];
    double elapsed_s = (double)(jb_mono_ns() - session->start_ns) / 1e9;

    for (int i = 0; i < session->channel_count; i++) {
        session->channels[i].account.flags |= JB_ENTRY_GAP;
        session->channels[i].tick_gap = true;
    }
    jb_record_warn(&session->record,
                   "the machine's meter went away after %s: measured with sensors of this program's own since, with a "
                   "gap in between",
                   jb_format_duration(elapsed_s, text, sizeof(text)));
    if (go_alone(session)) {
        jb_meter_poll(session->meter, &poll_result);
        session_book(session, &poll_result);
    }
}

void session_remote_hand_over(struct jb_session *session)
{
    JB_CLEANUP(jb_closep) int fd = -1;
    struct jb_diag diag = {0};
    uint64_t dev = 0, ino = 0;

    if (session->remote == NULL || !session->stored || session->store == NULL) {
        return;
    }
    const struct jb_link_welcome *welcome = jb_remote_welcome(session->remote);
    bool own = jb_store_identity(session->store, &dev, &ino) == 0 && dev == welcome->db_dev && ino == welcome->db_ino;
    if (own || welcome->db_ino == 0) {
        return;
    }
    if (jb_store_hand_over(session->store, session->record.id, &fd, &diag) < 0 ||
        jb_remote_hand_over(session->remote, fd, &diag) < 0) {
        jb_record_warn(&session->record, "the machine's own records lack this run: %s", diag.text);
    }
}
