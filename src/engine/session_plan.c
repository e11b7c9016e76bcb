/* SPDX-License-Identifier: Apache-2.0 */
/* How many epochs the program means to make, and what the whole will have used by then (attribution/plan.h): for those
 * who watch. The program's own word goes before --epochs, which is for programs that say nothing of it. */
#include "engine/session_impl.h"

#include "attribution/plan.h"

#include <math.h>

unsigned session_plan_epochs(const struct jb_session *session)
{
    struct jb_ring_state state;

    if (session->work == NULL) {
        return 0;
    }
    jb_ring_state(session->work->ring, &state);
    return state.planned > 0 ? state.planned : session->config.epochs;
}

/* The end of the last chunk that was cut: up to then the energy of regions is known. */
static uint64_t known_ns(const struct jb_session *session)
{
    const struct session_work *work = session->work;
    uint64_t next = work->chunk_next[JB_WORK_HOST];

    return next > 0 ? work->chunks[(next - 1) % WORK_CHUNKS].t1_ns : session->start_ns;
}

static struct jb_plan_point point_at(const struct jb_session *session, uint64_t t_ns, double energy_uj)
{
    uint64_t since_ns = t_ns > session->start_ns ? t_ns - session->start_ns : 0;

    return (struct jb_plan_point){(double)since_ns / (double)JB_NS_PER_S, energy_uj};
}

static void gather(const struct jb_session *session, uint64_t until_ns, struct jb_plan *ret)
{
    const struct session_work *work = session->work;
    size_t count = jb_work_region_count(work->work);

    *ret = (struct jb_plan){.seen = false};
    for (size_t i = 0; i < count; i++) {
        const struct jb_work_region *region = jb_work_region(work->work, i);
        double begin_uj, end_uj;
        if (region->kind != JB_EVENT_EPOCH || region->t0_ns >= until_ns) {
            continue;
        }
        session_regions_energy(work, i, &begin_uj, &end_uj);
        bool ended = region->t1_ns > 0 && region->t1_ns <= until_ns;
        struct jb_plan_point end = point_at(session, region->t1_ns, end_uj);
        jb_plan_epoch(ret, region->index, point_at(session, region->t0_ns, begin_uj), ended ? &end : NULL);
    }
}

static double or_unknown(double value)
{
    return isfinite(value) && value >= 0 ? value : -1;
}

static void project(const struct jb_session *session, struct jb_link_plan *plan)
{
    const struct session_work *work = session->work;
    uint64_t until_ns = known_ns(session);
    struct jb_projection projection;
    struct jb_plan so_far;

    gather(session, until_ns, &so_far);
    uint64_t begun = jb_plan_begun(&so_far);
    plan->begun = begun <= JB_LINK_PLANNED ? (uint32_t)begun : 0;
    if (jb_work_region_count(work->work) == JB_WORK_REGIONS ||
        !jb_plan_project(&so_far, plan->planned, point_at(session, until_ns, work->run_uj), &projection)) {
        return; /* of further epochs nothing is kept */
    }
    plan->run_uj = or_unknown(projection.energy_uj);
    plan->run_sd_uj = or_unknown(projection.energy_sd_uj);
    plan->duration_s = or_unknown(projection.duration_s);
    plan->duration_sd_s = or_unknown(projection.duration_sd_s);
}

void session_plan_tell(struct jb_session *session)
{
    struct jb_link_plan plan = {session_plan_epochs(session), 0, -1, -1, -1, -1};

    if (session->remote == NULL || session->work == NULL || (plan.planned == 0 && !session->work->plan_told)) {
        return;
    }
    if (plan.planned > 0) {
        project(session, &plan);
    }
    session->work->plan_told = plan.planned > 0;
    jb_remote_plan(session->remote, &plan);
}
