/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.c - messages into packets. See link.h for what they mean and cursor.h for how fields lie; unpack.c reads them in
 * the same order.
 */
#include "link/link.h"

#include "link/cursor.h"

#include <errno.h>

#define PUT_TEXT(w, array) put_text(w, array, sizeof(array))

static struct jb_link_writer begin(enum jb_link_kind kind, void *buffer)
{
    struct jb_link_writer w = {.at = buffer, .end = (unsigned char *)buffer + JB_LINK_MAX};
    put_u32(&w, JB_LINK_MAGIC);
    put_u32(&w, (uint32_t)kind);
    return w;
}

static ssize_t end(const struct jb_link_writer *w, const void *buffer)
{
    return w->failed ? -E2BIG : w->at - (const unsigned char *)buffer;
}

ssize_t jb_link_pack_empty(enum jb_link_kind kind, void *buffer)
{
    struct jb_link_writer w = begin(kind, buffer);
    return end(&w, buffer);
}

ssize_t jb_link_pack_hello(const struct jb_link_hello *hello, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_HELLO, buffer);
    put_u32(&w, hello->version);
    PUT_TEXT(&w, hello->run);
    PUT_TEXT(&w, hello->parent);
    put_i32(&w, hello->pid);
    put_u64(&w, hello->interval_ns);
    PUT_TEXT(&w, hello->root);
    PUT_TEXT(&w, hello->name);
    PUT_TEXT(&w, hello->project);
    PUT_TEXT(&w, hello->command);
    PUT_TEXT(&w, hello->basis);
    put_double(&w, hello->pue);
    return end(&w, buffer);
}

ssize_t jb_link_pack_welcome(const struct jb_link_welcome *welcome, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_WELCOME, buffer);
    put_u32(&w, welcome->version);
    PUT_TEXT(&w, welcome->zone);
    put_u64(&w, welcome->interval_ns);
    put_u64(&w, welcome->db_dev);
    put_u64(&w, welcome->db_ino);
    return end(&w, buffer);
}

ssize_t jb_link_pack_refuse(const struct jb_link_refuse *refuse, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_REFUSE, buffer);
    put_i32(&w, refuse->error);
    PUT_TEXT(&w, refuse->text);
    PUT_TEXT(&w, refuse->fix);
    return end(&w, buffer);
}

static void put_channel(struct jb_link_writer *w, const struct jb_link_channel *channel)
{
    PUT_TEXT(w, channel->id);
    PUT_TEXT(w, channel->name);
    PUT_TEXT(w, channel->path);
    PUT_TEXT(w, channel->source);
    PUT_TEXT(w, channel->note);
    PUT_TEXT(w, channel->reason);
    PUT_TEXT(w, channel->fix);
    put_u8(w, channel->method);
    put_u8(w, channel->domain);
    put_u8(w, channel->device);
    put_u8(w, channel->status);
    put_u8(w, channel->with_memory);
    put_u8(w, channel->rejected);
    put_i32(w, channel->unit);
    put_i32(w, channel->die);
    put_i32(w, channel->parent);
    put_i32(w, channel->mirror_of);
    put_i32(w, channel->group);
    put_i32(w, channel->preference);
    put_u64(w, channel->unit_num);
    put_u64(w, channel->unit_den);
    put_u64(w, channel->wrap);
    put_u64(w, channel->horizon_ns);
    put_u64(w, channel->refresh_ns);
    put_u64(w, channel->window_ns);
    put_u64(w, channel->max_power_uw);
    put_u64(w, channel->idle_uw);
    put_u64(w, channel->idle_sigma_uw);
    PUT_TEXT(w, channel->idle_source);
    put_double(w, channel->rel_error);
}

ssize_t jb_link_pack_channel_list(const struct jb_link_channel_list *list, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_CHANNEL_LIST, buffer);
    w.failed = list->count > JB_LINK_CHANNELS;
    put_u32(&w, list->count);
    for (size_t i = 0; !w.failed && i < list->count; i++) {
        put_channel(&w, &list->channels[i]);
    }
    return end(&w, buffer);
}

ssize_t jb_link_pack_tick(const struct jb_link_tick *tick, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_TICK, buffer);
    w.failed = tick->count > JB_LINK_CHANNELS;
    put_u64(&w, tick->t_ns);
    put_u32(&w, tick->count);
    for (size_t i = 0; !w.failed && i < tick->count; i++) {
        put_u64(&w, tick->channels[i].t_ns);
        put_u64(&w, tick->channels[i].energy_uj);
        put_u8(&w, tick->channels[i].status);
        put_u8(&w, tick->channels[i].gap);
    }
    return end(&w, buffer);
}

ssize_t jb_link_pack_cut(const struct jb_link_cut *cut, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_CUT, buffer);
    w.failed = cut->count > JB_LINK_CHANNELS;
    put_u8(&w, cut->kind);
    put_u32(&w, cut->count);
    for (size_t i = 0; !w.failed && i < cut->count; i++) {
        put_u64(&w, cut->channels[i].run_uj);
        put_u64(&w, cut->channels[i].idle_uj);
        put_u64(&w, cut->channels[i].others_uj);
        put_u64(&w, cut->channels[i].unattributed_uj);
    }
    return end(&w, buffer);
}

ssize_t jb_link_pack_news(const struct jb_link_news *news, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_NEWS, buffer);
    PUT_TEXT(&w, news->phase);
    put_i64(&w, news->epoch);
    put_i64(&w, news->step);
    return end(&w, buffer);
}

ssize_t jb_link_pack_plan(const struct jb_link_plan *plan, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_PLAN, buffer);
    put_u32(&w, plan->planned);
    put_u32(&w, plan->begun);
    put_double(&w, plan->run_uj);
    put_double(&w, plan->run_sd_uj);
    put_double(&w, plan->duration_s);
    put_double(&w, plan->duration_sd_s);
    return end(&w, buffer);
}

ssize_t jb_link_pack_kept(const struct jb_link_kept *kept, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_KEPT, buffer);
    put_i32(&w, kept->error);
    PUT_TEXT(&w, kept->text);
    return end(&w, buffer);
}

ssize_t jb_link_pack_live(const char *text, size_t length, void *buffer)
{
    struct jb_link_writer w = begin(JB_LINK_LIVE, buffer);
    put(&w, text, length);
    return end(&w, buffer);
}
