/* SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"

#include "sensor/sensor.h"

#include <errno.h>

#define FILL_TEXT(r, array) fill_text(r, array, sizeof(array))

/* Any bytes but NUL, of any length that the array has room for; both ends of that more often than chance has them. */
static void fill_text(struct random *r, char *text, size_t size)
{
    size_t length = random_below(r, 4) == 0 ? (random_below(r, 2) ? size - 1 : 0) : random_below(r, size);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(1 + random_below(r, 255));
    }
    text[length] = '\0';
}

static int32_t fill_i32(struct random *r, int32_t lowest)
{
    return lowest + (int32_t)random_below(r, (size_t)INT32_MAX);
}

static void fill_hello(struct random *r, struct jb_link_hello *hello)
{
    hello->version = JB_LINK_VERSION;
    FILL_TEXT(r, hello->run);
    FILL_TEXT(r, hello->parent);
    hello->pid = fill_i32(r, 0);
    hello->interval_ns = random_next(r);
    FILL_TEXT(r, hello->root);
    FILL_TEXT(r, hello->name);
    FILL_TEXT(r, hello->project);
    FILL_TEXT(r, hello->command);
    FILL_TEXT(r, hello->basis);
    hello->pue = 1 + (double)random_below(r, 900) / 100;
}

static void fill_welcome(struct random *r, struct jb_link_welcome *welcome)
{
    welcome->version = JB_LINK_VERSION;
    FILL_TEXT(r, welcome->zone);
    welcome->interval_ns = random_next(r);
    welcome->db_dev = random_next(r);
    welcome->db_ino = random_next(r);
}

static void fill_channel(struct random *r, size_t index, struct jb_link_channel *channel)
{
    FILL_TEXT(r, channel->id);
    FILL_TEXT(r, channel->name);
    FILL_TEXT(r, channel->path);
    FILL_TEXT(r, channel->source);
    FILL_TEXT(r, channel->note);
    FILL_TEXT(r, channel->reason);
    FILL_TEXT(r, channel->fix);
    FILL_TEXT(r, channel->idle_source);
    channel->method = (uint8_t)random_below(r, JB_METHOD_MODELLED + 1);
    channel->domain = (uint8_t)random_below(r, JB_DOMAIN_NODE + 1);
    channel->device = (uint8_t)random_below(r, JB_DEVICE_BOARD + 1);
    channel->status = (uint8_t)random_below(r, JB_TIMEOUT + 1);
    channel->with_memory = random_below(r, 2);
    channel->rejected = random_below(r, 2);
    channel->unit = fill_i32(r, -1);
    channel->die = fill_i32(r, -1);
    channel->parent = (int32_t)random_below(r, index + 1) - 1; /* an earlier one, so that there is no ring */
    channel->mirror_of = index > 0 && random_below(r, 2) ? 0 : -1;
    channel->group = fill_i32(r, 0);
    channel->preference = fill_i32(r, 0);
    channel->unit_num = random_next(r);
    channel->unit_den = random_next(r);
    channel->wrap = random_next(r);
    channel->horizon_ns = random_next(r);
    channel->refresh_ns = random_next(r);
    channel->window_ns = random_next(r);
    channel->max_power_uw = random_next(r);
    channel->idle_uw = random_next(r);
    channel->idle_sigma_uw = random_next(r);
    channel->rel_error = (double)random_next(r) / 1e19;
}

static void fill_tick(struct random *r, uint32_t channels, struct jb_link_tick *tick)
{
    tick->t_ns = random_next(r);
    tick->count = channels;
    for (uint32_t i = 0; i < channels; i++) {
        tick->channels[i].t_ns = random_below(r, 4) == 0 ? JB_LINK_NEVER : random_next(r);
        tick->channels[i].energy_uj = random_next(r);
        tick->channels[i].status = (uint8_t)random_below(r, JB_TIMEOUT + 1);
        tick->channels[i].gap = random_below(r, 2);
    }
}

static void fill_cut(struct random *r, uint32_t channels, struct jb_link_cut *cut)
{
    cut->kind = (uint8_t)random_below(r, JB_LINK_CUT_FINAL + 1);
    cut->count = channels;
    for (uint32_t i = 0; i < channels; i++) {
        cut->channels[i].run_uj = random_next(r);
        cut->channels[i].idle_uj = random_next(r);
        cut->channels[i].others_uj = random_next(r);
        cut->channels[i].unattributed_uj = random_next(r);
    }
}

void message_fill(struct random *r, enum jb_link_kind kind, uint32_t channels, struct jb_link_message *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->kind = kind;
    switch (kind) {
    case JB_LINK_HELLO:
        fill_hello(r, &ret->hello);
        break;
    case JB_LINK_WELCOME:
        fill_welcome(r, &ret->welcome);
        break;
    case JB_LINK_REFUSE:
        ret->refuse.error = -1 - (int32_t)random_below(r, 4095);
        FILL_TEXT(r, ret->refuse.text);
        FILL_TEXT(r, ret->refuse.fix);
        break;
    case JB_LINK_CHANNEL_LIST:
        ret->list.count = channels;
        for (uint32_t i = 0; i < channels; i++) {
            fill_channel(r, i, &ret->list.channels[i]);
        }
        break;
    case JB_LINK_TICK:
        fill_tick(r, channels, &ret->tick);
        break;
    case JB_LINK_CUT:
        fill_cut(r, channels, &ret->cut);
        break;
    case JB_LINK_NEWS:
        FILL_TEXT(r, ret->news.phase);
        ret->news.epoch = (int64_t)(random_next(r) >> 1) - 1;
        ret->news.step = (int64_t)(random_next(r) >> 1) - 1;
        break;
    case JB_LINK_PLAN:
        ret->plan.planned = (uint32_t)random_below(r, JB_LINK_PLANNED + 1u);
        ret->plan.begun = (uint32_t)random_below(r, JB_LINK_PLANNED + 1u);
        ret->plan.run_uj = (double)random_next(r) - 1;
        ret->plan.run_sd_uj = (double)random_below(r, 2) - 1;
        ret->plan.duration_s = (double)random_below(r, 1000000);
        ret->plan.duration_sd_s = -1;
        break;
    case JB_LINK_KEPT:
        ret->kept.error = -(int32_t)random_below(r, 4096);
        FILL_TEXT(r, ret->kept.text);
        break;
    case JB_LINK_START:
    case JB_LINK_STOP:
    case JB_LINK_RECORD:
    case JB_LINK_WATCH:
    case JB_LINK_LIVE:
        break;
    }
}

ssize_t message_pack(const struct jb_link_message *message, void *buffer)
{
    switch (message->kind) {
    case JB_LINK_HELLO:
        return jb_link_pack_hello(&message->hello, buffer);
    case JB_LINK_WELCOME:
        return jb_link_pack_welcome(&message->welcome, buffer);
    case JB_LINK_REFUSE:
        return jb_link_pack_refuse(&message->refuse, buffer);
    case JB_LINK_CHANNEL_LIST:
        return jb_link_pack_channel_list(&message->list, buffer);
    case JB_LINK_TICK:
        return jb_link_pack_tick(&message->tick, buffer);
    case JB_LINK_CUT:
        return jb_link_pack_cut(&message->cut, buffer);
    case JB_LINK_NEWS:
        return jb_link_pack_news(&message->news, buffer);
    case JB_LINK_PLAN:
        return jb_link_pack_plan(&message->plan, buffer);
    case JB_LINK_KEPT:
        return jb_link_pack_kept(&message->kept, buffer);
    case JB_LINK_LIVE:
        return jb_link_pack_live(message->live.text, message->live.length, buffer);
    case JB_LINK_START:
    case JB_LINK_STOP:
    case JB_LINK_RECORD:
    case JB_LINK_WATCH:
        return jb_link_pack_empty(message->kind, buffer);
    }
    return -EINVAL;
}
