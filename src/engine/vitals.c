/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that looks. The first look only begins the count of the CPUs' time; what is handed on begins a second
 * later.
 */
#include "engine/vitals.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/worker.h"
#include "hardware/jetson.h"

#include <stdlib.h>
#include <string.h>

#define EACH_NS  (JB_NS_PER_S)
#define LEAST_NS (100 * JB_NS_PER_MS) /* a load over less is a matter of chance: the kernel counts in 10 ms */
#define WAIT_NS  (200 * JB_NS_PER_MS) /* for the last look */

struct jb_vitals_watch {
    struct jb_worker worker;
    char *root;
    struct jb_writer *writer; /* not to be called any more when it was left behind */
    uint64_t start_ns;
    struct jb_vitals_state state;
    struct jb_vitals vitals;
    struct jb_buf json;
};

static void finish(void *owner)
{
    struct jb_vitals_watch *watch = owner;

    jb_vitals_finish(&watch->state);
    jb_buf_finish(&watch->json);
    free(watch->root);
    free(watch);
}

/* With the lock held, which is let go while files are read. */
static void look(struct jb_vitals_watch *watch, bool tell)
{
    pthread_mutex_unlock(&watch->worker.lock);
    jb_vitals_read(&watch->state, &watch->vitals);
    uint64_t now_ns = jb_mono_ns();
    jb_vitals_json(&watch->vitals, &watch->json);
    pthread_mutex_lock(&watch->worker.lock);
    if (tell && !watch->worker.left && !watch->json.failed && now_ns > watch->start_ns) {
        jb_writer_vitals(watch->writer, now_ns - watch->start_ns, watch->json.data);
    }
}

/* Looks end whole seconds of the run: one that comes late does not delay those that follow. */
static uint64_t next_second(const struct jb_vitals_watch *watch, uint64_t last_ns)
{
    return watch->start_ns + ((last_ns - watch->start_ns + EACH_NS / 2) / EACH_NS + 1) * EACH_NS;
}

/* Who is asked to end makes a last look. */
static void run(void *owner)
{
    struct jb_vitals_watch *watch = owner;

    look(watch, false);
    uint64_t last_ns = watch->start_ns;
    for (bool last = false; !last;) {
        uint64_t due_ns = next_second(watch, last_ns);
        while (!watch->worker.stop && jb_cond_until(&watch->worker.wake, &watch->worker.lock, due_ns)) {
        }
        last = watch->worker.stop;
        uint64_t now_ns = jb_mono_ns();
        if (now_ns > last_ns && now_ns - last_ns >= LEAST_NS) {
            look(watch, true);
            last_ns = now_ns;
        }
    }
}

struct jb_vitals_watch *jb_vitals_watch_start(const char *root, struct jb_writer *writer, uint64_t start_ns)
{
    struct jb_jetson jetson;

    if (writer == NULL || !jb_jetson_read(root, &jetson)) {
        return NULL;
    }
    struct jb_vitals_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return NULL;
    }
    jb_worker_init(&watch->worker, run, finish, watch);
    watch->root = root != NULL ? strdup(root) : NULL;
    watch->writer = writer;
    watch->start_ns = start_ns;
    jb_vitals_init(&watch->state, watch->root);
    if ((root != NULL && watch->root == NULL) || jb_worker_start(&watch->worker, "jb-vitals", 0) < 0) {
        jb_worker_release(&watch->worker);
        return NULL;
    }
    return watch;
}

void jb_vitals_watch_stop(struct jb_vitals_watch *watch)
{
    if (watch != NULL) {
        jb_worker_leave(&watch->worker, jb_mono_ns() + WAIT_NS);
    }
}
