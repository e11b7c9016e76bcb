/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ring is written into, and by which copy of the writer (trace/writer_table.h).
 *
 * Looked up by the first call. Nobody waits for that: a thread or a signal handler that calls in the same moment is not
 * heard, which costs it one span and can never block it. In the child of a fork the generation changes, so that spans
 * that the parent had open are not ended by both.
 */
#include "api/api.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { NOT_LOOKED, LOOKING, LOOKED };

static const struct jb_writer_table own_writer = JB_WRITER_TABLE_OWN;

/* Of the whole process: the program has one ring, whatever thread or library calls. */
static struct {
    atomic_int looked;
    _Atomic uint32_t generation;
    _Atomic(const struct jb_writer_table *) writer;
    _Atomic(struct jb_wire *) ring;
    _Atomic(struct jb_wire *) told[2]; /* the ring that knows already that we, and that layers, are there */
    void (*_Atomic at_fork)(void);
} state;

static void forked(void)
{
    int looking = LOOKING;
    void (*fn)(void) = atomic_load(&state.at_fork);

    /* The thread that was looking does not exist here. */
    atomic_compare_exchange_strong(&state.looked, &looking, NOT_LOOKED);
    atomic_fetch_add(&state.generation, 1);
    if (fn != NULL) {
        fn();
    }
}

/* Before the first call, so that no fork falls between a look and this. */
static void __attribute__((constructor)) watch_forks(void)
{
    pthread_atfork(NULL, NULL, forked);
}

static const struct jb_writer_table *find_writer(void)
{
    const struct jb_writer_table *other = dlsym(RTLD_DEFAULT, JB_WRITER_TABLE_NAME);

    return other != NULL && other->version == JB_WRITER_TABLE_VERSION ? other : &own_writer;
}

static void look(void)
{
    int expected = NOT_LOOKED, error = errno;

    if (!atomic_compare_exchange_strong(&state.looked, &expected, LOOKING)) {
        return;
    }
    const struct jb_writer_table *writer = find_writer();
    struct jb_wire *ring = writer->attach();
    atomic_store(&state.writer, writer);
    atomic_store(&state.ring, ring);
    atomic_store(&state.looked, LOOKED);
    errno = error;
}

struct api_listener api_listener(void)
{
    if (__builtin_expect(atomic_load_explicit(&state.looked, memory_order_acquire) != LOOKED, 0)) {
        look();
    }
    /* The writer is set before any ring and never changes then, so that it is there when a ring is. */
    struct api_listener listener = {.ring = atomic_load_explicit(&state.ring, memory_order_acquire)};
    listener.writer = atomic_load_explicit(&state.writer, memory_order_relaxed);
    listener.generation = atomic_load_explicit(&state.generation, memory_order_relaxed);
    return listener;
}

bool api_heard(const struct api_listener *listener, unsigned path)
{
    struct jb_wire *ring = listener->ring;

    if (ring == NULL || !listener->writer->listening(ring) || (listener->writer->allowed(ring) & path) == 0) {
        return false;
    }
    _Atomic(struct jb_wire *) *told = &state.told[path == JB_PATH_LAYERS];
    if (__builtin_expect(atomic_load_explicit(told, memory_order_relaxed) != ring, 0)) {
        atomic_store_explicit(told, ring, memory_order_relaxed);
        listener->writer->attached(ring, path);
    }
    return true;
}

bool api_listener_use(const char *place)
{
    struct api_listener listener = api_listener();

    if (listener.writer == NULL) {
        return false;
    }
    struct jb_wire *ring = listener.writer->attach_place(place);
    if (ring == NULL) {
        return false;
    }
    atomic_store(&state.ring, ring);
    atomic_fetch_add(&state.generation, 1);
    return true;
}

void api_listener_leave(void)
{
    struct api_listener listener = api_listener();

    atomic_store(&state.ring, NULL);
    atomic_fetch_add(&state.generation, 1);
    if (listener.writer != NULL) {
        listener.writer->detach();
    }
}

void api_listener_at_fork(void (*fn)(void))
{
    atomic_store(&state.at_fork, fn);
}
