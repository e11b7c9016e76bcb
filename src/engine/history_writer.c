/* SPDX-License-Identifier: Apache-2.0 */
/* The thread behind the history. One lock over the queues; the disk is only touched without it. */
#include "engine/history_writer.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "link/link.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS        32
#define JOBS        16
#define LESSONS     64
#define RETRY_NS    JB_NS_PER_S        /* after a row that could not be written */
#define REOPEN_NS   (10 * JB_NS_PER_S) /* after a database that could not be opened */
#define LOOK_NS     (10 * JB_NS_PER_S) /* between two looks at whether the database is where it was */
#define STACK_BYTES ((size_t)256 << 10)

struct row {
    struct jb_history_row row; /* values: of this struct */
    struct jb_history_value values[JB_HISTORY_CHANNELS];
};
struct job {
    int fd, reply_fd;
    uint32_t owner;
};
struct lesson {
    char channel_id[64];
    struct jb_quiet quiet;
};

struct jb_history_writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *path, machine_id[65];
    struct jb_history_limits limits;
    bool stop, abandoned, ended;
    /* With the lock. */
    struct jb_history_channel channels[JB_HISTORY_CHANNELS];
    bool fresh[JB_HISTORY_CHANNELS]; /* described, and not yet known to the history */
    struct row *rows;                /* ROWS: the oldest first */
    size_t first, count;
    struct job jobs[JOBS];
    size_t job_count;
    struct lesson lessons[LESSONS];
    size_t lesson_count;
    int error;
    struct jb_diag diag;
    uint64_t dev, ino;
    struct jb_diag notice; /* not taken yet; empty: none */
    /* The thread's. */
    uint64_t looked_ns;
    struct jb_store *store;
    struct jb_history *history;
    int numbers[JB_HISTORY_CHANNELS]; /* in the history, by index; -1 */
    struct row out;                   /* being written, by number */
};

static void add_value(struct jb_history_value *sum, const struct jb_history_value *value)
{
    if (value->energy_uj == JB_NO_VALUE) {
        return;
    }
    if (sum->energy_uj == JB_NO_VALUE) {
        *sum = *value;
        return;
    }
    sum->energy_uj += value->energy_uj;
    sum->runs_uj += value->runs_uj;
    sum->idle_uj += value->idle_uj;
    sum->covered_ns += value->covered_ns;
    sum->min_mw = value->min_mw < sum->min_mw ? value->min_mw : sum->min_mw;
    sum->max_mw = value->max_mw > sum->max_mw ? value->max_mw : sum->max_mw;
}

/* `row` comes after `sum`. */
static void add_row(struct row *sum, const struct jb_history_row *row)
{
    double energy_uj = 0, more_uj = 0;

    for (size_t i = sum->row.channel_count; i < row->channel_count; i++) {
        sum->values[i] = (struct jb_history_value){.energy_uj = JB_NO_VALUE};
    }
    sum->row.channel_count = sum->row.channel_count > row->channel_count ? sum->row.channel_count : row->channel_count;
    for (size_t i = 0; i < row->channel_count; i++) {
        energy_uj += sum->values[i].energy_uj != JB_NO_VALUE ? (double)sum->values[i].energy_uj : 0;
        more_uj += row->values[i].energy_uj != JB_NO_VALUE ? (double)row->values[i].energy_uj : 0;
        add_value(&sum->values[i], &row->values[i]);
    }
    if (energy_uj + more_uj > 0) {
        sum->row.g_per_kwh = (sum->row.g_per_kwh * energy_uj + row->g_per_kwh * more_uj) / (energy_uj + more_uj);
    }
    sum->row.estimated = sum->row.estimated || row->estimated;
    sum->row.length_ns += row->length_ns;
    sum->row.end_ns = row->end_ns;
}

void jb_history_writer_add(struct jb_history_writer *writer, const struct jb_history_row *row)
{
    pthread_mutex_lock(&writer->lock);
    if (writer->count == ROWS) {
        add_row(&writer->rows[(writer->first + ROWS - 1) % ROWS], row);
    } else {
        struct row *slot = &writer->rows[(writer->first + writer->count++) % ROWS];
        slot->row = *row;
        slot->row.values = slot->values;
        memcpy(slot->values, row->values, row->channel_count * sizeof(*row->values));
    }
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

void jb_history_writer_describe(struct jb_history_writer *writer, size_t index,
                                const struct jb_history_channel *channel)
{
    if (index >= JB_HISTORY_CHANNELS) {
        return;
    }
    pthread_mutex_lock(&writer->lock);
    writer->channels[index] = *channel;
    writer->fresh[index] = true;
    pthread_mutex_unlock(&writer->lock);
}

int jb_history_writer_adopt(struct jb_history_writer *writer, int fd, uint32_t owner, int reply_fd)
{
    int r = -EAGAIN;

    pthread_mutex_lock(&writer->lock);
    if (writer->job_count < JOBS) {
        writer->jobs[writer->job_count++] = (struct job){.fd = fd, .reply_fd = reply_fd, .owner = owner};
        pthread_cond_signal(&writer->changed);
        r = 0;
    }
    pthread_mutex_unlock(&writer->lock);
    return r;
}

void jb_history_writer_learn(struct jb_history_writer *writer, const char *channel_id, const struct jb_quiet *quiet)
{
    pthread_mutex_lock(&writer->lock);
    if (writer->lesson_count < LESSONS) {
        struct lesson *lesson = &writer->lessons[writer->lesson_count++];
        jb_copy(lesson->channel_id, sizeof(lesson->channel_id), channel_id);
        lesson->quiet = *quiet;
        pthread_cond_signal(&writer->changed);
    }
    pthread_mutex_unlock(&writer->lock);
}

int jb_history_writer_state(struct jb_history_writer *writer, struct jb_diag *ret, uint64_t *ret_dev, uint64_t *ret_ino)
{
    pthread_mutex_lock(&writer->lock);
    int error = writer->error;
    *ret = writer->diag;
    *ret_dev = writer->dev;
    *ret_ino = writer->ino;
    pthread_mutex_unlock(&writer->lock);
    return error;
}

static void report(struct jb_history_writer *writer, int error, const struct jb_diag *diag)
{
    pthread_mutex_lock(&writer->lock);
    writer->error = error;
    writer->diag = error < 0 ? *diag : (struct jb_diag){0};
    pthread_mutex_unlock(&writer->lock);
}

int jb_history_writer_notice(struct jb_history_writer *writer, struct jb_diag *ret)
{
    pthread_mutex_lock(&writer->lock);
    int some = writer->notice.text[0] != '\0';
    if (some) {
        *ret = writer->notice;
        writer->notice = (struct jb_diag){0};
    }
    pthread_mutex_unlock(&writer->lock);
    return some;
}

/* Everything is told anew to the one that comes in its place. */
static void leave_database(struct jb_history_writer *writer)
{
    struct jb_diag notice = {0};
    char place[4096];

    if (!jb_copy(place, sizeof(place), writer->path != NULL ? writer->path : "") ||
        (writer->path == NULL && jb_store_default_path(place, sizeof(place)) < 0)) {
        jb_copy(place, sizeof(place), "the database");
    }
    jb_fail(&notice, -ESTALE,
            "%s was deleted, moved or replaced while the meter wrote to it; history and runs go on in the file of that "
            "name",
            place);
    jb_fix(&notice, "mv FORMER '%s' while joulebook serve is stopped, if what was in it is wanted back", place);
    jb_history_close(writer->history);
    jb_store_close(writer->store);
    writer->history = NULL;
    writer->store = NULL;
    pthread_mutex_lock(&writer->lock);
    writer->notice = notice;
    for (size_t i = 0; i < JB_HISTORY_CHANNELS; i++) {
        writer->fresh[i] = writer->channels[i].id[0] != '\0';
        writer->numbers[i] = -1;
    }
    pthread_mutex_unlock(&writer->lock);
}

/* False: it had to be left. */
static bool look_at_database(struct jb_history_writer *writer)
{
    writer->looked_ns = jb_mono_ns();
    if (writer->store == NULL || !jb_store_displaced(writer->store)) {
        return true;
    }
    leave_database(writer);
    return false;
}

static int open_database(struct jb_history_writer *writer)
{
    struct jb_diag diag = {0};
    uint64_t dev = 0, ino = 0;
    int error = jb_store_open(writer->path, JB_STORE_WRITE, &writer->store, &diag);

    if (error == 0) {
        error = jb_history_open(writer->store, writer->machine_id, &writer->limits, &writer->history, &diag);
    }
    if (error == 0) {
        jb_store_identity(writer->store, &dev, &ino);
    } else {
        jb_store_close(writer->store);
        writer->store = NULL;
    }
    report(writer, error, &diag);
    pthread_mutex_lock(&writer->lock);
    writer->dev = dev;
    writer->ino = ino;
    pthread_mutex_unlock(&writer->lock);
    return error;
}

/* With the lock held, which is let go. */
static int tell_channels(struct jb_history_writer *writer, size_t count, struct jb_diag *diag)
{
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&writer->lock);
        bool fresh = writer->fresh[i];
        struct jb_history_channel channel = writer->channels[i];
        writer->fresh[i] = false;
        pthread_mutex_unlock(&writer->lock);
        if (!fresh) {
            continue;
        }
        int number = jb_history_channel(writer->history, &channel, diag);
        if (number < 0) {
            pthread_mutex_lock(&writer->lock);
            writer->fresh[i] = true;
            pthread_mutex_unlock(&writer->lock);
            return number;
        }
        writer->numbers[i] = number;
    }
    return 0;
}

/* From indices of the session to numbers of the history. */
static int append(struct jb_history_writer *writer, const struct row *row, struct jb_diag *diag)
{
    struct row *out = &writer->out;
    int error = tell_channels(writer, row->row.channel_count, diag);

    if (error < 0) {
        return error;
    }
    out->row = row->row;
    out->row.channel_count = 0;
    for (size_t i = 0; i < row->row.channel_count; i++) {
        int number = writer->numbers[i];
        if (number < 0 || number >= JB_HISTORY_CHANNELS) {
            continue;
        }
        for (size_t j = out->row.channel_count; j <= (size_t)number; j++) {
            out->values[j] = (struct jb_history_value){.energy_uj = JB_NO_VALUE};
        }
        if ((size_t)number >= out->row.channel_count) {
            out->row.channel_count = (size_t)number + 1;
        }
        out->values[number] = row->values[i];
    }
    out->row.values = out->values;
    return jb_history_append(writer->history, &out->row, diag);
}

/* The oldest row; it leaves the queue when it is written. Only this thread takes rows out, and only the last one is
 * ever added to: of one alone a copy is written. */
static int write_row(struct jb_history_writer *writer, struct row *copy)
{
    struct jb_diag diag = {0};

    pthread_mutex_lock(&writer->lock);
    *copy = writer->rows[writer->first];
    copy->row.values = copy->values;
    writer->first = (writer->first + 1) % ROWS;
    writer->count--;
    pthread_mutex_unlock(&writer->lock);
    int error = append(writer, copy, &diag);
    report(writer, error, &diag);
    if (error == 0 || error == -EINVAL) {
        return 0; /* a row that cannot be would be none later on either */
    }
    /* Back to where it came from, or into the one that comes after it. */
    pthread_mutex_lock(&writer->lock);
    if (writer->count < ROWS) {
        writer->first = (writer->first + ROWS - 1) % ROWS;
        writer->count++;
    } else {
        add_row(copy, &writer->rows[writer->first].row);
    }
    struct row *slot = &writer->rows[writer->first];
    *slot = *copy;
    slot->row.values = slot->values;
    pthread_mutex_unlock(&writer->lock);
    return error;
}

static void do_job(struct jb_history_writer *writer, struct job job)
{
    char id[JB_RUN_ID_TEXT];
    struct jb_diag diag = {0};
    struct jb_link_kept kept = {0};
    unsigned char *packet = malloc(JB_LINK_MAX);

    if (!look_at_database(writer)) { /* what is said to be kept is */
        open_database(writer);
    }
    kept.error = writer->store != NULL ? jb_store_adopt(writer->store, job.fd, job.owner, id, &diag)
                                       : jb_fail(&diag, -ENODEV, "the database of the machine is not open");
    jb_copy(kept.text, sizeof(kept.text), diag.text);
    ssize_t length = packet != NULL ? jb_link_pack_kept(&kept, packet) : -ENOMEM;
    if (length > 0) {
        jb_link_send(job.reply_fd, packet, (size_t)length, -1);
    }
    free(packet);
    close(job.fd);
    close(job.reply_fd);
}

/* With the lock held, which is let go meanwhile. */
static void do_jobs(struct jb_history_writer *writer)
{
    while (writer->job_count > 0) {
        struct job job = writer->jobs[0];
        memmove(writer->jobs, writer->jobs + 1, --writer->job_count * sizeof(job));
        pthread_mutex_unlock(&writer->lock);
        do_job(writer, job);
        pthread_mutex_lock(&writer->lock);
    }
    while (writer->lesson_count > 0 && writer->store != NULL) {
        struct lesson lesson = writer->lessons[--writer->lesson_count];
        pthread_mutex_unlock(&writer->lock);
        jb_idle_learn(writer->store, writer->machine_id, lesson.channel_id, &lesson.quiet, jb_wall_ns(), NULL);
        pthread_mutex_lock(&writer->lock);
    }
}

static void wait_until(struct jb_history_writer *writer, uint64_t t_ns)
{
    struct timespec at = {(time_t)(t_ns / JB_NS_PER_S), (long)(t_ns % JB_NS_PER_S)};

    if (t_ns == 0) {
        pthread_cond_wait(&writer->changed, &writer->lock);
    } else {
        pthread_cond_timedwait(&writer->changed, &writer->lock, &at);
    }
}

static void writer_free(struct jb_history_writer *writer)
{
    for (size_t i = 0; i < writer->job_count; i++) {
        close(writer->jobs[i].fd);
        close(writer->jobs[i].reply_fd);
    }
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->changed);
    free(writer->rows);
    free(writer->path);
    free(writer);
}

static void *run(void *context)
{
    struct jb_history_writer *writer = context;
    struct row *copy = malloc(sizeof(*copy));
    uint64_t again_ns = 0; /* not before */

    pthread_mutex_lock(&writer->lock);
    while (copy != NULL) {
        uint64_t now_ns = jb_mono_ns();
        bool may = now_ns >= again_ns || writer->stop;
        if (writer->history == NULL && may) {
            pthread_mutex_unlock(&writer->lock);
            bool bad = open_database(writer) < 0;
            pthread_mutex_lock(&writer->lock);
            again_ns = bad ? jb_mono_ns() + REOPEN_NS : 0;
            if (bad && writer->stop) {
                break;
            }
            continue;
        }
        do_jobs(writer);
        if (writer->history != NULL && jb_mono_ns() - writer->looked_ns >= LOOK_NS) {
            pthread_mutex_unlock(&writer->lock);
            look_at_database(writer);
            pthread_mutex_lock(&writer->lock);
        }
        if (writer->history == NULL && may) {
            continue;
        }
        if (writer->count > 0 && may) {
            pthread_mutex_unlock(&writer->lock);
            bool bad = write_row(writer, copy) < 0;
            pthread_mutex_lock(&writer->lock);
            again_ns = bad ? jb_mono_ns() + RETRY_NS : 0;
            if (bad && writer->stop) {
                break;
            }
            continue;
        }
        if (writer->stop) {
            break;
        }
        wait_until(writer, writer->count > 0 || writer->history == NULL ? again_ns : 0);
    }
    pthread_mutex_unlock(&writer->lock);
    free(copy);
    jb_history_close(writer->history);
    jb_store_close(writer->store);
    pthread_mutex_lock(&writer->lock);
    writer->ended = true;
    bool abandoned = writer->abandoned;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    if (abandoned) {
        writer_free(writer);
    }
    return NULL;
}

static int start(struct jb_history_writer *writer)
{
    pthread_condattr_t condition;
    pthread_attr_t attributes;
    sigset_t all, old;

    pthread_condattr_init(&condition);
    pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->changed, &condition);
    pthread_condattr_destroy(&condition);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&writer->thread, &attributes, run, writer);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

int jb_history_writer_create(const char *path, const char *machine_id, const struct jb_history_limits *limits,
                             struct jb_history_writer **ret)
{
    struct jb_history_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return -ENOMEM;
    }
    jb_copy(writer->machine_id, sizeof(writer->machine_id), machine_id);
    writer->limits = *limits;
    for (size_t i = 0; i < JB_HISTORY_CHANNELS; i++) {
        writer->numbers[i] = -1;
    }
    writer->path = path != NULL ? strdup(path) : NULL;
    writer->rows = calloc(ROWS, sizeof(*writer->rows));
    int error = writer->rows == NULL || (path != NULL && writer->path == NULL) ? -ENOMEM : start(writer);
    if (error < 0) {
        free(writer->rows);
        free(writer->path);
        free(writer);
        return error;
    }
    *ret = writer;
    return 0;
}

int jb_history_writer_destroy(struct jb_history_writer *writer, uint64_t wait_ns)
{
    uint64_t deadline_ns = jb_mono_ns() + wait_ns;

    if (writer == NULL) {
        return 0;
    }
    pthread_mutex_lock(&writer->lock);
    writer->stop = true;
    pthread_cond_broadcast(&writer->changed);
    while (!writer->ended && jb_mono_ns() < deadline_ns) {
        wait_until(writer, deadline_ns);
    }
    bool ended = writer->ended;
    writer->abandoned = !ended;
    pthread_t thread = writer->thread;
    pthread_mutex_unlock(&writer->lock);
    if (!ended) {
        pthread_detach(thread);
        return -ETIMEDOUT;
    }
    pthread_join(thread, NULL);
    writer_free(writer);
    return 0;
}
