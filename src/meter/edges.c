/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges.c - the owner's side of a reader of edges: making it, ordering bursts, taking what was seen. See edges.h.
 *
 * The owner never waits for the driver but in create(), and there and in destroy() only for a bounded time.
 */
#include "meter/edges_impl.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_WAIT_NS    (2 * JB_NS_PER_S)
#define DESTROY_WAIT_NS (100 * JB_NS_PER_MS)

static void finish(void *owner)
{
    struct jb_edges *edges = owner;
    jb_opened_finish(&edges->opened);
    jb_sensor_env_free(edges->env);
    free(edges->spec);
    free(edges);
}

static int fill(struct jb_edges *edges, const struct jb_sensor_env *env, const struct jb_sensor_driver *driver,
                const char *spec, const char *const *channel_ids, size_t count)
{
    edges->env = jb_sensor_env_copy(env);
    edges->spec = spec ? strdup(spec) : NULL;
    if (!edges->env || (spec && !edges->spec)) {
        return -ENOMEM;
    }
    edges->count = count < JB_EDGES_CHANNELS ? (int)count : JB_EDGES_CHANNELS;
    for (int i = 0; i < edges->count; i++) {
        if (!jb_copy(edges->ids[i], sizeof(edges->ids[i]), channel_ids[i])) {
            return -ENODEV;
        }
    }
    return jb_opened_init(&edges->opened, driver, edges->env, edges->spec);
}

/* 0, or why not: what open() said, or -ETIMEDOUT. */
static int wait_ready(struct jb_edges *edges)
{
    uint64_t deadline_ns = jb_mono_ns() + OPEN_WAIT_NS;
    pthread_mutex_lock(&edges->worker.lock);
    while (!edges->ready && jb_worker_wait(&edges->worker, deadline_ns)) {
    }
    int result = edges->ready ? edges->result : -ETIMEDOUT;
    pthread_mutex_unlock(&edges->worker.lock);
    return result;
}

int jb_edges_create(const struct jb_sensor_env *env, const char *driver_name, const char *spec,
                    const char *const *channel_ids, size_t count, struct jb_edges **ret)
{
    const struct jb_sensor_driver *driver = jb_sensor_find(driver_name);
    if (!driver || count == 0) {
        return -ENODEV;
    }
    if (driver->blocking) {
        return -ENOTSUP;
    }
    struct jb_edges *edges = calloc(1, sizeof(*edges));
    if (!edges) {
        return -ENOMEM;
    }
    jb_worker_init(&edges->worker, jb_edges_run, finish, edges);
    edges->opened.result = -EINPROGRESS;
    int err = fill(edges, env, driver, spec, channel_ids, count);
    if (err == 0) {
        err = jb_worker_start(&edges->worker, "jb-edges", 0);
    }
    if (err < 0) {
        jb_worker_release(&edges->worker);
        return err;
    }
    err = wait_ready(edges);
    if (err < 0) {
        jb_edges_destroy(edges);
        return err;
    }
    *ret = edges;
    return 0;
}

void jb_edges_destroy(struct jb_edges *edges)
{
    if (edges) {
        jb_edges_end(edges);
        jb_worker_leave(&edges->worker, jb_mono_ns() + DESTROY_WAIT_NS);
    }
}

void jb_edges_begin(struct jb_edges *edges, uint64_t until_ns)
{
    pthread_mutex_lock(&edges->worker.lock);
    atomic_store(&edges->until_ns, until_ns);
    atomic_fetch_add(&edges->burst, 1);
    pthread_cond_signal(&edges->worker.wake);
    pthread_mutex_unlock(&edges->worker.lock);
}

void jb_edges_end(struct jb_edges *edges)
{
    atomic_store(&edges->until_ns, 0);
}

size_t jb_edges_take(struct jb_edges *edges, struct jb_edge *ret, size_t max)
{
    size_t tail = atomic_load_explicit(&edges->tail, memory_order_relaxed);
    size_t waiting = atomic_load_explicit(&edges->head, memory_order_acquire) - tail;
    size_t count = waiting < max ? waiting : max;
    for (size_t i = 0; i < count; i++) {
        ret[i] = edges->box[(tail + i) % JB_EDGES_ROOM];
    }
    atomic_store_explicit(&edges->tail, tail + count, memory_order_release);
    return count;
}

void jb_edges_timing(struct jb_edges *edges, int channel, struct jb_timing *ret)
{
    struct jb_timing timing = {0};
    if (channel >= 0 && channel < edges->count) {
        pthread_mutex_lock(&edges->worker.lock);
        timing = edges->timing[channel];
        pthread_mutex_unlock(&edges->worker.lock);
    }
    *ret = timing;
}

void jb_edges_expect(struct jb_edges *edges, int channel, const struct jb_timing *known)
{
    if (channel < 0 || channel >= edges->count) {
        return;
    }
    pthread_mutex_lock(&edges->worker.lock);
    edges->known[channel] = *known;
    edges->told[channel] = true;
    struct jb_timing *timing = &edges->timing[channel];
    if (!timing->edges) { /* so that it can be asked for before the first burst */
        *timing = (struct jb_timing){.period_ns = known->period_ns,
                                     .jitter_ns = known->jitter_ns,
                                     .edge_ns = known->edge_ns,
                                     .cpu_ns = timing->cpu_ns};
    }
    timing->lag_ns = known->lag_ns;
    pthread_mutex_unlock(&edges->worker.lock);
}
