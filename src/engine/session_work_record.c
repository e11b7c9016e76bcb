/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of it: the power of operators is estimated for each channel, every piece of the run is divided by it, and
 * the parts are told as phases, operators, layers and regions.
 *
 * Each division is exact, and the last step divides the run's energy itself in proportion to what was found, so that
 * the parts sum to it to the microjoule although channels may have joined or left the total. Time in which
 * operators were not caught is divided as the caught time of the same context was (work.h).
 */
#include "engine/session_impl.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "engine/work_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t session_work_run_uj(const struct jb_session *session)
{
    uint64_t sum_uj = 0;

    if (session->stopped) {
        return session->record.run_uj;
    }
    for (int i = 0; i < session->channel_count; i++) {
        sum_uj += session->nodes[i].in_total ? session->channels[i].totals.run_uj : 0;
    }
    return sum_uj;
}

/* Half an update of the sensors lies unseen at each edge: their power in it, as a deviation. */
static double edge_uj(const struct jb_session *session, double scale)
{
    double variance = 0;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_account *account = &session->channels[i].account;
        if (session_work_counts(session, i) && account->covered_ns > 0) {
            double step_ns = (double)jb_account_period_ns(account);
            step_ns = step_ns > (double)session->config.interval_ns ? step_ns : (double)session->config.interval_ns;
            step_ns = step_ns < (double)account->covered_ns ? step_ns : (double)account->covered_ns;
            double uj = (double)session->channels[i].totals.run_uj / (double)account->covered_ns * step_ns / sqrt(12);
            variance += 2 * uj * uj;
        }
    }
    return scale * sqrt(variance);
}

/* Steps whose forward and backward were not told apart have them as the others had. */
static double phase_seconds(const struct jb_work *work, enum jb_phase phase)
{
    double forward_s = jb_work_phase_s(work, JB_PHASE_FORWARD), backward_s = jb_work_phase_s(work, JB_PHASE_BACKWARD);
    double own_s = jb_work_phase_s(work, phase), body_s = jb_work_phase_s(work, JB_PHASE_BODY);

    if (forward_s + backward_s <= 0) {
        return own_s + (phase == JB_PHASE_OTHER ? body_s : 0);
    }
    return phase == JB_PHASE_FORWARD || phase == JB_PHASE_BACKWARD ? own_s * (1 + body_s / (forward_s + backward_s))
                                                                   : own_s;
}

static int phases(const struct jb_session *session, const struct work_parts *parts, struct jb_record_work *ret)
{
    uint64_t energy_uj[JB_PHASES];
    double weights[JB_PHASES];

    ret->phases = calloc(JB_PHASES, sizeof(*ret->phases));
    if (ret->phases == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < JB_PHASES; i++) {
        weights[i] = parts->phase_uj[i];
    }
    weights[JB_PHASE_OTHER] +=
        parts->unattributed_uj > parts->unknown_phase_uj ? parts->unattributed_uj - parts->unknown_phase_uj : 0;
    jb_divide(session_work_run_uj(session), weights, JB_PHASES, JB_PHASE_OTHER, energy_uj);
    for (size_t i = 0; i < JB_PHASES; i++) {
        double seconds = phase_seconds(session->work->work, (enum jb_phase)i);
        if (i == JB_PHASE_BODY || (energy_uj[i] == 0 && seconds <= 0)) {
            continue;
        }
        struct jb_record_phase *phase = &ret->phases[ret->phase_count++];
        jb_copy(phase->name, sizeof(phase->name), jb_phase_name((enum jb_phase)i));
        phase->duration_s = seconds;
        phase->energy_uj = energy_uj[i];
        phase->uncertainty_uj = hypot(parts->phase_sd_uj[i], edge_uj(session, parts->scale));
    }
    return 0;
}

/* A program without a single mark has no beginning either: what it told lies in no phase. */
static void only_phase(struct jb_record_work *ret)
{
    if (ret->phase_count == 1 && jb_streq(ret->phases[0].name, jb_phase_name(JB_PHASE_CREATE))) {
        jb_copy(ret->phases[0].name, sizeof(ret->phases[0].name), jb_phase_name(JB_PHASE_OTHER));
    }
}

static int by_energy(const void *a, const void *b)
{
    const struct jb_record_operator *x = a, *y = b;

    return x->energy_uj < y->energy_uj ? 1 : x->energy_uj > y->energy_uj ? -1 : strcmp(x->name, y->name);
}

static void device_name(const struct session_work *work, unsigned domain, char *buffer, size_t size)
{
    if (domain == JB_WORK_HOST) {
        jb_copy(buffer, size, "cpu");
    } else {
        snprintf(buffer, size, "cuda:%u", domain - 1);
    }
    (void)work;
}

/* Calls of the whole run over those caught. Steps are caught whole and are alike, so that inside of them steps tell,
 * more exactly than time does; elsewhere time has to. */
static double call_scale(const struct jb_work_cell *cell, double by_time, uint64_t steps, double steps_caught)
{
    static const enum jb_context of_steps[] = {JB_CONTEXT_DATA, JB_CONTEXT_BODY, JB_CONTEXT_BACKWARD,
                                               JB_CONTEXT_OPTIMISE};
    double in_steps_s = 0;

    for (size_t i = 0; i < JB_COUNT(of_steps); i++) {
        in_steps_s += cell->context_s[of_steps[i]];
    }
    if (by_time <= 1 || steps_caught <= 0 || (double)steps < steps_caught || cell->seconds <= 0) {
        return by_time;
    }
    double by_steps = (double)steps / steps_caught, share = in_steps_s / cell->seconds;
    return share * by_steps + (1 - share) * by_time;
}

/* Ends of steps while operators were caught: also of steps that were caught but for their beginning. */
static double steps_seen(const struct jb_work *work)
{
    size_t count = jb_work_cell_count(work, JB_WORK_HOST);
    double steps = 0;

    for (size_t i = 1; i < count; i++) {
        const struct jb_work_cell *cell = jb_work_cell(work, JB_WORK_HOST, i);
        steps += jb_mark_of(cell->name) == JB_MARK_OPTIMISE ? cell->calls : 0;
    }
    return steps;
}

static int operators(const struct jb_session *session, const struct work_parts *parts, struct jb_record_work *ret)
{
    size_t count = parts->cell_count;
    double *weights = calloc(count + 2, sizeof(*weights));
    uint64_t *energy_uj = calloc(count + 2, sizeof(*energy_uj));

    ret->operators = calloc(count + 1, sizeof(*ret->operators));
    if (weights == NULL || energy_uj == NULL || ret->operators == NULL) {
        free(weights);
        free(energy_uj);
        return -ENOMEM;
    }
    double steps_caught = steps_seen(session->work->work);
    for (size_t i = 0; i < count; i++) {
        weights[parts->cells[i].cell > 0 ? i : count] += parts->cells[i].energy_uj;
    }
    weights[count + 1] = parts->unattributed_uj;
    jb_divide(session_work_run_uj(session), weights, count + 2, count + 1, energy_uj);
    for (size_t i = 0; i < count; i++) {
        const struct work_cell *part = &parts->cells[i];
        if (part->cell > 0 && part->seconds <= 0 && energy_uj[i] == 0) {
            continue; /* its name was heard, but it was never caught at work */
        }
        if (part->cell == 0) {
            if (part->domain == JB_WORK_HOST) {
                ret->outside_s = part->seconds;
            }
            ret->outside_uncertainty_uj = hypot(ret->outside_uncertainty_uj, part->sd_uj);
            continue;
        }
        const struct jb_work_cell *cell = jb_work_cell(session->work->work, part->domain, part->cell);
        struct jb_record_operator *op = &ret->operators[ret->operator_count++];
        jb_copy(op->name, sizeof(op->name), cell->name);
        jb_copy(op->class_name, sizeof(op->class_name), jb_op_class_name(cell->op_class));
        device_name(session->work, part->domain, op->device, sizeof(op->device));
        op->calls = (uint64_t)(cell->calls * call_scale(cell, part->scale, ret->steps, steps_caught) + 0.5);
        op->time_s = part->seconds;
        op->energy_uj = energy_uj[i];
        op->uncertainty_uj = part->sd_uj;
        jb_copy(op->confidence, sizeof(op->confidence), jb_confidence_name(part->confidence));
        op->merged = part->group;
        op->merged_uncertainty_uj = part->group >= 0 ? part->group_sd_uj : NAN;
    }
    ret->outside_uj = energy_uj[count];
    ret->unattributed_uj = energy_uj[count + 1];
    qsort(ret->operators, ret->operator_count, sizeof(*ret->operators), by_energy);
    free(weights);
    free(energy_uj);
    return 0;
}

static const char *kind_name(enum jb_event_kind kind)
{
    switch (kind) {
    case JB_EVENT_LAYER:
        return "layer";
    case JB_EVENT_EPOCH:
    case JB_EVENT_MARK:
        return "epoch";
    case JB_EVENT_PHASE:
        return "phase";
    case JB_EVENT_STEP:
        return "step";
    case JB_EVENT_RANGE:
        return "range";
    default:
        return "region";
    }
}

static int groups(const struct jb_session *session, const struct work_parts *parts, struct jb_record_work *ret)
{
    const struct jb_work *work = session->work->work;
    size_t count = jb_work_group_count(work);
    double edges_uj = edge_uj(session, parts->scale);

    ret->groups = calloc(count + 1, sizeof(*ret->groups));
    if (ret->groups == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const struct jb_work_group *from = jb_work_group(work, i);
        struct jb_record_group *to = &ret->groups[ret->group_count++];
        double energy_uj, sd_uj;
        work_parts_group(parts, work, from, &energy_uj, &sd_uj);
        jb_copy(to->kind, sizeof(to->kind), kind_name(from->kind));
        jb_copy(to->name, sizeof(to->name), from->name);
        to->calls = (uint64_t)(from->calls + 0.5);
        to->time_s = from->seconds;
        to->energy_uj = (uint64_t)(energy_uj + 0.5);
        to->uncertainty_uj = hypot(sd_uj, edges_uj);
    }
    return 0;
}

static int regions(const struct jb_session *session, const struct work_parts *parts, struct jb_record_work *ret)
{
    const struct session_work *work = session->work;
    size_t count = jb_work_region_count(work->work);
    double edges_uj = edge_uj(session, parts->scale);
    uint64_t end_ns = session->end_ns > 0 ? session->end_ns : work->drained_ns;

    ret->regions = calloc(count + 1, sizeof(*ret->regions));
    if (ret->regions == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count && i < JB_WORK_REGIONS; i++) {
        const struct jb_work_region *from = jb_work_region(work->work, i);
        struct jb_record_region *to = &ret->regions[ret->region_count++];
        uint64_t t1_ns = from->t1_ns > 0 ? from->t1_ns : end_ns;
        double begin, end;
        session_regions_energy(work, i, &begin, &end);
        *to = (struct jb_record_region){
            .id = (int64_t)i + 1,
            .parent = from->parent,
            .emissions_g = NAN,
            .index = from->index,
            .start_s = ((double)from->t0_ns - (double)session->start_ns) / 1e9,
            .duration_s = ((double)t1_ns - (double)from->t0_ns) / 1e9,
            .energy_uj = end > begin ? (uint64_t)(end - begin + 0.5) : 0,
            .guessed = from->guessed,
        };
        jb_copy(to->kind, sizeof(to->kind), kind_name(from->kind));
        jb_copy(to->name, sizeof(to->name), from->name);
        to->uncertainty_uj = edges_uj;
    }
    return 0;
}

static void sources(const struct session_work *work, char *buffer, size_t size)
{
    static const struct {
        unsigned path;
        const char *name;
    } paths[] = {{JB_PATH_API, "api"},   {JB_PATH_PYTORCH, "pytorch"}, {JB_PATH_ITT, "itt"},
                 {JB_PATH_NVTX, "nvtx"}, {JB_PATH_CUPTI, "cupti"},     {JB_PATH_LAYERS, "layers"}};
    struct jb_ring_state state;
    size_t used = 0;

    buffer[0] = '\0';
    jb_ring_state(work->ring, &state);
    for (size_t i = 0; i < JB_COUNT(paths); i++) {
        if ((state.attached & paths[i].path) && used < size) {
            used += (size_t)snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "", paths[i].name);
        }
    }
}

int session_work_describe(struct jb_session *session, struct jb_record_work *ret)
{
    struct session_work *work = session->work;
    struct jb_ops_facts facts;
    struct work_parts parts = {0};

    *ret = (struct jb_record_work){.slowdown = NAN, .slowdown_sd = NAN, .lag_s = NAN, .edge_s = NAN};
    if (work == NULL) {
        jb_copy(ret->ops, sizeof(ret->ops), jb_ops_name(JB_OPS_OFF));
        return 0;
    }
    jb_copy(ret->ops, sizeof(ret->ops), jb_ops_name(work->ops));
    jb_copy(ret->attribution, sizeof(ret->attribution), work->time_share ? "time" : "estimated");
    sources(work, ret->sources, sizeof(ret->sources));
    if (!work->seen) {
        return 0;
    }
    session_work_facts(work, &facts);
    if (!jb_ops_slowdown(&facts, &ret->slowdown, &ret->slowdown_sd)) {
        ret->slowdown = ret->slowdown_sd = NAN;
    }
    ret->epochs_planned = session_plan_epochs(session);
    ret->steps = jb_work_step_count(work->work);
    ret->steps_caught = facts.steps[JB_LEVEL_FULL].count;
    for (size_t i = 0; i < JB_CONTEXTS; i++) {
        struct jb_work_context context;
        jb_work_context(work->work, JB_WORK_HOST, (enum jb_context)i, &context);
        ret->caught_s += context.caught_s;
    }
    int error = work_parts_make(session, &parts);
    ret->lag_s = parts.lag_s;
    ret->edge_s = parts.edge_s;
    error = error < 0 ? error : phases(session, &parts, ret);
    error = error < 0 ? error : operators(session, &parts, ret);
    error = error < 0 ? error : groups(session, &parts, ret);
    session_regions_total(work, parts.scale * session_work_cut_uj(session));
    error = error < 0 ? error : regions(session, &parts, ret);
    work_parts_finish(&parts);
    if (error < 0) {
        jb_record_work_finish(ret);
        return error;
    }
    only_phase(ret);
    ret->known = true;
    return 0;
}

void session_work_record(struct jb_session *session)
{
    struct session_work *work = session->work;
    struct jb_record *record = &session->record;
    struct jb_ring_state state;

    session_work_describe(session, &record->work);
    jb_record_work_price(record);
    if (work == NULL) {
        return;
    }
    jb_ring_state(work->ring, &state);
    record->events_dropped = state.dropped + state.gpu_lost;
    for (size_t i = 0; jb_ring_note(work->ring, i) != NULL; i++) {
        jb_record_warn(record, "%s", jb_ring_note(work->ring, i));
    }
    if (state.dropped > 0) {
        jb_record_warn(record,
                       "%llu events of the program found no room and are missing; spans around them are too long",
                       (unsigned long long)state.dropped);
    }
    if (state.nonsense > 0) {
        jb_record_warn(record, "%llu events of the program made no sense and were left out",
                       (unsigned long long)state.nonsense);
    }
    if (work->seen) {
        work_parts_learn(session);
    }
}
