/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_sample.c - see doctor_sample.h. Originals are opened anew, as the drivers opened them: the session that found
 * them may be over, and its descriptors are its own.
 *
 * A file that takes long to read (firmware answers some) is looked at less often.
 */
#include "cli/doctor_sample.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scrub.h"
#include "base/series.h"
#include "base/series_write.h"
#include "sensor/counter_file.h"
#include "sensor/privileged.h"
#include "sensor/sensor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS   (20 * JB_NS_PER_MS)
#define COST_LIMIT  20 /* a look may take this part of the time until the next */
#define MAX_FILES   2048
#define MAX_CONTENT (64 * 1024)
#define MAX_BYTES   (128 * 1024 * 1024) /* of all samples */
#define MAX_DEPTH   32
#define STAT_CPUS   24 /* of /proc/stat: more lines would be mostly noise, and too many integers for a series */

struct moving {
    char *path;  /* of the original */
    char *place; /* of the series */
    int fd;
    bool perf, number;
    uint64_t due_ns;
    struct jb_series_writer writer;
};

struct sampler {
    const struct jb_recording *recording;
    struct jb_perf_ops perf;
    struct jb_sensor_env env;
    struct moving *files;
    size_t count, capacity;
    size_t said;   /* of devices that answer calls: it is too late to look at them again */
    char *content; /* MAX_CONTENT */
};

/* ---- which ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *scan_hex(const char *text, uint64_t *ret)
{
    uint64_t value = 0;
    const char *at = text;
    for (; hex_digit(*at) >= 0 && at - text < 16; at++) {
        value = value << 4 | (uint64_t)hex_digit(*at);
    }
    *ret = value;
    return at > text ? at : NULL;
}

/* "/perf/cpu12/20:2" */
static int open_perf(const struct jb_perf_ops *ops, const char *path)
{
    static const char prefix[] = "/perf/cpu";
    const char *at = jb_starts(path, prefix) ? path + sizeof(prefix) - 1 : "";
    uint64_t cpu, type = 0, config = 0;
    if (jb_scan_u64(at, strlen(at), &cpu, &at) < 0 || cpu > INT_MAX || *at != '/' || !(at = scan_hex(at + 1, &type)) ||
        type > UINT32_MAX || *at != ':' || !(at = scan_hex(at + 1, &config)) || *at) {
        return -EINVAL;
    }
    return ops->open_counter(ops, (uint32_t)type, config, (int)cpu, -1);
}

static void add_file(struct sampler *sampler, const char *place)
{
    char path[PATH_MAX];
    ssize_t length = jb_root_read(NULL, place, path, sizeof(path));
    if (length <= 0 || path[0] != '/' || sampler->count == MAX_FILES) {
        return;
    }
    if (sampler->count == sampler->capacity) {
        size_t capacity = sampler->capacity > 0 ? 2 * sampler->capacity : 64;
        struct moving *files = realloc(sampler->files, capacity * sizeof(*files));
        if (!files) {
            return;
        }
        sampler->files = files;
        sampler->capacity = capacity;
    }
    struct moving *file = &sampler->files[sampler->count];
    *file = (struct moving){.path = strdup(path), .place = strdup(place), .fd = -1};
    sampler->count++;
    if (!file->path || !file->place) {
        return;
    }
    file->perf = jb_root_is_real(sampler->env.root) && jb_starts(path, "/perf/");
    file->fd = file->perf ? open_perf(&sampler->perf, path) : jb_counter_open(&sampler->env, path);
    uint64_t value;
    file->number = file->perf || (file->fd >= 0 && jb_counter_read_first(file->fd, &value) == 0);
}

static bool ends(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return length > tail && jb_streq(name + length - tail, suffix);
}

/* PATH.said becomes PATH, with what was said first, and PATH.series. True: it changed. */
static bool put_said(const char *place)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    JB_CLEANUP(jb_buf_finish) struct jb_buf series = {0};
    struct jb_series_writer writer = {0};
    char path[PATH_MAX];
    size_t length = 0, stem = strlen(place) - strlen(".said");
    bool changed = false;
    if (jb_read_all(place, JB_RECORDING_LIMIT, &text, &length, NULL) < 0) {
        return false;
    }
    unlink(place);
    const char *first = strchr(text, ' '), *end = first ? strchr(first, '\n') : NULL;
    jb_snprintf(path, sizeof(path), "%.*s", (int)stem, place);
    if (!end || jb_write_atomic(path, first + 1, (size_t)(end - first), 0644, NULL) < 0) {
        return false;
    }
    jb_series_seen_said(&writer, text);
    if (writer.changes > 0 && jb_series_write(&writer, 0, &series) == 0 &&
        (size_t)jb_snprintf(path, sizeof(path), "%.*s.series", (int)stem, place) < sizeof(path)) {
        changed = jb_write_atomic(path, series.data, series.length, 0644, NULL) == 0;
    }
    jb_series_writer_finish(&writer);
    return changed;
}

static void find_files(struct sampler *sampler, const char *folder, int depth)
{
    DIR *dir = depth < MAX_DEPTH ? opendir(folder) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        char inner[PATH_MAX];
        if (jb_streq(entry->d_name, ".") || jb_streq(entry->d_name, "..") ||
            (size_t)jb_snprintf(inner, sizeof(inner), "%s/%s", folder, entry->d_name) >= sizeof(inner)) {
            continue;
        }
        if (entry->d_type == DT_DIR) {
            find_files(sampler, inner, depth + 1);
        } else if (ends(entry->d_name, ".series")) {
            add_file(sampler, inner);
        } else if (ends(entry->d_name, ".said")) {
            sampler->said += put_said(inner);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

/* ---- what they hold ---- */

/* The first lines, as far as they are of CPUs. */
static size_t cpu_lines(const char *text, size_t length)
{
    size_t at = 0;
    for (int line = 0; line <= STAT_CPUS && length - at > 3 && memcmp(text + at, "cpu", 3) == 0; line++) {
        const char *newline = memchr(text + at, '\n', length - at);
        if (!newline) {
            return length;
        }
        at = (size_t)(newline - text) + 1;
    }
    return at;
}

static ssize_t read_number(const struct sampler *sampler, const struct moving *file)
{
    uint64_t value = 0;
    int got =
        file->perf ? sampler->perf.read_group(&sampler->perf, file->fd, &value, 1) : jb_counter_read(file->fd, &value);
    return got < 0 ? got : jb_snprintf(sampler->content, MAX_CONTENT, "%" PRIu64 "\n", value);
}

static ssize_t read_content(const struct sampler *sampler, const struct moving *file)
{
    if (file->number) {
        return read_number(sampler, file);
    }
    ssize_t length = jb_counter_read_blob(file->fd, sampler->content, MAX_CONTENT);
    if (length > 0) {
        jb_scrub_file(sampler->recording->salt, file->path, sampler->content, (size_t)length);
        return jb_streq(file->path, "/proc/stat") ? (ssize_t)cpu_lines(sampler->content, (size_t)length) : length;
    }
    return length;
}

static void look(struct sampler *sampler, uint64_t start_ns)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct moving *file = &sampler->files[i];
        uint64_t now_ns = jb_mono_ns();
        if (file->fd < 0 || now_ns < file->due_ns) {
            continue;
        }
        if (!jb_root_is_real(sampler->env.root)) {
            jb_counter_renew(file->fd);
        }
        ssize_t length = read_content(sampler, file);
        uint64_t after_ns = jb_mono_ns(), cost_ns = after_ns - now_ns;
        uint64_t ms = ((now_ns + after_ns) / 2 - start_ns) / JB_NS_PER_MS;
        file->due_ns = cost_ns * COST_LIMIT > PERIOD_NS ? after_ns + cost_ns * COST_LIMIT : 0;
        if (length < 0) {
            jb_series_seen_failing(&file->writer, ms, (int)length);
        } else {
            jb_series_seen(&file->writer, ms, sampler->content, (size_t)length);
        }
    }
}

static int sample(struct sampler *sampler, uint64_t duration_ns, const sigset_t *stop, uint64_t *ret_lasted_ns)
{
    uint64_t start_ns = jb_mono_ns(), now_ns = start_ns;
    int signal = 0;
    for (uint64_t due_ns = start_ns; signal <= 0 && now_ns - start_ns < duration_ns; now_ns = jb_mono_ns()) {
        look(sampler, start_ns);
        now_ns = jb_mono_ns();
        due_ns = due_ns + PERIOD_NS > now_ns ? due_ns + PERIOD_NS : now_ns;
        struct timespec pause = jb_timespec(due_ns - now_ns);
        signal = sigtimedwait(stop, NULL, &pause);
    }
    *ret_lasted_ns = now_ns - start_ns;
    return signal > 0 ? signal : 0;
}

/* ---- what is kept ---- */

/* The range of a powercap counter stands beside it: with it the series wraps as the counter does. */
static uint64_t wrap_of(const struct sampler *sampler, const char *path)
{
    static const char name[] = "/energy_uj";
    char range_path[PATH_MAX];
    uint64_t range = 0;
    size_t length = strlen(path);
    if (length < sizeof(name) || !jb_streq(path + length - (sizeof(name) - 1), name)) {
        return 0;
    }
    size_t folder = length - (sizeof(name) - 1);
    if ((size_t)jb_snprintf(range_path, sizeof(range_path), "%.*s/max_energy_range_uj", (int)folder, path) >=
            sizeof(range_path) ||
        jb_root_read_u64(sampler->env.root, range_path, &range) < 0 || range == UINT64_MAX) {
        return 0;
    }
    return range + 1;
}

static bool keep(const struct sampler *sampler, const struct moving *file)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    bool moves = file->writer.changes > 0 || (file->writer.count == 1 && file->writer.bytes.length == 0);
    if (!file->place) {
        return false;
    }
    if (!moves || jb_series_write(&file->writer, wrap_of(sampler, file->path), &text) < 0 ||
        jb_write_atomic(file->place, text.data, text.length, 0644, NULL) < 0) {
        unlink(file->place);
        return false;
    }
    return true;
}

static void finish(struct sampler *sampler)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct moving *file = &sampler->files[i];
        jb_closep(&file->fd);
        jb_series_writer_finish(&file->writer);
        free(file->path);
        free(file->place);
    }
    free(sampler->files);
    free(sampler->content);
    jb_privileged_unref(sampler->env.privileged);
}

int doctor_sample(const struct jb_recording *recording, uint64_t duration_ns, const sigset_t *stop,
                  struct doctor_samples *ret)
{
    JB_CLEANUP(finish) struct sampler sampler = {.recording = recording, .env.root = recording->base};
    sampler.content = malloc(MAX_CONTENT);
    if (!sampler.content) {
        return -ENOMEM;
    }
    jb_perf_ops_init(&sampler.perf, recording->base);
    if (jb_root_is_real(recording->base) && access(jb_privileged_program(), X_OK) == 0) {
        sampler.env.privileged = sampler.perf.privileged = jb_privileged_create(jb_privileged_program());
    }
    find_files(&sampler, recording->dir, 0);
    for (size_t i = 0; i < sampler.count; i++) {
        sampler.files[i].writer.limit = MAX_BYTES / sampler.count;
    }
    struct doctor_samples samples = {.files = sampler.count + sampler.said, .moving = sampler.said};
    samples.signal = sample(&sampler, duration_ns, stop, &samples.lasted_ns);
    for (size_t i = 0; i < sampler.count; i++) {
        samples.moving += keep(&sampler, &sampler.files[i]);
    }
    *ret = samples;
    return 0;
}
