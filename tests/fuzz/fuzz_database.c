/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes whole database files: opens the input as a store and reads all there is.
 *
 * Whatever the bytes, opening and reading end with an answer, and the file is not changed by a reader.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "store/history.h"
#include "store/schema.h"
#include "store/store.h"

#define CHANNELS 4
#define POINTS   10

static int count_sample(void *context, const struct jb_sample *sample)
{
    size_t *count = context;
    return ++*count > 100000 ? 1 : 0;
}

static int read_run(void *context, const struct jb_record *listed)
{
    struct jb_store *store = context;
    struct jb_record record;
    struct jb_diag diag;
    struct jb_slice slices[CHANNELS * POINTS];
    char id[JB_RUN_ID_TEXT];
    size_t count = 0;
    if (jb_store_load(store, listed->id, &record, &diag) == 0) {
        for (size_t i = 0; i < record.channel_count; i++) { /* parents end */
            for (int up = record.channels[i].parent; up >= 0; up = record.channels[up].parent) {
                if ((size_t)up >= record.channel_count) {
                    abort();
                }
            }
        }
        jb_record_sum(&record);
        jb_record_finish(&record);
    }
    struct jb_marks marks = {0};
    if (jb_store_marks(store, listed->id, &marks, &diag) == 0) {
        for (size_t i = 1; i < marks.count; i++) { /* what was booked between two is their difference */
            if (marks.marks[i].t_ns <= marks.marks[i - 1].t_ns ||
                marks.marks[i].channel_count < marks.marks[i - 1].channel_count) {
                abort();
            }
        }
        jb_marks_finish(&marks);
    }
    (void)jb_store_find(store, listed->id, id, &diag);
    (void)jb_store_series(store, listed->id, count_sample, &count, &diag);
    (void)jb_store_slices(store, listed->id, 0, 0, POINTS, CHANNELS, slices, &diag);
    (void)jb_store_slices(store, listed->id, 1000000, 20000000000, POINTS, CHANNELS, slices, &diag);
    return 0;
}

static int see_channel(void *context, int number, const struct jb_history_channel *channel)
{
    if (number < 0 || number >= JB_HISTORY_CHANNELS || memchr(channel->id, '\0', sizeof(channel->id)) == NULL) {
        abort();
    }
    return 0;
}

static int see_machine(void *context, const struct jb_store_machine *machine)
{
    if (machine->first_ns < 0 || machine->last_ns < 0) {
        abort();
    }
    return 0;
}

/* The rows of the seed begin at 1795305600. */
static void read_history(struct jb_store *store)
{
    struct jb_diag diag;
    struct jb_slice slices[CHANNELS * POINTS];
    double g[POINTS];
    struct jb_history_sum sum;
    enum jb_history_level level;
    const int64_t s = 1000000000, t0_ns = 1795305600 * s;
    for (int64_t width = 1; width <= 3600; width *= 60) {
        (void)jb_history_slices(store, NULL, t0_ns, t0_ns + width * POINTS * s, POINTS, CHANNELS, slices, g, &level,
                                &diag);
    }
    (void)jb_history_slices(store, NULL, 0, INT64_C(7000000000) * s, POINTS, CHANNELS, slices, g, &level, &diag);
    (void)jb_history_channels(store, NULL, see_channel, NULL, &diag);
    (void)jb_history_sum(store, NULL, &sum, &diag);
    (void)jb_store_machines(store, false, 0, see_machine, NULL, &diag);
}

/* Does it say of itself that it was written by an older joulebook? That is brought up to date, and so changed. */
static bool is_older(const uint8_t *data, size_t size)
{
    const size_t at = 60; /* user_version in a database's header */
    if (size < at + 4) {
        return false;
    }
    uint32_t version =
        (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 | (uint32_t)data[at + 2] << 8 | data[at + 3];
    return version > 0 && version < (uint64_t)jb_schema_version;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    jb_snprintf(path, sizeof(path), "/tmp/jb-fuzz-database-%d.db", (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    close(fd);
    struct jb_store *store = NULL;
    struct jb_diag diag;
    const struct jb_run_filter filter = {.text = "a", .limit = 8};
    if (jb_store_open(path, JB_STORE_READ, &store, &diag) == 0) {
        struct jb_baseline baseline;
        (void)jb_store_list(store, NULL, read_run, store, &diag);
        (void)jb_store_list(store, &filter, read_run, store, &diag);
        read_history(store);
        (void)jb_store_baseline_get(store, "m", "c", &baseline);
        jb_store_close(store);
    } else if (diag.text[0] == '\0') {
        abort(); /* every refusal says why */
    }
    char *after = NULL;
    size_t length = 0;
    if (size > 0 && !is_older(data, size) &&
        (jb_read_all(path, size + 1, &after, &length, NULL) < 0 || length != size || memcmp(after, data, size) != 0)) {
        abort();
    }
    free(after);
    unlink(path);
    return 0;
}
