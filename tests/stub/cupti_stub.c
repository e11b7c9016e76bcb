/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcupti without a GPU; cupti_stub.h. Sizes of records are those of CUDA 13.5 (Kernel13, Memcpy7, GraphTrace2).
 */
#include "cupti_stub.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { KIND_MEMCPY = 1, KIND_RUNTIME = 5, KIND_KERNEL = 10, KIND_OVERHEAD = 17, KIND_TIE = 39, KIND_GRAPH = 51 };
enum { MAX_LIMIT_REACHED = 12, QUEUE_EMPTY = 18, TAKEN = 39, NOT_INITIALIZED = 15, INVALID_PARAMETER = 1 };

struct params {
    size_t size;
    const char *name;
    char *holder;
    size_t holder_size;
    uint8_t multiple;
};
typedef void (*request_fn)(uint8_t **, size_t *, size_t *);
typedef void (*complete_fn)(void *, uint32_t, uint8_t *, size_t, size_t);
typedef void (*callback_fn)(void *, int, uint32_t, const void *);

int cuptiGetVersion(uint32_t *version);
int cuptiGetTimestamp(uint64_t *timestamp);
int cuptiSubscribe(void **subscriber, callback_fn callback, void *data);
int cuptiSubscribe_v2(void **subscriber, callback_fn callback, void *data, struct params *params);
int cuptiUnsubscribe(void *subscriber);
int cuptiEnableCallback(uint32_t enable, void *subscriber, int domain, uint32_t id);
int cuptiActivityRegisterCallbacks(request_fn request, complete_fn complete);
int cuptiActivityEnable(int kind);
int cuptiActivityDisable(int kind);
int cuptiActivityEnableDriverApi(uint32_t id, uint8_t enable);
int cuptiActivityEnableRuntimeApi(uint32_t id, uint8_t enable);
int cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid, uint8_t **record);
int cuptiActivityGetNumDroppedRecords(void *context, uint32_t stream, size_t *dropped);
int cuptiActivityFlushAll(uint32_t flag);
int cuptiActivityPushExternalCorrelationId(int kind, uint64_t id);
int cuptiActivityPopExternalCorrelationId(int kind, uint64_t *last);
int cuptiFinalize(void);

static struct stub_cupti state;
static struct {
    request_fn request;
    complete_fn complete;
    callback_fn callback;
    void *data;
    bool callbacks[3][1024];
    uint8_t *buffer;
    size_t size, used;
    pthread_mutex_t mutex;
} in = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static _Thread_local uint64_t stack[64];
static _Thread_local unsigned depth;

struct stub_cupti *stub_cupti(void)
{
    return &state;
}

void stub_cupti_reset(void)
{
    state = (struct stub_cupti){0};
#ifdef JB_STUB_OLD
    state.version = 18;
#else
    state.version = 130200;
#endif
    in.request = NULL;
    in.complete = NULL;
    in.callback = NULL;
    in.buffer = NULL;
    memset(in.callbacks, 0, sizeof(in.callbacks));
    depth = 0;
}

int cuptiGetVersion(uint32_t *version)
{
    *version = state.version;
    return 0;
}

int cuptiGetTimestamp(uint64_t *timestamp)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    *timestamp = (uint64_t)((int64_t)t.tv_sec * 1000000000 + t.tv_nsec + state.ahead_ns);
    state.timestamps++;
    return state.clock_fails ? 999 : 0;
}

int cuptiSubscribe(void **subscriber, callback_fn callback, void *data)
{
    if (state.subscribe_result != 0 || state.subscribed) {
        return state.subscribe_result ? state.subscribe_result : TAKEN;
    }
    state.subscribed = true;
    state.finalized = false;
    state.subscriptions++;
    in.callback = callback;
    in.data = data;
    *subscriber = &state;
    return 0;
}

#if !defined(JB_STUB_OLD)
int cuptiSubscribe_v2(void **subscriber, callback_fn callback, void *data, struct params *params)
{
    if (params->size < 40) {
        return INVALID_PARAMETER;
    }
    int rc = cuptiSubscribe(subscriber, callback, data);
    if (rc == TAKEN && params->holder && state.holder) {
        snprintf(params->holder, params->holder_size, "%s", state.holder);
    }
    return rc;
}

int cuptiActivityEnableDriverApi(uint32_t id, uint8_t enable)
{
    state.without_subscription += !state.subscribed;
    state.api_ids += enable ? 1 : -1u;
    return id > 900 ? INVALID_PARAMETER : 0;
}

int cuptiActivityEnableRuntimeApi(uint32_t id, uint8_t enable)
{
    return cuptiActivityEnableDriverApi(id, enable);
}
#endif

int cuptiUnsubscribe(void *subscriber)
{
    if (subscriber != &state || !state.subscribed) {
        return INVALID_PARAMETER;
    }
    state.subscribed = false;
    return 0;
}

int cuptiEnableCallback(uint32_t enable, void *subscriber, int domain, uint32_t id)
{
    if (subscriber != &state || !state.subscribed || id >= 1024) {
        return INVALID_PARAMETER;
    }
    state.callback_ids += (enable != 0) - (unsigned)in.callbacks[domain][id];
    in.callbacks[domain][id] = enable != 0;
    return 0;
}

bool stub_cupti_call(int domain, uint32_t id, int site)
{
    if (!state.subscribed || !in.callbacks[domain][id]) {
        return false;
    }
    struct {
        int32_t site;
        char rest[68];
    } call = {.site = site};
    in.callback(in.data, domain, id, &call);
    return true;
}

int cuptiActivityRegisterCallbacks(request_fn request, complete_fn complete)
{
    in.request = request;
    in.complete = complete;
    return 0;
}

int cuptiActivityEnable(int kind)
{
    state.without_subscription += !state.subscribed;
    if (kind == KIND_KERNEL && state.kernel_result != 0) {
        return state.kernel_result;
    }
    state.kinds[kind] = true;
    return 0;
}

int cuptiActivityDisable(int kind)
{
    state.kinds[kind] = false;
    return 0;
}

#ifndef JB_STUB_BARE
int cuptiActivityPushExternalCorrelationId(int kind, uint64_t id)
{
    if (state.refuse_pushes || kind != 5 || depth == 64) {
        return INVALID_PARAMETER;
    }
    state.without_subscription += !state.subscribed;
    stack[depth++] = id;
    __atomic_fetch_add(&state.pushes, 1, __ATOMIC_RELAXED);
    return 0;
}

int cuptiActivityPopExternalCorrelationId(int kind, uint64_t *last)
{
    if (depth == 0) {
        __atomic_fetch_add(&state.underflows, 1, __ATOMIC_RELAXED);
        return QUEUE_EMPTY;
    }
    *last = stack[--depth];
    __atomic_fetch_add(&state.pops, 1, __ATOMIC_RELAXED);
    return kind == 5 ? 0 : INVALID_PARAMETER;
}
#endif

static size_t size_of(uint32_t kind)
{
    switch (kind) {
    case KIND_KERNEL:
        return 248;
    case KIND_MEMCPY:
        return 112;
    case KIND_TIE:
        return 24;
    case KIND_RUNTIME:
        return 40;
    case KIND_GRAPH:
    case KIND_OVERHEAD:
        return 56;
    default:
        return 0;
    }
}

int cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid, uint8_t **record)
{
    uint8_t *next = buffer;
    if (*record) {
        uint32_t kind;
        memcpy(&kind, *record, sizeof(kind));
        next = *record + size_of(kind);
    }
    if (next >= buffer + valid) {
        return MAX_LIMIT_REACHED;
    }
    uint32_t kind;
    memcpy(&kind, next, sizeof(kind));
    if (size_of(kind) == 0) {
        return 21; /* INVALID_KIND */
    }
    *record = next;
    return 0;
}

int cuptiActivityGetNumDroppedRecords(void *context, uint32_t stream, size_t *dropped)
{
    (void)context;
    (void)stream;
    *dropped = state.dropped;
    state.dropped = 0;
    return 0;
}

void stub_cupti_complete(void)
{
    uint8_t *buffer = in.buffer;
    in.buffer = NULL;
    if (buffer) {
        state.completions++;
        in.complete(NULL, 0, buffer, in.size, in.used);
    }
}

int cuptiActivityFlushAll(uint32_t flag)
{
    state.flushes++;
    state.flushed = flag == 1;
    pthread_mutex_lock(&in.mutex);
    stub_cupti_complete();
    pthread_mutex_unlock(&in.mutex);
    return 0;
}

int cuptiFinalize(void)
{
    state.finalized = true;
    state.finalisations++;
    state.subscribed = false;
    memset(state.kinds, 0, sizeof(state.kinds));
    memset(in.callbacks, 0, sizeof(in.callbacks));
    state.callback_ids = 0;
    state.api_ids = 0;
    in.request = NULL;
    depth = 0;
    return 0;
}

void stub_cupti_raw(const void *record, size_t size)
{
    pthread_mutex_lock(&in.mutex);
    if (in.buffer && in.used + size > in.size) {
        stub_cupti_complete();
    }
    if (!in.buffer && in.request) {
        size_t most = 0;
        state.requests++;
        in.request(&in.buffer, &in.size, &most);
        in.used = 0;
        state.refused_requests += !in.buffer;
    }
    if (in.buffer) {
        memcpy(in.buffer + in.used, record, size);
        in.used += size;
    } else {
        state.dropped += in.request != NULL; /* of what nobody asked for nothing is dropped */
    }
    pthread_mutex_unlock(&in.mutex);
}

static void put32(uint8_t *record, size_t at, uint32_t value)
{
    memcpy(record + at, &value, sizeof(value));
}

static void put64(uint8_t *record, size_t at, uint64_t value)
{
    memcpy(record + at, &value, sizeof(value));
}

void stub_cupti_tie(uint32_t correlation)
{
    bool calls = state.kinds[KIND_RUNTIME] || state.api_ids > 0; /* a tie comes with the record of a call */
    if (depth > 0 && state.kinds[KIND_TIE] && calls) {
        uint8_t record[24] = {0};
        put32(record, 0, KIND_TIE);
        put32(record, 4, 5);
        put64(record, 8, stack[depth - 1]);
        put32(record, 16, correlation);
        stub_cupti_raw(record, sizeof(record));
    }
    if (!calls) {
        return;
    }
    uint8_t api[40] = {0};
    put32(api, 0, KIND_RUNTIME);
    put32(api, 4, 211);
    put32(api, 32, correlation);
    stub_cupti_raw(api, sizeof(api));
}

void stub_cupti_kernel(uint32_t correlation, uint32_t device, uint32_t stream, uint64_t start, uint64_t end,
                       const char *name)
{
    if (state.kinds[KIND_KERNEL]) {
        uint8_t record[248] = {0};
        put32(record, 0, KIND_KERNEL);
        put64(record, 16, start);
        put64(record, 24, end);
        put32(record, 40, device);
        put32(record, 44, 1);
        put32(record, 48, stream);
        put32(record, 92, correlation);
        memcpy(record + 104, &name, sizeof(name));
        stub_cupti_raw(record, sizeof(record));
    }
}

void stub_cupti_launch(uint32_t correlation, uint32_t stream, uint64_t start, uint64_t end, const char *name)
{
    stub_cupti_tie(correlation);
    stub_cupti_kernel(correlation, 0, stream, start, end, name);
}

void stub_cupti_graph(uint32_t correlation, uint32_t graph, uint64_t start, uint64_t end)
{
    if (state.kinds[KIND_GRAPH]) {
        uint8_t record[56] = {0};
        put32(record, 0, KIND_GRAPH);
        put32(record, 4, correlation);
        put64(record, 8, start);
        put64(record, 16, end);
        put32(record, 28, graph);
        put32(record, 32, 1);
        put32(record, 36, 7);
        stub_cupti_raw(record, sizeof(record));
    }
}

void stub_cupti_copy(uint32_t correlation, uint8_t kind, uint64_t start, uint64_t end)
{
    if (state.kinds[KIND_MEMCPY]) {
        uint8_t record[112] = {0};
        put32(record, 0, KIND_MEMCPY);
        record[4] = kind;
        put64(record, 16, start);
        put64(record, 24, end);
        put32(record, 36, 1);
        put32(record, 40, 7);
        put32(record, 44, correlation);
        stub_cupti_raw(record, sizeof(record));
    }
}

void stub_cupti_overhead(uint64_t start, uint64_t end)
{
    uint8_t record[56] = {0};
    put32(record, 0, KIND_OVERHEAD);
    put64(record, 24, start);
    put64(record, 32, end);
    stub_cupti_raw(record, sizeof(record));
}
