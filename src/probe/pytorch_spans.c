/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The callbacks of PyTorch: what is open on this thread, and events for it.
 *
 * A RecordFunction is known by its address. Most live on the stack and end in order; those that Python holds, or that
 * belong to a collective operation, may end late, on another thread or never: an end closes what was opened after it,
 * and an end of something that is not open here is nothing. Asynchronous ones are left out from the start.
 *
 * The first begins are looked at closely (the canary): a crash of the program would be worse than no operators.
 */
#include "probe/pytorch.h"

#include "probe/canary.h"
#include "probe/probe.h"

#include <string.h>
#include <time.h>

/* Deeper spans are not told; their time is that of the innermost that is. Small, as a library that is loaded late finds
 * little room for words of a thread. */
#define DEPTH 32u

enum mark { MARK_UNKNOWN, MARK_OTHER, MARK_STEP, MARK_OPTIMISE, MARK_DATA, MARK_BACKWARD };

/* A span in one word. */
#define SPAN_NAME(word)          ((word)&0xffffu)
#define SPAN_ORIGIN(word)        (((word) >> 16) & 0xfu)
#define SPAN_KIND(word)          (((word) >> 20) & 0xfu)
#define SPAN_TOLD                (1u << 24) /* to the ring */
#define SPAN_PUSHED              (1u << 25) /* to CUPTI */
#define SPAN_STEP                (1u << 26)
#define SPAN(name, origin, kind) ((name) | (origin) << 16 | (kind) << 20)
_Static_assert(JB_WIRE_NAMES <= 0x10000u && JB_EVENT_KINDS <= 0x10u && JB_KERNEL_UNKNOWN <= 0xfu, "a span fits a word");

static _Thread_local struct {
    uint32_t generation, depth;
    const void *function[DEPTH];
    uint32_t span[DEPTH];
} open;

struct pytorch_state pytorch_state;

/* What kind of mark a name is, by its number; names never change. */
static _Atomic uint8_t mark_of[JB_WIRE_NAMES];

static bool starts(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static enum mark mark_class(uint32_t number, const char *name)
{
    uint8_t known =
        number < JB_WIRE_NAMES ? atomic_load_explicit(&mark_of[number], memory_order_relaxed) : MARK_UNKNOWN;
    if (known != MARK_UNKNOWN) {
        return known;
    }
    enum mark mark = MARK_OTHER;
    if (name == NULL) {
        return MARK_OTHER;
    }
    if (starts(name, "Optimizer.step#")) {
        mark = MARK_STEP;
    } else if (starts(name, "Optimizer.")) {
        mark = MARK_OPTIMISE;
    } else if (starts(name, "enumerate(DataLoader)")) {
        mark = MARK_DATA;
    } else if (starts(name, "autograd::engine::evaluate_function: ")) {
        mark = MARK_BACKWARD;
    }
    if (number != 0 && number < JB_WIRE_NAMES) { /* 0 is the name of all that found no room */
        atomic_store_explicit(&mark_of[number], (uint8_t)mark, memory_order_relaxed);
    }
    return mark;
}

/* A begin that is looked at closely. */
static void try(const void *function)
{
    struct pytorch_state *state = &pytorch_state;
    if (!canary_readable(function, sizeof(void *)) || !canary_string(state->library.name(function))) {
        atomic_store(&state->broken, 1);
    }
    /* Operators nest a few deep: of the first begins most have ended by now. */
    uint32_t begins = atomic_fetch_add(&state->trial, 1) + 1;
    if (begins == PYTORCH_TRIAL && atomic_load(&state->trial_ends) < PYTORCH_TRIAL / 4) {
        atomic_store(&state->broken, 1);
    }
}

/* Say that there is no context, in any case: what is not written would be taken for one. False: do nothing else. */
static bool sound(void **context, const void *function)
{
    struct pytorch_state *state = &pytorch_state;
    bool trial = atomic_load_explicit(&state->trial, memory_order_relaxed) < PYTORCH_TRIAL;
    if (trial && !canary_readable(context, sizeof(*context))) {
        atomic_store(&state->broken, 1);
    } else {
        *context = NULL;
    }
    if (trial && !atomic_load_explicit(&state->broken, memory_order_relaxed)) {
        try(function);
    }
    if (atomic_load_explicit(&state->broken, memory_order_relaxed)) {
        pytorch_level_look(false);
        return false;
    }
    return true;
}

static void ended(void)
{
    if (atomic_load_explicit(&pytorch_state.trial, memory_order_relaxed) < PYTORCH_TRIAL) {
        atomic_fetch_add(&pytorch_state.trial_ends, 1);
    }
}

static unsigned outer_origin(void)
{
    return open.depth == 0 ? JB_KERNEL_FORWARD : SPAN_ORIGIN(open.span[open.depth - 1]);
}

static void push(const void *function, uint32_t span, bool tell, bool cuda)
{
    uint32_t generation = atomic_load_explicit(&pytorch_state.generation, memory_order_relaxed);
    if (open.generation != generation) {
        open.generation = generation;
        open.depth = 0;
    }
    if (open.depth == DEPTH) {
        return;
    }
    if (tell && jb_wire_begin(pytorch_state.ring, SPAN_KIND(span), SPAN_NAME(span), 0)) {
        span |= SPAN_TOLD;
    }
    if (cuda && probe_cupti_push((uint64_t)SPAN_ORIGIN(span) << 32 | SPAN_NAME(span))) {
        span |= SPAN_PUSHED;
    }
    open.function[open.depth] = function;
    open.span[open.depth] = span;
    open.depth++;
}

static void close_one(void)
{
    uint32_t span = open.span[--open.depth];
    if (span & SPAN_PUSHED) {
        probe_cupti_pop();
    }
    if (span & SPAN_TOLD) {
        jb_wire_end(pytorch_state.ring, SPAN_KIND(span));
    }
}

/* Close the span of `function` and all inside; its word, 0: it is not open here. */
static uint32_t pop(const void *function)
{
    if (open.generation != atomic_load_explicit(&pytorch_state.generation, memory_order_relaxed)) {
        return 0;
    }
    uint32_t at = open.depth;
    while (at > 0 && open.function[at - 1] != function) {
        at--;
    }
    if (at == 0) {
        return 0;
    }
    uint32_t span = open.span[at - 1];
    while (open.depth >= at) {
        close_one();
    }
    return span;
}

static bool level_is_wanted(void)
{
    return jb_wire_level(pytorch_state.ring) == atomic_load_explicit(&pytorch_state.level, memory_order_relaxed);
}

void *pytorch_begin_function(void **context, const void *function)
{
    if (!sound(context, function)) {
        return context;
    }
    if (!level_is_wanted()) {
        pytorch_level_look(false);
    }
    const char *text = pytorch_state.library.name(function);
    uint32_t name = jb_wire_intern_at(pytorch_state.ring, text);
    /* The engine's own work around a node is said to be an operator, in the same scope. */
    bool backward = mark_class(name, text) == MARK_BACKWARD;
    unsigned origin = backward ? JB_KERNEL_BACKWARD : outer_origin();
    push(function, SPAN(name, origin, backward ? JB_EVENT_BACKWARD : JB_EVENT_OPERATOR), true, true);
    return context;
}

void *pytorch_begin_backward(void **context, const void *function)
{
    if (!sound(context, function)) {
        return context;
    }
    if (!level_is_wanted()) {
        pytorch_level_look(false);
    }
    uint32_t name = jb_wire_intern_at(pytorch_state.ring, pytorch_state.library.name(function));
    bool cuda = atomic_load_explicit(&pytorch_state.level, memory_order_relaxed) == JB_LEVEL_FULL;
    push(function, SPAN(name, JB_KERNEL_BACKWARD, JB_EVENT_BACKWARD), true, cuda);
    return context;
}

void *pytorch_begin_user(void **context, const void *function)
{
    if (!sound(context, function)) {
        return context;
    }
    pytorch_level_look(false);
    const struct pytorch_library *library = &pytorch_state.library;
    if (library->is_async != NULL && library->is_async(function)) {
        return context;
    }
    const char *text = library->name(function);
    uint32_t name = jb_wire_intern_at(pytorch_state.ring, text);
    enum mark mark = mark_class(name, text);
    unsigned origin = outer_origin();
    if (mark == MARK_STEP || mark == MARK_OPTIMISE) {
        origin = JB_KERNEL_OPTIMISE;
    } else if (mark == MARK_DATA) {
        origin = JB_KERNEL_DATA;
    }
    uint32_t level = atomic_load_explicit(&pytorch_state.level, memory_order_relaxed);
    uint32_t span = SPAN(name, origin, JB_EVENT_MARK) | (mark == MARK_STEP ? SPAN_STEP : 0);
    push(function, span, level >= JB_LEVEL_MARKS && level <= JB_LEVEL_FULL, false);
    return context;
}

void *pytorch_begin_tick(void **context, const void *function)
{
    if (sound(context, function)) {
        pytorch_level_look(false);
    }
    return context;
}

void pytorch_end_function(const void *function, void *context)
{
    ended();
    pop(function);
}

void pytorch_end_backward(const void *function, void *context)
{
    ended();
    pop(function);
}

void pytorch_end_user(const void *function, void *context)
{
    ended();
    if (pop(function) & SPAN_STEP) {
        struct timespec now = {0};
        clock_gettime(CLOCK_MONOTONIC, &now);
        atomic_store_explicit(&pytorch_state.step_ns, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
                              memory_order_relaxed);
        pytorch_level_look(true);
    }
}

void pytorch_end_tick(const void *function, void *context)
{
    ended();
}

uint32_t probe_current_operator(void)
{
    return open.depth == 0 || open.generation != atomic_load_explicit(&pytorch_state.generation, memory_order_relaxed)
               ? 0
               : SPAN_NAME(open.span[open.depth - 1]);
}

unsigned probe_current_origin(void)
{
    return open.depth == 0 || open.generation != atomic_load_explicit(&pytorch_state.generation, memory_order_relaxed)
               ? JB_KERNEL_UNKNOWN
               : SPAN_ORIGIN(open.span[open.depth - 1]);
}
