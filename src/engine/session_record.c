/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a session: what was booked, as interface.md's run record, with every figure's method and doubt in
 * words.
 */
#include "engine/session_impl.h"

#include "base/clock.h"
#include "base/ident.h"
#include "base/os.h"
#include "base/text.h"
#include "base/units.h"
#include "engine/describe.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNMOVED_NS    (2 * JB_NS_PER_S)
#define CLOCK_STEP_NS (60 * (int64_t)JB_NS_PER_S) /* less moves no price worth a word */

static int copy_words(struct jb_record *record, const struct jb_session_config *config)
{
    record->name = config->name != NULL ? strdup(config->name) : NULL;
    record->project = config->project != NULL ? strdup(config->project) : NULL;
    if ((config->name != NULL && record->name == NULL) || (config->project != NULL && record->project == NULL)) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->tag_count; i++) {
        int error = jb_record_tag(record, config->tags[i].key, config->tags[i].value);
        if (error < 0) {
            return error;
        }
    }
    size_t count = 0;
    while (config->command != NULL && config->command[count] != NULL) {
        count++;
    }
    if (count > 0) {
        record->command = calloc(count, sizeof(*record->command));
        if (record->command == NULL) {
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < count; i++) {
        record->command[i] = strdup(config->command[i]);
        if (record->command[i] == NULL) {
            return -ENOMEM;
        }
        record->command_count = i + 1;
    }
    return 0;
}

void session_record_place(struct jb_session *session)
{
    struct jb_record *record = &session->record;
    const struct jb_intensity *intensity = &session->intensity;
    struct jb_record_segment *segment = &record->segments[0];

    jb_copy(record->zone, sizeof(record->zone), intensity->zone);
    jb_copy(record->zone_name, sizeof(record->zone_name), intensity->name);
    jb_copy(record->zone_note, sizeof(record->zone_note), intensity->note);
    record->intensity_g_per_kwh = intensity->g_per_kwh;
    record->intensity_rel_error = intensity->rel_error;
    *segment = (struct jb_record_segment){
        .start_ns = record->started_ns,
        .end_ns = record->started_ns,
        .g_per_kwh = intensity->g_per_kwh,
        .rel_error = intensity->rel_error,
        .estimated = intensity->estimated,
        .live = intensity->given,
        .age_s = NAN,
    };
    jb_copy(segment->source, sizeof(segment->source), intensity->source);
    jb_copy(segment->factor, sizeof(segment->factor), intensity->factor);
}

int session_begin_record(struct jb_session *session)
{
    struct jb_record *record = &session->record;
    int error = copy_words(record, &session->config);

    if (error < 0) {
        return error;
    }
    record->started_ns = jb_walltime_ns(&session->config.walltime);
    error = jb_ulid(record->started_ns, record->id);
    if (error < 0) {
        return error;
    }
    record->status = JB_RUN_RUNNING;
    record->duration_s = record->emissions_g = record->emissions_uncertainty_g = NAN;
    record->embodied_g = record->self_cpu_s = record->self_energy_j = NAN;
    jb_copy(record->host, sizeof(record->host), session->machine.host);
    jb_copy(record->machine_id, sizeof(record->machine_id), session->machine.id);
    jb_copy(record->basis, sizeof(record->basis), session->config.basis);
    record->pue = session->config.pue;
    record->segments = calloc(1, sizeof(*record->segments));
    if (record->segments == NULL) {
        return -ENOMEM;
    }
    record->segment_count = 1;
    session_record_place(session);
    return 0;
}

void session_describe(struct jb_session *session)
{
    free(session->record.hardware_json);
    session->record.hardware_json =
        jb_describe_machine(&session->machine, session->nodes, (size_t)session->channel_count);
}

/* What the run and the others have used of the CPUs since the run began. */
static void cpu_use(const struct jb_session *session, uint64_t *ret_run_ns, uint64_t *ret_others_ns)
{
    uint64_t run_ns = session->run_cpu_ns;
    uint64_t busy_ns = session->busy_last.busy_ns - session->busy_at_start.busy_ns;

    *ret_run_ns = run_ns;
    *ret_others_ns = session->clock_known && busy_ns > run_ns ? busy_ns - run_ns : 0;
}

/* A channel that stayed at its idle power is the run's in the proportion of the machine's use, and so is the doubt
 * about it. */
static void share_silent(const struct jb_session *session, const struct jb_parts *totals,
                         struct jb_record_channel *channel)
{
    uint64_t run_ns, others_ns;

    cpu_use(session, &run_ns, &others_ns);
    channel->footprint_uj = jb_footprint_silent_uj(totals, run_ns, others_ns);
    if (totals->unattributed_uj == 0 && run_ns + others_ns > 0) {
        channel->run_uncertainty_uj *= (double)run_ns / (double)(run_ns + others_ns);
    }
}

void session_fill_channel(const struct jb_session *session, int number, struct jb_record_channel *ret)
{
    const struct channel_state *state = &session->channels[number];
    const struct jb_channel *channel = state->channel;
    const struct jb_overlap_node *node = &session->nodes[number];
    struct jb_source_info info;

    session_source_of(session, number, &info);
    *ret = (struct jb_record_channel){
        .number = number,
        .in_total = node->in_total,
        .parent = node->parent,
        .twin_of = node->twin_of,
        .energy_uj = jb_parts_total(&state->totals),
        .run_uj = state->totals.run_uj,
        .idle_uj = state->totals.idle_uj,
        .others_uj = state->totals.others_uj,
        .unattributed_uj = state->totals.unattributed_uj,
        .footprint_uj = jb_footprint_uj(&state->totals),
        .uncertainty_uj = jb_account_sigma_uj(&state->account),
        .idle_uw = state->idle.idle_uw,
        .covered_ns = state->account.covered_ns,
        .gap_ns = state->account.gap_ns,
        .update_period_ns = jb_account_period_ns(&state->account),
        .flags = state->account.flags,
    };
    ret->run_uncertainty_uj =
        jb_run_sigma_uj(&state->totals, ret->uncertainty_uj, (double)state->idle.sigma_uw, state->account.covered_ns);
    if (jb_parts_silent(&state->totals) && channel->device != JB_DEVICE_GPU) {
        share_silent(session, &state->totals, ret);
    }
    jb_context_tax(&state->context, &state->idle, state->totals.run_uj, &ret->context_w, &ret->context_tax_j);
    jb_copy(ret->id, sizeof(ret->id), channel->id);
    jb_copy(ret->device, sizeof(ret->device), jb_device_name(channel->device));
    jb_copy(ret->name, sizeof(ret->name), channel->name);
    jb_copy(ret->source, sizeof(ret->source), info.driver);
    jb_copy(ret->method, sizeof(ret->method), jb_method_name(channel->method));
    jb_copy(ret->idle_source, sizeof(ret->idle_source), state->idle.source);
    jb_copy(ret->note, sizeof(ret->note), channel->note);
    size_t used = 0;
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *name = (ret->flags & (1u << bit)) ? jb_entry_flag_name(1u << bit) : NULL;
        if (name != NULL && used < sizeof(ret->flag_text)) {
            used += (size_t)snprintf(ret->flag_text + used, sizeof(ret->flag_text) - used, "%s%s", used > 0 ? "," : "",
                                     name);
        }
    }
    jb_sanitise(ret->name);
    jb_sanitise(ret->note);
}

/* What the end of a run adds to the doubt about a channel: time that no entry covers at the mean power, and, of a run
 * shorter than a counter may take to move, all that may lie between 0 and the most it is believed to draw. */
static void widen(const struct channel_state *state, uint64_t run_ns, struct jb_record_channel *channel)
{
    const struct jb_account *account = &state->account;

    if (account->started && channel->energy_uj == 0 && account->changes == 0 && run_ns < UNMOVED_NS &&
        state->channel->method == JB_METHOD_COUNTER) {
        double most_uj = (double)state->channel->max_power_uw * (double)run_ns / 1e9;
        channel->uncertainty_uj = channel->run_uncertainty_uj = most_uj / sqrt(12);
    } else if (channel->covered_ns > 0 && channel->gap_ns > account->gap_ns) {
        double power = (double)channel->energy_uj / (double)channel->covered_ns;
        double missing_uj = power * (double)(channel->gap_ns - account->gap_ns);
        double run_share = channel->energy_uj > 0 ? (double)channel->run_uj / (double)channel->energy_uj : 0;
        channel->uncertainty_uj = hypot(channel->uncertainty_uj, missing_uj);
        channel->run_uncertainty_uj = hypot(channel->run_uncertainty_uj, missing_uj * run_share);
    }
}

static int fill_channels(struct jb_session *session)
{
    struct jb_record *record = &session->record;

    free(record->channels);
    record->channel_count = 0;
    record->channels = calloc((size_t)session->channel_count + 1, sizeof(*record->channels));
    if (record->channels == NULL) {
        return -ENOMEM;
    }
    for (int i = 0; i < session->channel_count; i++) {
        session_fill_channel(session, i, &record->channels[i]);
        /* The run's time that no entry covers, its beginning and end included. */
        uint64_t run_ns = session->end_ns - session->start_ns, covered_ns = record->channels[i].covered_ns;
        if (covered_ns < run_ns && run_ns - covered_ns > session->config.interval_ns + 100 * JB_NS_PER_MS) {
            record->channels[i].gap_ns = run_ns - covered_ns;
        }
        widen(&session->channels[i], run_ns, &record->channels[i]);
    }
    session_wall_channel(session, record->channels);
    record->channel_count = (size_t)session->channel_count;
    return 0;
}

/* Our own energy: our CPU time at what a busy CPU-second of this machine cost during the run. */
static double self_energy_j(const struct jb_session *session, double cpu_s)
{
    uint64_t busy_ns = session->busy_last.busy_ns - session->busy_at_start.busy_ns;
    double active_j = 0;

    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        if (session->nodes[i].leaf && state->channel->device == JB_DEVICE_CPU) {
            active_j += (double)(state->totals.run_uj + state->totals.others_uj) / 1e6;
        }
    }
    return session->clock_known && busy_ns >= JB_NS_PER_S / 10 ? cpu_s * active_j / ((double)busy_ns / 1e9) : NAN;
}

static void warn_sources(struct jb_session *session)
{
    for (int i = 0; session->meter != NULL && i < jb_meter_source_count(session->meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(session->meter, i, &info);
        if (info.hung) {
            session->sensor_lost = true;
            jb_record_warn(&session->record,
                           "%s: does not answer and was left alone; what it would have measured is missing",
                           info.driver);
        } else if (info.result == -EINPROGRESS) {
            session->sensor_lost = true;
            jb_record_warn(&session->record,
                           "%s: was still being opened when the run ended; what it would have measured is missing",
                           info.driver);
        } else if (info.result == -EACCES || info.result == -EPERM) {
            jb_record_warn(&session->record, "%s%s%s%s", info.reason, info.fix[0] != '\0' ? " (mend it with: " : "",
                           info.fix, info.fix[0] != '\0' ? ")" : "");
        }
    }
}

/* The times of a run are those of its start and what has gone by since, so that a step of the calendar tears no hole
 * into them; which of the two was right nobody can tell. */
static void warn_clock(struct jb_session *session)
{
    int64_t step_ns = jb_walltime_ns(&session->config.walltime) - session_wall_clock_ns(session, jb_mono_ns());
    char text[JB_UNIT_TEXT];

    if (llabs(step_ns) > CLOCK_STEP_NS) {
        jb_record_warn(
            &session->record,
            "the clock of this machine was set %s by %s during the run; times and prices are by the clock of "
            "its beginning",
            step_ns > 0 ? "forward" : "back", jb_format_duration((double)llabs(step_ns) / 1e9, text, sizeof(text)));
    }
}

static void warn_channels(struct jb_session *session)
{
    struct jb_record *record = &session->record;

    for (int i = 0; i < session->channel_count; i++) {
        const struct channel_state *state = &session->channels[i];
        const struct jb_account *account = &state->account;
        const struct jb_record_channel *channel = &record->channels[i];
        if (!channel->in_total) {
            continue;
        }
        if (state->status == JB_GONE) {
            session->sensor_lost = true;
            jb_record_warn(record, "%s: the device went away during the run; its energy after that is missing",
                           channel->id);
        }
        if (account->resets > 0 || account->implausible > 0) {
            jb_record_warn(record, "%s: %llu counter resets and %llu implausible steps were not booked", channel->id,
                           (unsigned long long)account->resets, (unsigned long long)account->implausible);
        }
        if (channel->gap_ns > JB_NS_PER_S) {
            char text[JB_UNIT_TEXT];
            jb_record_warn(record, "%s: %s of the run are not covered", channel->id,
                           jb_format_duration((double)channel->gap_ns / 1e9, text, sizeof(text)));
        }
    }
    if (session->suspends > 0) {
        char text[JB_UNIT_TEXT];
        jb_record_warn(record, "the machine slept for %s; that time is not in the energy",
                       jb_format_duration((double)session->suspended_ns / 1e9, text, sizeof(text)));
    }
    if (!session->clock_known) {
        jb_record_warn(record,
                       "/proc/stat cannot be read: no share of the CPU can be told, active energy is unattributed");
    }
}

void session_finish_record(struct jb_session *session, const struct jb_ending *ending)
{
    struct jb_record *record = &session->record;
    struct jb_embodied embodied;
    unsigned measured_gpus = 0;

    record->duration_s = (double)(session->end_ns - session->start_ns) / 1e9;
    record->ended_ns =
        record->started_ns + (int64_t)(session->end_ns - session->start_ns) + (int64_t)session->suspended_ns;
    record->status = ending->status;
    record->has_exit_code = ending->has_exit_code;
    record->exit_code = ending->exit_code;
    record->has_signal = ending->has_signal;
    record->signal = ending->signal;
    if (fill_channels(session) < 0) {
        return;
    }
    jb_record_sum(record);
    session_grid_record(session);

    for (int i = 0; i < session->channel_count; i++) {
        measured_gpus += session->nodes[i].leaf && session->channels[i].channel->device == JB_DEVICE_GPU;
    }
    jb_embodied(&session->machine, measured_gpus, session->config.embodied_kg, session->config.lifetime_s, &embodied);
    record->embodied_g = embodied.total_kg > 0 ? jb_embodied_g(&embodied, record->duration_s) : NAN;
    session_describe(session);

    uint64_t self_ns = jb_self_cpu_ns() - session->self_cpu_start_ns + jb_privileged_cpu_ns(session->privileged);
    record->self_cpu_s = (double)self_ns / 1e9;
    record->self_energy_j = self_energy_j(session, record->self_cpu_s);
    record->self_max_rss_bytes = jb_os_max_rss();
    warn_sources(session);
    warn_channels(session);
    warn_clock(session);
    session_wall_record(session);
    session_work_record(session);
}
