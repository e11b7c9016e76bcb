/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that looks. It owns its memory, and frees it itself when it comes back to find that nobody waits any more.
 * The first look only begins the count of the CPUs' time; what is handed on begins a second later.
 */
#include "engine/vitals.h"

#include "base/clock.h"
#include "base/text.h"
#include "hardware/jetson.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EACH_NS  (JB_NS_PER_S)
#define LEAST_NS (100 * JB_NS_PER_MS) /* a load over less is a matter of chance: the kernel counts in 10 ms */
#define WAIT_NS  (200 * JB_NS_PER_MS) /* for the last look */

struct jb_vitals_watch {
    char *root;
    struct jb_writer *writer; /* not to be called any more when `stopped` */
    uint64_t start_ns;
    struct jb_vitals_state state;
    struct jb_vitals vitals;
    struct jb_buf json;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;    /* make a last look and end */
    bool stopped; /* nobody waits */
    bool ended;
};

static void watch_free(struct jb_vitals_watch *watch)
{
    jb_vitals_finish(&watch->state);
    jb_buf_finish(&watch->json);
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->changed);
    free(watch->root);
    free(watch);
}

static struct timespec at(uint64_t t_ns)
{
    return (struct timespec){(time_t)(t_ns / JB_NS_PER_S), (long)(t_ns % JB_NS_PER_S)};
}

/* With the lock held, which is let go while files are read. */
static void look(struct jb_vitals_watch *watch, bool tell)
{
    pthread_mutex_unlock(&watch->lock);
    jb_vitals_read(&watch->state, &watch->vitals);
    uint64_t now_ns = jb_mono_ns();
    jb_vitals_json(&watch->vitals, &watch->json);
    pthread_mutex_lock(&watch->lock);
    if (tell && !watch->stopped && !watch->json.failed && now_ns > watch->start_ns) {
        jb_writer_vitals(watch->writer, now_ns - watch->start_ns, watch->json.data);
    }
}

/* Looks end whole seconds of the run: one that comes late does not delay those that follow. */
static uint64_t next_second(const struct jb_vitals_watch *watch, uint64_t last_ns)
{
    return watch->start_ns + ((last_ns - watch->start_ns + EACH_NS / 2) / EACH_NS + 1) * EACH_NS;
}

static void *watch_main(void *context)
{
    struct jb_vitals_watch *watch = context;

    pthread_mutex_lock(&watch->lock);
    look(watch, false);
    uint64_t last_ns = watch->start_ns;
    for (bool last = false; !last;) {
        uint64_t due_ns = next_second(watch, last_ns);
        struct timespec until = at(due_ns);
        while (!watch->stop && jb_mono_ns() < due_ns) {
            pthread_cond_timedwait(&watch->changed, &watch->lock, &until);
        }
        last = watch->stop;
        uint64_t now_ns = jb_mono_ns();
        if (now_ns > last_ns && now_ns - last_ns >= LEAST_NS) {
            look(watch, true);
            last_ns = now_ns;
        }
    }
    watch->ended = true;
    pthread_cond_broadcast(&watch->changed);
    bool mine = watch->stopped;
    pthread_mutex_unlock(&watch->lock);
    if (mine) {
        watch_free(watch);
    }
    return NULL;
}

static int start_thread(struct jb_vitals_watch *watch)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&watch->thread, NULL, watch_main, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct jb_vitals_watch *jb_vitals_watch_start(const char *root, struct jb_writer *writer, uint64_t start_ns)
{
    struct jb_jetson jetson;
    pthread_condattr_t attr;

    if (writer == NULL || !jb_jetson_read(root, &jetson)) {
        return NULL;
    }
    struct jb_vitals_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return NULL;
    }
    watch->root = root != NULL ? strdup(root) : NULL;
    watch->writer = writer;
    watch->start_ns = start_ns;
    jb_vitals_init(&watch->state, watch->root);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->changed, &attr);
    pthread_condattr_destroy(&attr);
    if ((root != NULL && watch->root == NULL) || start_thread(watch) != 0) {
        watch_free(watch);
        return NULL;
    }
    return watch;
}

void jb_vitals_watch_stop(struct jb_vitals_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    struct timespec until = at(jb_mono_ns() + WAIT_NS);

    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    pthread_cond_broadcast(&watch->changed);
    while (!watch->ended && pthread_cond_timedwait(&watch->changed, &watch->lock, &until) != ETIMEDOUT) {
    }
    bool ended = watch->ended;
    watch->stopped = true;
    if (!ended) {
        pthread_detach(watch->thread);
    }
    pthread_mutex_unlock(&watch->lock);
    if (ended) {
        pthread_join(watch->thread, NULL);
        watch_free(watch);
    }
}
