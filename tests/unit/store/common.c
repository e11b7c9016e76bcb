/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers of the store's tests; see common.h.
 */
#include "common.h"
#include "../folder.h"

#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "store/chunk.h"

int folder_setup(void **state)
{
    char *path = strdup("/tmp/jb-store-XXXXXX");
    if (path == NULL || mkdtemp(path) == NULL) {
        free(path);
        return -1;
    }
    *state = path;
    return 0;
}

int folder_teardown(void **state)
{
    if (*state != NULL) {
        folder_remove(*state);
        free(*state);
    }
    return 0;
}

const char *in_folder(void **state, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    jb_snprintf(path, sizeof(paths[0]), "%s/%s", (const char *)*state, name);
    return path;
}

struct killed start_writer(void)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    close(ends[child == 0 ? 0 : 1]);
    return (struct killed){.child = child, .pipe_fd = ends[child == 0 ? 1 : 0]};
}

int kill_writer(const struct killed *killed, int wanted, long moment_ns)
{
    const struct timespec moment = {.tv_nsec = moment_ns};
    int told = 0, status = 0;
    char byte;

    while (told < wanted && read(killed->pipe_fd, &byte, 1) == 1) {
        told++;
    }
    nanosleep(&moment, NULL);
    kill(killed->child, SIGKILL);
    assert_int_equal(waitpid(killed->child, &status, 0), killed->child);
    assert_true(WIFSIGNALED(status)); /* else it failed by itself */
    while (read(killed->pipe_fd, &byte, 1) == 1) {
        told++;
    }
    close(killed->pipe_fd);
    return told;
}

uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(2685821657736338717);
}

uint64_t random_below(struct random *random, uint64_t limit)
{
    return random_next(random) % limit;
}

double random_normal(struct random *random)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        sum += (double)(random_next(random) >> 11) / 0x1p53;
    }
    return sum - 6;
}

void make_record(struct jb_record *record, const char *id, size_t channels)
{
    *record = (struct jb_record){
        .started_ns = INT64_C(1795316400123000000),
        .command_count = 2,
        .command = calloc(2, sizeof(char *)),
        .channels = calloc(channels, sizeof(struct jb_record_channel)),
        .channel_count = channels,
        .name = strdup("a name"),
        .duration_s = NAN,
        .emissions_g = NAN,
        .pue = 1,
    };
    jb_copy(record->id, sizeof(record->id), id);
    jb_copy(record->host, sizeof(record->host), "host");
    jb_copy(record->machine_id, sizeof(record->machine_id), "0123456789abcdef");
    jb_copy(record->basis, sizeof(record->basis), "footprint");
    record->command[0] = strdup("python3");
    record->command[1] = strdup("train.py");
    for (size_t i = 0; i < channels; i++) {
        struct jb_record_channel *channel = &record->channels[i];
        channel->number = (int)i;
        channel->parent = channel->twin_of = -1;
        channel->in_total = true;
        jb_snprintf(channel->id, sizeof(channel->id), "cpu/%zu/package", i);
        jb_copy(channel->method, sizeof(channel->method), "counter");
        jb_copy(channel->source, sizeof(channel->source), "rapl-perf");
    }
}

void split_parts(struct made_chunk *made, struct random *random, struct jb_record *record)
{
    for (size_t c = 0; c < made->chunk.channel_count; c++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < made->chunk.tick_count; i++) {
            uint64_t value = made->values[c][i];
            sum += value == JB_NO_VALUE || value == JB_GAP ? 0 : value;
        }
        struct jb_chunk_channel *channel = &made->channels[c];
        channel->energy_uj = made->values[c];
        channel->idle_uj = sum / 4 - random_below(random, sum / 64 + 1);
        channel->others_uj = random_below(random, 3) == 0 ? 0 : random_below(random, sum / 16 + 1);
        channel->unattributed_uj = 0;
        channel->run_uj = sum - channel->idle_uj - channel->others_uj;
        if (record != NULL) {
            struct jb_record_channel *total = &record->channels[c];
            total->energy_uj += sum;
            total->run_uj += channel->run_uj;
            total->idle_uj += channel->idle_uj;
            total->others_uj += channel->others_uj;
            total->footprint_uj += sum;
        }
    }
}

void make_chunk(struct made_chunk *made, struct random *random, uint64_t *t_ns, size_t ticks, uint64_t tick_ns,
                size_t channels, bool holes, struct jb_record *record)
{
    static const double watts[16] = {150, 15, 120, 140, 14, 110, 300, 310, 290, 305, 8, 25, 60, 1, 400, 700};
    made->chunk = (struct jb_chunk){.t0_ns = *t_ns,
                                    .tick_ns = made->ticks,
                                    .tick_count = ticks,
                                    .channels = made->channels,
                                    .channel_count = channels};
    for (size_t i = 0; i < ticks; i++) {
        uint64_t start = *t_ns;
        *t_ns += tick_ns + random_below(random, tick_ns / 500 + 2) - tick_ns / 1000;
        made->ticks[i] = *t_ns;
        for (size_t c = 0; c < channels; c++) {
            double value = watts[c] * 1e-3 * (double)(*t_ns - start) * (1 + 0.05 * random_normal(random));
            made->values[c][i] = value < 0 ? 0 : (uint64_t)value;
            if (holes && c > 0) { /* channel 1: every few seconds; the others: now and then */
                uint64_t dice = random_below(random, c == 1 ? 37 : 11);
                made->values[c][i] = dice == 0            ? (c == 1 ? made->values[c][i] : JB_NO_VALUE)
                                     : dice == 1 && c > 1 ? JB_GAP
                                     : c == 1             ? JB_NO_VALUE
                                                          : made->values[c][i];
            }
        }
    }
    split_parts(made, random, record);
}

void make_row(struct made_row *made, struct random *random, int64_t end_ns, uint64_t length_ns, size_t channels,
              bool holes)
{
    static const double watts[16] = {150, 15, 120, 140, 14, 110, 300, 310, 290, 305, 8, 25, 60, 1, 400, 700};
    made->row = (struct jb_history_row){.end_ns = end_ns,
                                        .length_ns = length_ns,
                                        .g_per_kwh = 415.5,
                                        .channel_count = channels,
                                        .values = made->values};
    for (size_t i = 0; i < channels; i++) {
        struct jb_history_value *value = &made->values[i];
        double mean_w = watts[i] * (1 + 0.05 * random_normal(random));
        double uj = mean_w * (double)length_ns / 1e3, idle_uj = watts[i] * 0.2 * (double)length_ns / 1e3;
        *value = (struct jb_history_value){
            .energy_uj = uj < idle_uj ? (uint64_t)idle_uj : (uint64_t)uj,
            .idle_uj = (uint64_t)idle_uj,
            .covered_ns = length_ns,
            .min_mw = (uint32_t)(mean_w * 1e3 * (0.95 - 0.0001 * (double)random_below(random, 300))),
            .max_mw = (uint32_t)(mean_w * 1e3 * (1.05 + 0.0001 * (double)random_below(random, 300))),
        };
        uint64_t rest = value->energy_uj - value->idle_uj;
        value->runs_uj = rest - (uint64_t)((double)rest * 0.00001 * (double)random_below(random, 3000));
        if (holes && random_below(random, 7) == 0) {
            value->energy_uj = JB_NO_VALUE;
        } else if (holes && random_below(random, 7) == 0) {
            uint64_t part = 1 + random_below(random, 9);
            value->energy_uj /= part;
            value->runs_uj /= part;
            value->idle_uj /= part;
            value->covered_ns /= part;
        }
    }
}

struct jb_history *open_history(struct jb_store *store, struct jb_history_limits limits, size_t channels)
{
    struct jb_history *history = NULL;
    struct jb_diag diag = {0};
    assert_good(diag, jb_history_open(store, "0123456789abcdef", &limits, &history, &diag));
    for (size_t i = 0; i < channels; i++) {
        struct jb_history_channel channel = {
            .device = "cpu", .name = "a name", .source = "rapl-perf", .method = "counter", .in_total = i % 3 != 2};
        jb_snprintf(channel.id, sizeof(channel.id), "cpu/%zu/package", i);
        assert_int_equal(jb_history_channel(history, &channel, &diag), (int)i);
    }
    return history;
}

void append_row(struct jb_history *history, const struct made_row *made)
{
    struct jb_diag diag = {0};
    assert_good(diag, jb_history_append(history, &made->row, &diag));
}

enum jb_history_level energy_between(struct jb_store *store, int64_t t0_ns, int64_t t1_ns, size_t count,
                                     size_t channels, double *ret_uj)
{
    struct jb_diag diag = {0};
    enum jb_history_level level = JB_HISTORY_SECONDS;
    struct jb_slice *slices = calloc(count * channels, sizeof(*slices));
    assert_good(diag, jb_history_slices(store, NULL, t0_ns, t1_ns, count, channels, slices, NULL, &level, &diag));
    for (size_t c = 0; c < channels; c++) {
        ret_uj[c] = 0;
        for (size_t i = 0; i < count; i++) {
            ret_uj[c] += slices[c * count + i].energy_uj;
        }
    }
    free(slices);
    return level;
}

uint64_t write_run(struct jb_store *store, const char *id, struct random *random, size_t chunks, size_t channels,
                   bool holes)
{
    struct jb_record record;
    struct jb_diag diag = {0};
    struct made_chunk *made = calloc(1, sizeof(*made));
    uint64_t t_ns = 0;
    make_record(&record, id, channels);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (size_t i = 0; i < chunks; i++) {
        make_chunk(made, random, &t_ns, 1 + random_below(random, 14), UINT64_C(100000000), channels, holes, &record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
    }
    record.status = JB_RUN_FINISHED;
    record.duration_s = (double)t_ns / 1e9;
    record.ended_ns = record.started_ns + (int64_t)t_ns;
    jb_record_sum(&record);
    assert_good(diag, jb_store_end(store, &record, &diag));
    jb_record_finish(&record);
    free(made);
    return t_ns;
}

struct jb_store *open_or_fail(const char *path, enum jb_store_mode mode)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    assert_good(diag, jb_store_open(path, mode, &store, &diag));
    assert_non_null(store);
    return store;
}

static sqlite3 *raw_open(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

static int keep_first(void *context, int columns, char **values, char **names)
{
    char *kept = context;
    if (kept[0] == '\0') {
        jb_copy(kept, 256, values[0] == NULL ? "" : values[0]);
    }
    return 0;
}

void assert_sound(const char *path)
{
    sqlite3 *db = raw_open(path);
    char answer[256] = "";
    assert_int_equal(sqlite3_exec(db, "PRAGMA integrity_check", keep_first, answer, NULL), SQLITE_OK);
    assert_string_equal(answer, "ok");
    answer[0] = '\0';
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_key_check", keep_first, answer, NULL), SQLITE_OK);
    assert_string_equal(answer, "");
    sqlite3_close(db);
}

int64_t sql_number(const char *path, const char *sql)
{
    sqlite3 *db = raw_open(path);
    char answer[256] = "";
    int64_t number = 0;
    if (sqlite3_exec(db, sql, keep_first, answer, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    sqlite3_close(db);
    assert_int_equal(jb_parse_i64(answer, &number), 0);
    return number;
}

void sql_run(const char *path, const char *sql)
{
    sqlite3 *db = raw_open(path);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    sqlite3_close(db);
}
