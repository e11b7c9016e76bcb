/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a burst costs and how well it places a counter's updates.
 *   edges_bench DRIVER SPEC SECONDS [CHANNEL...]      SPEC "-": none; without channels: all counters of the driver
 * prints for each channel: edges, missed, period and jitter in us, standard error of an edge in us, and the share of
 * one processor that the thread used.
 */
#include "base/clock.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "meter/edges.h"
#include "meter/opened.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MOST 8

/* The ids of the driver's counters, into `ids`; how many. */
static size_t find_counters(const struct jb_sensor_env *env, const struct jb_sensor_driver *driver, const char *spec,
                            char ids[MOST][64])
{
    struct jb_opened opened = {0};
    size_t count = 0;
    if (jb_opened_init(&opened, driver, env, spec) < 0) {
        return 0;
    }
    jb_opened_open(&opened);
    for (int i = 0; opened.result == 0 && i < opened.source.channel_count && count < MOST; i++) {
        const struct jb_channel *channel = &opened.source.channels[i];
        if (channel->status == JB_OK && channel->method == JB_METHOD_COUNTER) {
            (void)jb_copy(ids[count++], sizeof(ids[0]), channel->id);
        }
    }
    jb_opened_finish(&opened);
    return count;
}

int main(int argc, char **argv)
{
    double seconds;
    char found[MOST][64];
    const char *ids[MOST];
    if (argc < 4 || jb_parse_double(argv[3], &seconds) < 0) {
        fprintf(stderr, "usage: edges_bench DRIVER SPEC SECONDS [CHANNEL...]\n");
        return 2;
    }
    const char *spec = strcmp(argv[2], "-") == 0 ? NULL : argv[2];
    const struct jb_sensor_driver *driver = jb_sensor_find(argv[1]);
    struct jb_perf_ops perf;
    struct jb_machine machine = {0};
    (void)jb_machine_probe(NULL, NULL, &machine, NULL);
    jb_perf_ops_init(&perf, NULL);
    struct jb_sensor_env env = {.machine = &machine, .perf = &perf};
    size_t count = argc > 4 ? (size_t)argc - 4 : driver ? find_counters(&env, driver, spec, found) : 0;
    count = count < MOST ? count : MOST;
    for (size_t i = 0; i < count; i++) {
        ids[i] = argc > 4 ? argv[4 + i] : found[i];
    }
    struct jb_edges *edges = NULL;
    int err = jb_edges_create(&env, argv[1], spec, ids, count, &edges);
    if (err < 0) {
        fprintf(stderr, "edges_bench: %s: %s\n", argv[1], strerror(-err));
        return 1;
    }
    uint64_t ns = (uint64_t)(seconds * 1e9);
    jb_edges_begin(edges, jb_mono_ns() + ns);
    struct timespec left = {.tv_sec = (time_t)(ns / JB_NS_PER_S) + 1, .tv_nsec = (long)(ns % JB_NS_PER_S)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
    for (size_t i = 0; i < count; i++) {
        struct jb_timing t;
        jb_edges_timing(edges, (int)i, &t);
        printf("%-24s %7llu edges %6llu missed  period %.2f us  jitter %.2f us  edge %.2f us  cpu %.1f %%\n", ids[i],
               (unsigned long long)t.edges, (unsigned long long)t.missed, (double)t.period_ns / 1e3,
               (double)t.jitter_ns / 1e3, (double)t.edge_ns / 1e3, (double)t.cpu_ns / (double)ns * 100);
    }
    jb_edges_destroy(edges);
    return 0;
}
