/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges_thread.c - the thread that reads a driver densely during bursts.
 *
 * One pass of the driver reads all its channels; each is followed on its own (edges_track.h), and the earliest one that
 * is due says when the next pass is. Sleeps are absolute, with the timer slack that the kernel adds to them (50 us)
 * taken off this thread; the last SPIN_NS before a look are waited for by looking at the clock, because a sleep that
 * short is always late.
 */
#include "meter/edges_impl.h"

#include "base/clock.h"
#include "base/text.h"
#include "meter/cost.h"

#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#define SPIN_NS        UINT64_C(30000)
#define SLICE_NS       (20 * JB_NS_PER_MS) /* how soon the end of a burst is seen */
#define TELL_LOOKS     64                  /* from one publishing of what was learned to the next */
#define OUT_OF_STEP_NS INT64_C(100000)     /* counters that update further apart than that are looked at apart */

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void push(struct jb_edges *edges, struct jb_track *track, const struct jb_edge *edge)
{
    size_t head = atomic_load_explicit(&edges->head, memory_order_relaxed);
    if (head - atomic_load_explicit(&edges->tail, memory_order_acquire) >= JB_EDGES_ROOM) {
        jb_track_break(track);
        return;
    }
    edges->box[head % JB_EDGES_ROOM] = *edge;
    atomic_store_explicit(&edges->head, head + 1, memory_order_release);
}

/* With the lock held. */
static void publish(struct jb_edges *edges)
{
    uint64_t cpu_ns = jb_thread_cpu_ns();
    for (int i = 0; i < edges->count; i++) {
        if (edges->used[i]) {
            uint64_t lag_ns = edges->timing[i].lag_ns;
            jb_learned_timing(&edges->tracks[i].learned, &edges->timing[i]);
            edges->timing[i].cpu_ns = cpu_ns;
            edges->timing[i].lag_ns = lag_ns;
        }
    }
}

/* Which counters are looked at apart changes as their clocks drift: each may use its part of what one may. */
static void share_out(struct jb_edges *edges)
{
    for (int i = 0; i < edges->count; i++) {
        unsigned neighbours = 1;
        for (int j = 0; j < edges->count; j++) {
            int64_t apart_ns = (int64_t)(edges->tracks[i].next_ns - edges->tracks[j].next_ns);
            neighbours += edges->used[j] && edges->tracks[j].state == JB_TRACK_FOLLOW &&
                          (apart_ns > OUT_OF_STEP_NS || apart_ns < -OUT_OF_STEP_NS);
        }
        jb_track_bound(&edges->tracks[i], neighbours);
    }
}

/* One pass over the driver's channels. What it says nothing of has failed, so that no look can be wanted for ever. */
static void look(struct jb_edges *edges)
{
    struct jb_source *source = &edges->opened.source;
    struct jb_sink sink = {.readings = edges->scratch, .capacity = JB_EDGES_READINGS};
    bool seen[JB_EDGES_CHANNELS] = {false};

    source->driver->read(source, &sink);
    uint64_t now_ns = jb_mono_ns();
    for (size_t i = 0; i < sink.count; i++) {
        const struct jb_reading *reading = &edges->scratch[i];
        int number =
            reading->channel >= 0 && reading->channel < JB_MAX_CHANNELS ? edges->track_of[reading->channel] : -1;
        struct jb_edge edge;
        if (number < 0) {
            continue;
        }
        seen[number] = true;
        if (jb_track_reading(&edges->tracks[number], reading, now_ns, &edge) == JB_TRACK_EDGE) {
            edge.channel = number;
            push(edges, &edges->tracks[number], &edge);
        }
    }
    for (int i = 0; i < edges->count; i++) {
        if (edges->used[i] && !seen[i]) {
            struct jb_edge edge;
            struct jb_reading none = {.status = JB_FAILED};
            (void)jb_track_reading(&edges->tracks[i], &none, now_ns, &edge);
        }
    }
    if (++edges->looks % TELL_LOOKS == 0) {
        share_out(edges);
        if (pthread_mutex_trylock(&edges->worker.lock) == 0) {
            publish(edges);
            pthread_mutex_unlock(&edges->worker.lock);
        }
    }
}

static uint64_t earliest(const struct jb_edges *edges)
{
    uint64_t due_ns = UINT64_MAX;
    for (int i = 0; i < edges->count; i++) {
        if (edges->used[i] && jb_track_due(&edges->tracks[i]) < due_ns) {
            due_ns = jb_track_due(&edges->tracks[i]);
        }
    }
    return due_ns;
}

/* Sleep or spin until `due_ns`; false: a slice is over and it is not yet time. */
static bool wait_until(struct jb_edges *edges, uint64_t now_ns, uint64_t due_ns)
{
    if (due_ns <= now_ns + SPIN_NS) {
        while (jb_mono_ns() < due_ns) {
            relax();
        }
        return true;
    }
    bool whole = due_ns - now_ns <= SLICE_NS;
    uint64_t until_ns = whole ? due_ns : now_ns + SLICE_NS;
    struct timespec until = jb_timespec(until_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    now_ns = jb_mono_ns();
    for (int i = 0; whole && i < edges->count; i++) {
        jb_track_woke(&edges->tracks[i], until_ns, now_ns);
    }
    return whole;
}

/*
 * Where we may, go before all ordinary threads, but only while updates are predicted: then this is a tenth of a
 * processor in pieces of a tenth of a millisecond. On processors that are all busy it is what makes a burst possible:
 * without it half of the updates pass while this thread waits for its turn.
 */
static void go_first(struct jb_edges *edges, bool wanted)
{
    struct sched_param parameters = {.sched_priority = wanted ? 1 : 0};
    if (wanted != edges->first) {
        edges->first = wanted;
        (void)sched_setscheduler(0, wanted ? SCHED_FIFO : SCHED_OTHER, &parameters); /* 0: this thread */
    }
}

static bool all_predicted(const struct jb_edges *edges)
{
    for (int i = 0; i < edges->count; i++) {
        if (edges->used[i] && edges->tracks[i].state == JB_TRACK_SEARCH) {
            return false;
        }
    }
    return true;
}

static void read_burst(struct jb_edges *edges, uint64_t number)
{
    uint64_t now_ns = jb_mono_ns();
    for (int i = 0; i < edges->count; i++) {
        jb_track_begin(&edges->tracks[i], now_ns);
    }
    while (atomic_load(&edges->burst) == number && now_ns < atomic_load(&edges->until_ns)) {
        uint64_t due_ns = earliest(edges);
        if (due_ns == UINT64_MAX) {
            break;
        }
        if (due_ns <= now_ns || wait_until(edges, now_ns, due_ns)) {
            look(edges);
            go_first(edges, all_predicted(edges));
        }
        now_ns = jb_mono_ns();
    }
    go_first(edges, false);
}

/* Which channels were meant. 0 when one can be used; -ENOTSUP: those that are there are no counters of hardware. */
static int choose(struct jb_edges *edges)
{
    const struct jb_source *source = &edges->opened.source;
    int result = -ENODEV;
    for (int i = 0; i < JB_MAX_CHANNELS; i++) {
        edges->track_of[i] = -1;
    }
    for (int i = 0; i < edges->count; i++) {
        int index = 0;
        while (index < source->channel_count && !jb_streq(source->channels[index].id, edges->ids[i])) {
            index++;
        }
        const struct jb_channel *channel = &source->channels[index];
        if (index == source->channel_count || channel->status != JB_OK || edges->track_of[index] >= 0) {
            continue;
        }
        if (channel->method != JB_METHOD_COUNTER) {
            result = result < 0 ? -ENOTSUP : result;
            continue;
        }
        edges->track_of[index] = i;
        edges->used[i] = true;
        jb_track_init(&edges->tracks[i], channel->refresh_ns);
        result = 0;
    }
    return result;
}

/* With the lock held, which is given up meanwhile. */
static void open_driver(struct jb_edges *edges)
{
    pthread_mutex_unlock(&edges->worker.lock);
    prctl(PR_SET_TIMERSLACK, 1UL);
    jb_opened_open(&edges->opened);
    int result = edges->opened.result == 0 ? choose(edges) : edges->opened.result;
    pthread_mutex_lock(&edges->worker.lock);
    edges->result = result;
    edges->ready = true;
    pthread_cond_broadcast(&edges->worker.told);
}

void jb_edges_run(void *owner)
{
    struct jb_edges *edges = owner;
    uint64_t done = 0;

    open_driver(edges);
    while (!edges->worker.stop && edges->result == 0) {
        uint64_t number = atomic_load(&edges->burst);
        if (number == done) {
            pthread_cond_wait(&edges->worker.wake, &edges->worker.lock);
            continue;
        }
        for (int i = 0; i < edges->count; i++) {
            if (edges->told[i]) {
                jb_track_expect(&edges->tracks[i], &edges->known[i]);
                edges->told[i] = false;
            }
        }
        pthread_mutex_unlock(&edges->worker.lock);
        read_burst(edges, number);
        done = number;
        pthread_mutex_lock(&edges->worker.lock);
        publish(edges);
    }
    pthread_mutex_unlock(&edges->worker.lock);
    jb_opened_finish(&edges->opened);
    pthread_mutex_lock(&edges->worker.lock);
}
