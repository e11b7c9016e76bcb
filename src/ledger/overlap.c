/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which channels may be added up: the rules of overlap.h, in four passes over all pairs. 1. twins become groups, each
 * led by its best member; 2. machine-wide models yield; 3. from the smallest domains up, a leader is in the total
 * unless what it contains is; 4. parents are named.
 *
 * Odd: groups are a forest of twin_of links while they grow, so that no memory is needed for any number of channels.
 * The order of domains by size (rank) is what makes cycles impossible whatever drivers claim as `parent`.
 */
#include "ledger/overlap.h"

#include <limits.h>

#define TOP_RANK 4

static bool usable(const struct jb_overlap_node *node)
{
    return node->channel != NULL && node->channel->status == JB_OK;
}

static bool modelled(const struct jb_overlap_node *node)
{
    return node->channel->method == JB_METHOD_MODELLED;
}

static int root_of(const struct jb_overlap_node *nodes, int number)
{
    while (nodes[number].twin_of >= 0) {
        number = nodes[number].twin_of;
    }
    return number;
}

static bool leads(const struct jb_overlap_node *nodes, int number)
{
    return usable(&nodes[number]) && nodes[number].twin_of < 0;
}

static int rank_of(enum jb_domain domain)
{
    switch (domain) {
    case JB_DOMAIN_CORE:
    case JB_DOMAIN_UNCORE:
    case JB_DOMAIN_RAIL:
        return 0;
    case JB_DOMAIN_PACKAGE:
    case JB_DOMAIN_DRAM:
    case JB_DOMAIN_GPU:
        return 1;
    case JB_DOMAIN_MODULE:
        return 2;
    case JB_DOMAIN_PSYS:
        return 3;
    case JB_DOMAIN_BOARD:
        return TOP_RANK;
    }
    return 0;
}

/* ---- 1. twins ---- */

static bool better(const struct jb_overlap_node *nodes, int a, int b)
{
    const struct jb_overlap_node *x = &nodes[a], *y = &nodes[b];

    if (x->rejected != y->rejected) {
        return y->rejected;
    }
    if (modelled(x) != modelled(y)) {
        return modelled(y);
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
    a = root_of(nodes, a);
    b = root_of(nodes, b);
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

        if (!usable(&nodes[i]) || nodes[i].channel->domain == JB_DOMAIN_RAIL) {
            continue;
        }
        if (mirror >= 0 && mirror < count && usable(&nodes[mirror]) && same_place(&nodes[i], &nodes[mirror])) {
            join(nodes, i, mirror);
        }
        for (int j = 0; j < i; j++) {
            if (usable(&nodes[j]) && same_place(&nodes[i], &nodes[j]) &&
                nodes[i].channel->die == nodes[j].channel->die) {
                join(nodes, i, j);
            }
        }
    }
}

/* Does this source show the unit as one: without a die, or with all dies (those that cannot be read, too) in one group?
 */
static bool shows_whole(const struct jb_overlap_node *nodes, int count, int number)
{
    const struct jb_overlap_node *node = &nodes[number];

    if (node->channel->die < 0) {
        return true;
    }
    for (int i = 0; i < count; i++) {
        if (nodes[i].source == node->source && nodes[i].channel != NULL && same_place(&nodes[i], node) &&
            nodes[i].channel->die != node->channel->die &&
            (!usable(&nodes[i]) || root_of(nodes, i) != root_of(nodes, number))) {
            return false;
        }
    }
    return true;
}

static void join_dies(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        nodes[i].whole = usable(&nodes[i]) && shows_whole(nodes, count, i);
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
            nodes[root_of(nodes, i)].whole = true;
        }
    }
    for (int i = 0; i < count; i++) {
        if (usable(&nodes[i])) {
            nodes[i].whole = nodes[root_of(nodes, i)].whole;
        }
    }
}

/* ---- 2. machine-wide models ---- */

/* The next leader from `from` on that measured the domain of `model`; count when there is none. */
static int next_measured(const struct jb_overlap_node *nodes, int count, int model, int from)
{
    while (from < count && !(from != model && leads(nodes, from) && !modelled(&nodes[from]) &&
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

/* ---- 3. what contains what, and the total ---- */

/* The channel that the driver names as parent, or -1. */
static int named_parent(const struct jb_overlap_node *nodes, int count, int at)
{
    int wanted = nodes[at].channel->parent;

    for (int i = 0; i < count && wanted >= 0; i++) {
        if (nodes[i].source == nodes[at].source && wanted-- == 0) {
            return nodes[i].channel != NULL ? i : -1;
        }
    }
    return -1;
}

/* The leader of the nearest usable channel named; -1. Names that do not point up, or lead round in circles, are no
 * names. Only rails may lie in their like. */
static int claimed_parent(const struct jb_overlap_node *nodes, int count, int number)
{
    enum jb_domain domain = nodes[number].channel->domain;
    int at = number, found = -1;

    for (int steps = 0; steps <= count; steps++) {
        at = named_parent(nodes, count, at);
        if (at < 0) {
            return found;
        }
        bool rail = domain == JB_DOMAIN_RAIL && nodes[at].channel->domain == JB_DOMAIN_RAIL;

        if (!rail && rank_of(nodes[at].channel->domain) <= rank_of(domain)) {
            return found;
        }
        if (found < 0 && usable(&nodes[at])) {
            found = root_of(nodes, at);
        }
        if (!rail && found >= 0) {
            return found;
        }
    }
    return -1;
}

/* Until parents are named, the `parent` of a leader holds what its group claims. */
static void collect_claims(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        nodes[i].parent = usable(&nodes[i]) ? claimed_parent(nodes, count, i) : -1;
    }
    for (int i = 0; i < count; i++) {
        int leader = usable(&nodes[i]) ? root_of(nodes, i) : i;

        if (nodes[leader].parent < 0) {
            nodes[leader].parent = nodes[i].parent;
        }
    }
}

static bool units_overlap(const struct jb_overlap_node *a, const struct jb_overlap_node *b)
{
    int x = a->channel->unit, y = b->channel->unit;

    return x == y || x < 0 || y < 0;
}

static bool dies_overlap(const struct jb_overlap_node *a, const struct jb_overlap_node *b)
{
    return a->whole || b->whole || a->channel->die == b->channel->die;
}

/* The same domain, seen wider. */
static bool wider(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner)
{
    if (outer->channel->domain != inner->channel->domain || outer->channel->domain == JB_DOMAIN_RAIL) {
        return false;
    }
    if (outer->channel->unit < 0) {
        return inner->channel->unit >= 0;
    }
    return outer->channel->unit == inner->channel->unit && outer->whole && !inner->whole;
}

static bool domain_contains(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner)
{
    enum jb_domain domain = inner->channel->domain;

    switch (outer->channel->domain) {
    case JB_DOMAIN_BOARD:
        return domain != JB_DOMAIN_BOARD;
    case JB_DOMAIN_PSYS:
        return domain != JB_DOMAIN_BOARD && domain != JB_DOMAIN_PSYS && domain != JB_DOMAIN_GPU &&
               domain != JB_DOMAIN_RAIL && units_overlap(outer, inner);
    case JB_DOMAIN_MODULE:
        return (domain == JB_DOMAIN_GPU || domain == JB_DOMAIN_PACKAGE || domain == JB_DOMAIN_CORE ||
                domain == JB_DOMAIN_UNCORE) &&
               units_overlap(outer, inner);
    case JB_DOMAIN_PACKAGE:
        return (domain == JB_DOMAIN_CORE || domain == JB_DOMAIN_UNCORE) && units_overlap(outer, inner) &&
               dies_overlap(outer, inner);
    default:
        return false;
    }
}

static bool contains(const struct jb_overlap_node *nodes, int outer, int inner)
{
    const struct jb_overlap_node *out = &nodes[outer], *in = &nodes[inner];
    enum jb_domain domain = out->channel->domain;
    int claim = in->parent;

    if (outer == inner) {
        return false;
    }
    if (claim == outer || wider(out, in)) {
        return true;
    }
    if (claim >= 0 && nodes[claim].channel->domain == domain && out->channel->unit >= 0 &&
        (domain == JB_DOMAIN_MODULE || domain == JB_DOMAIN_PACKAGE)) {
        return false; /* in another one, says the driver, whatever the units say */
    }
    return domain_contains(out, in);
}

/* Contained, and not able to stand for its container. */
static bool part_of(const struct jb_overlap_node *nodes, int outer, int inner)
{
    const struct jb_overlap_node *out = &nodes[outer], *in = &nodes[inner];
    enum jb_domain domain = in->channel->domain;

    if (!contains(nodes, outer, inner)) {
        return false;
    }
    if (domain == JB_DOMAIN_RAIL && out->channel->domain == JB_DOMAIN_RAIL) {
        return true;
    }
    if (modelled(out) && (!modelled(in) || wider(out, in))) {
        return false;
    }
    return wider(out, in) || (domain == JB_DOMAIN_RAIL && in->parent == outer) ||
           (out->channel->domain == JB_DOMAIN_PACKAGE && (domain == JB_DOMAIN_CORE || domain == JB_DOMAIN_UNCORE));
}

static int size_of(const struct jb_overlap_node *node)
{
    return rank_of(node->channel->domain) * 3 + (node->channel->unit < 0 ? 2 : node->whole ? 1 : 0);
}

static bool stands(const struct jb_overlap_node *nodes, int count, int number)
{
    const struct jb_overlap_node *node = &nodes[number];

    for (int i = 0; i < count; i++) {
        if (!leads(nodes, i)) {
            continue;
        }
        if (part_of(nodes, i, number)) {
            return false;
        }
        if (nodes[i].in_total && contains(nodes, number, i) &&
            (modelled(node) || node->rejected || !modelled(&nodes[i]))) {
            return false;
        }
    }
    return true;
}

static void settle_total(struct jb_overlap_node *nodes, int count)
{
    for (int size = 0; size < (TOP_RANK + 1) * 3; size++) {
        for (int i = 0; i < count; i++) {
            if (!leads(nodes, i) || size_of(&nodes[i]) != size || !stands(nodes, count, i)) {
                continue;
            }
            nodes[i].in_total = true;
            for (int j = 0; j < count; j++) { /* only models, see stands() */
                if (nodes[j].in_total && contains(nodes, i, j)) {
                    nodes[j].in_total = false;
                }
            }
        }
    }
}

/* ---- 4. parents ---- */

static void name_parents(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        int nearest = nodes[i].parent;

        if (!leads(nodes, i) || nearest >= 0) {
            continue;
        }
        for (int j = 0; j < count; j++) {
            if (leads(nodes, j) && contains(nodes, j, i) &&
                (nearest < 0 || size_of(&nodes[j]) < size_of(&nodes[nearest]))) {
                nearest = j;
            }
        }
        nodes[i].parent = nearest;
    }
    for (int i = 0; i < count; i++) {
        if (usable(&nodes[i]) && nodes[i].twin_of >= 0) {
            nodes[i].twin_of = root_of(nodes, i);
            nodes[i].parent = nodes[nodes[i].twin_of].parent;
        }
    }
}

void jb_overlap_resolve(struct jb_overlap_node *nodes, size_t node_count)
{
    int count = node_count < INT_MAX ? (int)node_count : INT_MAX;

    for (int i = 0; i < count; i++) {
        nodes[i].in_total = false;
        nodes[i].parent = -1;
        nodes[i].twin_of = -1;
        nodes[i].whole = false;
    }
    join_pairs(nodes, count);
    join_dies(nodes, count);
    for (int i = 0; i < count; i++) {
        if (leads(nodes, i) && modelled(&nodes[i]) && nodes[i].channel->unit < 0 &&
            nodes[i].channel->domain != JB_DOMAIN_RAIL) {
            yield_model(nodes, count, i);
        }
    }
    collect_claims(nodes, count);
    settle_total(nodes, count);
    name_parents(nodes, count);
}
