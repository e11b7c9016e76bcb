/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run's energy by cell, context and phase: for each channel the power of the operators, and each of its pieces
 * divided by power and time.
 *
 * A channel that nothing can be learned from (a model, a sensor too slow, --attribution time) is divided by time alone,
 * and its operators' confidence says so. Channels of one domain add up: a matmul has joules of the package and of the
 * memory.
 */
#include "engine/work_parts.h"

#include "base/text.h"
#include "engine/session_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One channel's estimate and what is needed around it. */
struct reading {
    int number;
    struct jb_estimate estimate;
    double context_w[JB_CONTEXTS];
    double base_w, lag_s, edge_s;
    bool learned;
};

/* One sigma of the power of an operator about which nothing but its time is known, relative: time share is off by 17 to
 * 25 % in the mean and by more than 100 % for single operators (operators.md 3.3). */
#define TIME_SHARE_SD 0.4

/* Blocks of the jackknife while the program runs, which is most of what an estimate takes: events wait for no more room
 * than a ring has. */
#define QUICK_JACKKNIFE 2

/* May what was caught in a context stand for the rest of it? Steps are like each other; starting up is like nothing
 * else. */
static bool stands_for_all(size_t context)
{
    return context != JB_CONTEXT_CREATE;
}

struct priors {
    const struct jb_work *work;
    unsigned domain;
    size_t cells;
    struct jb_op_prior *known;
    bool any;
};

static int take_prior(void *context, const struct jb_op_power *power)
{
    struct priors *priors = context;

    for (size_t i = 1; i < priors->cells; i++) {
        if (jb_streq(jb_work_cell(priors->work, priors->domain, i)->name, power->name)) {
            priors->known[i] = (struct jb_op_prior){.known = true, .mean_w = power->mean_w, .sd_w = power->sd_w};
            priors->any = true;
        }
    }
    return 0;
}

struct jb_estimate_setup work_parts_setup(const struct jb_session *session, const struct work_channel *channel)
{
    const struct jb_work *work = session->work->work;
    struct jb_timing timing = {0};
    struct jb_estimate_setup setup = {
        .cells = jb_work_cell_count(work, channel->domain),
        .time_share = session->work->time_share,
        .update_s = (double)jb_account_period_ns(&session->channels[channel->number].account) / 1e9,
    };

    if (channel->edges != NULL) {
        jb_edges_timing(channel->edges, channel->edge_channel, &timing);
        setup.edge_s = (double)timing.edge_ns / 1e9;
        setup.update_s = timing.period_ns > 0 ? (double)timing.period_ns / 1e9 : setup.update_s;
    } else {
        setup.edge_s = (double)session->config.interval_ns / 1e9 / sqrt(12);
    }
    setup.steps_per_update = jb_work_steps_per_s(work) * setup.update_s;
    return setup;
}

static int estimate(struct jb_session *session, unsigned domain, struct reading *reading)
{
    struct session_work *work = session->work;
    const struct work_channel *channel = session_rows_learned(work, reading->number);
    const struct channel_state *state = &session->channels[reading->number];
    struct jb_op_prior known[JB_WORK_CELLS] = {0};
    struct priors priors = {work->work, domain, jb_work_cell_count(work->work, domain), known, false};
    struct jb_estimate_setup setup = {.cells = priors.cells, .time_share = work->time_share};
    struct jb_rows *empty = NULL;
    const uint64_t no_lag = 0;
    int error = 0;

    reading->lag_s = reading->edge_s = NAN;
    if (channel != NULL) {
        setup = work_parts_setup(session, channel);
        setup.jackknife = session->stopped ? 0 : QUICK_JACKKNIFE;
        if (session->reader != NULL) {
            jb_store_op_power_each(session->reader, session->machine.id, state->channel->id, take_prior, &priors);
        }
        setup.prior = priors.any ? known : NULL;
        jb_rows_settle(channel->rows);
        reading->learned = jb_rows_count(channel->rows) > 0;
        error = jb_estimate(channel->rows, &setup, &reading->estimate);
        int lag = jb_rows_lag(channel->rows);
        if (lag >= 0) {
            reading->lag_s = (double)channel->lags_ns[lag] / 1e9;
            reading->edge_s = setup.edge_s;
        }
    } else {
        error = jb_rows_create(&no_lag, 1, 64, &empty);
        setup.time_share = true;
        error = error < 0 ? error : jb_estimate(empty, &setup, &reading->estimate);
        jb_rows_destroy(empty);
    }
    return error;
}

/* Mean power of what was caught in each context. */
static void contexts_of(const struct jb_session *session, unsigned domain, struct reading *reading)
{
    const struct jb_work *work = session->work->work;

    for (size_t context = 0; context < JB_CONTEXTS; context++) {
        double joules = 0, seconds = 0;
        for (size_t i = 0; i < reading->estimate.cells; i++) {
            double caught_s = jb_work_cell(work, domain, i)->context_s[context];
            joules += reading->estimate.power_w[i] * caught_s;
            seconds += caught_s;
        }
        reading->context_w[context] = seconds > 0 ? joules / seconds : reading->estimate.mean_w;
    }
}

/* Of what the run was booked of a channel, over the time that its domain is known for. */
static double mean_power_w(const struct jb_session *session, unsigned domain, int number)
{
    const struct jb_pieces *pieces = &session->work->pieces[domain];
    double joules = 0, seconds = 0;

    for (size_t p = 0; p < pieces->count; p++) {
        joules += (double)pieces->run_uj[p * JB_PIECE_CHANNELS + (size_t)number] / 1e6;
        seconds += (double)(pieces->time[p].t1_ns - pieces->time[p].t0_ns) / 1e9;
    }
    return seconds > 0 ? joules / seconds : 0;
}

static void add_channel(const struct jb_session *session, unsigned domain, const struct reading *reading,
                        double *cell_uj, double *context_uj, double *variance, double *context_sd_uj)
{
    const struct jb_pieces *pieces = &session->work->pieces[domain];
    uint64_t parts[JB_WORK_CELLS + JB_CONTEXTS];
    double doubt_uj[JB_CONTEXTS] = {0};

    for (size_t p = 0; p < pieces->count; p++) {
        uint64_t run_uj = pieces->run_uj[p * JB_PIECE_CHANNELS + (size_t)reading->number];
        if (run_uj == 0) {
            continue;
        }
        jb_divide_piece(run_uj, &pieces->time[p], &reading->estimate, reading->base_w, reading->context_w, parts);
        for (size_t i = 0; i < JB_WORK_CELLS; i++) {
            cell_uj[i] += (double)parts[i];
        }
        for (size_t i = 0; i < JB_CONTEXTS; i++) {
            double part_uj = (double)parts[JB_WORK_CELLS + i];
            context_uj[i] += part_uj;
            doubt_uj[i] += TIME_SHARE_SD * part_uj * (1 - part_uj / (double)run_uj); /* alone in it there is no doubt */
        }
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        context_sd_uj[i] = hypot(context_sd_uj[i], doubt_uj[i]);
    }
    double mean_w = mean_power_w(session, domain, reading->number);
    for (size_t i = 0; i < reading->estimate.cells; i++) {
        double sd_w = reading->learned ? reading->estimate.sd_w[i] : TIME_SHARE_SD * mean_w;
        variance[i] += sd_w * sd_w * 1e12; /* (uJ per second) squared */
    }
}

/* Time of a context that was not caught. Of steps in which not even backward nodes were, forward and backward together
 * have to stand for the part that is `blind`. */
struct stretch {
    double unknown_s, blind_s, caught_s, caught_backward_s;
};

static struct stretch stretch_of(const struct jb_work *work, unsigned domain, size_t context)
{
    struct jb_work_context about, backward;

    jb_work_context(work, domain, (enum jb_context)context, &about);
    jb_work_context(work, domain, JB_CONTEXT_BACKWARD, &backward);
    return (struct stretch){.unknown_s = about.unknown_s,
                            .blind_s = about.unknown_phase_s[JB_PHASE_BODY],
                            .caught_s = about.caught_s,
                            .caught_backward_s = context == JB_CONTEXT_BACKWARD ? 0 : backward.caught_s};
}

/* How long a cell will have been busy in it, from what was caught; -1: nothing was. */
static double stood_for_s(const struct stretch *stretch, const struct jb_work_cell *cell, size_t context)
{
    double blind_s = stretch->caught_s + stretch->caught_backward_s;
    double own = cell->context_s[context];
    double with = own + (context == JB_CONTEXT_BACKWARD ? 0 : cell->context_s[JB_CONTEXT_BACKWARD]);
    double seen_s = stretch->unknown_s - stretch->blind_s;

    return (stretch->caught_s > 0 ? seen_s * own / stretch->caught_s : 0) +
           (blind_s > 0 ? stretch->blind_s * with / blind_s : 0);
}

/* Of unknown time in `context` the joules of each cell, as what was caught there had them; false: nothing was. */
static bool divide_context(const struct jb_work *work, unsigned domain, const struct work_cell *cells, size_t count,
                           size_t context, double energy_uj, double *ret_cell_uj)
{
    struct stretch stretch = stretch_of(work, domain, context);
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct jb_work_cell *cell = jb_work_cell(work, domain, i);
        double watts = cell->seconds > 0 ? cells[i].caught_uj / cell->seconds : 0;
        ret_cell_uj[i] = watts * stood_for_s(&stretch, cell, context);
        sum += ret_cell_uj[i];
    }
    for (size_t i = 0; i < count && sum > 0; i++) {
        ret_cell_uj[i] *= energy_uj / sum;
    }
    return sum > 0;
}

/* The phases of unknown time are known from the marks, but for forward and backward (JB_PHASE_BODY). */
static void context_phases(struct work_parts *parts, const struct jb_work *work, unsigned domain, size_t context,
                           double energy_uj, double sd_uj)
{
    struct jb_work_context about;
    double known_s = 0;

    jb_work_context(work, domain, (enum jb_context)context, &about);
    for (size_t i = 0; i < JB_PHASES; i++) {
        known_s += about.unknown_phase_s[i];
    }
    for (size_t i = 0; i < JB_PHASES; i++) {
        double share = known_s > 0 ? about.unknown_phase_s[i] / known_s : i == JB_PHASE_OTHER ? 1 : 0;
        parts->phase_uj[i] += energy_uj * share;
        parts->phase_sd_uj[i] = hypot(parts->phase_sd_uj[i], sd_uj * share);
    }
}

/* Forward and backward that were not told apart, as those were that were; where none were, they are other. */
static void part_body(struct work_parts *parts, const double caught_uj[JB_PHASES])
{
    double body_uj = parts->phase_uj[JB_PHASE_BODY], sd_uj = parts->phase_sd_uj[JB_PHASE_BODY];
    double both_uj = caught_uj[JB_PHASE_FORWARD] + caught_uj[JB_PHASE_BACKWARD];

    parts->phase_uj[JB_PHASE_BODY] = parts->phase_sd_uj[JB_PHASE_BODY] = 0;
    for (size_t i = 0; i < JB_PHASES; i++) {
        bool takes = both_uj > 0 ? i == JB_PHASE_FORWARD || i == JB_PHASE_BACKWARD : i == JB_PHASE_OTHER;
        double share = !takes ? 0 : both_uj > 0 ? caught_uj[i] / both_uj : 1;
        parts->phase_uj[i] += body_uj * share;
        parts->phase_sd_uj[i] = hypot(parts->phase_sd_uj[i], sd_uj * share);
    }
}

static void known_phases(struct work_parts *parts, const struct jb_work *work, const struct work_cell *cell)
{
    const struct jb_work_cell *about = jb_work_cell(work, cell->domain, cell->cell);

    for (size_t i = 0; i < JB_PHASES && about->seconds > 0; i++) {
        double share = about->phase_s[i] / about->seconds;
        parts->phase_uj[i] += cell->caught_uj * share;
        parts->phase_sd_uj[i] = hypot(parts->phase_sd_uj[i], cell->sd_uj * share);
    }
}

static double whole_seconds(const struct jb_work *work, unsigned domain, const struct jb_work_cell *cell)
{
    double seconds = cell->seconds;

    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        struct stretch stretch = stretch_of(work, domain, i);
        seconds += stands_for_all(i) ? stood_for_s(&stretch, cell, i) : 0;
    }
    return seconds;
}

/* Is its power told apart from that of others? If not: with whom, and how well their sum is known. */
static void merge(const struct reading *best, const struct jb_work *work, unsigned domain, size_t cell,
                  struct work_cell *ret)
{
    double weights[JB_WORK_CELLS] = {0};
    size_t members = 0;

    for (size_t i = 1; i < best->estimate.cells; i++) {
        if (best->estimate.group[i] == best->estimate.group[cell]) {
            weights[i] = whole_seconds(work, domain, jb_work_cell(work, domain, i));
            members++;
        }
    }
    if (members > 1) {
        ret->group = best->estimate.group[cell];
        ret->group_sd_uj = jb_estimate_sd(&best->estimate, weights) * 1e6;
    }
}

static void fill_cells(const struct jb_session *session, unsigned domain, const struct reading *best,
                       const double *cell_uj, const double *variance, struct work_cell *cells, size_t count)
{
    const struct jb_work *work = session->work->work;

    for (size_t i = 0; i < count; i++) {
        const struct jb_work_cell *cell = jb_work_cell(work, domain, i);
        double seconds = whole_seconds(work, domain, cell);
        bool known = best != NULL && best->learned && i < best->estimate.cells;
        cells[i] = (struct work_cell){
            .domain = domain,
            .cell = i,
            .energy_uj = cell_uj[i],
            .caught_uj = cell_uj[i],
            .seconds = seconds,
            .sd_uj = sqrt(variance[i]) * seconds,
            .scale = cell->seconds > 0 ? seconds / cell->seconds : 1,
            .confidence = known ? best->estimate.confidence[i] : JB_CONFIDENCE_LOW,
            .group = -1,
        };
        if (known && i > 0) {
            merge(best, work, domain, i, &cells[i]);
        }
    }
}

static int add_domain(struct jb_session *session, unsigned domain, struct work_parts *parts)
{
    const struct jb_work *work = session->work->work;
    size_t count = jb_work_cell_count(work, domain);
    double cell_uj[JB_WORK_CELLS] = {0}, variance[JB_WORK_CELLS] = {0}, context_uj[JB_CONTEXTS] = {0};
    double context_sd_uj[JB_CONTEXTS] = {0};
    struct work_cell *cells = parts->cells + parts->cell_count;
    struct reading best = {.number = -1};
    uint64_t most_uj = 0;

    for (int i = 0; i < session->channel_count && i < JB_PIECE_CHANNELS; i++) {
        struct reading reading = {.number = i, .base_w = (double)session->channels[i].idle.idle_uw / 1e6};
        uint64_t run_uj = session->channels[i].totals.run_uj;
        if (!session_work_counts(session, i) || session_work_domain(session, i) != domain || run_uj == 0) {
            continue;
        }
        int error = estimate(session, domain, &reading);
        if (error < 0) {
            jb_estimate_finish(&best.estimate);
            return error;
        }
        contexts_of(session, domain, &reading);
        add_channel(session, domain, &reading, cell_uj, context_uj, variance, context_sd_uj);
        struct reading out = reading;
        if (run_uj > most_uj) {
            most_uj = run_uj;
            out = best;
            best = reading;
        }
        jb_estimate_finish(&out.estimate);
    }
    fill_cells(session, domain, best.number >= 0 ? &best : NULL, cell_uj, variance, cells, count);
    if (domain == JB_WORK_HOST) {
        parts->lag_s = best.number >= 0 ? best.lag_s : NAN;
        parts->edge_s = best.number >= 0 ? best.edge_s : NAN;
        memcpy(parts->context_uj, context_uj, sizeof(context_uj));
    }
    parts->first_cell[domain] = parts->cell_count;
    parts->cell_count += count;
    for (size_t i = 0; i < count; i++) {
        known_phases(parts, work, &cells[i]);
    }
    double caught_uj[JB_PHASES];
    memcpy(caught_uj, parts->phase_uj, sizeof(caught_uj));
    for (size_t context = 0; context < JB_CONTEXTS; context++) {
        double share_uj[JB_WORK_CELLS] = {0};
        bool stands = stands_for_all(context) &&
                      divide_context(work, domain, cells, count, context, context_uj[context], share_uj);
        /* What cells stand for is as doubtful as these are. */
        context_sd_uj[context] = stands ? 0 : context_sd_uj[context];
        context_phases(parts, work, domain, context, context_uj[context], context_sd_uj[context]);
        for (size_t i = 0; stands && i < count; i++) {
            cells[i].energy_uj += share_uj[i];
        }
        parts->unattributed_uj += stands ? 0 : context_uj[context];
        parts->unknown_phase_uj += stands ? 0 : context_uj[context];
    }
    part_body(parts, caught_uj);
    if (domain == JB_WORK_HOST) {
        memcpy(parts->context_sd_uj, context_sd_uj, sizeof(context_sd_uj));
    }
    jb_estimate_finish(&best.estimate);
    return 0;
}

static void scale(struct work_parts *parts)
{
    for (size_t i = 0; i < parts->cell_count; i++) {
        parts->cells[i].energy_uj *= parts->scale;
        parts->cells[i].caught_uj *= parts->scale;
        parts->cells[i].sd_uj *= parts->scale;
        parts->cells[i].group_sd_uj *= parts->scale;
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        parts->context_uj[i] *= parts->scale;
        parts->context_sd_uj[i] *= parts->scale;
    }
    for (size_t i = 0; i < JB_PHASES; i++) {
        parts->phase_uj[i] *= parts->scale;
        parts->phase_sd_uj[i] *= parts->scale;
    }
    parts->unattributed_uj *= parts->scale;
    parts->unknown_phase_uj *= parts->scale;
}

int work_parts_make(struct jb_session *session, struct work_parts *ret)
{
    struct session_work *work = session->work;
    struct work_parts parts = {.lag_s = NAN, .edge_s = NAN, .scale = 1};
    double divided_uj = 0, run_uj = 0;
    int error = 0;

    parts.cells = calloc((size_t)work->domain_count * JB_WORK_CELLS, sizeof(*parts.cells));
    if (parts.cells == NULL) {
        return -ENOMEM;
    }
    for (unsigned domain = 0; domain < work->domain_count && error == 0; domain++) {
        error = add_domain(session, domain, &parts);
    }
    if (error < 0) {
        work_parts_finish(&parts);
        return error;
    }
    for (size_t i = 0; i < parts.cell_count; i++) {
        divided_uj += parts.cells[i].energy_uj;
    }
    for (int i = 0; i < session->channel_count; i++) {
        run_uj += session_work_counts(session, i) ? (double)session->channels[i].totals.run_uj : 0;
    }
    /* What was booked in no piece: channels beyond those that are divided, chunks that were lost. */
    double rest_uj = run_uj - divided_uj - parts.unattributed_uj;
    parts.unattributed_uj += rest_uj > 1 ? rest_uj : 0;
    parts.scale = run_uj > 0 ? (double)session_work_run_uj(session) / run_uj : 1;
    scale(&parts);
    *ret = parts;
    return 0;
}

void work_parts_finish(struct work_parts *parts)
{
    free(parts->cells);
    *parts = (struct work_parts){0};
}

void work_parts_group(const struct work_parts *parts, const struct jb_work *work, const struct jb_work_group *group,
                      double *ret_uj, double *ret_sd_uj)
{
    double energy_uj = 0, variance = 0;
    size_t first = parts->first_cell[JB_WORK_HOST], count = jb_work_cell_count(work, JB_WORK_HOST);

    for (size_t i = 0; i < count; i++) {
        const struct work_cell *cell = &parts->cells[first + i];
        double seconds = jb_work_cell(work, JB_WORK_HOST, i)->seconds;
        double share = seconds > 0 ? (double)group->cell_s[i] / seconds : 0;
        double sd_uj = cell->seconds > 0 ? cell->sd_uj / cell->scale * share : 0;
        energy_uj += cell->caught_uj * share;
        variance += sd_uj * sd_uj;
    }
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        struct jb_work_context context;
        jb_work_context(work, JB_WORK_HOST, (enum jb_context)i, &context);
        double share = context.unknown_s > 0 ? group->context_s[i] / context.unknown_s : 0;
        energy_uj += parts->context_uj[i] * share;
        variance += parts->context_sd_uj[i] * share * (parts->context_sd_uj[i] * share);
    }
    *ret_uj = energy_uj;
    *ret_sd_uj = sqrt(variance);
}
