/* SPDX-License-Identifier: Apache-2.0 */
/* The board, brought up to date: the figures of channels at each tick, all else once a second. */
#include "engine/daemon_impl.h"

#include "base/clock.h"
#include "base/os.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHARE_NS       (60 * JB_NS_PER_S)
#define FIRST_SHARE_NS (5 * JB_NS_PER_S)

static void channel_words(const struct jb_session *session, int number, struct jb_board_channel *ret)
{
    const struct jb_channel *channel = session->channels[number].channel;
    struct jb_source_info info;

    session_source_of(session, number, &info);
    jb_copy(ret->id, sizeof(ret->id), channel->id);
    jb_copy(ret->name, sizeof(ret->name), channel->name);
    jb_copy(ret->source, sizeof(ret->source), info.driver);
    jb_copy(ret->note, sizeof(ret->note), channel->note);
    jb_copy(ret->reason, sizeof(ret->reason), channel->reason);
    jb_copy(ret->fix, sizeof(ret->fix), channel->fix);
    jb_sanitise(ret->name);
    jb_sanitise(ret->note);
    jb_sanitise(ret->reason);
    ret->device = channel->device;
    ret->domain = channel->domain;
    ret->method = channel->method;
    ret->unit = channel->unit;
    ret->rel_error = channel->rel_error;
    /* What is not believed is twice what the part can draw (sensor.h): no limit that anybody set. */
    ret->limit_w = NAN;
}

static void channel_figures(const struct jb_daemon *daemon, int number, struct jb_board_channel *ret)
{
    const struct jb_session *session = daemon->session;
    const struct channel_state *state = &session->channels[number];
    const struct jb_overlap_node *node = &session->nodes[number];

    ret->status = state->status;
    ret->in_total = node->in_total;
    ret->parent = node->parent;
    ret->twin_of = node->twin_of;
    ret->power_w = daemon_power_w(daemon, number);
    ret->energy_uj = state->account.energy_uj;
    ret->runs_uj = state->totals.run_uj;
    ret->idle_uj = state->totals.idle_uj;
    ret->others_uj = state->totals.others_uj;
    ret->unattributed_uj = state->totals.unattributed_uj;
    ret->covered_ns = state->account.covered_ns;
    ret->gap_ns = state->account.gap_ns;
}

static void sum_up(const struct jb_daemon *daemon, struct jb_board_view *view)
{
    double sum2 = 0, linear = 0;
    bool none = true;

    view->power_w = 0;
    view->energy_uj = view->runs_uj = view->idle_uj = view->others_uj = view->unattributed_uj = 0;
    view->measured_uj = view->modelled_uj = 0;
    for (size_t i = 0; i < view->channel_count; i++) {
        const struct jb_board_channel *channel = &view->channels[i];
        if (i > 0 && daemon->session->nodes[i].source != daemon->session->nodes[i - 1].source) {
            sum2 += linear * linear;
            linear = 0;
        }
        if (!channel->in_total) {
            continue;
        }
        none = none && isnan(channel->power_w);
        view->power_w += isnan(channel->power_w) ? 0 : channel->power_w;
        view->energy_uj += channel->energy_uj;
        view->runs_uj += channel->runs_uj;
        view->idle_uj += channel->idle_uj;
        view->others_uj += channel->others_uj;
        view->unattributed_uj += channel->unattributed_uj;
        *(channel->method == JB_METHOD_MODELLED ? &view->modelled_uj : &view->measured_uj) += channel->energy_uj;
        linear += channel->sigma_uj;
    }
    view->sigma_uj = sqrt(sum2 + linear * linear);
    view->power_w = none ? NAN : view->power_w;
}

static void run_view(const struct jb_daemon *daemon, const struct peer *peer, struct jb_board_run *ret)
{
    uint64_t basis_uj = daemon_grid_basis_uj(peer->hello.basis, peer->run_uj, peer->footprint_uj, peer->machine_uj);

    *ret = (struct jb_board_run){
        .uid = peer->who.uid,
        .pid = peer->hello.pid > 0 ? peer->hello.pid : peer->who.pid,
        .started_ns = peer->started_wall_ns,
        .elapsed_s = (double)(jb_mono_ns() - peer->started_ns) / 1e9,
        .power_w = peer->power_w,
        .run_uj = peer->run_uj,
        .footprint_uj = peer->footprint_uj,
        .machine_uj = peer->machine_uj,
        .sigma_uj = peer->sigma_uj,
        .grams = daemon_grid_peer_g(daemon, peer),
        .epoch = peer->news.epoch,
        .step = peer->news.step,
    };
    double of_energy = basis_uj > 0 ? peer->sigma_uj / (double)basis_uj : 0;
    ret->grams_sigma = ret->grams * hypot(of_energy, session_grid_rel_error(daemon->session));
    memcpy(ret->device_w, peer->device_w, sizeof(ret->device_w));
    jb_copy(ret->id, sizeof(ret->id), peer->hello.run);
    jb_copy(ret->parent, sizeof(ret->parent), peer->hello.parent);
    jb_copy(ret->name, sizeof(ret->name), peer->hello.name);
    jb_copy(ret->project, sizeof(ret->project), peer->hello.project);
    jb_copy(ret->command, sizeof(ret->command), peer->hello.command);
    jb_copy(ret->user, sizeof(ret->user), peer->user);
    jb_copy(ret->basis, sizeof(ret->basis), peer->hello.basis[0] != '\0' ? peer->hello.basis : "footprint");
    jb_copy(ret->phase, sizeof(ret->phase), peer->news.phase);
    daemon_plan_view(daemon, peer, ret);
}

static struct jb_board_project *project_of(struct jb_board_view *view, const char *name)
{
    for (size_t i = 0; i < view->project_count; i++) {
        if (jb_streq(view->projects[i].name, name)) {
            return &view->projects[i];
        }
    }
    if (view->project_count == JB_BOARD_LEDGERS) {
        return &view->projects[JB_BOARD_LEDGERS - 1];
    }
    struct jb_board_project *project = &view->projects[view->project_count];
    *project = (struct jb_board_project){.run_uj = 0};
    jb_copy(project->name, sizeof(project->name), name);
    view->project_count++;
    return project;
}

/* What each run has used since it was looked at last: a counter that only grows. Of a run inside of another the outer
 * one has the joules, for as long as it is inside; before a run begins or ends everybody is looked at. */
static void count_projects(struct jb_daemon *daemon, struct jb_board_view *view)
{
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd < 0 || peer->run == NULL) {
            continue;
        }
        uint64_t more_uj = peer->run_uj > peer->counted_uj ? peer->run_uj - peer->counted_uj : 0;
        peer->counted_uj += more_uj; /* a total that went back is made up for by what comes */
        if (session_run_parent(peer->run) == NULL) {
            project_of(view, peer->hello.project)->run_uj += more_uj;
        }
    }
}

static void look_at_sources(const struct jb_session *session, struct jb_board_view *view)
{
    int count = jb_meter_source_count(session->meter);

    view->source_count = 0;
    for (int i = 0; i < count && i < JB_BOARD_SOURCES; i++) {
        struct jb_board_source *source = &view->sources[view->source_count++];
        struct jb_source_info info;
        jb_meter_source_info(session->meter, i, &info);
        *source = (struct jb_board_source){.result = info.result, .hung = info.hung};
        jb_copy(source->driver, sizeof(source->driver), info.driver);
        jb_copy(source->title, sizeof(source->title), info.title);
        jb_copy(source->reason, sizeof(source->reason), info.reason);
        jb_copy(source->fix, sizeof(source->fix), info.fix);
        jb_sanitise(source->reason);
    }
}

static void look_at_ourselves(struct jb_daemon *daemon, struct jb_board_view *view)
{
    const struct jb_session *session = daemon->session;
    uint64_t self_ns = jb_self_cpu_ns() + jb_privileged_cpu_ns(session->privileged), now_ns = jb_mono_ns();
    double active_j = 0;

    uint64_t since_ns = now_ns - daemon->self_t_ns;
    if (since_ns >= SHARE_NS || (isnan(daemon->self_share) && since_ns >= FIRST_SHARE_NS)) {
        daemon->self_share = (double)(self_ns - daemon->self_ns) / (double)since_ns;
        daemon->self_ns = self_ns;
        daemon->self_t_ns = now_ns;
    }
    for (int i = 0; i < session->channel_count; i++) {
        if (session->nodes[i].leaf && session->channels[i].channel->device == JB_DEVICE_CPU) {
            active_j += (double)(session->channels[i].totals.run_uj + session->channels[i].totals.others_uj) / 1e6;
        }
    }
    double busy_s = (double)(session->busy_last.busy_ns - session->busy_at_start.busy_ns) / 1e9;
    view->self_cpu_s = (double)self_ns / 1e9;
    view->self_share = daemon->self_share;
    view->self_energy_j = busy_s > 0.1 ? view->self_cpu_s * active_j / busy_s : NAN;
    view->self_rss_bytes = jb_os_max_rss();
    view->clients = 0;
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        view->clients += daemon->peers[i].fd >= 0;
    }
}

static void look_at_history(struct jb_daemon *daemon, struct jb_board_view *view)
{
    struct jb_diag diag = {0};
    uint64_t dev, ino;
    int before = view->history_error;

    view->keeps_history = daemon->history != NULL;
    if (daemon->history == NULL) {
        return;
    }
    if (jb_history_writer_notice(daemon->history, &daemon->notice) > 0) {
        jb_record_warn(&daemon->session->record, "%s", daemon->notice.text);
        daemon->layout++;
    }
    view->history_error = jb_history_writer_state(daemon->history, &diag, &dev, &ino);
    jb_copy(view->history_text, sizeof(view->history_text), diag.text);
    jb_copy(view->history_fix, sizeof(view->history_fix), diag.fix);
    daemon->layout += before != view->history_error;
}

/* Known a little later than its user came. */
static void name_user(struct jb_daemon *daemon, struct peer *peer)
{
    char name[JB_USER_NAME];

    if (jb_user_names_get(daemon->names, peer->who.uid, name) && !jb_streq(name, peer->user)) {
        memcpy(peer->user, name, sizeof(name));
        daemon->layout++;
    }
}

static void look_at_runs(struct jb_daemon *daemon, struct jb_board_view *view)
{
    view->run_count = 0;
    for (size_t i = 0; i < JB_DAEMON_PEERS && view->run_count < JB_BOARD_RUNS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd >= 0 && peer->state == PEER_RUNNING) {
            name_user(daemon, peer);
            run_view(daemon, peer, &view->runs[view->run_count++]);
        }
    }
    count_projects(daemon, view);
}

void daemon_board_tick(struct jb_daemon *daemon)
{
    const struct jb_session *session = daemon->session;
    struct jb_board_view *view = jb_board_begin(daemon->board);

    for (size_t i = view->channel_count; i < (size_t)session->channel_count && i < JB_BOARD_CHANNELS; i++) {
        view->channels[i] = (struct jb_board_channel){.sigma_uj = 0};
        channel_words(session, (int)i, &view->channels[i]);
        view->channel_count = i + 1;
    }
    for (size_t i = 0; i < view->channel_count; i++) {
        channel_figures(daemon, (int)i, &view->channels[i]);
    }
    sum_up(daemon, view);
    view->grams = session_grid_live_g(session, (double)view->energy_uj);
    view->seq++;
    view->layout = daemon->layout;
    view->t_ns = jb_mono_ns();
    view->wall_ns = jb_walltime_ns(&daemon->config.session.walltime);
    view->interval_ns = daemon->pace_ns;
    jb_board_publish(daemon->board);
}

void daemon_board_second(struct jb_daemon *daemon)
{
    const struct jb_session *session = daemon->session;
    struct jb_board_view *view = jb_board_begin(daemon->board);

    for (size_t i = 0; i < view->channel_count; i++) {
        struct jb_board_channel *channel = &view->channels[i];
        channel->sigma_uj = jb_account_sigma_uj(&session->channels[i].account);
        channel->update_period_ns = jb_account_period_ns(&session->channels[i].account);
    }
    if (view->began_ns == 0) {
        view->began_ns = session->start_ns;
        view->began_wall_ns = session->record.started_ns;
        view->pue = daemon->config.session.pue;
        jb_copy(view->host, sizeof(view->host), session->machine.host);
        jb_copy(view->machine_id, sizeof(view->machine_id), daemon_machine_id(daemon));
    }
    view->warning_count = 0;
    for (size_t i = 0; i < session->record.warning_count && i < JB_BOARD_WARNINGS; i++) {
        jb_copy(view->warnings[view->warning_count++], sizeof(view->warnings[0]), session->record.warnings[i]);
    }
    look_at_sources(session, view);
    look_at_runs(daemon, view);
    look_at_history(daemon, view);
    look_at_ourselves(daemon, view);
    jb_board_publish(daemon->board);
}

void daemon_board_changed(struct jb_daemon *daemon)
{
    daemon_board_tick(daemon); /* the sums first: whoever sees that a run has ended sees its joules in them */
    struct jb_board_view *view = jb_board_begin(daemon->board);
    view->layout = ++daemon->layout;
    look_at_runs(daemon, view);
    jb_board_publish(daemon->board);
}
