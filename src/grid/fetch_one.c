/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_one.c - one provider and the cache's file: whoever holds the lock asks, the others read what was said.
 * Documented in fetch_one.h.
 */
#include "grid/fetch_one.h"

#include "base/cleanup.h"
#include "base/http.h"
#include "grid/cache_file.h"
#include "grid/exchange.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#define LOCK_WAIT_NS (6 * JB_NS_PER_S) /* a request of another process takes 5 s at most */

void jb_fetch_one_finish(struct jb_fetch_one *one)
{
    jb_cached_finish(&one->cached);
}

static int64_t last_ns(const struct jb_cached *cached)
{
    int64_t last = cached->asked_ns > cached->forecast_asked_ns ? cached->asked_ns : cached->forecast_asked_ns;
    last = last > cached->ranges_ns ? last : cached->ranges_ns;
    return last > cached->failed_ns ? last : cached->failed_ns;
}

/* All zero: there is none. */
static struct jb_fetch_file look(const struct jb_fetch_one *one, const struct jb_grid_settings *settings)
{
    char path[PATH_MAX];
    struct stat st;
    if (jb_cache_path(settings->cache, one->provider, &one->ask, ".json", path, sizeof(path)) < 0 ||
        stat(path, &st) < 0) {
        return (struct jb_fetch_file){.size = 0};
    }
    return (struct jb_fetch_file){.device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_mtim};
}

static bool same(const struct jb_fetch_file *a, const struct jb_fetch_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

void jb_fetch_one_load(struct jb_fetch_one *one, const struct jb_grid_settings *settings, int64_t now_ns)
{
    struct jb_cached loaded, *own = &one->cached;
    struct jb_ask ask = one->ask;
    ask.now_ns = now_ns;
    if (one->provider->read != NULL) {
        return;
    }
    const struct jb_fetch_file file = look(one, settings); /* before it is read: one that comes meanwhile is newer */
    if (same(&file, &one->seen)) {
        return;
    }
    one->seen = file;
    if (jb_cache_load(settings->cache, one->provider, &ask, &loaded) < 0) {
        return;
    }
    /* What the file does not keep: long ago, or never written. All the rest of ours is in it. */
    for (size_t i = 0; i < own->track.count; i++) {
        const struct jb_point *point = &own->track.points[i];
        if (one->unsaved || point->start_ns < now_ns - JB_CACHE_KEEP_NS) {
            (void)jb_track_put(&loaded.track, point);
        }
    }
    struct jb_track track = loaded.track;
    if (last_ns(&loaded) < last_ns(own)) {
        loaded = *own;
    }
    jb_track_finish(&own->track);
    *own = loaded;
    own->track = track;
}

static int ask_file(struct jb_fetch_one *one, const struct jb_ask *ask, struct jb_diag *diag)
{
    struct jb_track track = {0};
    int err = one->provider->read(ask, &track, diag);
    if (err == 0 && track.count == 0) {
        err = jb_fail(diag, -ENODATA, "%s has nothing for that time", one->provider->name);
    }
    for (size_t i = 0; err == 0 && i < track.count; i++) {
        track.points[i].provider = one->provider;
        err = jb_track_put(&one->cached.track, &track.points[i]);
    }
    jb_track_finish(&track);
    return err;
}

/* A range up to the newest that can be there has it all up to the end of the quarter, in which more may come. */
static void note_range(struct jb_fetch_one *one, const struct jb_ask *ask)
{
    int64_t late_ns = (int64_t)(one->provider->lag_ns + one->provider->period_ns), to_ns = ask->to_ns;
    if (to_ns >= ask->now_ns - late_ns) {
        to_ns = ask->now_ns - ask->now_ns % JB_CACHE_SLOT_NS + JB_CACHE_SLOT_NS;
    }
    jb_cache_note_range(&one->cached, ask->now_ns, ask->from_ns, to_ns);
}

static int ask_network(struct jb_fetch_one *one, const struct jb_grid_settings *settings, struct jb_http **http,
                       const struct jb_ask *ask, struct jb_diag *diag)
{
    struct jb_track said = {0};
    struct jb_exchanged how = {0};
    const struct jb_http_config config = {.ca_file = settings->ca_file};
    int err = *http != NULL ? 0 : jb_http_create(&config, http, diag);
    if (err < 0) {
        return err;
    }
    err = jb_exchange_run(*http, one->provider, ask, &said, &how, diag);
    if (!how.sent || err == -ENOMEM) {
        return err;
    }
    if (err == 0) {
        err = jb_track_merge(&one->cached.track, &said);
        jb_track_finish(&said);
    }
    jb_cache_note(&one->cached, ask->kind, ask->now_ns, err, how.retry_after_s, diag->text);
    if (ask->kind == JB_ASK_RANGE && (err == 0 || err == -ENODATA || err == -EPERM)) {
        note_range(one, ask);
    }
    one->unsaved = jb_cache_save(settings->cache, one->provider, ask, ask->now_ns, &one->cached, NULL) < 0;
    if (!one->unsaved) {
        one->seen = look(one, settings);
    }
    return err;
}

int jb_fetch_one_ask(struct jb_fetch_one *one, const struct jb_grid_settings *settings, struct jb_http **http,
                     enum jb_ask_kind kind, int64_t from_ns, int64_t to_ns, struct jb_diag *diag)
{
    struct jb_ask ask = one->ask;
    int64_t gap_from_ns, gap_to_ns;
    ask.kind = kind;
    ask.now_ns = jb_walltime_ns(&settings->walltime);
    ask.from_ns = from_ns;
    ask.to_ns = to_ns;
    if (one->provider->read != NULL) {
        return ask_file(one, &ask, diag);
    }
    if (!jb_cache_may_ask(&one->cached, kind, ask.now_ns)) {
        return -EALREADY;
    }
    if (kind == JB_ASK_RANGE && jb_cache_heard_range(&one->cached, ask.now_ns, from_ns, to_ns)) {
        return 0;
    }
    /* Without a folder that can be written each process asks for itself. */
    JB_CLEANUP(jb_closep) int lock = jb_cache_lock(settings->cache, one->provider, &ask, LOCK_WAIT_NS);
    one->busy = lock == -EWOULDBLOCK;
    if (one->busy) {
        return -EBUSY;
    }
    if (lock >= 0) {
        ask.now_ns = jb_walltime_ns(&settings->walltime);
        jb_fetch_one_load(one, settings, ask.now_ns);
        if (!jb_cache_may_ask(&one->cached, kind, ask.now_ns)) {
            return one->cached.failures > 0 ? -EALREADY : 0;
        }
        if (kind == JB_ASK_RANGE && (!jb_track_gap(&one->cached.track, from_ns, to_ns, &gap_from_ns, &gap_to_ns) ||
                                     jb_cache_heard_range(&one->cached, ask.now_ns, from_ns, to_ns))) {
            return 0;
        }
    }
    return ask_network(one, settings, http, &ask, diag);
}

void jb_fetch_one_say_late(const struct jb_fetch_one *one, struct jb_steps *steps)
{
    const struct jb_track *track = &one->cached.track;
    char time[32];
    size_t i = track->count;
    while (i > 0 && (track->points[i - 1].flags & JB_POINT_FORECAST) != 0) {
        i--;
    }
    if (i > 0 && one->cached.failures == 0) {
        jb_steps_add(steps, "%s: its values end at %.16sZ", one->provider->name,
                     jb_iso_time(track->points[i - 1].end_ns, time, sizeof(time)));
    }
}
