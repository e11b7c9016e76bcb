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
        return 4;
    case JB_DOMAIN_NODE:
        return JB_TOP_RANK;
    }
    return 0;
}

/* Which domain lies in which. */
static bool domains_nest(enum jb_domain outer, enum jb_domain inner)
{
    bool in_package = inner == JB_DOMAIN_CORE || inner == JB_DOMAIN_UNCORE;

    switch (outer) {
    case JB_DOMAIN_NODE:
        return inner != JB_DOMAIN_NODE;
    case JB_DOMAIN_BOARD:
        return inner != JB_DOMAIN_BOARD && inner != JB_DOMAIN_NODE;
    case JB_DOMAIN_PSYS:
        return in_package || inner == JB_DOMAIN_PACKAGE || inner == JB_DOMAIN_DRAM || inner == JB_DOMAIN_MODULE;
    case JB_DOMAIN_MODULE:
        return in_package || inner == JB_DOMAIN_PACKAGE || inner == JB_DOMAIN_GPU;
    case JB_DOMAIN_PACKAGE:
        return in_package;
    default:
        return false;
    }
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

/* Is a driver to be believed? A rail may lie in anything, and which module a package or an accelerator is in, drivers
 * know better than the numbers, which count different things. All else the numbers know. */
static bool may_lie_in(const struct jb_overlap_node *inner, const struct jb_overlap_node *outer)
{
    enum jb_domain domain = inner->channel->domain;

    if (domain == JB_DOMAIN_RAIL) {
        return true;
    }
    return outer->channel->domain == JB_DOMAIN_MODULE && (domain == JB_DOMAIN_GPU || domain == JB_DOMAIN_PACKAGE) &&
           (inner->channel->unit >= 0 || outer->channel->unit < 0); /* the machine does not lie in a unit of it */
}

/* The leader of the nearest usable channel named; -1. Names that do not point up, or lead round in circles, are no
 * names. Only rails may lie in their like. */
static int claimed_parent(const struct jb_overlap_node *nodes, int count, int number)
{
    int at = number, found = -1;

    for (int steps = 0; steps <= count; steps++) {
        int next = named_parent(nodes, count, at);

        if (next < 0) {
            return found;
        }
        int step = jb_domain_rank(nodes[next].channel->domain) - jb_domain_rank(nodes[at].channel->domain);
        bool rails = nodes[at].channel->domain == JB_DOMAIN_RAIL && nodes[next].channel->domain == JB_DOMAIN_RAIL;

        if (step < 0 || (step == 0 && !rails)) {
            return found;
        }
        if (found < 0 && jb_node_usable(&nodes[next]) && may_lie_in(&nodes[number], &nodes[next])) {
            found = jb_node_leader(nodes, next);
        }
        if (!rails && found >= 0) {
            return found;
        }
        at = next; /* a claim on a rail counts only when the rails end somewhere */
    }
    return -1;
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

static bool units_overlap(const struct jb_overlap_node *a, const struct jb_overlap_node *b)
{
    int x = a->channel->unit, y = b->channel->unit;

    return x == y || x < 0 || y < 0;
}

static bool dies_overlap(const struct jb_overlap_node *a, const struct jb_overlap_node *b)
{
    return a->whole || b->whole || a->channel->die == b->channel->die;
}

/* Memory lies outside of packages and modules, but for those whose driver says otherwise. */
static bool holds_memory(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner)
{
    enum jb_domain domain = outer->channel->domain;

    return inner->channel->domain == JB_DOMAIN_DRAM && outer->channel->with_memory &&
           (domain == JB_DOMAIN_PACKAGE || domain == JB_DOMAIN_MODULE);
}

static bool place_contains(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner)
{
    if (!domains_nest(outer->channel->domain, inner->channel->domain) && !holds_memory(outer, inner)) {
        return false;
    }
    return outer->channel->domain == JB_DOMAIN_NODE || outer->channel->domain == JB_DOMAIN_BOARD ||
           (units_overlap(outer, inner) && dies_overlap(outer, inner));
}

bool jb_node_covers(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner)
{
    if (outer->channel->domain == JB_DOMAIN_NODE || outer->channel->domain == JB_DOMAIN_BOARD) {
        return true;
    }
    if (outer->channel->domain == JB_DOMAIN_PSYS && inner->channel->domain == JB_DOMAIN_MODULE) {
        return false; /* its package, but not its accelerator */
    }
    return (outer->channel->unit < 0 || outer->channel->unit == inner->channel->unit) &&
           (outer->whole || (!inner->whole && outer->channel->die == inner->channel->die));
}

static bool lies_in(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner)
{
    return wider(outer, inner) || (place_contains(outer, inner) && jb_node_covers(outer, inner));
}

/* Until parents are named, the `parent` of a leader holds what its drivers claim: one claim for all dies of a unit (the
 * first channel's), and for what lies in it. */
void jb_overlap_collect_claims(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        nodes[i].parent = jb_node_usable(&nodes[i]) ? claimed_parent(nodes, count, i) : -1;
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count && nodes[i].parent >= 0 && nodes[i].channel->domain != JB_DOMAIN_RAIL; j++) {
            if (jb_node_usable(&nodes[j]) && nodes[j].channel->domain == nodes[i].channel->domain &&
                nodes[j].channel->unit == nodes[i].channel->unit) {
                nodes[j].parent = nodes[i].parent;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count && jb_node_leads(nodes, i) && nodes[i].parent < 0; j++) {
            if (jb_node_leads(nodes, j) && lies_in(&nodes[j], &nodes[i])) {
                nodes[i].parent = nodes[j].parent;
            }
        }
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
    if (claim >= 0 && domain == JB_DOMAIN_MODULE && nodes[claim].channel->domain == JB_DOMAIN_MODULE &&
        !units_overlap(&nodes[claim], out)) {
        return false; /* in another one, says the driver, whatever the numbers say */
    }
    return place_contains(out, in) || (claim >= 0 && jb_node_contains(nodes, outer, claim) &&
                                       (nodes[claim].parent == outer || jb_node_covers(out, &nodes[claim])));
}

bool jb_node_stands_in(const struct jb_overlap_node *nodes, int count, int leader)
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
        return in->parent == outer &&
               (out->channel->domain == JB_DOMAIN_RAIL || !jb_node_modelled(out) || jb_node_modelled(in));
    }
    if (wider(out, in)) {
        return !jb_node_modelled(out) && !out->rejected;
    }
    if (out->channel->domain != JB_DOMAIN_PACKAGE ||
        (domain != JB_DOMAIN_CORE && domain != JB_DOMAIN_UNCORE && !holds_memory(out, in))) {
        return false;
    }
    return !jb_node_modelled(out) || jb_node_modelled(in) || jb_node_stands_in(nodes, count, outer);
}
