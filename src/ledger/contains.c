/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What contains what (overlap.h; sensors.md 4.1, 4.3): by domain, unit and die, and by what drivers say.
 */
#include "ledger/overlap_impl.h"

int jb_domain_rank(enum jb_domain domain)
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
        return JB_TOP_RANK;
    }
    return 0;
}

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

        if (!rail && jb_domain_rank(nodes[at].channel->domain) <= jb_domain_rank(domain)) {
            return found;
        }
        if (found < 0 && jb_node_usable(&nodes[at])) {
            found = jb_node_leader(nodes, at);
        }
        if (!rail && found >= 0) {
            return found;
        }
    }
    return -1;
}

/* Until parents are named, the `parent` of a leader holds what its group claims. */
void jb_overlap_collect_claims(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        nodes[i].parent = jb_node_usable(&nodes[i]) ? claimed_parent(nodes, count, i) : -1;
    }
    for (int i = 0; i < count; i++) {
        int leader = jb_node_usable(&nodes[i]) ? jb_node_leader(nodes, i) : i;

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

bool jb_node_contains(const struct jb_overlap_node *nodes, int outer, int inner)
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
    if (claim >= 0 && nodes[claim].channel->domain == domain &&
        (domain == JB_DOMAIN_MODULE || domain == JB_DOMAIN_PACKAGE) &&
        !(units_overlap(&nodes[claim], out) && dies_overlap(&nodes[claim], out))) {
        return false; /* in another one, says the driver, whatever the numbers say */
    }
    return domain_contains(out, in);
}

/* Has a model taken over from something measured that was found false? */
static bool stands_in(const struct jb_overlap_node *nodes, int count, int leader)
{
    for (int i = 0; i < count; i++) {
        if (jb_node_usable(&nodes[i]) && !jb_node_modelled(&nodes[i]) && jb_node_leader(nodes, i) == leader) {
            return true;
        }
    }
    return false;
}

bool jb_node_part_of(const struct jb_overlap_node *nodes, int count, int outer, int inner)
{
    const struct jb_overlap_node *out = &nodes[outer], *in = &nodes[inner];
    enum jb_domain domain = in->channel->domain;

    if (!jb_node_contains(nodes, outer, inner)) {
        return false;
    }
    if (domain == JB_DOMAIN_RAIL) {
        return in->parent == outer;
    }
    if (wider(out, in)) {
        return !jb_node_modelled(out) && !out->rejected;
    }
    if (out->channel->domain != JB_DOMAIN_PACKAGE || (domain != JB_DOMAIN_CORE && domain != JB_DOMAIN_UNCORE)) {
        return false;
    }
    return !jb_node_modelled(out) || jb_node_modelled(in) || stands_in(nodes, count, outer);
}
