/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - the thread behind a driver that may block. See lane.h for what it promises.
 *
 * Everything that both threads touch is under the worker's lock; the driver is only ever called without it, and what
 * the driver writes (its channels, the scratch buffer) is copied over after the call.
 */
#include "meter/lane.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/worker.h"
#include "meter/cost.h"
#include "meter/opened.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USES_PERIOD_NS      JB_NS_PER_S
#define DEFAULT_INTERVAL_NS (100 * JB_NS_PER_MS)
#define LONGEST_PERIOD_NS   JB_NS_PER_S /* power that is read more rarely cannot be integrated (ledger/account.h) */

struct jb_lane {
    struct jb_worker worker;
    struct jb_sensor_env *env;
    char *spec;
    uint64_t period_ns;

    /* The thread's own. */
    struct jb_opened opened;
    struct jb_reading scratch[JB_LANE_MAX_READINGS];
    struct jb_gpu_use scratch_uses[JB_LANE_MAX_USES];
    bool uses_never;
    uint64_t uses_ns; /* last call of processes() */

    /* Under the lock. */
    uint64_t asked, answered; /* tickets of jb_lane_ask() */
    struct jb_lane_report report;
    struct jb_diag diag;
    struct jb_channel *channels; /* as they were when open() returned */
    int channel_count;
    int mirror_of[JB_MAX_CHANNELS];
    struct jb_reading box[JB_LANE_MAX_READINGS]; /* ring */
    size_t box_first, box_count;
    struct jb_gpu_use uses[JB_LANE_MAX_USES];
    size_t use_count;
};

static void finish(void *owner)
{
    struct jb_lane *lane = owner;
    jb_opened_finish(&lane->opened);
    jb_sensor_env_free(lane->env);
    free(lane->spec);
    free(lane->channels);
    free(lane);
}

static void push_reading(struct jb_lane *lane, const struct jb_reading *reading)
{
    if (lane->box_count == JB_LANE_MAX_READINGS) {
        lane->box_first = (lane->box_first + 1) % JB_LANE_MAX_READINGS;
        lane->box_count--;
    }
    lane->box[(lane->box_first + lane->box_count++) % JB_LANE_MAX_READINGS] = *reading;
}

static void push_uses(struct jb_lane *lane, const struct jb_gpu_use *uses, size_t count)
{
    size_t room = JB_LANE_MAX_USES - lane->use_count;
    if (count > room) { /* nobody has looked for long: the newest windows are worth more */
        lane->use_count = 0;
    }
    memcpy(lane->uses + lane->use_count, uses, count * sizeof(*uses));
    lane->use_count += count;
}

static void begin_call(struct jb_lane *lane)
{
    lane->report.call_since_ns = jb_mono_ns();
    pthread_mutex_unlock(&lane->worker.lock);
}

static void end_call(struct jb_lane *lane)
{
    pthread_mutex_lock(&lane->worker.lock);
    lane->report.call_since_ns = 0;
}

/* With the lock held, which is given up during the call. */
static void open_driver(struct jb_lane *lane)
{
    begin_call(lane);
    jb_opened_open(&lane->opened);
    end_call(lane);
    struct jb_opened *opened = &lane->opened;
    lane->channel_count = opened->source.channel_count;
    memcpy(lane->channels, opened->source.channels, (size_t)lane->channel_count * sizeof(*lane->channels));
    memcpy(lane->mirror_of, opened->mirror_of, sizeof(lane->mirror_of));
    lane->diag = opened->diag;
    lane->report.result = opened->result;
    lane->report.opened = true;
    pthread_cond_broadcast(&lane->worker.told);
}

/* The count, or a negative errno: not asked now (-EALREADY), or not to be known. */
static int ask_uses(struct jb_lane *lane, bool now)
{
    struct jb_source *source = &lane->opened.source;
    if (lane->uses_never || !source->driver->processes) {
        return -ENOTSUP;
    }
    if (!now && lane->uses_ns && jb_mono_ns() - lane->uses_ns < USES_PERIOD_NS) {
        return -EALREADY;
    }
    lane->uses_ns = jb_mono_ns();
    int count = source->driver->processes(source, lane->scratch_uses, JB_LANE_MAX_USES);
    lane->uses_never = count == -ENOTSUP;
    return count > JB_LANE_MAX_USES ? JB_LANE_MAX_USES : count;
}

static void read_driver(struct jb_lane *lane)
{
    uint64_t ticket = lane->asked;
    bool asked = ticket != lane->answered;
    begin_call(lane);
    struct jb_sink sink = {.readings = lane->scratch, .capacity = JB_LANE_MAX_READINGS};
    uint64_t cpu_ns = jb_thread_cpu_ns();
    lane->opened.source.driver->read(&lane->opened.source, &sink);
    int uses = ask_uses(lane, asked);
    cpu_ns = jb_thread_cpu_ns() - cpu_ns;
    end_call(lane);
    for (size_t i = 0; i < sink.count; i++) {
        lane->report.failures += lane->scratch[i].status != JB_OK;
        push_reading(lane, &lane->scratch[i]);
    }
    if (uses >= 0) {
        push_uses(lane, lane->scratch_uses, (size_t)uses);
        lane->report.looks++;
    }
    if (uses != -EALREADY) {
        lane->report.processes_known = uses >= 0;
    }
    lane->report.failures += sink.dropped;
    lane->report.reads++;
    lane->report.cost_ns += cpu_ns;
    lane->answered = ticket;
    pthread_cond_broadcast(&lane->worker.told);
}

static void run(void *owner)
{
    struct jb_lane *lane = owner;
    open_driver(lane);
    uint64_t due_ns = jb_mono_ns();
    while (!lane->worker.stop && lane->report.result == 0) {
        uint64_t now_ns = jb_mono_ns();
        if (now_ns < due_ns && lane->asked == lane->answered) {
            jb_cond_until(&lane->worker.wake, &lane->worker.lock, due_ns);
            continue;
        }
        read_driver(lane);
        /* What a read that took longer than the period missed is not made up for. */
        now_ns = jb_mono_ns();
        due_ns += lane->period_ns;
        due_ns = due_ns < now_ns ? now_ns + lane->period_ns : due_ns;
    }
    begin_call(lane);
    jb_opened_finish(&lane->opened);
    end_call(lane);
}

int jb_lane_create(const struct jb_sensor_driver *driver, const struct jb_sensor_env *env, const char *spec,
                   uint64_t interval_ns, struct jb_lane **ret_lane)
{
    struct jb_lane *lane = calloc(1, sizeof(*lane));
    if (!lane) {
        return -ENOMEM;
    }
    jb_worker_init(&lane->worker, run, finish, lane);
    lane->opened.result = lane->report.result = -EINPROGRESS;
    uint64_t session_ns = interval_ns ? interval_ns : DEFAULT_INTERVAL_NS;
    lane->period_ns = driver->period_ns                ? driver->period_ns
                      : session_ns < LONGEST_PERIOD_NS ? session_ns
                                                       : LONGEST_PERIOD_NS;
    lane->env = jb_sensor_env_copy(env);
    lane->spec = spec ? strdup(spec) : NULL;
    lane->channels = calloc(JB_MAX_CHANNELS, sizeof(*lane->channels));
    int err = !lane->env || !lane->channels || (spec && !lane->spec)
                  ? -ENOMEM
                  : jb_opened_init(&lane->opened, driver, lane->env, lane->spec);
    if (err == 0) {
        char name[16];
        snprintf(name, sizeof(name), "jb-%.12s", driver->name);
        err = jb_worker_start(&lane->worker, name, 0);
    }
    if (err < 0) {
        jb_worker_release(&lane->worker);
        return err;
    }
    *ret_lane = lane;
    return 0;
}

void jb_lane_stop(struct jb_lane *lane)
{
    jb_worker_stop(&lane->worker);
}

void jb_lane_destroy(struct jb_lane *lane, uint64_t deadline_ns)
{
    if (lane) {
        jb_worker_leave(&lane->worker, deadline_ns);
    }
}

void jb_lane_report(struct jb_lane *lane, struct jb_lane_report *ret)
{
    pthread_mutex_lock(&lane->worker.lock);
    *ret = lane->report;
    pthread_mutex_unlock(&lane->worker.lock);
}

int jb_lane_channels(struct jb_lane *lane, struct jb_channel *channels, int *mirror_of, int max, struct jb_diag *ret)
{
    pthread_mutex_lock(&lane->worker.lock);
    int count = lane->channel_count < max ? lane->channel_count : max;
    memcpy(channels, lane->channels, (size_t)count * sizeof(*channels));
    memcpy(mirror_of, lane->mirror_of, (size_t)count * sizeof(*mirror_of));
    *ret = lane->diag;
    count = lane->channel_count;
    pthread_mutex_unlock(&lane->worker.lock);
    return count;
}

size_t jb_lane_take(struct jb_lane *lane, struct jb_reading *readings, size_t max)
{
    pthread_mutex_lock(&lane->worker.lock);
    size_t count = lane->box_count < max ? lane->box_count : max;
    for (size_t i = 0; i < count; i++) {
        readings[i] = lane->box[(lane->box_first + i) % JB_LANE_MAX_READINGS];
    }
    lane->box_first = (lane->box_first + count) % JB_LANE_MAX_READINGS;
    lane->box_count -= count;
    pthread_mutex_unlock(&lane->worker.lock);
    return count;
}

size_t jb_lane_take_uses(struct jb_lane *lane, struct jb_gpu_use *uses, size_t max)
{
    pthread_mutex_lock(&lane->worker.lock);
    size_t count = lane->use_count < max ? lane->use_count : max;
    memcpy(uses, lane->uses, count * sizeof(*uses));
    lane->use_count -= count;
    memmove(lane->uses, lane->uses + count, lane->use_count * sizeof(*uses));
    pthread_mutex_unlock(&lane->worker.lock);
    return count;
}

uint64_t jb_lane_ask(struct jb_lane *lane)
{
    pthread_mutex_lock(&lane->worker.lock);
    uint64_t ticket = ++lane->asked;
    pthread_cond_signal(&lane->worker.wake);
    pthread_mutex_unlock(&lane->worker.lock);
    return ticket;
}

void jb_lane_wait_read(struct jb_lane *lane, uint64_t ticket, uint64_t deadline_ns)
{
    pthread_mutex_lock(&lane->worker.lock);
    while (lane->answered < ticket && !lane->worker.exited && jb_worker_wait(&lane->worker, deadline_ns)) {
    }
    pthread_mutex_unlock(&lane->worker.lock);
}

void jb_lane_wait_open(struct jb_lane *lane, uint64_t deadline_ns)
{
    pthread_mutex_lock(&lane->worker.lock);
    while (!lane->report.opened && jb_worker_wait(&lane->worker, deadline_ns)) {
    }
    pthread_mutex_unlock(&lane->worker.lock);
}
