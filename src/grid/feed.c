/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.c - the thread that fetches. Documented in feed.h.
 *
 * As with a lane of the meter (meter/lane.c), what both threads touch is under the worker's lock, and requests are made
 * without it. It sleeps by the monotonic clock, a minute at most: the calendar may jump, and it does while a machine is
 * suspended.
 */
#include "grid/feed.h"

#include "base/worker.h"
#include "grid/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAP_NS    (60 * JB_NS_PER_S)
#define SPREAD_MS 30000
#define LEAVE_NS  (100 * JB_NS_PER_MS)
#define SECOND_NS ((int64_t)JB_NS_PER_S)
#define FIRST_NS  (200 * (int64_t)JB_NS_PER_MS) /* engineering bound: nobody far away answers sooner */

struct jb_feed {
    struct jb_worker worker;
    struct jb_walltime walltime;
    struct jb_grid_settings *settings; /* our own */

    /* The thread's own. */
    struct jb_fetch *fetch;
    int64_t from_ns, spread_ns;
    int64_t asked_ns, due_ns; /* by the calendar */

    /* Under the lock. */
    bool finish; /* look a last time where that is worth it, and end */
    bool changed;
    struct jb_track track;
    struct jb_steps steps;
};

static void finish(void *owner)
{
    struct jb_feed *feed = owner;

    jb_fetch_destroy(feed->fetch);
    jb_grid_settings_free(feed->settings);
    jb_track_finish(&feed->track);
    free(feed);
}

int64_t jb_feed_due(int64_t now_ns, int64_t again_ns, int64_t spread_ns)
{
    int64_t next_ns = now_ns - now_ns % JB_CACHE_SLOT_NS + JB_CACHE_SLOT_NS + spread_ns;
    int64_t soonest_ns = now_ns + SECOND_NS;
    again_ns = again_ns > soonest_ns ? again_ns : soonest_ns;
    return again_ns < next_ns ? again_ns : next_ns;
}

/* The same for one process, another for each: multiplied by a large odd number, neighbours lie far apart. */
static int64_t spread_of(pid_t pid)
{
    uint32_t mixed = (uint32_t)pid * UINT32_C(2654435761) >> 8;
    return (int64_t)(mixed % SPREAD_MS) * (int64_t)JB_NS_PER_MS;
}

static bool same(const struct jb_track *a, const struct jb_track *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct jb_point *p = &a->points[i], *q = &b->points[i];
        if (p->start_ns != q->start_ns || p->end_ns != q->end_ns || p->flags != q->flags ||
            p->fetched_ns != q->fetched_ns || p->provider != q->provider || p->g_per_kwh < q->g_per_kwh ||
            p->g_per_kwh > q->g_per_kwh) {
            return false;
        }
    }
    return true;
}

/* With the lock held, which is given up meanwhile. */
static void look(struct jb_feed *feed, enum jb_fetch_how how)
{
    struct jb_track track = {0};
    struct jb_steps steps = {.count = 0};
    int64_t now_ns = jb_walltime_ns(&feed->walltime);
    int err = jb_track_copy(&track, &feed->track);
    pthread_mutex_unlock(&feed->worker.lock);
    if (err == 0) {
        err = jb_fetch_past(feed->fetch, how, feed->from_ns, now_ns, &track, &steps, NULL);
    }
    if (how == JB_FETCH_ASK) {
        feed->asked_ns = now_ns;
        feed->due_ns = jb_feed_due(now_ns, jb_fetch_again_ns(feed->fetch), feed->spread_ns);
    }
    pthread_mutex_lock(&feed->worker.lock);
    if (err == 0 && !same(&track, &feed->track)) {
        struct jb_track before = feed->track;
        feed->track = track;
        track = before;
        feed->changed = true;
    }
    jb_steps_merge(&feed->steps, &steps);
    jb_track_finish(&track);
}

/* With the lock held: is there a quarter that has begun, was not asked about, and is not known already? */
static bool is_behind(const struct jb_feed *feed)
{
    int64_t now_ns = jb_walltime_ns(&feed->walltime), from_ns, to_ns;
    int64_t begin_ns = now_ns - now_ns % JB_CACHE_SLOT_NS;
    return feed->asked_ns < begin_ns && now_ns > begin_ns &&
           jb_track_gap(&feed->track, begin_ns > feed->from_ns ? begin_ns : feed->from_ns, now_ns, &from_ns, &to_ns);
}

/* With the lock held; gives it up. Comes back when something is to be done, or before. */
static void nap(struct jb_feed *feed)
{
    int64_t left_ns = feed->due_ns - jb_walltime_ns(&feed->walltime);
    left_ns = left_ns > 0 ? left_ns : 0; /* it may have gone forth since the caller looked, by any time */
    uint64_t until_ns = jb_mono_ns() + (left_ns < (int64_t)NAP_NS ? (uint64_t)left_ns : NAP_NS);
    jb_cond_until(&feed->worker.wake, &feed->worker.lock, until_ns);
}

static void run(void *owner)
{
    struct jb_feed *feed = owner;
    const int64_t begin_ns = jb_walltime_ns(&feed->walltime);
    feed->due_ns = begin_ns + FIRST_NS;
    look(feed, JB_FETCH_CACHED);
    while (!feed->worker.stop && !feed->finish) {
        int64_t now_ns = jb_walltime_ns(&feed->walltime);
        int64_t last_ns = feed->asked_ns > 0 ? feed->asked_ns : begin_ns;
        if (now_ns >= feed->due_ns || now_ns < last_ns) { /* the calendar may go back */
            look(feed, JB_FETCH_ASK);
        } else {
            nap(feed);
        }
    }
    if (!feed->worker.stop && feed->asked_ns > 0 && is_behind(feed)) {
        look(feed, JB_FETCH_ASK);
    }
}

int jb_feed_start(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                  int64_t from_ns, struct jb_feed **ret, struct jb_steps *steps, struct jb_diag *diag)
{
    struct jb_feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    jb_worker_init(&feed->worker, run, finish, feed);
    feed->walltime = settings->walltime;
    feed->from_ns = from_ns;
    feed->spread_ns = spread_of(getpid());
    feed->settings = jb_grid_settings_copy(settings);
    int err = feed->settings != NULL ? jb_fetch_create(feed->settings, place, signal, &feed->fetch, diag)
                                     : jb_fail(diag, -ENOMEM, "out of memory");
    if (err == 0 && !jb_fetch_anybody(feed->fetch)) {
        struct jb_chain chain;
        jb_chain_make(settings, place, signal, &chain, steps);
        err = jb_fail(diag, -ENODATA, "there is nobody to ask about %s", place->zone);
    }
    if (err == 0) {
        err = jb_worker_start(&feed->worker, "jb-grid", 0);
        if (err < 0) {
            jb_fail(diag, err, "no thread to fetch intensities: %s", strerror(-err));
        }
    }
    if (err < 0) {
        jb_worker_release(&feed->worker);
        return err;
    }
    *ret = feed;
    return 0;
}

bool jb_feed_take(struct jb_feed *feed, struct jb_track *ret)
{
    pthread_mutex_lock(&feed->worker.lock);
    bool taken = feed->changed && jb_track_copy(ret, &feed->track) == 0;
    feed->changed = feed->changed && !taken;
    pthread_mutex_unlock(&feed->worker.lock);
    return taken;
}

void jb_feed_steps(struct jb_feed *feed, struct jb_steps *ret)
{
    pthread_mutex_lock(&feed->worker.lock);
    *ret = feed->steps;
    pthread_mutex_unlock(&feed->worker.lock);
}

void jb_feed_finish(struct jb_feed *feed, uint64_t deadline_ns)
{
    pthread_mutex_lock(&feed->worker.lock);
    feed->finish = true;
    pthread_cond_signal(&feed->worker.wake);
    (void)jb_worker_wait_exit(&feed->worker, deadline_ns);
    pthread_mutex_unlock(&feed->worker.lock);
}

bool jb_feed_destroy(struct jb_feed *feed)
{
    return feed != NULL && !jb_worker_leave(&feed->worker, jb_mono_ns() + LEAVE_NS);
}
