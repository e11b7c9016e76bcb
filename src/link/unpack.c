/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.c - packets into messages, each field in its bounds or the whole refused. The order of the fields is that of
 * pack.c.
 *
 * Beyond single fields: the parents of a list of channels end at channels without one, so that whoever climbs them
 * arrives, and what mirrors a channel is no mirror's mirror.
 */
#include "link/link.h"

#include "link/cursor.h"
#include "sensor/sensor.h"

#include <errno.h>

#define LOWEST_ERRNO       (-4095) /* as the kernel has it: linux/err.h */
#define HIGHEST_PUE        10      /* as of --pue */
#define GET_TEXT(r, array) get_text(r, array, sizeof(array))

/* Of another version only that is known: what follows may have changed its meaning. */
static bool other_version(struct jb_link_reader *r, uint32_t version)
{
    if (!r->failed && version != JB_LINK_VERSION) {
        r->at = r->end;
        return true;
    }
    return false;
}

static void get_hello(struct jb_link_reader *r, struct jb_link_hello *hello)
{
    *hello = (struct jb_link_hello){.version = get_u32(r)};
    if (other_version(r, hello->version)) {
        return;
    }
    GET_TEXT(r, hello->run);
    GET_TEXT(r, hello->parent);
    hello->pid = get_i32(r, 0, INT32_MAX);
    hello->interval_ns = get_u64(r);
    GET_TEXT(r, hello->root);
    GET_TEXT(r, hello->name);
    GET_TEXT(r, hello->project);
    GET_TEXT(r, hello->command);
    GET_TEXT(r, hello->basis);
    hello->pue = get_double(r, 1, HIGHEST_PUE);
}

static void get_welcome(struct jb_link_reader *r, struct jb_link_welcome *welcome)
{
    *welcome = (struct jb_link_welcome){.version = get_u32(r)};
    if (other_version(r, welcome->version)) {
        return;
    }
    GET_TEXT(r, welcome->zone);
    welcome->interval_ns = get_u64(r);
    welcome->db_dev = get_u64(r);
    welcome->db_ino = get_u64(r);
}

static void get_refuse(struct jb_link_reader *r, struct jb_link_refuse *refuse)
{
    refuse->error = get_i32(r, LOWEST_ERRNO, -1);
    GET_TEXT(r, refuse->text);
    GET_TEXT(r, refuse->fix);
}

static void get_channel(struct jb_link_reader *r, int32_t count, struct jb_link_channel *channel)
{
    GET_TEXT(r, channel->id);
    GET_TEXT(r, channel->name);
    GET_TEXT(r, channel->path);
    GET_TEXT(r, channel->source);
    GET_TEXT(r, channel->note);
    GET_TEXT(r, channel->reason);
    GET_TEXT(r, channel->fix);
    channel->method = get_choice(r, JB_METHOD_MODELLED);
    channel->domain = get_choice(r, JB_DOMAIN_NODE);
    channel->device = get_choice(r, JB_DEVICE_BOARD);
    channel->status = get_choice(r, JB_TIMEOUT);
    channel->with_memory = get_bool(r);
    channel->rejected = get_bool(r);
    channel->unit = get_i32(r, -1, INT32_MAX);
    channel->die = get_i32(r, -1, INT32_MAX);
    channel->parent = get_i32(r, -1, count - 1);
    channel->mirror_of = get_i32(r, -1, count - 1);
    channel->group = get_i32(r, 0, INT32_MAX);
    channel->preference = get_i32(r, 0, INT32_MAX);
    channel->unit_num = get_u64(r);
    channel->unit_den = get_u64(r);
    channel->wrap = get_u64(r);
    channel->horizon_ns = get_u64(r);
    channel->refresh_ns = get_u64(r);
    channel->window_ns = get_u64(r);
    channel->max_power_uw = get_u64(r);
    channel->idle_uw = get_u64(r);
    channel->idle_sigma_uw = get_u64(r);
    GET_TEXT(r, channel->idle_source);
    channel->rel_error = get_double(r, 0, HUGE_VAL);
}

/* Whether climbing the parents of `index` comes to an end. */
static bool parents_end(const struct jb_link_channel_list *list, size_t index)
{
    size_t steps = 0;
    for (int32_t at = (int32_t)index; at >= 0 && steps <= list->count; at = list->channels[at].parent) {
        steps++;
    }
    return steps <= list->count;
}

static uint32_t get_count(struct jb_link_reader *r)
{
    uint32_t count = get_u32(r);
    refuse_unless(r, count <= JB_LINK_CHANNELS);
    return r->failed ? 0 : count;
}

static void get_list(struct jb_link_reader *r, struct jb_link_channel_list *list)
{
    list->count = get_count(r);
    for (size_t i = 0; !r->failed && i < list->count; i++) {
        get_channel(r, (int32_t)list->count, &list->channels[i]);
    }
    for (size_t i = 0; !r->failed && i < list->count; i++) {
        int32_t mirrored = list->channels[i].mirror_of;
        refuse_unless(r, mirrored < 0 || list->channels[mirrored].mirror_of < 0);
        refuse_unless(r, parents_end(list, i));
    }
}

static void get_tick(struct jb_link_reader *r, struct jb_link_tick *tick)
{
    tick->t_ns = get_u64(r);
    tick->count = get_count(r);
    for (size_t i = 0; !r->failed && i < tick->count; i++) {
        tick->channels[i].t_ns = get_u64(r);
        tick->channels[i].energy_uj = get_u64(r);
        tick->channels[i].status = get_choice(r, JB_TIMEOUT);
        tick->channels[i].gap = get_bool(r);
    }
}

static void get_cut(struct jb_link_reader *r, struct jb_link_cut *cut)
{
    cut->kind = get_choice(r, JB_LINK_CUT_FINAL);
    cut->count = get_count(r);
    for (size_t i = 0; !r->failed && i < cut->count; i++) {
        cut->channels[i].run_uj = get_u64(r);
        cut->channels[i].idle_uj = get_u64(r);
        cut->channels[i].others_uj = get_u64(r);
        cut->channels[i].unattributed_uj = get_u64(r);
    }
}

static void get_news(struct jb_link_reader *r, struct jb_link_news *news)
{
    GET_TEXT(r, news->phase);
    news->epoch = get_i64(r, -1);
    news->step = get_i64(r, -1);
}

static uint32_t get_epochs(struct jb_link_reader *r)
{
    uint32_t epochs = get_u32(r);
    refuse_unless(r, epochs <= JB_LINK_PLANNED);
    return epochs;
}

static void get_plan(struct jb_link_reader *r, struct jb_link_plan *plan)
{
    plan->planned = get_epochs(r);
    plan->begun = get_epochs(r);
    plan->run_uj = get_double(r, -1, HUGE_VAL);
    plan->run_sd_uj = get_double(r, -1, HUGE_VAL);
    plan->duration_s = get_double(r, -1, HUGE_VAL);
    plan->duration_sd_s = get_double(r, -1, HUGE_VAL);
}

static void get_kept(struct jb_link_reader *r, struct jb_link_kept *kept)
{
    kept->error = get_i32(r, LOWEST_ERRNO, 0);
    GET_TEXT(r, kept->text);
}

static void get_live(struct jb_link_reader *r, struct jb_link_message *message)
{
    message->live.text = (const char *)r->at;
    message->live.length = (size_t)(r->end - r->at);
    r->at = r->end;
}

/* False: this version has no such kind. */
static bool get_body(struct jb_link_reader *r, struct jb_link_message *message)
{
    switch (message->kind) {
    case JB_LINK_HELLO:
        get_hello(r, &message->hello);
        return true;
    case JB_LINK_WELCOME:
        get_welcome(r, &message->welcome);
        return true;
    case JB_LINK_REFUSE:
        get_refuse(r, &message->refuse);
        return true;
    case JB_LINK_CHANNEL_LIST:
        get_list(r, &message->list);
        return true;
    case JB_LINK_TICK:
        get_tick(r, &message->tick);
        return true;
    case JB_LINK_CUT:
        get_cut(r, &message->cut);
        return true;
    case JB_LINK_NEWS:
        get_news(r, &message->news);
        return true;
    case JB_LINK_PLAN:
        get_plan(r, &message->plan);
        return true;
    case JB_LINK_KEPT:
        get_kept(r, &message->kept);
        return true;
    case JB_LINK_LIVE:
        get_live(r, message);
        return true;
    case JB_LINK_START:
    case JB_LINK_STOP:
    case JB_LINK_RECORD:
    case JB_LINK_WATCH:
        return true;
    }
    return false;
}

int jb_link_unpack(const void *packet, size_t length, struct jb_link_message *ret)
{
    struct jb_link_reader r = {.at = packet, .end = (const unsigned char *)packet + length};
    refuse_unless(&r, length <= JB_LINK_MAX);
    refuse_unless(&r, get_u32(&r) == JB_LINK_MAGIC);
    uint32_t kind = get_u32(&r);
    if (r.failed || kind == 0) {
        return -EBADMSG;
    }
    if (kind > JB_LINK_PLAN) {
        return -EPROTONOSUPPORT;
    }
    ret->kind = (enum jb_link_kind)kind;
    if (!get_body(&r, ret)) {
        return -EPROTONOSUPPORT;
    }
    return r.failed || r.at != r.end ? -EBADMSG : 0;
}
