/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU of what the server says of a board, and so how long it holds the meter up.
 *   metrics_bench CHANNELS RUNS TIMES
 * prints microseconds of CPU and bytes of a scrape as text and as OpenMetrics, of the live document, and of a tick.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "server/documents.h"
#include "server/metrics.h"

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void fill(struct jb_board_view *view, size_t channels, size_t runs)
{
    view->channel_count = channels < JB_BOARD_CHANNELS ? channels : JB_BOARD_CHANNELS;
    view->run_count = runs < JB_BOARD_RUNS ? runs : JB_BOARD_RUNS;
    view->seq = 123456;
    view->wall_ns = jb_wall_ns();
    for (size_t i = 0; i < view->channel_count; i++) {
        struct jb_board_channel *channel = &view->channels[i];
        jb_snprintf(channel->id, sizeof(channel->id), "gpu/GPU-1a2b3c4d-5e6f-7a8b-9c0d-%012zu/board", i);
        jb_snprintf(channel->name, sizeof(channel->name), "NVIDIA H100 80GB HBM3");
        jb_snprintf(channel->source, sizeof(channel->source), "nvml");
        channel->device = JB_DEVICE_GPU;
        channel->in_total = i % 4 != 3;
        channel->parent = channel->twin_of = -1;
        channel->power_w = 412.345 + (double)i / 7;
        channel->energy_uj = UINT64_C(123456789012345) + i;
        channel->covered_ns = 1;
        channel->sigma_uj = 1.23456789e9;
    }
    for (size_t i = 0; i < view->run_count; i++) {
        struct jb_board_run *run = &view->runs[i];
        jb_snprintf(run->id, sizeof(run->id), "01K%023zu", i);
        jb_snprintf(run->name, sizeof(run->name), "resnet50-imagenet-%zu", i);
        jb_snprintf(run->command, sizeof(run->command), "python3 train.py --epochs 90 --batch-size 256");
        run->power_w = 250.123;
        run->run_uj = UINT64_C(75085123456);
        run->grams = 9.2345;
    }
    view->source_count = 13;
    for (size_t i = 0; i < view->source_count; i++) {
        jb_snprintf(view->sources[i].driver, sizeof(view->sources[i].driver), "driver-%zu", i);
    }
    view->project_count = view->emission_count = 8;
    for (size_t i = 0; i < view->project_count; i++) {
        jb_snprintf(view->projects[i].name, sizeof(view->projects[i].name), "project-%zu", i);
        jb_snprintf(view->emissions[i].zone, sizeof(view->emissions[i].zone), "ZONE-%zu", i);
        view->emissions[i].grams = 123.456 * (double)i;
    }
}

static const struct jb_viewer all = {.all = true};

static void say(const struct jb_board_view *view, int what, struct jb_buf *out)
{
    if (what < 2) {
        jb_metrics_write(view, true, what == 1, out);
    } else if (what == 3) {
        jb_live_tick(view, out);
    } else {
        jb_live_hello(view, &all, out);
    }
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"text", "openmetrics", "live", "tick"};
    struct jb_board *board;

    if (argc != 4 || jb_board_create(&board) < 0) {
        fprintf(stderr, "usage: metrics_bench CHANNELS RUNS TIMES\n");
        return 2;
    }
    long times = strtol(argv[3], NULL, 10);
    struct jb_board_view *view = jb_board_begin(board);
    fill(view, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
    for (int what = 0; what < 4; what++) {
        struct jb_buf out = {0};
        double began = cpu_us();
        for (long i = 0; i < times; i++) {
            jb_buf_clear(&out);
            say(view, what, &out);
        }
        printf("%s %.1f us %zu bytes\n", names[what], (cpu_us() - began) / (double)times, out.length);
        jb_buf_finish(&out);
    }
    jb_board_publish(board);
    jb_board_destroy(board);
    return 0;
}
