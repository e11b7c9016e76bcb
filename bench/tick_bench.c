/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU of one tick of a session (read all sensors, book, attribute, store nothing) on a machine below a root.
 *   tick_bench ROOT SENSORS INTERVAL_MS TICKS
 * prints: channels, microseconds of CPU within a tick, and those of the whole process for each tick: with the lanes,
 * and with falling asleep and waking up in between, which the kernel charges to the thread and no program can avoid.
 */
#include "base/clock.h"
#include "engine/session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: tick_bench ROOT SENSORS INTERVAL_MS TICKS\n");
        return 2;
    }
    uint64_t interval_ms = strtoull(argv[3], NULL, 10);
    long ticks = strtol(argv[4], NULL, 10);
    struct jb_intensity intensity = {0};
    struct jb_session_config config = {
        .root = argv[1],
        .sensors = argv[2],
        .db_path = "none",
        .interval_ns = interval_ms * JB_NS_PER_MS,
        .open_wait_ns = JB_NS_PER_S,
        .basis = "machine",
        .pue = 1,
        .intensity = &intensity,
    };
    struct jb_session *session = NULL;
    struct jb_diag diag = {0};
    if (jb_session_create(&config, &session, &diag) < 0 || jb_session_start(session, 0, &diag) < 0) {
        fprintf(stderr, "tick_bench: %s\n", diag.text);
        return 1;
    }
    double within = 0, before = 0;
    for (long i = -ticks / 10; i < ticks; i++) {
        struct pollfd timer = {.fd = jb_session_timer_fd(session), .events = POLLIN};
        if (i == 0) {
            within = 0;
            before = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
        }
        (void)poll(&timer, 1, 1000);
        double start = cpu_us(CLOCK_THREAD_CPUTIME_ID);
        jb_session_tick(session);
        within += cpu_us(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    printf("%d %.1f %.1f\n", jb_meter_channel_count(jb_session_meter(session)), within / (double)ticks,
           (cpu_us(CLOCK_PROCESS_CPUTIME_ID) - before) / (double)ticks);
    jb_session_stop(session, &(struct jb_ending){.status = JB_RUN_FINISHED});
    jb_session_destroy(session);
    return 0;
}
