/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PyTorch has been loaded: attach to it, once in a process: pytorch.h.
 *
 * This may be inside the dlopen() that loads it, called by a constructor of one of the many libraries that it needs. So
 * no dlopen(), not even with RTLD_NOLOAD: it would run the constructors of libraries whose turn has not come (glibc's
 * dl_open_worker() runs those of what it opens in any case). The functions of libtorch that are called need none of its
 * own: what they touch is made when it is first used. Nor is it kept loaded: it is only called from its own callbacks.
 */
#include "probe/pytorch.h"

#include "probe/arrive.h"
#include "probe/object.h"
#include "probe/probe.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* glibc has pthread_atfork() in a part of it that is linked into each library, and that calls this; musl has the
 * function itself and not this one. */
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *library)
    __attribute__((weak));
#pragma weak pthread_atfork
extern void *__dso_handle __attribute__((visibility("hidden")));

/* Written by the one thread that arrive.c lets in. */
static struct {
    _Atomic bool attached;
    bool refused;
} here;

static void in_child(void)
{
    struct pytorch_state *state = &pytorch_state;
    pytorch_level_child();
    atomic_fetch_add(&state->generation, 1);
    atomic_store(&state->step_ns, 0);
    atomic_store(&state->level, PYTORCH_LEVEL_UNTOLD);
}

/* PyTorch's list of callbacks is destroyed when the process ends; it was made before this was registered, so this runs
 * before. */
static void at_exit(void)
{
    pytorch_level_hold();
    atomic_store(&pytorch_state.frozen, 1);
    pytorch_level_release();
}

static void watch_process(void)
{
    if (__register_atfork != NULL) {
        __register_atfork(pytorch_level_hold, pytorch_level_release, in_child, &__dso_handle);
    } else if (pthread_atfork != NULL) {
        pthread_atfork(pytorch_level_hold, pytorch_level_release, in_child);
    }
    atexit(at_exit);
}

static void refuse(struct jb_wire *ring, const char *why)
{
    char text[JB_WIRE_NOTE_BYTES - 4];
    snprintf(text, sizeof(text), "PyTorch: %s; operators are not caught", why);
    jb_wire_note(ring, text);
    here.refused = true;
}

void probe_pytorch_arrived(void)
{
    struct object object;
    if (here.refused || atomic_load(&here.attached) || !object_named("libtorch_cpu.so", &object)) {
        return;
    }
    struct jb_wire *ring = probe_ring(JB_PATH_PYTORCH);
    arrive_settle();
    if (ring == NULL || !object_named("libtorch_cpu.so", &object)) {
        return;
    }
    const char *why = NULL;
    struct pytorch_state *state = &pytorch_state;
    if (!pytorch_library_open(&object, &state->library, &why)) {
        refuse(ring, why);
        return;
    }
    state->ring = ring;
    atomic_store(&state->level, PYTORCH_LEVEL_UNTOLD);
    if (!pytorch_level_start(&why)) {
        refuse(ring, why);
        return;
    }
    watch_process();
    atomic_store(&here.attached, true);
    jb_wire_attached(ring, JB_PATH_PYTORCH);
}

bool probe_pytorch_attached(void)
{
    return atomic_load(&here.attached);
}
