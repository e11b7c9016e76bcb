/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle power. The model's figure for a measured CPU package is the power model's idle fraction of its TDP (its sigma is
 * the model's own band); for memory the resting power of the modules. A GPU's comes with its channel from the table.
 */
#include "engine/idle.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>

#define LEARN_MEMORY_S 600.0 /* a baseline rests on at most so much quiet: machines change */
#define MODEL_SIGMA    0.5   /* of an idle figure from a model: family spread of idle / TDP in SPECpower is 0.18-0.45 */
#define GPU_SIGMA      0.3   /* of the table's idle: a context open or not moves it by 25-50 W */

static void from_model(const struct jb_machine *machine, const struct jb_channel *channel, struct jb_idle *ret)
{
    double idle_w = 0, sigma = MODEL_SIGMA;

    if (channel->idle_uw != 0) {
        idle_w = (double)channel->idle_uw / 1e6;
        sigma = channel->method == JB_METHOD_MODELLED ? channel->rel_error : GPU_SIGMA;
    } else if (channel->domain == JB_DOMAIN_PACKAGE) {
        struct jb_cpu_power_model model;
        jb_cpu_power_model(machine, &model);
        /* A measured package is the whole socket, whatever part of it we are charged with. */
        unsigned sockets = machine->cpu.sockets > 0 ? machine->cpu.sockets : 1;
        idle_w = model.tdp_w * model.idle_fraction / (channel->unit < 0 ? 1 : sockets);
    } else if (channel->domain == JB_DOMAIN_DRAM) {
        struct jb_ram_power_model model;
        jb_ram_power_model(machine, &model);
        unsigned sockets = machine->cpu.sockets > 0 ? machine->cpu.sockets : 1;
        idle_w = model.idle_w / (channel->unit < 0 ? 1 : sockets);
    }
    if (idle_w > 0 && isfinite(idle_w)) {
        ret->idle_uw = (uint64_t)(idle_w * 1e6);
        ret->sigma_uw = (uint64_t)(idle_w * sigma * 1e6);
        ret->source = "model";
    }
}

void jb_idle_choose(struct jb_store *store, const struct jb_machine *machine, const struct jb_channel *channel,
                    struct jb_idle *ret)
{
    struct jb_baseline stored;

    *ret = (struct jb_idle){.source = "none"};
    if (channel->method != JB_METHOD_MODELLED && store != NULL &&
        jb_store_baseline_get(store, machine->id, channel->id, &stored) == 0) {
        ret->idle_uw = stored.idle_uw;
        ret->sigma_uw = stored.sigma_uw;
        ret->source = jb_streq(stored.source, "calibrated") ? "calibrated" : "learned";
        return;
    }
    from_model(machine, channel, ret);
}

void jb_quiet_add(struct jb_quiet *quiet, uint64_t energy_uj, uint64_t dt_ns)
{
    if (dt_ns == 0) {
        return;
    }
    double seconds = (double)dt_ns / 1e9;
    double power_uw = (double)energy_uj / seconds;
    double delta = power_uw - quiet->mean_uw;
    quiet->seconds += seconds;
    quiet->mean_uw += delta * seconds / quiet->seconds;
    quiet->m2 += seconds * delta * (power_uw - quiet->mean_uw);
    quiet->count++;
}

bool jb_quiet_idle(const struct jb_quiet *quiet, double min_seconds, uint64_t *ret_idle_uw, uint64_t *ret_sigma_uw)
{
    if (quiet->count < 2 || quiet->seconds < min_seconds) {
        return false;
    }
    *ret_idle_uw = (uint64_t)llround(quiet->mean_uw);
    *ret_sigma_uw = (uint64_t)llround(sqrt(quiet->m2 / quiet->seconds));
    return true;
}

int jb_idle_learn(struct jb_store *store, const char *machine_id, const char *channel_id, const struct jb_quiet *quiet,
                  int64_t now_ns, struct jb_diag *diag)
{
    struct jb_baseline next = {.measured_ns = now_ns, .seconds = quiet->seconds}, old;

    if (!jb_quiet_idle(quiet, 3.0, &next.idle_uw, &next.sigma_uw)) {
        return 0;
    }
    jb_copy(next.source, sizeof(next.source), "learned");
    if (jb_store_baseline_get(store, machine_id, channel_id, &old) == 0) {
        if (jb_streq(old.source, "calibrated")) {
            return 0;
        }
        double before = fmin(old.seconds, LEARN_MEMORY_S), all = before + quiet->seconds;
        double weight = all > 0 ? quiet->seconds / all : 1;
        double was = (double)old.idle_uw, step = (double)next.idle_uw - was;
        next.idle_uw = (uint64_t)llround(was + weight * step);
        next.sigma_uw =
            (uint64_t)llround(sqrt((1 - weight) * pow((double)old.sigma_uw, 2) +
                                   weight * pow((double)next.sigma_uw, 2) + weight * (1 - weight) * step * step));
        next.seconds = fmin(all, LEARN_MEMORY_S);
    }
    return jb_store_baseline_put(store, machine_id, channel_id, &next, diag);
}
