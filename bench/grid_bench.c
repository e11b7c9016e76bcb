/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the grid cost by themselves: the cache's file, and the pricing of long runs.
 *
 *     grid_bench load DAYS MINUTES            values so long each, as many days of them: write the file's text and read
 * it grid_bench price DAYS MINUTES CHANNELS  price a run so long at such values
 *
 * Prints bytes or buckets, segments, and CPU in microseconds; bench/grid.py runs it, also below valgrind for
 * instructions.
 */
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "engine/price.h"
#include "grid/cache_file.h"
#include "grid/provider.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE_NS (60 * (int64_t)JB_NS_PER_S)
#define DAY_NS    (24 * 60 * MINUTE_NS)
#define START_NS  (20000 * DAY_NS)
#define STEP_NS   (5 * MINUTE_NS) /* between marks */
#define RUN_UJ    UINT64_C(30000000000)

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int make_track(int64_t span_ns, int64_t period_ns, struct jb_track *track)
{
    int err = 0;
    for (int64_t t_ns = 0; err == 0 && t_ns < span_ns; t_ns += period_ns) {
        struct jb_point point = {.start_ns = START_NS + t_ns,
                                 .end_ns = START_NS + t_ns + period_ns,
                                 .g_per_kwh = 100 + (double)(t_ns / period_ns % 97) / 3,
                                 .rel_error = 0.05,
                                 .fetched_ns = START_NS + t_ns + period_ns,
                                 .provider = jb_providers[0]};
        err = jb_track_put(track, &point);
    }
    return err;
}

static int load(int64_t span_ns, int64_t period_ns)
{
    struct jb_cached cached = {.asked_ns = START_NS + span_ns}, back = {0};
    struct jb_buf text = {0};
    int err = make_track(span_ns, period_ns, &cached.track);
    double begin_us = cpu_us();
    jb_cache_write(jb_providers[0], "0a1b2c3d", &cached, &text);
    double written_us = cpu_us();
    err = err < 0 ? err : jb_cache_parse(text.data, text.length, jb_providers[0], "0a1b2c3d", &back);
    double read_us = cpu_us();
    printf("%zu %zu %.0f %.0f\n", text.length, back.track.count, written_us - begin_us, read_us - written_us);
    jb_cached_finish(&cached);
    jb_cached_finish(&back);
    jb_buf_finish(&text);
    return err;
}

static int make_marks(int64_t span_ns, size_t channels, struct jb_marks *marks)
{
    size_t count = (size_t)(span_ns / STEP_NS) - 1;
    marks->marks = calloc(count, sizeof(*marks->marks));
    for (; marks->marks != NULL && marks->count < count; marks->count++) {
        struct jb_store_mark *mark = &marks->marks[marks->count];
        uint64_t passed = marks->count + 1;
        mark->t_ns = passed * (uint64_t)STEP_NS;
        mark->wall_ns = START_NS + (int64_t)mark->t_ns;
        mark->channels = calloc(channels, sizeof(*mark->channels));
        mark->channel_count = mark->channels != NULL ? channels : 0;
        for (size_t i = 0; i < mark->channel_count; i++) {
            mark->channels[i] = (struct jb_mark_channel){.run_uj = passed * RUN_UJ, .idle_uj = passed * RUN_UJ / 4};
        }
    }
    return marks->marks != NULL ? 0 : -ENOMEM;
}

static int make_record(int64_t span_ns, size_t channels, struct jb_record *record)
{
    uint64_t steps = (uint64_t)(span_ns / STEP_NS);
    *record = (struct jb_record){.started_ns = START_NS, .ended_ns = START_NS + span_ns, .pue = 1.1};
    record->duration_s = (double)span_ns / 1e9;
    jb_copy(record->basis, sizeof(record->basis), "machine");
    record->channels = calloc(channels, sizeof(*record->channels));
    for (; record->channels != NULL && record->channel_count < channels; record->channel_count++) {
        struct jb_record_channel *channel = &record->channels[record->channel_count];
        channel->number = (int)record->channel_count;
        channel->in_total = true;
        channel->run_uj = steps * RUN_UJ;
        channel->idle_uj = steps * RUN_UJ / 4;
        channel->energy_uj = channel->run_uj + channel->idle_uj;
        record->run_uj += channel->run_uj;
        record->idle_uj += channel->idle_uj;
        record->machine_uj += channel->energy_uj;
    }
    return record->channels != NULL ? 0 : -ENOMEM;
}

static int price(int64_t span_ns, int64_t period_ns, size_t channels)
{
    struct jb_track track = {0};
    struct jb_marks marks = {0};
    struct jb_intensity world;
    struct jb_record record = {0};
    jb_grid_world(&world);
    int err = make_track(span_ns, period_ns, &track);
    err = err < 0 ? err : make_marks(span_ns, channels, &marks);
    err = err < 0 ? err : make_record(span_ns, channels, &record);
    double begin_us = cpu_us();
    const struct jb_pricing pricing = {.marks = &marks, .average = &track, .table = &world};
    err = err < 0 ? err : jb_price(&record, &pricing);
    printf("%zu %zu %.0f %.0f\n", marks.count + 1, record.segment_count, cpu_us() - begin_us, record.emissions_g);
    jb_record_finish(&record);
    jb_marks_finish(&marks);
    jb_track_finish(&track);
    return err;
}

static int64_t number(const char *text)
{
    uint64_t value = 0;
    return jb_parse_u64(text, &value) == 0 && value <= 10000 ? (int64_t)value : 0;
}

int main(int argc, char **argv)
{
    int64_t days = argc > 3 ? number(argv[2]) : 0, minutes = argc > 3 ? number(argv[3]) : 0;
    int64_t channels = argc > 4 ? number(argv[4]) : 0;
    int err = -EINVAL;
    if (days > 0 && minutes > 0 && argc == 4 && jb_streq(argv[1], "load")) {
        err = load(days * DAY_NS, minutes * MINUTE_NS);
    } else if (days > 0 && minutes > 0 && channels > 0 && jb_streq(argv[1], "price")) {
        err = price(days * DAY_NS, minutes * MINUTE_NS, (size_t)channels);
    }
    if (err < 0) {
        fprintf(stderr, "grid_bench: %s\n", strerror(-err));
    }
    return err < 0;
}
