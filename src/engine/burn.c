/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load of a known size. Signals stay the caller's: threads inherit its mask, which calibrate has set by then.
 */
#include "engine/burn.h"

#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS   (20 * JB_NS_PER_MS)
#define MAX_THREADS 4096
#define ROUNDS      1000 /* between two looks at the clock: some microseconds */

struct jb_burn {
    atomic_bool stop;
    uint64_t busy_ns; /* of each period */
    unsigned count;
    pthread_t threads[];
};

static unsigned usable_cpus(void)
{
    cpu_set_t set;

    /* On more CPUs than the set holds this fails; then all that are on line are taken. */
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

static void *spin(void *context)
{
    struct jb_burn *burn = context;
    volatile double sink = 1;

    while (!atomic_load_explicit(&burn->stop, memory_order_relaxed)) {
        uint64_t begin_ns = jb_mono_ns();
        while (jb_mono_ns() - begin_ns < burn->busy_ns) {
            for (int i = 0; i < ROUNDS; i++) {
                sink = sink * 1.0000001 + 1e-9;
            }
        }
        if (burn->busy_ns < PERIOD_NS) {
            struct timespec rest = {.tv_nsec = (long)(PERIOD_NS - burn->busy_ns)};
            nanosleep(&rest, NULL);
        }
        sink = fmod(sink, 2);
    }
    return NULL;
}

int jb_burn_start(double load, struct jb_burn **ret)
{
    double busy = fmin(fmax(load, 0), 1) * usable_cpus();
    unsigned count = (unsigned)fmin(ceil(busy - 1e-9), MAX_THREADS);
    struct jb_burn *burn = calloc(1, sizeof(*burn) + count * sizeof(burn->threads[0]));

    if (burn == NULL) {
        return -ENOMEM;
    }
    burn->busy_ns = count > 0 ? (uint64_t)((double)PERIOD_NS * fmin(busy / count, 1)) : 0;
    for (; burn->count < count; burn->count++) {
        int error = pthread_create(&burn->threads[burn->count], NULL, spin, burn);
        if (error != 0) {
            jb_burn_stop(burn);
            return -error;
        }
    }
    *ret = burn;
    return 0;
}

void jb_burn_stop(struct jb_burn *burn)
{
    if (burn == NULL) {
        return;
    }
    atomic_store(&burn->stop, true);
    for (unsigned i = 0; i < burn->count; i++) {
        pthread_join(burn->threads[i], NULL);
    }
    free(burn);
}
