/* SPDX-License-Identifier: Apache-2.0 */
/* The thread behind the history. One lock over what waits; the disk is only touched without it. */
#include "engine/history_writer.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "base/worker.h"
#include "engine/history_queue.h"
#include "link/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS        16
#define LESSONS     64
#define RETRY_NS    JB_NS_PER_S        /* after a row that could not be written */
#define REOPEN_NS   (10 * JB_NS_PER_S) /* after a database that could not be opened */
#define LOOK_NS     (10 * JB_NS_PER_S) /* between two looks at whether the database is where it was */
#define STACK_BYTES ((size_t)256 << 10)

struct job {
    int fd, reply_fd;
    uint32_t owner;
};
struct lesson {
    char channel_id[64];
    struct jb_quiet quiet;
};

struct jb_history_writer {
    struct jb_worker worker;
    char *path, machine_id[65];
    struct jb_history_limits limits;
    /* With the lock. */
    struct jb_history_channel channels[JB_HISTORY_CHANNELS];
    bool fresh[JB_HISTORY_CHANNELS]; /* described, and not yet known to the history */
    struct jb_history_queue queue;
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
    struct jb_held_row out;           /* being written, by number */
};

void jb_history_writer_add(struct jb_history_writer *writer, const struct jb_history_row *row)
{
    pthread_mutex_lock(&writer->worker.lock);
    jb_history_queue_add(&writer->queue, row);
    pthread_cond_signal(&writer->worker.wake);
    pthread_mutex_unlock(&writer->worker.lock);
}

void jb_history_writer_describe(struct jb_history_writer *writer, size_t index,
                                const struct jb_history_channel *channel)
{
    if (index >= JB_HISTORY_CHANNELS) {
        return;
    }
    pthread_mutex_lock(&writer->worker.lock);
    writer->channels[index] = *channel;
    writer->fresh[index] = true;
    pthread_mutex_unlock(&writer->worker.lock);
}

int jb_history_writer_adopt(struct jb_history_writer *writer, int fd, uint32_t owner, int reply_fd)
{
    int r = -EAGAIN;

    pthread_mutex_lock(&writer->worker.lock);
    if (writer->job_count < JOBS) {
        writer->jobs[writer->job_count++] = (struct job){.fd = fd, .reply_fd = reply_fd, .owner = owner};
        pthread_cond_signal(&writer->worker.wake);
        r = 0;
    }
    pthread_mutex_unlock(&writer->worker.lock);
    return r;
}

void jb_history_writer_learn(struct jb_history_writer *writer, const char *channel_id, const struct jb_quiet *quiet)
{
    pthread_mutex_lock(&writer->worker.lock);
    if (writer->lesson_count < LESSONS) {
        struct lesson *lesson = &writer->lessons[writer->lesson_count++];
        jb_copy(lesson->channel_id, sizeof(lesson->channel_id), channel_id);
        lesson->quiet = *quiet;
        pthread_cond_signal(&writer->worker.wake);
    }
    pthread_mutex_unlock(&writer->worker.lock);
}

int jb_history_writer_state(struct jb_history_writer *writer, struct jb_diag *ret, uint64_t *ret_dev, uint64_t *ret_ino)
{
    pthread_mutex_lock(&writer->worker.lock);
    int error = writer->error;
    *ret = writer->diag;
    *ret_dev = writer->dev;
    *ret_ino = writer->ino;
    pthread_mutex_unlock(&writer->worker.lock);
    return error;
}

static void report(struct jb_history_writer *writer, int error, const struct jb_diag *diag)
{
    pthread_mutex_lock(&writer->worker.lock);
    writer->error = error;
    writer->diag = error < 0 ? *diag : (struct jb_diag){0};
    pthread_mutex_unlock(&writer->worker.lock);
}

int jb_history_writer_notice(struct jb_history_writer *writer, struct jb_diag *ret)
{
    pthread_mutex_lock(&writer->worker.lock);
    int some = writer->notice.text[0] != '\0';
    if (some) {
        *ret = writer->notice;
        writer->notice = (struct jb_diag){0};
    }
    pthread_mutex_unlock(&writer->worker.lock);
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
    pthread_mutex_lock(&writer->worker.lock);
    writer->notice = notice;
    for (size_t i = 0; i < JB_HISTORY_CHANNELS; i++) {
        writer->fresh[i] = writer->channels[i].id[0] != '\0';
        writer->numbers[i] = -1;
    }
    pthread_mutex_unlock(&writer->worker.lock);
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
    pthread_mutex_lock(&writer->worker.lock);
    writer->dev = dev;
    writer->ino = ino;
    pthread_mutex_unlock(&writer->worker.lock);
    return error;
}

/* Without the lock, as all that the disk is asked. */
static int tell_channels(struct jb_history_writer *writer, size_t count, struct jb_diag *diag)
{
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&writer->worker.lock);
        bool fresh = writer->fresh[i];
        struct jb_history_channel channel = writer->channels[i];
        writer->fresh[i] = false;
        pthread_mutex_unlock(&writer->worker.lock);
        if (!fresh) {
            continue;
        }
        int number = jb_history_channel(writer->history, &channel, diag);
        if (number < 0) {
            pthread_mutex_lock(&writer->worker.lock);
            writer->fresh[i] = true;
            pthread_mutex_unlock(&writer->worker.lock);
            return number;
        }
        writer->numbers[i] = number;
    }
    return 0;
}

/* From indices of the session to numbers of the history. */
static int append(struct jb_history_writer *writer, const struct jb_history_row *row, struct jb_diag *diag)
{
    struct jb_held_row *out = &writer->out;
    int error = tell_channels(writer, row->channel_count, diag);

    if (error < 0) {
        return error;
    }
    out->row = *row;
    out->row.channel_count = 0;
    for (size_t i = 0; i < row->channel_count; i++) {
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

/* Only this thread takes rows out, so that one which could not be written finds its place again. */
static int write_row(struct jb_history_writer *writer, struct jb_held_row *row)
{
    struct jb_diag diag = {0};

    pthread_mutex_lock(&writer->worker.lock);
    bool any = jb_history_queue_take(&writer->queue, row);
    pthread_mutex_unlock(&writer->worker.lock);
    if (!any) {
        return 0;
    }
    int error = append(writer, &row->row, &diag);
    report(writer, error, &diag);
    if (error == 0 || error == -EINVAL) {
        return 0; /* a row that cannot be would be none later on either */
    }
    pthread_mutex_lock(&writer->worker.lock);
    jb_history_queue_put_back(&writer->queue, row);
    pthread_mutex_unlock(&writer->worker.lock);
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
        pthread_mutex_unlock(&writer->worker.lock);
        do_job(writer, job);
        pthread_mutex_lock(&writer->worker.lock);
    }
    while (writer->lesson_count > 0 && writer->store != NULL) {
        struct lesson lesson = writer->lessons[--writer->lesson_count];
        pthread_mutex_unlock(&writer->worker.lock);
        jb_idle_learn(writer->store, writer->machine_id, lesson.channel_id, &lesson.quiet, jb_wall_ns(), NULL);
        pthread_mutex_lock(&writer->worker.lock);
    }
}

/* With the lock held; 0: until it is woken. */
static void wait_until(struct jb_history_writer *writer, uint64_t t_ns)
{
    if (t_ns == 0) {
        pthread_cond_wait(&writer->worker.wake, &writer->worker.lock);
    } else {
        jb_cond_until(&writer->worker.wake, &writer->worker.lock, t_ns);
    }
}

static void finish(void *owner)
{
    struct jb_history_writer *writer = owner;

    for (size_t i = 0; i < writer->job_count; i++) {
        close(writer->jobs[i].fd);
        close(writer->jobs[i].reply_fd);
    }
    jb_history_queue_finish(&writer->queue);
    free(writer->path);
    free(writer);
}

static void run(void *owner)
{
    struct jb_history_writer *writer = owner;
    struct jb_held_row *row = malloc(sizeof(*row));
    uint64_t again_ns = 0; /* not before */

    while (row != NULL) {
        uint64_t now_ns = jb_mono_ns();
        bool may = now_ns >= again_ns || writer->worker.stop;
        if (writer->history == NULL && may) {
            pthread_mutex_unlock(&writer->worker.lock);
            bool bad = open_database(writer) < 0;
            pthread_mutex_lock(&writer->worker.lock);
            again_ns = bad ? jb_mono_ns() + REOPEN_NS : 0;
            if (bad && writer->worker.stop) {
                break;
            }
            continue;
        }
        do_jobs(writer);
        if (writer->history != NULL && jb_mono_ns() - writer->looked_ns >= LOOK_NS) {
            pthread_mutex_unlock(&writer->worker.lock);
            look_at_database(writer);
            pthread_mutex_lock(&writer->worker.lock);
        }
        if (writer->history == NULL && may) {
            continue;
        }
        if (writer->queue.count > 0 && may) {
            pthread_mutex_unlock(&writer->worker.lock);
            bool bad = write_row(writer, row) < 0;
            pthread_mutex_lock(&writer->worker.lock);
            again_ns = bad ? jb_mono_ns() + RETRY_NS : 0;
            if (bad && writer->worker.stop) {
                break;
            }
            continue;
        }
        if (writer->worker.stop) {
            break;
        }
        wait_until(writer, writer->queue.count > 0 || writer->history == NULL ? again_ns : 0);
    }
    pthread_mutex_unlock(&writer->worker.lock);
    free(row);
    jb_history_close(writer->history);
    jb_store_close(writer->store);
    pthread_mutex_lock(&writer->worker.lock);
}

int jb_history_writer_create(const char *path, const char *machine_id, const struct jb_history_limits *limits,
                             struct jb_history_writer **ret)
{
    struct jb_history_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return -ENOMEM;
    }
    jb_worker_init(&writer->worker, run, finish, writer);
    jb_copy(writer->machine_id, sizeof(writer->machine_id), machine_id);
    writer->limits = *limits;
    for (size_t i = 0; i < JB_HISTORY_CHANNELS; i++) {
        writer->numbers[i] = -1;
    }
    writer->path = path != NULL ? strdup(path) : NULL;
    int error = path != NULL && writer->path == NULL ? -ENOMEM : jb_history_queue_init(&writer->queue);
    if (error == 0) {
        error = jb_worker_start(&writer->worker, "jb-history", STACK_BYTES);
    }
    if (error < 0) {
        jb_worker_release(&writer->worker);
        return error;
    }
    *ret = writer;
    return 0;
}

int jb_history_writer_destroy(struct jb_history_writer *writer, uint64_t wait_ns)
{
    return writer == NULL || jb_worker_leave(&writer->worker, jb_mono_ns() + wait_ns) ? 0 : -ETIMEDOUT;
}
