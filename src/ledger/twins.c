/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same joules seen twice: groups of twins, and machine-wide models that yield to what was measured (overlap.h;
 * sensors.md 4.1 tells which machines show a domain twice).
 */
#include "ledger/overlap_impl.h"

static bool better(const struct jb_overlap_node *nodes, int a, int b)
{
    const struct jb_overlap_node *x = &nodes[a], *y = &nodes[b];

    if (x->rejected != y->rejected) {
        return y->rejected;
    }
    if (jb_node_modelled(x) != jb_node_modelled(y)) {
        return jb_node_modelled(y);
    }
    if (x->preference != y->preference) {
        return x->preference < y->preference;
    }
    if (x->channel->method != y->channel->method) {
        return x->channel->method < y->channel->method; /* jb_method is in order of trust */
    }
    return a < b;
}

static void join(struct jb_overlap_node *nodes, int a, int b)
{
    a = jb_node_leader(nodes, a);
    b = jb_node_leader(nodes, b);
    if (a == b) {
        return;
    }
    if (better(nodes, a, b)) {
        nodes[b].twin_of = a;
    } else {
        nodes[a].twin_of = b;
    }
}

static bool same_place(const struct jb_overlap_node *a, const struct jb_overlap_node *b)
{
    return a->channel->domain == b->channel->domain && a->channel->unit == b->channel->unit;
}

static void join_pairs(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        int mirror = nodes[i].mirror_of;

        if (!jb_node_usable(&nodes[i]) || nodes[i].channel->domain == JB_DOMAIN_RAIL) {
            continue;
        }
        if (mirror >= 0 && mirror < count && jb_node_usable(&nodes[mirror]) && same_place(&nodes[i], &nodes[mirror])) {
            join(nodes, i, mirror);
        }
        for (int j = 0; j < i; j++) {
            if (jb_node_usable(&nodes[j]) && same_place(&nodes[i], &nodes[j]) &&
                nodes[i].channel->die == nodes[j].channel->die) {
                join(nodes, i, j);
            }
        }
    }
}

/* Is what `other` shows of its die the same as what `node`'s source shows of node's die? */
static bool same_die_after_all(const struct jb_overlap_node *nodes, int count, const struct jb_overlap_node *node,
                               int other)
{
    for (int i = 0; i < count; i++) {
        if (nodes[i].source == node->source && jb_node_usable(&nodes[i]) && same_place(&nodes[i], &nodes[other]) &&
            nodes[i].channel->die == node->channel->die) {
            return jb_node_usable(&nodes[other]) && jb_node_leader(nodes, i) == jb_node_leader(nodes, other);
        }
    }
    return false;
}

static bool shows_package(const struct jb_overlap_node *nodes, int count, int source, const struct jb_channel *die)
{
    for (int i = 0; i < count; i++) {
        if (nodes[i].source == source && nodes[i].channel != NULL && nodes[i].channel->domain == JB_DOMAIN_PACKAGE &&
            nodes[i].channel->unit == die->unit && nodes[i].channel->die == die->die) {
            return true;
        }
    }
    return false;
}

/* Does this source show the unit as one: without a die, or with no die (unreadable ones too) that is not this one?
 * Whether two dies are one is told by their packages. */
static bool shows_whole(const struct jb_overlap_node *nodes, int count, int number)
{
    const struct jb_overlap_node *node = &nodes[number];

    if (node->channel->die < 0 || node->channel->unit < 0 ||
        jb_domain_rank(node->channel->domain) > jb_domain_rank(JB_DOMAIN_PACKAGE)) {
        return true; /* what is larger than a socket has no dies */
    }
    for (int i = 0; i < count; i++) {
        const struct jb_channel *other = nodes[i].channel;

        if (nodes[i].source != node->source || other == NULL || other->unit != node->channel->unit || other->die < 0 ||
            other->die == node->channel->die) {
            continue;
        }
        if (other->domain == node->channel->domain || other->domain == JB_DOMAIN_PACKAGE) {
            if (!same_die_after_all(nodes, count, node, i)) {
                return false;
            }
        } else if (!shows_package(nodes, count, node->source, other)) {
            return false;
        }
    }
    return true;
}

static void join_dies(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        nodes[i].whole = jb_node_usable(&nodes[i]) && shows_whole(nodes, count, i);
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i && nodes[i].whole && nodes[i].channel->domain != JB_DOMAIN_RAIL; j++) {
            if (nodes[j].whole && same_place(&nodes[i], &nodes[j])) {
                join(nodes, i, j);
            }
        }
    }
    for (int i = 0; i < count; i++) {
        if (nodes[i].whole) {
            nodes[jb_node_leader(nodes, i)].whole = true;
        }
    }
    for (int i = 0; i < count; i++) {
        if (jb_node_usable(&nodes[i])) {
            nodes[i].whole = nodes[jb_node_leader(nodes, i)].whole;
        }
    }
}

/* The next leader from `from` on that measured the domain of `model`; count when there is none. */
static int next_measured(const struct jb_overlap_node *nodes, int count, int model, int from)
{
    while (from < count && !(from != model && jb_node_leads(nodes, from) && !jb_node_modelled(&nodes[from]) &&
                             nodes[from].channel->domain == nodes[model].channel->domain)) {
        from++;
    }
    return from;
}

static void yield_model(struct jb_overlap_node *nodes, int count, int model)
{
    int first = next_measured(nodes, count, model, 0);
    int good = first;

    while (good < count && nodes[good].rejected) {
        good = next_measured(nodes, count, model, good + 1);
    }
    if (good < count) {
        nodes[model].twin_of = good;
    } else if (first < count && nodes[model].rejected) {
        nodes[model].twin_of = first;
    } else {
        for (int i = first; i < count; i = next_measured(nodes, count, model, i + 1)) {
            nodes[i].twin_of = model;
        }
    }
}

void jb_overlap_group(struct jb_overlap_node *nodes, int count)
{
    join_pairs(nodes, count);
    join_dies(nodes, count);
    for (int i = 0; i < count; i++) {
        if (jb_node_leads(nodes, i) && jb_node_modelled(&nodes[i]) && nodes[i].channel->unit < 0 &&
            nodes[i].channel->domain != JB_DOMAIN_RAIL) {
            yield_model(nodes, count, i);
        }
    }
}
