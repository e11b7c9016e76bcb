/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libtorch_cpu.so for tests: fake_torch.h.
 *
 * As PyTorch does, a record copies the pairs that it will call when it begins, and one that is sampled runs every
 * thousandth time. What C++ returns by a hidden place, C does for a struct that is too large for registers: the ABI is
 * the same on x86-64 and AArch64, so the shims of the probe are tested too.
 *
 * Variants: OLD has the functions of PyTorch 1.11; MOVED has other classes; SWAPPED takes the scopes elsewhere; WILD
 * has names that point nowhere; UNPAIRED never calls an end.
 */
#include "fake_torch.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API       __attribute__((visibility("default")))
#define CALLBACKS 16u

/* std::unique_ptr<ObserverContext>, and more, so that it is returned in memory; callees write the first word alone. */
struct context {
    void *first, *second, *third;
};

struct callback {
    struct context (*start)(const void *record);
    void (*end)(const void *record, void *context);
    double probability;
#if defined(SWAPPED)
    uint8_t needs_inputs, needs_outputs, needs_ids;
    uint8_t scopes[10];
#else
    uint8_t scopes[10];
    uint8_t needs_inputs, needs_outputs, needs_ids;
#endif
};

struct pair {
    struct context (*start)(const void *record);
    void (*end)(const void *record, void *context);
};

/* at::StepCallbacks */
struct step {
    const struct pair *pairs;
    uint32_t count, room;
    struct pair own[4];
#if defined(MOVED)
    uint64_t stranger;
#endif
    uint64_t thread;
    uint8_t scope, needs_inputs, needs_outputs, needs_ids;
};

struct fake_record {
    void *vtable;
    const char *name;
    bool async;
    unsigned count;
    struct pair pairs[CALLBACKS];
    struct context contexts[CALLBACKS];
};

static struct {
    pthread_mutex_t lock;
    struct callback callback[CALLBACKS];
    uint64_t handle[CALLBACKS];
    unsigned calls[CALLBACKS]; /* of one that is sampled */
    unsigned count;
    uint64_t next;
    unsigned missed;
    int signal;                  /* 0: none is to be raised */
    struct pair many[CALLBACKS]; /* in the place of memory of a vector that has grown */
} list = {.lock = PTHREAD_MUTEX_INITIALIZER, .next = 1};

API uint64_t _ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE(struct callback callback);
API void _ZN2at14removeCallbackEm(uint64_t handle);
API const char *_ZNK2at14RecordFunction4nameEv(const struct fake_record *record);
API bool _ZNK2at14RecordFunction7isAsyncEv(const struct fake_record *record);
API bool _ZN2at23isRecordFunctionEnabledEv(void);
/* Returns a class: its place comes first, or in x8. */
#if defined(__aarch64__)
__asm__(".globl _ZN2at16getStepCallbacksENS_11RecordScopeE\n"
        ".type _ZN2at16getStepCallbacksENS_11RecordScopeE, %function\n"
        "_ZN2at16getStepCallbacksENS_11RecordScopeE: mov x1, x0\n mov x0, x8\n b fake_step\n");
__attribute__((visibility("hidden"))) void *fake_step(struct step *place, unsigned scope);
#else
API void *fake_step(struct step *place, unsigned scope) __asm__("_ZN2at16getStepCallbacksENS_11RecordScopeE");
#endif
API fake_begin_fn fake_begin;
API fake_end_fn fake_end;
API fake_count_fn fake_count, fake_missed;
API fake_clear_fn fake_clear;
API fake_raise_fn fake_raise_at_next_add;

uint64_t _ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE(struct callback callback)
{
    pthread_mutex_lock(&list.lock);
    unsigned at = list.count++;
    uint64_t handle = list.next++;
    list.callback[at] = callback;
    list.handle[at] = handle;
    list.calls[at] = 0;
    int signal = list.signal;
    list.signal = 0;
    pthread_mutex_unlock(&list.lock);
    if (signal != 0) {
        raise(signal);
    }
    return handle;
}

void _ZN2at14removeCallbackEm(uint64_t handle)
{
    pthread_mutex_lock(&list.lock);
    bool found = false;
    for (unsigned i = 0; i < list.count && !found; i++) {
        if (list.handle[i] == handle) {
            unsigned after = list.count - i - 1;
            memmove(&list.callback[i], &list.callback[i + 1], after * sizeof(list.callback[0]));
            memmove(&list.handle[i], &list.handle[i + 1], after * sizeof(list.handle[0]));
            memmove(&list.calls[i], &list.calls[i + 1], after * sizeof(list.calls[0]));
            list.count--;
            found = true;
        }
    }
    list.missed += !found;
    pthread_mutex_unlock(&list.lock);
}

const char *_ZNK2at14RecordFunction4nameEv(const struct fake_record *record)
{
#if defined(WILD)
    uintptr_t at = 16;
    return (const char *)at; // NOLINT(performance-no-int-to-ptr)
#else
    return record->name;
#endif
}

bool _ZNK2at14RecordFunction7isAsyncEv(const struct fake_record *record)
{
    return record->async;
}

bool _ZN2at23isRecordFunctionEnabledEv(void)
{
    return true;
}

#if !defined(OLD)
API void _ZN2at27getStepCallbacksUnlessEmptyENS_11RecordScopeE(void);
void _ZN2at27getStepCallbacksUnlessEmptyENS_11RecordScopeE(void)
{
}
#endif

/* Pairs that run now, `sample` also the one in a thousand. */
static unsigned active(unsigned scope, bool sample, struct pair *ret)
{
    unsigned count = 0;
    pthread_mutex_lock(&list.lock);
    for (unsigned i = 0; i < list.count; i++) {
        const struct callback *callback = &list.callback[i];
        bool runs = callback->probability >= 1.0 || (sample && ++list.calls[i] % 1000 == 0);
        if (callback->scopes[scope] && runs) {
            ret[count].start = callback->start;
            ret[count++].end = callback->end;
        }
    }
    pthread_mutex_unlock(&list.lock);
    return count;
}

void *fake_step(struct step *place, unsigned scope)
{
    struct pair pairs[CALLBACKS] = {0};
    memset(place, 0, sizeof(*place));
    place->count = active(scope, false, pairs);
    bool many = place->count > 4;
    place->room = many ? CALLBACKS : 4;
    place->pairs = many ? list.many : place->own;
    memcpy(many ? list.many : place->own, pairs, place->count * sizeof(pairs[0]));
    place->thread = 1;
    place->scope = (uint8_t)scope;
    return place;
}

struct fake_record *fake_begin(unsigned scope, const char *name, bool async)
{
    struct fake_record *record = calloc(1, sizeof(*record));
    if (record == NULL) {
        abort();
    }
    record->name = name;
    record->async = async;
    record->count = active(scope, true, record->pairs);
    for (unsigned i = 0; i < record->count; i++) {
        record->contexts[i] = record->pairs[i].start(record);
        if (record->contexts[i].first != NULL) {
            abort(); /* PyTorch would call its destructor */
        }
    }
    return record;
}

void fake_end(struct fake_record *record)
{
    for (unsigned i = 0; i < record->count; i++) {
#if !defined(UNPAIRED)
        record->pairs[i].end(record, record->contexts[i].first);
#endif
    }
    free(record);
}

unsigned fake_count(void)
{
    return list.count;
}

unsigned fake_missed(void)
{
    return list.missed;
}

void fake_clear(void)
{
    pthread_mutex_lock(&list.lock);
    list.count = 0;
    pthread_mutex_unlock(&list.lock);
}

void fake_raise_at_next_add(int signal)
{
    list.signal = signal;
}
