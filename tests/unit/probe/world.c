/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A meter and measured processes, for tests: world.h.
 */
#include "world.h"

#include "base/clock.h"
#include "base/diag.h"
#include "probe/probe.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct world_cuda world_cuda;

void probe_cupti_arrived(void)
{
    world_cuda.arrivals++;
}

void probe_cupti_begin(struct jb_wire *ring)
{
    world_cuda.begins += ring != NULL;
}

void probe_cupti_end(struct jb_wire *ring)
{
    world_cuda.ends += ring != NULL;
}

/* A burst is on between begin() and end(). */
bool probe_cupti_push(uint64_t operator_id)
{
    if (world_cuda.begins == world_cuda.ends) {
        return false;
    }
    world_cuda.pushes++;
    world_cuda.last = operator_id;
    return true;
}

void probe_cupti_pop(void)
{
    world_cuda.pops++;
}

int world_start(void **state)
{
    struct world *world = test_calloc(1, sizeof(*world));
    struct jb_diag diag = {0};
    assert_int_equal(jb_ring_create(&world->ring, &diag), 0);
    jb_ring_listen(world->ring, JB_LEVEL_FULL, ~0u);
    assert_int_equal(setenv("JOULEBOOK_RING", jb_ring_place(world->ring), 1), 0);
    *state = world;
    return 0;
}

int world_end(void **state)
{
    struct world *world = *state;
    jb_ring_destroy(world->ring);
    test_free(world);
    return 0;
}

static void *named(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (found == NULL) {
        _exit(101);
    }
    return found;
}

static int measured(struct world *world, const char *variant,
                    bool (*program)(const struct fake *fake, struct world *world))
{
    struct fake fake = {0};
    if (variant[0] != '\0') {
        char path[4096];
        snprintf(path, sizeof(path), "%s/tests/unit/probe/libtorch_cpu.so.%s.so", getenv("JB_BUILD_ROOT"), variant);
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            return 100;
        }
        fake.begin = (fake_begin_fn *)named(library, "fake_begin");
        fake.end = (fake_end_fn *)named(library, "fake_end");
        fake.count = (fake_count_fn *)named(library, "fake_count");
        fake.missed = (fake_count_fn *)named(library, "fake_missed");
        fake.clear = (fake_clear_fn *)named(library, "fake_clear");
        fake.raise_at_next_add = (fake_raise_fn *)named(library, "fake_raise_at_next_add");
        probe_arrived();
    }
    return program(&fake, world) ? 0 : 1;
}

void world_run(struct world *world, const char *variant, bool (*program)(const struct fake *fake, struct world *world))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(measured(world, variant, program));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    for (size_t got = 1; got > 0; world->count += got) {
        got = jb_ring_drain(world->ring, jb_mono_ns(), world->event + world->count, WORLD_EVENTS - world->count);
    }
}

void world_text(struct world *world, unsigned kind, char *buffer, size_t size)
{
    size_t at = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < world->count && at < size; i++) {
        const struct jb_event *event = &world->event[i].event;
        bool level = event->kind == JB_EVENT_LEVEL;
        if (event->kind == JB_EVENT_NONE || (kind != 0 && event->kind != kind) || (kind == 0 && level)) {
            continue;
        }
        const char *blank = at > 0 ? " " : "";
        int length = 0;
        if (level) {
            length = snprintf(buffer + at, size - at, "%slevel %u", blank, event->value);
        } else if (event->flags & JB_EVENT_END) {
            length = snprintf(buffer + at, size - at, "%send", blank);
        } else {
            length = snprintf(buffer + at, size - at, "%s%s", blank, jb_ring_name(world->ring, event->name));
        }
        at += length > 0 ? (size_t)length : 0;
    }
}

bool world_noted(struct world *world, const char *words)
{
    const char *note;
    for (size_t i = 0; (note = jb_ring_note(world->ring, i)) != NULL; i++) {
        if (strstr(note, words) != NULL) {
            return true;
        }
    }
    return false;
}
