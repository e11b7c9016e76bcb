/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer thread and its ring of slots. Slots are one large allocation of which only the touched part becomes
 * resident. `filled` and `taken` count up for ever; slot i of the ring is count % SLOTS.
 */
#include "engine/writer.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/worker.h"
#include "store/vitals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8
#define LOOKS 16
#define MARKS 4 /* a sleep of the machine makes two at once */

struct jb_writer {
    struct jb_worker worker;
    struct jb_store *store;
    size_t max_channels, max_ticks;
    struct jb_writer_slot slots[SLOTS];
    struct jb_record record; /* what append() is given: the id and the channel snapshot */
    uint64_t filled, taken;
    struct {
        uint64_t t_ns;
        char *json;
    } looks[LOOKS]; /* a ring like that of the slots */
    uint64_t looks_filled, looks_taken;
    struct jb_store_mark marks[MARKS]; /* likewise */
    uint64_t marks_filled, marks_taken;
    struct jb_record_work work; /* `has_work`: it waits */
    bool has_work;
    int error;
    struct jb_diag diag;
};

static void write_slot(struct jb_writer *writer, struct jb_writer_slot *slot)
{
    struct jb_diag diag = {0};

    for (size_t i = 0; i < slot->channel_count; i++) {
        slot->parts[i].energy_uj = slot->energy_uj + i * writer->max_ticks;
    }
    struct jb_chunk chunk = {
        .t0_ns = slot->t0_ns,
        .tick_ns = slot->tick_ns,
        .tick_count = slot->tick_count,
        .channels = slot->parts,
        .channel_count = slot->channel_count,
    };
    writer->record.channels = slot->channels;
    writer->record.channel_count = slot->channel_count;
    jb_record_sum(&writer->record);
    int error = jb_store_append(writer->store, &writer->record, &chunk, &diag);

    pthread_mutex_lock(&writer->worker.lock);
    if (error < 0) {
        writer->error = error;
        writer->diag = diag;
    }
    pthread_mutex_unlock(&writer->worker.lock);
}

/* With the lock held, which is let go while the disk works. */
static void write_look(struct jb_writer *writer)
{
    uint64_t t_ns = writer->looks[writer->looks_taken % LOOKS].t_ns;
    char *json = writer->looks[writer->looks_taken % LOOKS].json;

    writer->looks[writer->looks_taken++ % LOOKS].json = NULL;
    pthread_mutex_unlock(&writer->worker.lock);
    (void)jb_store_vitals_put(writer->store, t_ns, json, NULL);
    free(json);
    pthread_mutex_lock(&writer->worker.lock);
}

/* Likewise. One that cannot be written costs resolution (store.h), not energy. */
static void write_mark(struct jb_writer *writer)
{
    struct jb_store_mark *waits = &writer->marks[writer->marks_taken++ % MARKS], mark = *waits;

    *waits = (struct jb_store_mark){0};
    pthread_mutex_unlock(&writer->worker.lock);
    (void)jb_store_mark(writer->store, &mark, NULL);
    free(mark.channels);
    pthread_mutex_lock(&writer->worker.lock);
}

/* Likewise: the end of the run writes it anyway. */
static void write_work(struct jb_writer *writer)
{
    struct jb_record record = {.work = writer->work};

    writer->has_work = false;
    writer->work = (struct jb_record_work){0};
    jb_copy(record.id, sizeof(record.id), writer->record.id);
    pthread_mutex_unlock(&writer->worker.lock);
    (void)jb_store_work(writer->store, &record, NULL);
    jb_record_work_finish(&record.work);
    pthread_mutex_lock(&writer->worker.lock);
}

static void finish(void *owner)
{
    struct jb_writer *writer = owner;

    jb_record_work_finish(&writer->work);
    for (size_t i = 0; i < MARKS; i++) {
        free(writer->marks[i].channels);
    }
    for (size_t i = 0; i < LOOKS; i++) {
        free(writer->looks[i].json);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        free(writer->slots[i].channels);
        free(writer->slots[i].tick_ns);
        free(writer->slots[i].energy_uj);
        free(writer->slots[i].parts);
    }
    free(writer);
}

static bool idle(const struct jb_writer *writer)
{
    return writer->taken == writer->filled && writer->looks_taken == writer->looks_filled &&
           writer->marks_taken == writer->marks_filled && !writer->has_work;
}

static void run(void *owner)
{
    struct jb_writer *writer = owner;

    for (;;) {
        while (idle(writer) && !writer->worker.stop) {
            pthread_cond_wait(&writer->worker.wake, &writer->worker.lock);
        }
        if (idle(writer)) {
            break;
        }
        if (writer->taken == writer->filled) { /* chunks first: they are the energy */
            if (writer->marks_taken != writer->marks_filled) {
                write_mark(writer);
            } else if (writer->has_work) {
                write_work(writer);
            } else {
                write_look(writer);
            }
            continue;
        }
        struct jb_writer_slot *slot = &writer->slots[writer->taken % SLOTS];
        pthread_mutex_unlock(&writer->worker.lock);
        write_slot(writer, slot);
        pthread_mutex_lock(&writer->worker.lock);
        writer->taken++;
        pthread_cond_broadcast(&writer->worker.told);
    }
}

int jb_writer_create(struct jb_store *store, const char *run_id, size_t max_channels, size_t max_ticks,
                     struct jb_writer **ret)
{
    struct jb_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return -ENOMEM;
    }
    jb_worker_init(&writer->worker, run, finish, writer);
    writer->store = store;
    writer->max_channels = max_channels;
    writer->max_ticks = max_ticks;
    jb_copy(writer->record.id, sizeof(writer->record.id), run_id);
    for (size_t i = 0; i < SLOTS; i++) {
        struct jb_writer_slot *slot = &writer->slots[i];
        slot->channels = calloc(max_channels, sizeof(*slot->channels));
        slot->tick_ns = calloc(max_ticks, sizeof(*slot->tick_ns));
        slot->energy_uj = calloc(max_channels * max_ticks, sizeof(*slot->energy_uj));
        slot->parts = calloc(max_channels, sizeof(*slot->parts));
        if (slot->channels == NULL || slot->tick_ns == NULL || slot->energy_uj == NULL || slot->parts == NULL) {
            jb_worker_release(&writer->worker);
            return -ENOMEM;
        }
    }
    int error = jb_worker_start(&writer->worker, "jb-writer", 0);
    if (error < 0) {
        jb_worker_release(&writer->worker);
        return error;
    }
    *ret = writer;
    return 0;
}

struct jb_writer_slot *jb_writer_slot(struct jb_writer *writer)
{
    pthread_mutex_lock(&writer->worker.lock);
    bool room = writer->filled - writer->taken < SLOTS;
    pthread_mutex_unlock(&writer->worker.lock);
    return room ? &writer->slots[writer->filled % SLOTS] : NULL;
}

void jb_writer_vitals(struct jb_writer *writer, uint64_t t_ns, const char *json)
{
    char *copy = strdup(json);

    pthread_mutex_lock(&writer->worker.lock);
    if (copy != NULL && !writer->worker.stop && writer->looks_filled - writer->looks_taken < LOOKS) {
        writer->looks[writer->looks_filled % LOOKS].t_ns = t_ns;
        writer->looks[writer->looks_filled++ % LOOKS].json = copy;
        copy = NULL;
        pthread_cond_signal(&writer->worker.wake);
    }
    pthread_mutex_unlock(&writer->worker.lock);
    free(copy);
}

void jb_writer_mark(struct jb_writer *writer, const struct jb_store_mark *mark)
{
    size_t count = mark->channel_count;
    struct jb_mark_channel *channels = calloc(count + 1, sizeof(*channels));

    if (channels == NULL) {
        return;
    }
    if (count > 0) {
        memcpy(channels, mark->channels, count * sizeof(*channels));
    }
    pthread_mutex_lock(&writer->worker.lock);
    if (!writer->worker.stop && writer->marks_filled - writer->marks_taken < MARKS) {
        struct jb_store_mark *room = &writer->marks[writer->marks_filled++ % MARKS];
        *room = *mark;
        room->channels = channels;
        channels = NULL;
        pthread_cond_signal(&writer->worker.wake);
    }
    pthread_mutex_unlock(&writer->worker.lock);
    free(channels);
}

void jb_writer_work(struct jb_writer *writer, struct jb_record_work *work)
{
    struct jb_record_work before = *work;

    pthread_mutex_lock(&writer->worker.lock);
    if (!writer->worker.stop) {
        before = writer->work;
        writer->work = *work;
        writer->has_work = true;
        pthread_cond_signal(&writer->worker.wake);
    }
    pthread_mutex_unlock(&writer->worker.lock);
    jb_record_work_finish(&before);
    *work = (struct jb_record_work){0};
}

void jb_writer_wait(struct jb_writer *writer, uint64_t wait_ns)
{
    if (writer == NULL) {
        return;
    }
    uint64_t deadline_ns = jb_mono_ns() + wait_ns;

    pthread_mutex_lock(&writer->worker.lock);
    while (writer->filled - writer->taken == SLOTS && jb_worker_wait(&writer->worker, deadline_ns)) {
    }
    pthread_mutex_unlock(&writer->worker.lock);
}

void jb_writer_submit(struct jb_writer *writer)
{
    pthread_mutex_lock(&writer->worker.lock);
    writer->filled++;
    pthread_cond_signal(&writer->worker.wake);
    pthread_mutex_unlock(&writer->worker.lock);
}

int jb_writer_finish(struct jb_writer *writer, uint64_t wait_ns, struct jb_diag *diag)
{
    if (writer == NULL) {
        return 0;
    }
    uint64_t deadline_ns = jb_mono_ns() + wait_ns;

    jb_worker_stop(&writer->worker);
    pthread_mutex_lock(&writer->worker.lock);
    bool ended = jb_worker_wait_exit(&writer->worker, deadline_ns);
    int error = writer->error;
    struct jb_diag last = writer->diag;
    pthread_mutex_unlock(&writer->worker.lock);
    jb_worker_leave(&writer->worker, deadline_ns);
    if (!ended) {
        return jb_fail(diag, -ETIMEDOUT, "the database did not take the last seconds in time: the disk hangs");
    }
    if (error < 0 && diag != NULL) {
        *diag = last;
    }
    return error;
}
