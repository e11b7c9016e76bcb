/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers of activity records; manual in cupti_capture.h.
 *
 * An identity that was pushed is told with the record of a call, so records of launching calls must be asked for too:
 * one by one where CUPTI can, else those of all calls.
 */
#include "probe/cupti_capture.h"

#include "probe/cupti_ids.h"
#include "trace/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

enum { FLUSH_FORCED = 1 };

/* CUPTI's callbacks carry no pointer of ours. */
static struct {
    const struct cupti_library *library;
    struct jb_wire *ring;
    pthread_mutex_t mutex; /* of join and clock */
    struct cupti_join *join;
    struct cupti_clock clock;
    uint8_t *buffers;     /* CUPTI_BUFFERS, side by side; never unmapped, CUPTI may keep some */
    _Atomic uint32_t out; /* which of them CUPTI has */
} capture = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void on_request(uint8_t **buffer, size_t *size, size_t *records)
{
    *buffer = NULL;
    *size = 0;
    *records = 0; /* as many as there is room for */
    uint32_t out = atomic_load(&capture.out);
    for (uint32_t i = 0; i < CUPTI_BUFFERS; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if (!(out & bit) && !(atomic_fetch_or(&capture.out, bit) & bit)) {
            *buffer = capture.buffers + (size_t)i * CUPTI_BUFFER_SIZE;
            *size = CUPTI_BUFFER_SIZE;
            return;
        }
    }
}

static void take_records(uint8_t *buffer, size_t valid)
{
    uint8_t *at = NULL;
    while (capture.library->next_record(buffer, valid, &at) == CUPTI_OK) {
        struct cupti_record record;
        if (at < buffer || at >= buffer + valid) {
            return;
        }
        if (!cupti_record_decode(at, (size_t)(buffer + valid - at), &record)) {
            jb_wire_gpu_lost(capture.ring, 1);
            return;
        }
        cupti_join_add(capture.join, capture.ring, &record);
    }
}

static void on_complete(void *context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid)
{
    int saved = errno;
    size_t at = (size_t)((uintptr_t)buffer - (uintptr_t)capture.buffers);
    if (!buffer || at >= (size_t)CUPTI_BUFFERS * CUPTI_BUFFER_SIZE || at % CUPTI_BUFFER_SIZE != 0) {
        return; /* none of ours */
    }
    valid = valid < CUPTI_BUFFER_SIZE ? valid : CUPTI_BUFFER_SIZE;
    (void)size;
    pthread_mutex_lock(&capture.mutex);
    if (valid > 0) {
        take_records(buffer, valid);
    }
    size_t dropped = 0;
    if (capture.library->dropped && capture.library->dropped(context, stream, &dropped) == CUPTI_OK && dropped > 0) {
        jb_wire_gpu_lost(capture.ring, dropped);
    }
    cupti_join_write(capture.join, capture.ring, &capture.clock, false);
    pthread_mutex_unlock(&capture.mutex);
    atomic_fetch_and(&capture.out, ~(UINT32_C(1) << at / CUPTI_BUFFER_SIZE));
    errno = saved;
}

static int make(void)
{
    if (!capture.join) {
        capture.join = cupti_join_create();
    }
    if (!capture.buffers) {
        void *memory = mmap(NULL, (size_t)CUPTI_BUFFERS * CUPTI_BUFFER_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        capture.buffers = memory == MAP_FAILED ? NULL : memory;
    }
    return capture.join && capture.buffers ? 0 : -ENOMEM;
}

/* Now, because CUDA may not be called from where records arrive. */
static void name_devices(const struct cupti_library *library)
{
    int count = 0;
    if (!library->device_pci || library->device_count(&count) != 0) {
        return;
    }
    for (int i = 0; i < count && i < (int)CUPTI_MOST_DEVICES; i++) {
        char id[44] = "";
        if (library->device_pci(id, (int)sizeof(id), i) == 0) {
            id[sizeof(id) - 1] = '\0';
            cupti_join_device(capture.join, (uint32_t)i, id);
        }
    }
}

static void ask_for_calls(const struct cupti_library *library, uint8_t on)
{
    if (!library->enable_runtime || !library->enable_driver) {
        int (*ask)(int) = on ? library->enable : library->disable;
        ask(CUPTI_RUNTIME);
        ask(CUPTI_DRIVER);
        return;
    }
    for (size_t i = 0; i < CUPTI_COUNT(cupti_runtime_work); i++) {
        library->enable_runtime(cupti_runtime_work[i], on); /* older versions know fewer calls */
    }
    for (size_t i = 0; i < CUPTI_COUNT(cupti_driver_work); i++) {
        library->enable_driver(cupti_driver_work[i], on);
    }
}

/* What a burst can do without when this version or GPU cannot. */
static const int wishes[] = {CUPTI_MEMCPY, CUPTI_MEMSET, CUPTI_MEMCPY_PEER, CUPTI_EXTERNAL_CORRELATION, CUPTI_OVERHEAD};

int cupti_capture_on(const struct cupti_library *library, struct jb_wire *ring)
{
    if (make() != 0) {
        return -ENOMEM;
    }
    pthread_mutex_lock(&capture.mutex);
    capture.library = library;
    capture.ring = ring;
    capture.clock = (struct cupti_clock){0};
    name_devices(library);
    pthread_mutex_unlock(&capture.mutex);
    int rc = library->register_callbacks(on_request, on_complete);
    if (rc == CUPTI_OK) {
        cupti_capture_clock();
        /* First: with it a graph is one record, which must be settled before its kernels are asked for. */
        library->enable(CUPTI_GRAPH_TRACE);
        rc = library->enable(CUPTI_CONCURRENT_KERNEL);
    }
    if (rc != CUPTI_OK) {
        library->disable(CUPTI_GRAPH_TRACE);
        return rc;
    }
    for (size_t i = 0; i < CUPTI_COUNT(wishes); i++) {
        library->enable(wishes[i]);
    }
    ask_for_calls(library, 1);
    return 0;
}

void cupti_capture_off(bool mine)
{
    const struct cupti_library *library = capture.library;
    library->disable(CUPTI_GRAPH_TRACE);
    if (mine) {
        library->disable(CUPTI_CONCURRENT_KERNEL);
        for (size_t i = 0; i < CUPTI_COUNT(wishes); i++) {
            library->disable(wishes[i]);
        }
        ask_for_calls(library, 0);
    }
}

void cupti_capture_clock(void)
{
    const struct cupti_clock_reader reader = {capture.library->get_timestamp, now};
    struct cupti_clock_point point;
    if (cupti_clock_read(&reader, &point) == 0) {
        pthread_mutex_lock(&capture.mutex);
        cupti_clock_add(&capture.clock, &point);
        pthread_mutex_unlock(&capture.mutex);
    }
}

void cupti_capture_flush(void)
{
    cupti_capture_clock();
    capture.library->flush_all(FLUSH_FORCED);
    pthread_mutex_lock(&capture.mutex);
    cupti_join_write(capture.join, capture.ring, &capture.clock, true);
    pthread_mutex_unlock(&capture.mutex);
}

void cupti_capture_sums(struct cupti_join_sums *ret)
{
    pthread_mutex_lock(&capture.mutex);
    cupti_join_sums(capture.join, ret);
    pthread_mutex_unlock(&capture.mutex);
}
