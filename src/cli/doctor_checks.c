/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twins, parts and wall of a survey. The tolerance is the one by which a run judges a counter (ledger/overlap.h), so
 * that the doctor says beforehand what a run would do.
 */
#include "cli/doctor_checks.h"

#include "base/text.h"

#include <math.h>

#define TOLERANCE 0.25

const char *doctor_check_kind_name(enum doctor_check_kind kind)
{
    return kind == DOCTOR_TWIN ? "twin" : kind == DOCTOR_PARTS ? "parts" : "wall";
}

const char *doctor_check_verdict_name(const struct doctor_check *check)
{
    switch (check->verdict) {
    case JB_VERDICT_AGREE:
        return "agree";
    case JB_VERDICT_FROZEN:
        return "frozen";
    case JB_VERDICT_DISAGREE:
        return "disagree";
    case JB_VERDICT_TOO_EARLY:
        break;
    }
    return "too early";
}

static bool measured(const struct jb_record_channel *channel)
{
    return channel->covered_ns > 0 && !jb_streq(channel->method, "modelled");
}

static double power_w(const struct jb_record_channel *channel)
{
    return (double)channel->energy_uj * 1e3 / (double)channel->covered_ns;
}

static double sigma_w(const struct jb_record_channel *channel)
{
    return channel->uncertainty_uj * 1e3 / (double)channel->covered_ns;
}

/* Of powers, as if both had covered the shorter of the two times. */
static enum jb_verdict judge(double leaf_w, double leaf_sigma_w, double other_w, double other_sigma_w,
                             uint64_t covered_ns)
{
    double us = (double)covered_ns / 1e3;

    return jb_crosscheck((uint64_t)(leaf_w * us), leaf_sigma_w * us, (uint64_t)(other_w * us), other_sigma_w * us,
                         covered_ns, TOLERANCE);
}

static uint64_t shorter_ns(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct doctor_check twin_check(const struct jb_record *record, int leaf, int twin)
{
    const struct jb_record_channel *a = &record->channels[leaf], *b = &record->channels[twin];
    struct doctor_check check = {
        .kind = DOCTOR_TWIN,
        .channel = leaf,
        .against = twin,
        .power_w = power_w(a),
        .against_w = power_w(b),
        .verdict = judge(power_w(a), sigma_w(a), power_w(b), sigma_w(b), shorter_ns(a->covered_ns, b->covered_ns)),
    };
    return check;
}

/* Parts may leave out a share of the whole; what they cannot is exceed it. */
static enum jb_verdict judge_parts(const struct doctor_check *check, double sigma, uint64_t covered_ns)
{
    return check->against_w <= check->power_w && covered_ns > 0
               ? JB_VERDICT_AGREE
               : judge(check->power_w, sigma, check->against_w, 0, covered_ns);
}

static bool wanted_part(const struct jb_record *record, size_t number, int whole, bool wall)
{
    const struct jb_record_channel *part = &record->channels[number];

    if ((int)number == whole || part->twin_of >= 0) {
        return false;
    }
    return wall ? part->in_total && part->covered_ns > 0 : part->parent == whole && measured(part);
}

/* false: nothing lies in it. */
static bool sum_check(const struct jb_record *record, int whole, bool wall, struct doctor_check *ret)
{
    const struct jb_record_channel *channel = &record->channels[whole];
    struct doctor_check check = {
        .kind = wall ? DOCTOR_WALL : DOCTOR_PARTS, .channel = whole, .against = -1, .power_w = power_w(channel)};
    uint64_t covered_ns = channel->covered_ns;
    double sigma = sigma_w(channel);

    for (size_t i = 0; i < record->channel_count; i++) {
        if (wanted_part(record, i, whole, wall)) {
            check.parts++;
            check.against_w += power_w(&record->channels[i]);
            sigma += sigma_w(&record->channels[i]);
            covered_ns = shorter_ns(covered_ns, record->channels[i].covered_ns);
        }
    }
    if (check.parts == 0) {
        return false;
    }
    check.verdict = judge_parts(&check, sigma, covered_ns);
    *ret = check;
    return true;
}

size_t doctor_checks(const struct jb_session *session, const struct jb_record *record, struct doctor_check *ret,
                     size_t max)
{
    const struct jb_meter *meter = jb_session_meter(session);
    size_t count = 0;

    for (size_t i = 0; i < record->channel_count && count < max; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        int twin_of = channel->twin_of;

        if (!measured(channel)) {
            continue;
        }
        if (twin_of >= 0) {
            if ((size_t)twin_of < record->channel_count && measured(&record->channels[twin_of])) {
                ret[count++] = twin_check(record, twin_of, (int)i);
            }
        } else {
            bool wall = jb_meter_channel(meter, (int)i)->domain == JB_DOMAIN_NODE;
            count += sum_check(record, (int)i, wall, &ret[count]) ? 1 : 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        ret[i].ratio = ret[i].power_w > 0 ? ret[i].against_w / ret[i].power_w : NAN;
    }
    return count;
}
