/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.c - channels of the whole node, alike whoever measures it.
 *
 * They are twins of each other (ledger/overlap.h): the drivers' order says which is trusted most.
 */
#include "sensor/node.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>

struct jb_channel *jb_node_add(struct jb_source *source, const char *id, const char *name, const char *path)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    jb_copy(channel->id, sizeof(channel->id), id);
    jb_copy(channel->name, sizeof(channel->name), name);
    jb_copy(channel->path, sizeof(channel->path), path);
    jb_sanitise(channel->name);
    jb_sanitise(channel->path);
    channel->method = JB_METHOD_INTEGRATED;
    channel->domain = JB_DOMAIN_NODE;
    channel->device = JB_DEVICE_BOARD;
    channel->max_power_uw = JB_NODE_MAX_UW;
    return channel;
}

void jb_node_refuse(struct jb_channel *channel, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    jb_vsnprintf(channel->reason, sizeof(channel->reason), format, args);
    va_end(args);
    jb_sanitise(channel->reason);
    channel->status = err == -EACCES || err == -EPERM     ? JB_DENIED
                      : err == -ENOTSUP || err == -ENOENT ? JB_UNSUPPORTED
                                                          : JB_FAILED;
}
