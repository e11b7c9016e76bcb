/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which channels may be added up: from the smallest domains up, a leader of twins is in the total unless it is a part
 * of something larger or what it contains is in the total. The rules are those of overlap.h; twins.c and contains.c
 * tell who is whose.
 */
#include "ledger/overlap_impl.h"

#include <limits.h>

static int size_of(const struct jb_overlap_node *node)
{
    return jb_domain_rank(node->channel->domain) * 3 + (node->channel->unit < 0 ? 2 : node->whole ? 1 : 0);
}

static bool stands(const struct jb_overlap_node *nodes, int count, int number)
{
    const struct jb_overlap_node *node = &nodes[number];

    for (int i = 0; i < count; i++) {
        if (!jb_node_leads(nodes, i)) {
            continue;
        }
        if (jb_node_part_of(nodes, count, i, number)) {
            return false;
        }
        if (nodes[i].in_total && jb_node_contains(nodes, number, i) &&
            (jb_node_modelled(node) || node->rejected || !jb_node_modelled(&nodes[i]))) {
            return false;
        }
    }
    return true;
}

static void settle_total(struct jb_overlap_node *nodes, int count)
{
    for (int size = 0; size < (JB_TOP_RANK + 1) * 3; size++) {
        for (int i = 0; i < count; i++) {
            if (!jb_node_leads(nodes, i) || size_of(&nodes[i]) != size || !stands(nodes, count, i)) {
                continue;
            }
            nodes[i].in_total = true;
            for (int j = 0; j < count; j++) { /* only models, see stands() */
                if (nodes[j].in_total && jb_node_contains(nodes, i, j)) {
                    nodes[j].in_total = false;
                }
            }
        }
    }
}

static bool measured_in(const struct jb_overlap_node *nodes, int count, int outer, enum jb_domain domain)
{
    for (int i = 0; i < count; i++) {
        if (jb_node_leads(nodes, i) && !jb_node_modelled(&nodes[i]) && !nodes[i].rejected &&
            nodes[i].channel->domain == domain && jb_node_contains(nodes, outer, i)) {
            return true;
        }
    }
    return false;
}

/* Do its leaves leave out the larger part of it? A module is its package and its accelerators, a board has at least a
 * package. Rails and cores that stand for themselves are the business of their driver. */
static bool leaves_lack(const struct jb_overlap_node *nodes, int count, int outer)
{
    bool package = measured_in(nodes, count, outer, JB_DOMAIN_PACKAGE);

    switch (nodes[outer].channel->domain) {
    case JB_DOMAIN_BOARD:
        return !package && !measured_in(nodes, count, outer, JB_DOMAIN_MODULE);
    case JB_DOMAIN_MODULE:
        return !package || !measured_in(nodes, count, outer, JB_DOMAIN_GPU);
    default:
        return false;
    }
}

/* A model that no measured channel has yielded to is no loss, even where it reaches further. */
static bool can_replace(const struct jb_overlap_node *nodes, int count, int outer)
{
    for (int i = 0; i < count; i++) {
        bool inner = jb_node_contains(nodes, outer, i);

        if (i == outer || !nodes[i].in_total || !(inner || jb_node_contains(nodes, i, outer))) {
            continue;
        }
        if (!inner) {
            return false;
        }
        bool mere = jb_node_modelled(&nodes[i]) && !jb_node_stands_in(nodes, count, i);
        bool apart = jb_domain_rank(nodes[i].channel->domain) == 0;
        if (!mere && (apart || !jb_node_covers(&nodes[outer], &nodes[i]))) {
            return false;
        }
    }
    return true;
}

static void replace_scraps(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        if (!jb_node_leads(nodes, i) || nodes[i].in_total || jb_node_modelled(&nodes[i]) || nodes[i].rejected ||
            !leaves_lack(nodes, count, i) || !can_replace(nodes, count, i)) {
            continue;
        }
        for (int j = 0; j < count; j++) {
            nodes[j].in_total = nodes[j].in_total && !jb_node_contains(nodes, i, j);
        }
        nodes[i].in_total = true;
    }
}

static void name_parents(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        int nearest = nodes[i].parent;

        for (int j = 0; j < count && jb_node_leads(nodes, i); j++) {
            if (jb_node_leads(nodes, j) && jb_node_contains(nodes, j, i) && jb_node_covers(&nodes[j], &nodes[i]) &&
                (nearest < 0 || size_of(&nodes[j]) < size_of(&nodes[nearest]))) {
                nearest = j;
            }
        }
        nodes[i].parent = nearest;
    }
    for (int i = 0; i < count; i++) {
        if (jb_node_usable(&nodes[i]) && nodes[i].twin_of >= 0) {
            nodes[i].twin_of = jb_node_leader(nodes, i);
            nodes[i].parent = nodes[nodes[i].twin_of].parent;
        }
    }
}

/* Contradictory claims about modules can make a chain of parents from one counted channel to another, though neither
 * was found to contain the other. Then the chain is false, and is cut where it reaches the second. */
static void cut_false_chains(struct jb_overlap_node *nodes, int count)
{
    for (int i = 0; i < count; i++) {
        int at = i;

        while (nodes[i].in_total && nodes[at].parent >= 0) {
            if (nodes[nodes[at].parent].in_total) {
                nodes[at].parent = -1;
            } else {
                at = nodes[at].parent;
            }
        }
    }
}

void jb_overlap_resolve(struct jb_overlap_node *nodes, size_t node_count)
{
    int count = node_count < INT_MAX ? (int)node_count : INT_MAX;

    for (int i = 0; i < count; i++) {
        nodes[i].in_total = false;
        nodes[i].leaf = false;
        nodes[i].parent = -1;
        nodes[i].twin_of = -1;
        nodes[i].whole = false;
    }
    jb_overlap_group(nodes, count);
    jb_overlap_collect_claims(nodes, count);
    settle_total(nodes, count);
    replace_scraps(nodes, count);
    name_parents(nodes, count);
    cut_false_chains(nodes, count);
    for (int i = 0; i < count; i++) {
        nodes[i].leaf = nodes[i].in_total;
    }
}

int jb_overlap_wall(const struct jb_overlap_node *nodes, size_t node_count)
{
    int count = node_count < INT_MAX ? (int)node_count : INT_MAX;

    for (int i = 0; i < count; i++) {
        if (jb_node_leads(nodes, i) && nodes[i].channel->domain == JB_DOMAIN_NODE && nodes[i].channel->unit < 0 &&
            !jb_node_modelled(&nodes[i]) && !nodes[i].rejected) {
            return i;
        }
    }
    return -1;
}

void jb_overlap_total_wall(struct jb_overlap_node *nodes, size_t count)
{
    int wall = jb_overlap_wall(nodes, count);

    for (size_t i = 0; i < count && wall >= 0; i++) {
        nodes[i].in_total = (int)i == wall;
    }
}
