/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlap_impl.h - between overlap.c, twins.c and contains.c only.
 *
 * Twins form groups; a group's leader is its best member, the one whose twin_of is -1. While groups grow, twin_of may
 * lead to the leader over others, so that no memory is needed for any number of channels.
 */
#ifndef JB_LEDGER_OVERLAP_IMPL_H
#define JB_LEDGER_OVERLAP_IMPL_H

#include "ledger/overlap.h"

#define JB_TOP_RANK 5

static inline bool jb_node_usable(const struct jb_overlap_node *node)
{
    return node->channel != NULL && node->channel->status == JB_OK;
}

static inline bool jb_node_modelled(const struct jb_overlap_node *node)
{
    return node->channel->method == JB_METHOD_MODELLED;
}

static inline int jb_node_leader(const struct jb_overlap_node *nodes, int number)
{
    while (nodes[number].twin_of >= 0) {
        number = nodes[number].twin_of;
    }
    return number;
}

static inline bool jb_node_leads(const struct jb_overlap_node *nodes, int number)
{
    return jb_node_usable(&nodes[number]) && nodes[number].twin_of < 0;
}

/* twins.c: fill twin_of and whole. */
void jb_overlap_group(struct jb_overlap_node *nodes, int count);

/* contains.c. Domains by size, 0..JB_TOP_RANK: the order that makes circles impossible, whatever drivers claim. */
int jb_domain_rank(enum jb_domain domain);
/* Until parents are named, the `parent` of a leader holds what its drivers claim; jb_node_contains() looks at it. */
void jb_overlap_collect_claims(struct jb_overlap_node *nodes, int count);
/* Of leaders. Also when it contains only some of it: the two cannot be added up. */
bool jb_node_contains(const struct jb_overlap_node *nodes, int outer, int inner);
/* Contains it whole, of two of which jb_node_contains() is true: it can be called its parent. */
bool jb_node_covers(const struct jb_overlap_node *outer, const struct jb_overlap_node *inner);
/* Has a model taken over from something measured that was found false? */
bool jb_node_stands_in(const struct jb_overlap_node *nodes, int count, int leader);
/* Contained, and not able to stand for its container. */
bool jb_node_part_of(const struct jb_overlap_node *nodes, int count, int outer, int inner);

#endif
