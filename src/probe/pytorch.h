/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pytorch.h - operators of PyTorch, through at::addGlobalCallback() and from plain C; for pytorch*.c only.
 *
 *   pytorch.c           find libtorch_cpu, attach once, the exit of the process, fork
 *   pytorch_library.c   the functions of libtorch, by mangled name; is the layout the one we know?
 *   pytorch_spans.c     the callbacks: spans of this thread
 *   pytorch_level.c     which callbacks are attached, and when that changes
 *   pytorch_shim.S      AArch64: callbacks return a class, whose place is told in x8
 *
 * PyTorch keeps a list of callbacks behind a lock and a version; every thread copies the list when the version has
 * moved, and every RecordFunction copies the pairs that it will call when it is made (record_function.cpp of ATen; read
 * and run with 1.13 and 2.15). So callbacks may be added and removed from inside a callback; an operator whose begin
 * was told tells its end, even after removal; and removal does not wait for threads inside. Older versions kept one
 * bare list: those have no at::getStepCallbacksUnlessEmpty() and are refused.
 *
 * Four pairs of functions are used, one for each scope, so that the kind of a span is known without a look into the
 * RecordFunction:
 *
 *     USER      scope 7, as long as we are attached: marks, and the place where levels change
 *     TICK      scopes 0 and 1, one in a thousand: notices a wish of the meter in programs without marks
 *     BACKWARD  scope 1, from JB_LEVEL_PHASES on
 *     FUNCTION  scope 0, at JB_LEVEL_FULL
 */
#ifndef JB_PROBE_PYTORCH_H
#define JB_PROBE_PYTORCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object;
struct jb_wire;

#define PYTORCH_SCOPES 10u
enum pytorch_scope { PYTORCH_FUNCTION_SCOPE = 0, PYTORCH_BACKWARD_SCOPE = 1, PYTORCH_USER_SCOPE = 7 };

/* at::RecordFunctionCallback. `start` gets the place of the std::unique_ptr that it returns, in rdi or x8. Flags behind
 * the scopes stay zero: should there be more scopes one day, none of ours turns into needs_inputs. */
struct pytorch_callback {
    void *(*start)(void **context, const void *function);
    void (*end)(const void *function, void *context);
    double probability;
    uint8_t scopes[PYTORCH_SCOPES];
    uint8_t needs_inputs, needs_outputs, needs_ids;
};
_Static_assert(sizeof(struct pytorch_callback) == 40 && offsetof(struct pytorch_callback, needs_ids) == 36,
               "layout of at::RecordFunctionCallback");

struct pytorch_library {
    uint64_t (*add)(struct pytorch_callback callback);
    void (*remove)(uint64_t handle);
    const char *(*name)(const void *function);
    bool (*is_async)(const void *function); /* ends on a thread of its own; NULL: does not tell */
    bool (*enabled)(void);                  /* on this thread */
    void (*step)(void);                     /* at::getStepCallbacks(scope): see pytorch_library.c */
};

/* True, or false with what is missing in `ret_why`. */
bool pytorch_library_open(const struct object *object, struct pytorch_library *ret, const char **ret_why);
/* Whether PyTorch would call the pair for `scope` now; -1: cannot be told, its answer has not the layout we know. */
int pytorch_library_calls(const struct pytorch_library *library, unsigned scope,
                          const struct pytorch_callback *callback);

enum pytorch_part { PYTORCH_USER, PYTORCH_TICK, PYTORCH_BACKWARD, PYTORCH_FUNCTION, PYTORCH_PARTS };

#define PYTORCH_LEVEL_UNTOLD 0xffu
#define PYTORCH_TRIAL        64u /* begins that are looked at closely */

/* What all callbacks read; one in a process. Words that change are atomic, the others are written before the first
 * callback is added. */
struct pytorch_state {
    struct jb_wire *ring;
    struct pytorch_library library;
    _Atomic uint32_t level;      /* that the callbacks stand at: enum jb_level */
    _Atomic uint32_t generation; /* grows with fork: spans of before are the parent's */
    _Atomic uint32_t trial;      /* begins looked at so far */
    _Atomic uint32_t trial_ends;
    _Atomic uint32_t broken;  /* the canary died: callbacks do nothing, and go */
    _Atomic uint32_t frozen;  /* the process is ending: the list of callbacks is not touched any more */
    _Atomic uint64_t step_ns; /* end of the last optimiser's step, CLOCK_MONOTONIC; 0: none yet */
};
extern struct pytorch_state pytorch_state;

/* pytorch_level.c */
/* Add the first callback and see whether PyTorch has understood, then those of the level that is wanted; false: all is
 * as before, and why. The level is told from the first callback on, not here, where the loader may be at work. */
bool pytorch_level_start(const char **ret_why);
/* Called where the level that is wanted is not the one we stand at; changes it, now or at the end of a step. */
void pytorch_level_look(bool step_ended);
/* Around fork(): no change is half done in the child. */
void pytorch_level_hold(void);
void pytorch_level_release(void);
void pytorch_level_child(void);

/* pytorch_spans.c; the begins take the place of the result, in the order that x86-64 has. */
void *pytorch_begin_user(void **context, const void *function);
void *pytorch_begin_tick(void **context, const void *function);
void *pytorch_begin_backward(void **context, const void *function);
void *pytorch_begin_function(void **context, const void *function);
void pytorch_end_user(const void *function, void *context);
void pytorch_end_tick(const void *function, void *context);
void pytorch_end_backward(const void *function, void *context);
void pytorch_end_function(const void *function, void *context);

#if defined(__aarch64__)
/* pytorch_shim.S: x8 to the first argument. */
void *pytorch_start_user(void **context, const void *function);
void *pytorch_start_tick(void **context, const void *function);
void *pytorch_start_backward(void **context, const void *function);
void *pytorch_start_function(void **context, const void *function);
/* Call `get(scope)`, a function that returns a class at `place`. */
void pytorch_shim_step(void (*get)(void), void *place, unsigned scope);
#else
#define pytorch_start_user     pytorch_begin_user
#define pytorch_start_tick     pytorch_begin_tick
#define pytorch_start_backward pytorch_begin_backward
#define pytorch_start_function pytorch_begin_function
#endif

#endif
