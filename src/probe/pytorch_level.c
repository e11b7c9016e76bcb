/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of PyTorch is caught: callbacks come and go as the meter wishes, inside a callback of the program's own
 * threads, as we have none.
 *
 * A change waits for the end of an optimiser's step where there has been one within a second: operators are then caught
 * over whole steps. removeCallback() warns on stderr when its callback is not there (a program may have called
 * torch.autograd._clear_callbacks()), so it is only called for one that PyTorch says it would call.
 */
#include "probe/pytorch.h"

#include "probe/probe.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#define STEPS_ARE_RECENT_NS UINT64_C(1000000000)
#define ONE_IN_A_THOUSAND   0.001
#define SHORT_STEP_NS       UINT64_C(2000000) /* of these even a look at one operator in a thousand is felt: 4 to 5 % */

static const struct pytorch_callback parts[PYTORCH_PARTS] = {
    [PYTORCH_USER] = {.start = pytorch_start_user,
                      .end = pytorch_end_user,
                      .probability = 1.0,
                      .scopes = {[PYTORCH_USER_SCOPE] = 1}},
    [PYTORCH_TICK] = {.start = pytorch_start_tick,
                      .end = pytorch_end_tick,
                      .probability = ONE_IN_A_THOUSAND,
                      .scopes = {[PYTORCH_FUNCTION_SCOPE] = 1, [PYTORCH_BACKWARD_SCOPE] = 1}},
    [PYTORCH_BACKWARD] = {.start = pytorch_start_backward,
                          .end = pytorch_end_backward,
                          .probability = 1.0,
                          .scopes = {[PYTORCH_BACKWARD_SCOPE] = 1}},
    [PYTORCH_FUNCTION] = {.start = pytorch_start_function,
                          .end = pytorch_end_function,
                          .probability = 1.0,
                          .scopes = {[PYTORCH_FUNCTION_SCOPE] = 1}},
};
static const unsigned scope_of[PYTORCH_PARTS] = {
    [PYTORCH_USER] = PYTORCH_USER_SCOPE,
    [PYTORCH_TICK] = PYTORCH_FUNCTION_SCOPE,
    [PYTORCH_BACKWARD] = PYTORCH_BACKWARD_SCOPE,
    [PYTORCH_FUNCTION] = PYTORCH_FUNCTION_SCOPE,
};

/* One change at a time; `busy` is the lock, and the rest is its holder's. */
static struct {
    _Atomic(uintptr_t) busy;        /* the thread that holds it; 0: none */
    uint32_t again;                 /* so often more, by signal handlers that fork or exit in the middle of a change */
    uint64_t handle[PYTORCH_PARTS]; /* 0: not added */
    bool cuda;                      /* CUPTI was told of the beginning */
    _Atomic uint32_t ticking;       /* PYTORCH_TICK is added */
    _Atomic uint64_t step_ns;       /* end of the step before */
} change;

static uintptr_t self(void)
{
    return (uintptr_t)&errno; /* of each thread its own, and not another in the child of a fork */
}

static bool try_hold(void)
{
    uintptr_t nobody = 0;
    return atomic_compare_exchange_strong(&change.busy, &nobody, self());
}

void pytorch_level_hold(void)
{
    if (atomic_load(&change.busy) == self()) {
        change.again++;
        return;
    }
    while (!try_hold()) {
        sched_yield(); /* a change takes microseconds */
    }
}

void pytorch_level_release(void)
{
    if (change.again > 0) {
        change.again--;
    } else {
        atomic_store(&change.busy, 0);
    }
}

void pytorch_level_child(void)
{
    change.cuda = false; /* contexts of CUDA do not live in a fork */
    pytorch_level_release();
}

static void part_set(enum pytorch_part part, bool on)
{
    const struct pytorch_library *library = &pytorch_state.library;
    if (on == (change.handle[part] != 0)) {
        return;
    }
    if (on) {
        change.handle[part] = library->add(parts[part]);
        return;
    }
    /* One that is sampled cannot be asked for; it was added with that of the marks. */
    enum pytorch_part witness = part == PYTORCH_TICK ? PYTORCH_USER : part;
    if (pytorch_library_calls(library, scope_of[witness], &parts[witness]) == 1) {
        library->remove(change.handle[part]);
    }
    change.handle[part] = 0;
}

static void tick_set(bool on)
{
    part_set(PYTORCH_TICK, on);
    atomic_store_explicit(&change.ticking, change.handle[PYTORCH_TICK] != 0, memory_order_relaxed);
}

static void cuda_set(bool on)
{
    if (on == change.cuda) {
        return;
    }
    change.cuda = on;
    if (on) {
        probe_cupti_begin(pytorch_state.ring);
    } else {
        probe_cupti_end(pytorch_state.ring);
    }
}

/* More is told after it has begun and less before it ends, so that what the meter believes to be complete is. */
static void apply(uint32_t level, bool nothing_at_all)
{
    struct pytorch_state *state = &pytorch_state;
    uint32_t before = atomic_load(&state->level);
    bool more = before == PYTORCH_LEVEL_UNTOLD || level > before;
    atomic_store(&state->level, level);
    if (!more) {
        jb_wire_level_changed(state->ring, level);
        cuda_set(level == JB_LEVEL_FULL);
    }
    part_set(PYTORCH_BACKWARD, level >= JB_LEVEL_PHASES);
    part_set(PYTORCH_FUNCTION, level >= JB_LEVEL_FULL);
    if (nothing_at_all) {
        tick_set(false);
        part_set(PYTORCH_USER, false);
    }
    if (more) {
        cuda_set(level == JB_LEVEL_FULL);
        jb_wire_level_changed(state->ring, level);
    }
}

static uint32_t wanted(void)
{
    struct jb_wire *ring = pytorch_state.ring;
    if ((jb_wire_allowed(ring) & JB_PATH_PYTORCH) == 0) {
        return JB_LEVEL_OFF;
    }
    unsigned level = jb_wire_level(ring);
    return level <= JB_LEVEL_FULL ? level : JB_LEVEL_FULL;
}

static bool steps_are_recent(void)
{
    uint64_t step_ns = atomic_load_explicit(&pytorch_state.step_ns, memory_order_relaxed);
    struct timespec now = {0};
    if (step_ns == 0 || clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return false;
    }
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec - step_ns < STEPS_ARE_RECENT_NS;
}

/* A program with short steps is looked at often enough by the steps themselves. */
static void spare_short_steps(void)
{
    uint64_t step_ns = atomic_load_explicit(&pytorch_state.step_ns, memory_order_relaxed);
    uint64_t before_ns = atomic_exchange_explicit(&change.step_ns, step_ns, memory_order_relaxed);

    if (atomic_load_explicit(&change.ticking, memory_order_relaxed) == 0 || before_ns == 0 ||
        step_ns - before_ns >= SHORT_STEP_NS || atomic_load(&pytorch_state.frozen) || !try_hold()) {
        return;
    }
    int kept = errno;
    if (pytorch_state.library.enabled() && !atomic_load(&pytorch_state.frozen)) {
        tick_set(false);
    }
    errno = kept;
    pytorch_level_release();
}

void pytorch_level_look(bool step_ended)
{
    struct pytorch_state *state = &pytorch_state;
    if (step_ended) {
        spare_short_steps();
    }
    bool broken = atomic_load_explicit(&state->broken, memory_order_relaxed) != 0;
    bool alone = !jb_wire_listening(state->ring);
    uint32_t level = atomic_load_explicit(&state->level, memory_order_relaxed);
    uint32_t want = broken || alone ? JB_LEVEL_OFF : wanted();
    if (want == level && !broken && !alone) {
        return;
    }
    if (!step_ended && !broken && !alone && level != PYTORCH_LEVEL_UNTOLD && steps_are_recent()) {
        return;
    }
    if (atomic_load(&state->frozen) || !try_hold()) {
        return;
    }
    int kept = errno;
    /* Where recording is off on this thread PyTorch cannot be asked what it would call. */
    if (state->library.enabled() && !atomic_load(&state->frozen)) {
        bool there = change.handle[PYTORCH_USER] != 0;
        apply(want, broken || alone);
        if (broken && there) {
            jb_wire_note(state->ring, "PyTorch: its callbacks were not as expected; operators are not caught");
        }
    }
    errno = kept;
    pytorch_level_release();
}

bool pytorch_level_start(const char **ret_why)
{
    struct pytorch_state *state = &pytorch_state;
    const struct pytorch_library *library = &state->library;
    if (!library->enabled()) {
        *ret_why = "recording is off on the thread that loaded it";
        return false;
    }
    for (unsigned scope = 0; scope < PYTORCH_SCOPES; scope++) {
        if (pytorch_library_calls(library, scope, &parts[PYTORCH_USER]) != 0) {
            *ret_why = "its layout is not one that is known here";
            return false;
        }
    }
    pytorch_level_hold();
    part_set(PYTORCH_USER, true);
    bool understood = true;
    for (unsigned scope = 0; scope < PYTORCH_SCOPES; scope++) {
        int calls = pytorch_library_calls(library, scope, &parts[PYTORCH_USER]);
        understood = understood && calls == (scope == PYTORCH_USER_SCOPE);
    }
    if (understood) {
        uint32_t level = wanted();
        tick_set(true);
        part_set(PYTORCH_BACKWARD, level >= JB_LEVEL_PHASES);
        part_set(PYTORCH_FUNCTION, level >= JB_LEVEL_FULL);
    } else {
        library->remove(change.handle[PYTORCH_USER]);
        change.handle[PYTORCH_USER] = 0;
        *ret_why = "its layout is not one that is known here";
    }
    pytorch_level_release();
    return understood;
}
