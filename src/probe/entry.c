/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the probe is entered: which paths may be used in this process, and the ring.
 *
 * The environment is read when the loader starts us, or by the first question if that comes earlier; a program may
 * change it later without our looking.
 */
#include "probe/probe.h"

#include "probe/arrive.h"
#include "trace/writer_table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* For libjoulebook in this process: one writer for both. */
PROBE_EXPORT extern const struct jb_writer_table jb_probe_writer;
const struct jb_writer_table jb_probe_writer = JB_WRITER_TABLE_OWN;

#define SWITCHES_READ (1u << 31)

/* SWITCHES_READ and the bits of enum jb_path that the environment leaves on. */
static _Atomic uint32_t switches;

static bool off(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && strcmp(value, "off") == 0;
}

static uint32_t read_switches(void)
{
    static const struct {
        const char *name;
        uint32_t path;
    } paths[] = {
        {"JOULEBOOK_PROBE_PYTORCH", JB_PATH_PYTORCH},
        {"JOULEBOOK_PROBE_ITT", JB_PATH_ITT},
        {"JOULEBOOK_PROBE_NVTX", JB_PATH_NVTX},
        {"JOULEBOOK_PROBE_CUPTI", JB_PATH_CUPTI},
    };
    const char *place = getenv("JOULEBOOK_RING");
    uint32_t on = 0;
    if (place != NULL && place[0] != '\0' && !off("JOULEBOOK_PROBE")) {
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
            on |= off(paths[i].name) ? 0 : paths[i].path;
        }
    }
    return on | SWITCHES_READ;
}

static uint32_t allowed_here(void)
{
    uint32_t now = atomic_load_explicit(&switches, memory_order_relaxed);
    if (now == 0) {
        now = read_switches();
        atomic_store(&switches, now);
    }
    return now & ~SWITCHES_READ;
}

struct jb_wire *probe_ring(unsigned path)
{
    if ((allowed_here() & path) == 0) {
        return NULL;
    }
    struct jb_wire *ring = jb_wire_attach();
    return ring != NULL && jb_wire_listening(ring) && (jb_wire_allowed(ring) & path) != 0 ? ring : NULL;
}

void probe_arrived(void)
{
    probe_pytorch_arrived();
    probe_cupti_arrived();
}

__attribute__((constructor)) static void start(void)
{
    if ((allowed_here() & (JB_PATH_PYTORCH | JB_PATH_CUPTI)) != 0) {
        arrive_watch();
    }
}
