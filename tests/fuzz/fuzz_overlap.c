/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any channels, whatever drivers may claim about them: the graph must end, hold together, and never add a channel to
 * one that contains it. A node takes 9 bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/overlap.h"

#define MAX        64
#define NODE_BYTES 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check(const struct jb_overlap_node *nodes, int count)
{
    int usable = 0, counted = 0;

    for (int i = 0; i < count; i++) {
        const struct jb_overlap_node *node = &nodes[i];
        if (node->channel == NULL || node->channel->status != JB_OK) {
            require(!node->in_total && node->parent == -1 && node->twin_of == -1);
            continue;
        }
        usable++;
        counted += node->in_total;
        if (node->twin_of >= 0) {
            require(!node->in_total && node->twin_of < count && nodes[node->twin_of].twin_of == -1);
        }
        int steps = 0;
        for (int at = node->parent; at >= 0; at = nodes[at].parent) {
            require(at < count && nodes[at].twin_of == -1 && ++steps <= count);
            require(!(node->in_total && nodes[at].in_total));
        }
    }
    require((usable > 0) == (counted > 0));
}

/* A node meter is beside nothing measured but supplies of the same node; as the total it stands alone. */
static void check_wall(struct jb_overlap_node *nodes, int count)
{
    int wall = jb_overlap_wall(nodes, (size_t)count);

    require(wall >= -1 && wall < count);
    for (int i = 0; i < count && wall >= 0; i++) {
        require(!nodes[wall].leaf || i == wall || !nodes[i].leaf);
    }
    jb_overlap_total_wall(nodes, (size_t)count);
    for (int i = 0; i < count; i++) {
        require(nodes[i].in_total == (wall < 0 ? nodes[i].leaf : i == wall));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jb_channel channels[MAX];
    struct jb_overlap_node nodes[MAX], again[MAX];
    int count = size / NODE_BYTES < MAX ? (int)(size / NODE_BYTES) : MAX;

    for (int i = 0; i < count; i++) {
        const uint8_t *at = data + (size_t)i * NODE_BYTES;
        memset(&channels[i], 0, sizeof(channels[i]));
        channels[i].domain = (enum jb_domain)(at[0] % (JB_DOMAIN_NODE + 1));
        channels[i].unit = (int)(at[1] + 1u) % 4 - 1;
        channels[i].die = (int)(at[2] % 4) - 1;
        channels[i].method = (enum jb_method)(at[3] % 3);
        channels[i].status = at[3] & 0x80 ? JB_DENIED : JB_OK;
        channels[i].parent = (int8_t)at[4];
        channels[i].with_memory = (at[8] & 2) != 0;
        nodes[i] = (struct jb_overlap_node){
            .channel = at[3] & 0x40 && i % 7 == 6 ? NULL : &channels[i],
            .source = at[5] % 4,
            .preference = (int8_t)at[6],
            .mirror_of = (int8_t)at[7],
            .rejected = at[8] & 1,
        };
    }
    jb_overlap_resolve(nodes, (size_t)count);
    check(nodes, count);
    memcpy(again, nodes, sizeof(again[0]) * (size_t)count);
    jb_overlap_resolve(again, (size_t)count);
    for (int i = 0; i < count; i++) {
        require(again[i].in_total == nodes[i].in_total && again[i].parent == nodes[i].parent &&
                again[i].twin_of == nodes[i].twin_of);
    }
    check_wall(again, count);
    return 0;
}
