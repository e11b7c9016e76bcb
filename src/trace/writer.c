/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the run's ring, and the words that go with it (writer.h).
 *
 * A struct jb_wire is the mapping itself. It is never unmapped: others may hold it. One that is given up is replaced,
 * at the same place, by memory that says that nobody listens; what it held is freed.
 */
#include "trace/writer.h"
#include "trace/writer_slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPARE_ADDRESSES 16u /* a limited address space must have room for so many rings */

static char refused; /* its address stands for: there is no ring, do not look again */

/* Of the process: its ring; NULL: not looked for yet. */
static _Atomic(struct jb_wire *) current;

static struct jb_wire *no_ring(void)
{
    return (struct jb_wire *)(void *)&refused;
}

static struct jb_wire *seen(struct jb_wire *ring)
{
    return ring == no_ring() ? NULL : ring;
}

struct jb_wire *jb_writer_ring(void)
{
    return seen(atomic_load_explicit(&current, memory_order_acquire));
}

static struct jb_wire *map(const char *place)
{
    struct rlimit limit;
    void *base;
    /* Under a tight limit on addresses (ulimit -v) ours could be those that the program lacks later. */
    bool tight = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
                 limit.rlim_cur / SPARE_ADDRESSES < JB_WIRE_FILE_BYTES;
    if (!place || !*place || tight || jb_wire_map(place, 1, JB_WRITER_BYTES, &base) < 0) {
        return NULL;
    }
    if (!jb_writer_map(base)) {
        munmap(base, JB_WIRE_FILE_BYTES + JB_WRITER_BYTES);
        return NULL;
    }
    return base;
}

/* By system call: other threads may be inside, which tools that watch mmap() take for a race. It is none: each of them
 * sees the one memory or the other. */
static bool put_nothing(struct jb_wire *ring, uint64_t size)
{
    return syscall(SYS_mmap, ring, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) >= 0;
}

static void retire(struct jb_wire *ring)
{
    jb_writer_leave_all(ring);
    /* Where memory is counted strictly there may be none: then at least the part that says who listens and whose the
     * slots are. */
    if (!put_nothing(ring, JB_WIRE_FILE_BYTES)) {
        (void)put_nothing(ring, JB_WIRE_RINGS_AT);
    }
}

struct jb_wire *jb_wire_attach(void)
{
    struct jb_wire *ring = atomic_load_explicit(&current, memory_order_acquire);
    if (ring) {
        return seen(ring);
    }
    int kept = errno;
    struct jb_wire *mine = map(secure_getenv("JOULEBOOK_RING"));
    jb_writer_prepare();
    if (!atomic_compare_exchange_strong(&current, &ring, mine ? mine : no_ring())) {
        if (mine) {
            munmap((void *)mine, JB_WIRE_FILE_BYTES + JB_WRITER_BYTES); /* another thread was faster */
        }
        mine = seen(ring);
    }
    errno = kept;
    return mine;
}

static bool one_file(const struct jb_wire *a, const struct jb_wire *b)
{
    const struct jb_wire_header *x = jb_wire_header_read(a), *y = jb_wire_header_read(b);
    return x->meter_pid == y->meter_pid && x->created_ns == y->created_ns;
}

struct jb_wire *jb_wire_attach_place(const char *place)
{
    int kept = errno;
    struct jb_wire *mine = map(place);
    jb_writer_prepare();
    struct jb_wire *before = seen(atomic_load(&current));
    if (mine && before && one_file(mine, before)) {
        munmap((void *)mine, JB_WIRE_FILE_BYTES + JB_WRITER_BYTES);
        errno = kept;
        return before;
    }
    before = seen(atomic_exchange(&current, mine ? mine : no_ring()));
    if (before) {
        retire(before);
    }
    errno = kept;
    return mine;
}

void jb_wire_detach(void)
{
    int kept = errno;
    struct jb_wire *before = seen(atomic_exchange(&current, no_ring()));
    if (before) {
        retire(before);
    }
    errno = kept;
}

/* Nothing to be seen of it in /proc, where we are, and no signal finds it: in a container, or behind a /proc that hides
 * processes of others, one of the two alone says nothing. */
static bool is_dead(int32_t pid)
{
    char path[32] = "/proc/", digits[12], link[8];
    size_t at = 6, count = 0;
    if (pid <= 0) {
        return false;
    }
    for (uint32_t rest = (uint32_t)pid; rest > 0; rest /= 10) {
        digits[count++] = (char)('0' + rest % 10);
    }
    while (count > 0) {
        path[at++] = digits[--count];
    }
    memcpy(path + at, "/exe", sizeof("/exe"));
    return readlink(path, link, sizeof(link)) < 0 && errno == ENOENT && syscall(SYS_kill, pid, 0) < 0 &&
           errno == ESRCH && readlink("/proc/self/exe", link, sizeof(link)) > 0;
}

bool jb_writer_orphaned(struct jb_wire *ring)
{
    int kept = errno;
    struct jb_wire *expected = ring;
    bool orphaned = is_dead(jb_wire_header_read(ring)->meter_pid);
    if (orphaned && atomic_compare_exchange_strong(&current, &expected, no_ring())) {
        retire(ring);
    }
    errno = kept;
    return orphaned;
}

bool jb_wire_listening(const struct jb_wire *ring)
{
    return jb_writer_heard(ring);
}

unsigned jb_wire_level(const struct jb_wire *ring)
{
    return ring ? atomic_load_explicit(&jb_wire_header_read(ring)->level, memory_order_relaxed) : 0;
}

unsigned jb_wire_allowed(const struct jb_wire *ring)
{
    return ring ? atomic_load_explicit(&jb_wire_header_read(ring)->allowed, memory_order_relaxed) : 0;
}

void jb_wire_attached(struct jb_wire *ring, unsigned path)
{
    if (ring) {
        atomic_fetch_or_explicit(&jb_wire_header(ring)->attached, path, memory_order_relaxed);
    }
}

void jb_wire_planned(struct jb_wire *ring, uint32_t epochs)
{
    if (ring) {
        atomic_store_explicit(&jb_wire_header(ring)->planned, epochs, memory_order_relaxed);
    }
}

void jb_wire_gpu_lost(struct jb_wire *ring, uint64_t count)
{
    if (ring) {
        atomic_fetch_add_explicit(&jb_wire_header(ring)->gpu_lost, count, memory_order_relaxed);
    }
}

void jb_wire_note(struct jb_wire *ring, const char *text)
{
    if (!ring || !text || !*text) {
        return;
    }
    struct jb_wire_header *header = jb_wire_header(ring);
    size_t length = strnlen(text, sizeof(header->notes[0].text) - 1);
    for (uint32_t i = 0; i < JB_WIRE_NOTES; i++) {
        const struct jb_wire_note *note = &header->notes[i];
        if (atomic_load_explicit(&note->ready, memory_order_acquire) != 0 && note->text[length] == '\0' &&
            memcmp(note->text, text, length) == 0) {
            return;
        }
    }
    /* Looked at first: it would wrap, if each failure added to it. */
    if (atomic_load_explicit(&header->note_count, memory_order_relaxed) >= JB_WIRE_NOTES) {
        return;
    }
    uint32_t at = atomic_fetch_add_explicit(&header->note_count, 1, memory_order_relaxed);
    if (at < JB_WIRE_NOTES) {
        memcpy(header->notes[at].text, text, length);
        header->notes[at].text[length] = '\0';
        atomic_store_explicit(&header->notes[at].ready, 1, memory_order_release);
    }
}
