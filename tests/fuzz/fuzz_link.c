/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_link.c - any bytes as a packet of the meter's socket: it is refused, or what was understood of it makes the same
 * packet again and is in its bounds.
 */
#include "link/link.h"

#include "sensor/sensor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct jb_link_message message;
static char again[JB_LINK_MAX];

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_list(const struct jb_link_channel_list *list)
{
    check(list->count <= JB_LINK_CHANNELS);
    for (size_t i = 0; i < list->count; i++) {
        const struct jb_link_channel *channel = &list->channels[i];
        size_t steps = 0;
        for (int32_t at = channel->parent; at >= 0; at = list->channels[at].parent) {
            check(at < (int32_t)list->count && steps++ < list->count);
        }
        check(channel->mirror_of >= -1 && channel->mirror_of < (int32_t)list->count);
        check(channel->method <= JB_METHOD_MODELLED && channel->domain <= JB_DOMAIN_NODE);
        check(channel->device <= JB_DEVICE_BOARD && channel->status <= JB_TIMEOUT);
        check(isfinite(channel->rel_error) && channel->rel_error >= 0);
        check(strlen(channel->id) < sizeof(channel->id) && strlen(channel->fix) < sizeof(channel->fix));
    }
}

/* -1: of another version, of which not all was read. */
static ssize_t pack_again(void)
{
    switch (message.kind) {
    case JB_LINK_HELLO:
        return message.hello.version == JB_LINK_VERSION ? jb_link_pack_hello(&message.hello, again) : -1;
    case JB_LINK_WELCOME:
        return message.welcome.version == JB_LINK_VERSION ? jb_link_pack_welcome(&message.welcome, again) : -1;
    case JB_LINK_REFUSE:
        return jb_link_pack_refuse(&message.refuse, again);
    case JB_LINK_CHANNEL_LIST:
        check_list(&message.list);
        return jb_link_pack_channel_list(&message.list, again);
    case JB_LINK_TICK:
        return jb_link_pack_tick(&message.tick, again);
    case JB_LINK_CUT:
        return jb_link_pack_cut(&message.cut, again);
    case JB_LINK_NEWS:
        return jb_link_pack_news(&message.news, again);
    case JB_LINK_PLAN:
        check(message.plan.planned <= JB_LINK_PLANNED && isfinite(message.plan.run_uj) && message.plan.run_uj >= -1);
        return jb_link_pack_plan(&message.plan, again);
    case JB_LINK_KEPT:
        return jb_link_pack_kept(&message.kept, again);
    case JB_LINK_LIVE:
        return jb_link_pack_live(message.live.text, message.live.length, again);
    case JB_LINK_START:
    case JB_LINK_STOP:
    case JB_LINK_RECORD:
    case JB_LINK_WATCH:
        break;
    }
    return jb_link_pack_empty(message.kind, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *packet = malloc(size > 0 ? size : 1); /* of its own size, so that reading beyond it is seen */
    if (packet == NULL) {
        return 0;
    }
    memcpy(packet, data, size);
    int error = jb_link_unpack(packet, size, &message);
    check(error == 0 || error == -EBADMSG || error == -EPROTONOSUPPORT);
    if (error == 0) {
        ssize_t length = pack_again();
        check(length == -1 || (length == (ssize_t)size && memcmp(again, packet, size) == 0));
    }
    free(packet);
    return 0;
}
