/* SPDX-License-Identifier: Apache-2.0 */
/*
 * begin and end (joulebook.h). Each thread remembers of what is open whether it was written: an end then closes what
 * was begun, whoever began or ceased to listen in between, and an end too many does nothing. Where there is no ring
 * nothing is remembered: spans are closed in the reverse of their order, so that those of a ring always lie above those
 * from before it, and what is left of one ring is forgotten when there is another (the generation).
 *
 * Odd: a level is taken before anything is written, so that a signal handler that begins and ends spans of its own in
 * the middle of a begin uses levels above it. Beyond DEPTH levels nothing is written, but they are counted.
 */
#include "api/api.h"
#include "api/private.h"
#include "joulebook/joulebook.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define DEPTH 128

/* What is open on this thread; one object, so that its address is looked up once a call. */
static _Thread_local struct {
    uint32_t generation; /* of the ring that it was written to */
    uint32_t depth;
    uint8_t kinds[DEPTH]; /* enum jb_event_kind; JB_EVENT_NONE: not written */
} spans;

/* The next index of an epoch and of a step that is begun without one: one more than the last. */
static struct {
    _Atomic unsigned epoch, step;
} next;

static inline int begin(unsigned kind, const char *name, unsigned value)
{
    struct api_listener listener = api_listener();

    if (listener.ring == NULL) {
        return 0;
    }
    if (spans.generation != listener.generation) {
        spans.generation = listener.generation;
        spans.depth = 0;
    }
    uint32_t level = spans.depth++;
    if (level >= DEPTH) {
        return 0;
    }
    spans.kinds[level] = JB_EVENT_NONE;
    atomic_signal_fence(memory_order_seq_cst);
    unsigned path = kind == JB_EVENT_LAYER ? JB_PATH_LAYERS : JB_PATH_API;
    if (api_heard(&listener, path) &&
        listener.writer->begin(listener.ring, kind, listener.writer->intern_at(listener.ring, name), (uint16_t)value)) {
        spans.kinds[level] = (uint8_t)kind;
    }
    return 0;
}

API_EXPORT int jb_end(void)
{
    struct api_listener listener = api_listener();

    if (listener.ring == NULL || spans.generation != listener.generation || spans.depth == 0) {
        return 0;
    }
    uint32_t level = spans.depth - 1;
    if (level < DEPTH && spans.kinds[level] != JB_EVENT_NONE) {
        listener.writer->end(listener.ring, spans.kinds[level]);
    }
    atomic_signal_fence(memory_order_seq_cst);
    spans.depth = level;
    return 0;
}

API_EXPORT int jb_epoch(unsigned index)
{
    atomic_store_explicit(&next.epoch, index + 1, memory_order_relaxed);
    return begin(JB_EVENT_EPOCH, "epoch", index);
}

API_EXPORT int jb_step(unsigned index)
{
    atomic_store_explicit(&next.step, index + 1, memory_order_relaxed);
    return begin(JB_EVENT_STEP, "step", index);
}

API_EXPORT int jb_phase(const char *name)
{
    return begin(JB_EVENT_PHASE, name, 0);
}

API_EXPORT int jb_region(const char *name)
{
    return begin(JB_EVENT_REGION, name, 0);
}

API_EXPORT int jb_begin_layer(const char *path)
{
    return begin(JB_EVENT_LAYER, path, 0);
}

/* What has a number needs no name, and is called by its kind (interface.md, regions). */
static const char *named(const char *name, const char *kind)
{
    return name != NULL && name[0] != '\0' ? name : kind;
}

API_EXPORT int jb_begin(const char *kind, const char *name)
{
    if (kind == NULL) {
        return -EINVAL;
    }
    if (strcmp(kind, "phase") == 0) {
        return begin(JB_EVENT_PHASE, name, 0);
    }
    if (strcmp(kind, "region") == 0) {
        return begin(JB_EVENT_REGION, name, 0);
    }
    if (strcmp(kind, "step") == 0) {
        return begin(JB_EVENT_STEP, named(name, "step"),
                     atomic_fetch_add_explicit(&next.step, 1, memory_order_relaxed));
    }
    if (strcmp(kind, "epoch") == 0) {
        return begin(JB_EVENT_EPOCH, named(name, "epoch"),
                     atomic_fetch_add_explicit(&next.epoch, 1, memory_order_relaxed));
    }
    return -EINVAL;
}

/* A word about the run and not a span: nothing of it is on any thread's stack, and it is never dropped. */
API_EXPORT int jb_epochs(unsigned planned)
{
    struct api_listener listener = api_listener();

    if (planned > JB_WIRE_PLANNED) {
        return -EINVAL;
    }
    if (api_heard(&listener, JB_PATH_API)) {
        listener.writer->planned(listener.ring, planned);
    }
    return 0;
}

API_EXPORT int jb_active(void)
{
    struct api_listener listener = api_listener();

    return listener.ring != NULL && listener.writer->listening(listener.ring) ? 1 : 0;
}
