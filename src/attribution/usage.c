/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Busy time as cumulative curves in a ring, read at any two moments (usage.h). Sources: /proc/stat and the clocks of
 * the run's processes.
 *
 * Odd: the correction for a run that used more than the machine admits is made once, when a point is added, and not
 * when an interval is asked for; only so do the uses of two neighbouring intervals sum to that of both. What the
 * machine still owes is taken from the others' next surplus, because its 10 ms ticks come late, not never; a debt is
 * forgotten beyond JB_USAGE_SLACK_NS, because then the two clocks simply disagree.
 */
#include "attribution/usage.h"

void jb_usage_init(struct jb_usage *usage, bool machine_known)
{
    *usage = (struct jb_usage){.machine_known = machine_known};
}

static const struct jb_usage_point *point_at(const struct jb_usage *usage, unsigned age_order)
{
    unsigned first = (usage->next + JB_USAGE_POINTS - usage->count) % JB_USAGE_POINTS;

    return &usage->points[(first + age_order) % JB_USAGE_POINTS];
}

static uint64_t step(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

/* What of the machine's busy time was not the run's. */
static uint64_t surplus(struct jb_usage *usage, uint64_t busy_ns, uint64_t run_ns)
{
    if (busy_ns < run_ns) {
        uint64_t owed_ns = run_ns - busy_ns;

        usage->debt_ns = owed_ns < JB_USAGE_SLACK_NS - usage->debt_ns ? usage->debt_ns + owed_ns : JB_USAGE_SLACK_NS;
        return 0;
    }
    uint64_t others_ns = busy_ns - run_ns;
    uint64_t paid_ns = others_ns < usage->debt_ns ? others_ns : usage->debt_ns;

    usage->debt_ns -= paid_ns;
    return others_ns - paid_ns;
}

void jb_usage_add(struct jb_usage *usage, const struct jb_usage_point *point)
{
    struct jb_usage_point next = *point;

    if (point->t_ns > INT64_MAX || point->busy_ns > INT64_MAX || point->system_ns > INT64_MAX ||
        point->run_ns > INT64_MAX) {
        return;
    }
    if (usage->count > 0) {
        const struct jb_usage_point *last = point_at(usage, usage->count - 1);

        if (point->t_ns <= last->t_ns) {
            return;
        }
        uint64_t run_ns = step(last->run_ns, point->run_ns);

        next.run_ns = last->run_ns + run_ns;
        next.system_ns = last->system_ns + step(last->system_ns, point->system_ns);
        next.others_ns = last->others_ns + surplus(usage, step(last->busy_ns, point->busy_ns), run_ns);
        next.busy_ns = last->busy_ns + step(last->busy_ns, point->busy_ns);
    } else {
        next.others_ns = 0;
    }
    usage->points[usage->next] = next;
    usage->next = (usage->next + 1) % JB_USAGE_POINTS;
    usage->count += usage->count < JB_USAGE_POINTS;
}

/* The first of the two points whose line tells about t. */
static unsigned segment_of(const struct jb_usage *usage, uint64_t t_ns)
{
    unsigned low = 0, high = usage->count - 2;

    while (low < high) {
        unsigned middle = (low + high + 1) / 2;

        if (point_at(usage, middle)->t_ns <= t_ns) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

struct curves {
    __int128 run_ns, others_ns, system_ns; /* before the first point they may be negative */
};

static __int128 on_line(uint64_t v0, uint64_t v1, __int128 elapsed, uint64_t dt_ns)
{
    return (__int128)v0 + (__int128)(v1 - v0) * elapsed / (__int128)dt_ns;
}

static struct curves curves_at(const struct jb_usage *usage, uint64_t t_ns)
{
    unsigned segment = segment_of(usage, t_ns);
    const struct jb_usage_point *a = point_at(usage, segment), *b = point_at(usage, segment + 1);
    __int128 elapsed = (__int128)t_ns - (__int128)a->t_ns;
    uint64_t dt_ns = b->t_ns - a->t_ns;

    return (struct curves){
        .run_ns = on_line(a->run_ns, b->run_ns, elapsed, dt_ns),
        .others_ns = on_line(a->others_ns, b->others_ns, elapsed, dt_ns),
        .system_ns = on_line(a->system_ns, b->system_ns, elapsed, dt_ns),
    };
}

static uint64_t narrow(__int128 value)
{
    return value > (__int128)UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

void jb_usage_between(const struct jb_usage *usage, uint64_t t0_ns, uint64_t t1_ns, struct jb_usage_weights *ret)
{
    *ret = (struct jb_usage_weights){.known = false};
    if (!usage->machine_known || usage->count < 2 || t1_ns <= t0_ns) {
        return;
    }

    struct curves from = curves_at(usage, t0_ns), to = curves_at(usage, t1_ns);

    ret->run_ns = narrow(to.run_ns - from.run_ns);
    ret->others_ns = narrow(to.others_ns - from.others_ns);
    ret->system_ns = narrow(to.system_ns - from.system_ns);
    ret->known = true;
}
