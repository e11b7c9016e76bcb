/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How big an hour of the default sampling is in the store, what an append costs, and how long a day takes to draw.
 *
 *     store_bench [HOURS [CHANNELS]]      default: 24 hours, 10 channels, at 10 Hz
 *
 * The made-up machine draws what a two-socket machine with four GPUs does, with 5 % of noise on every reading: white
 * noise is the worst case, a steady machine is smaller. Plain main without the test library: `make bench` prints what
 * it prints.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/os.h"
#include "base/text.h"
#include "store/store.h"

#define TICKS        8 /* what a session puts into a chunk at the default interval */
#define TICK_NS      UINT64_C(100000000)
#define MAX_CHANNELS 64
#define POINTS       1000
#define ID           "01KBENCHBENCHBENCHBENCHBEN"

static uint64_t state = 20261122;

static double uniform(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)((state * UINT64_C(2685821657736338717)) >> 11) / 0x1p53;
}

static double normal(void)
{
    return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static void die(const char *what, const struct jb_diag *diag)
{
    fprintf(stderr, "store_bench: %s: %s\n", what, diag->text);
    exit(1);
}

struct machine {
    struct jb_record record;
    uint64_t t_ns;
    uint64_t ticks[TICKS], values[MAX_CHANNELS][TICKS];
    struct jb_chunk_channel channels[MAX_CHANNELS];
};

static void make_chunk(struct machine *machine, struct jb_chunk *chunk)
{
    static const double watts[10] = {150, 15, 120, 140, 14, 110, 300, 310, 290, 305};
    size_t count = machine->record.channel_count;
    *chunk = (struct jb_chunk){.t0_ns = machine->t_ns,
                               .tick_ns = machine->ticks,
                               .tick_count = TICKS,
                               .channels = machine->channels,
                               .channel_count = count};
    for (size_t i = 0; i < TICKS; i++) {
        double jitter_ns = fabs(normal()) * 60000; /* a timer is late by some tens of microseconds */
        uint64_t start = machine->t_ns;
        machine->t_ns = chunk->t0_ns + (i + 1) * TICK_NS + (uint64_t)jitter_ns;
        machine->ticks[i] = machine->t_ns;
        for (size_t c = 0; c < count; c++) {
            double value = watts[c % 10] * 1e-3 * (double)(machine->t_ns - start) * (1 + 0.05 * normal());
            machine->values[c][i] = value < 0 ? 0 : (uint64_t)value;
        }
    }
    for (size_t c = 0; c < count; c++) {
        struct jb_chunk_channel *channel = &machine->channels[c];
        uint64_t sum = 0;
        for (size_t i = 0; i < TICKS; i++) {
            sum += machine->values[c][i];
        }
        channel->energy_uj = machine->values[c];
        channel->idle_uj = (uint64_t)(watts[c % 10] * 250e-6 * (double)(machine->t_ns - chunk->t0_ns));
        channel->idle_uj = channel->idle_uj < sum ? channel->idle_uj : sum;
        channel->others_uj =
            c % 10 < 6 ? (uint64_t)((double)(sum - channel->idle_uj) * 0.05 * uniform()) : 0; /* GPUs are ours */
        channel->run_uj = sum - channel->idle_uj - channel->others_uj;
        struct jb_record_channel *total = &machine->record.channels[c];
        total->energy_uj += sum;
        total->run_uj += channel->run_uj;
        total->idle_uj += channel->idle_uj;
        total->others_uj += channel->others_uj;
    }
}

static void make_record(struct jb_record *record, size_t channels)
{
    record->started_ns = jb_wall_ns();
    record->channel_count = channels;
    record->channels = calloc(channels, sizeof(*record->channels));
    record->command = calloc(1, sizeof(char *));
    if (record->channels == NULL || record->command == NULL) {
        exit(1);
    }
    jb_copy(record->id, sizeof(record->id), ID);
    jb_copy(record->host, sizeof(record->host), "bench");
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

static void draw(const char *path, size_t channels, double hours)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    struct jb_slice *slices = calloc(channels * POINTS, sizeof(*slices));
    if (slices == NULL || jb_store_open(path, JB_STORE_READ, &store, &diag) < 0) {
        die("open", &diag);
    }
    const double windows[] = {hours, hours / 2, hours / 9, 1, 0.1};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        uint64_t end = (uint64_t)(windows[i] * 3600e9), best = UINT64_MAX;
        for (int round = 0; round < 3 && windows[i] <= hours; round++) {
            uint64_t start = jb_mono_ns();
            if (jb_store_slices(store, ID, 0, end, POINTS, channels, slices, &diag) < 0) {
                die("slices", &diag);
            }
            uint64_t spent = jb_mono_ns() - start;
            best = spent < best ? spent : best;
        }
        if (best != UINT64_MAX) {
            printf("%g h to %d points: %.1f ms\n", windows[i], POINTS, (double)best / 1e6);
        }
    }
    free(slices);
    jb_store_close(store);
}

int main(int argc, char **argv)
{
    double hours = 24, channels = 10;
    if ((argc > 1 && jb_parse_double(argv[1], &hours) < 0) || (argc > 2 && jb_parse_double(argv[2], &channels) < 0) ||
        hours <= 0 || hours > 1000 || channels < 1 || channels > MAX_CHANNELS) {
        fprintf(stderr, "usage: store_bench [HOURS [CHANNELS]]\n");
        return 2;
    }
    char folder[] = "/tmp/jb-store-bench-XXXXXX", path[64];
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    struct jb_chunk chunk;
    struct machine *machine = calloc(1, sizeof(*machine));
    if (machine == NULL || mkdtemp(folder) == NULL) {
        return 1;
    }
    jb_snprintf(path, sizeof(path), "%s/joulebook.db", folder);
    make_record(&machine->record, (size_t)channels);
    if (jb_store_open(path, JB_STORE_WRITE, &store, &diag) < 0 || jb_store_begin(store, &machine->record, &diag) < 0) {
        die("begin", &diag);
    }
    size_t chunks = (size_t)(hours * 3600e9 / (double)(TICKS * TICK_NS));
    uint64_t cpu_ns = 0, worst_ns = 0;
    for (size_t i = 0; i < chunks; i++) {
        make_chunk(machine, &chunk);
        uint64_t cpu = jb_self_cpu_ns(), start = jb_mono_ns();
        if (jb_store_append(store, &machine->record, &chunk, &diag) < 0) {
            die("append", &diag);
        }
        uint64_t spent = jb_mono_ns() - start;
        worst_ns = spent > worst_ns ? spent : worst_ns;
        cpu_ns += jb_self_cpu_ns() - cpu;
    }
    machine->record.status = JB_RUN_FINISHED;
    machine->record.ended_ns = machine->record.started_ns + (int64_t)machine->t_ns;
    if (jb_store_end(store, &machine->record, &diag) < 0) {
        die("end", &diag);
    }
    jb_store_close(store);
    struct stat st = {0};
    (void)stat(path, &st);
    printf("%g h at 10 Hz, %g channels: %.3f MB an hour (%.2f bytes a value)\n", hours, channels,
           (double)st.st_size / hours / 1e6, (double)st.st_size / ((double)chunks * TICKS * channels));
    printf("append: %.0f us of CPU, %.1f ms at worst\n", (double)cpu_ns / (double)chunks / 1e3, (double)worst_ns / 1e6);
    draw(path, (size_t)channels, hours);
    printf("peak RSS: %.1f MB\n", (double)jb_os_max_rss() / 1e6);
    unlink(path);
    rmdir(folder);
    jb_record_finish(&machine->record);
    free(machine);
    return 0;
}
