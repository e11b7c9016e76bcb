/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the file of a run, looking into that of another, and what is said in its header (ring.h).
 *
 * The file is sealed against another length, so that no process that maps it can be killed by one that cuts it.
 */
#include "trace/ring_view.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* A limit on the size of files (ulimit -f) holds for memory too, and going beyond it is a signal that ends us. A soft
 * one is lifted for the moment. */
static int set_size(int fd)
{
    struct rlimit limit, lifted;
    if (getrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return -errno;
    }
    lifted = limit;
    lifted.rlim_cur = limit.rlim_max;
    bool lift = limit.rlim_cur < JB_WIRE_FILE_BYTES;
    if (lift && (limit.rlim_max < JB_WIRE_FILE_BYTES || setrlimit(RLIMIT_FSIZE, &lifted) < 0)) {
        return -EFBIG;
    }
    int err = ftruncate(fd, (off_t)JB_WIRE_FILE_BYTES) < 0 ? -errno : 0;
    if (lift) {
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
    return err;
}

static int make_file(void)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create("joulebook", flags | MFD_NOEXEC_SEAL); /* some machines allow no other */
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create("joulebook", flags); /* before Linux 6.3 */
    }
    if (fd < 0) {
        return -errno;
    }
    int err = set_size(fd);
    if (err == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        err = -errno;
    }
    if (err < 0) {
        close(fd);
        return err;
    }
    return fd;
}

static void fill_header(struct jb_ring *ring)
{
    static const char others[] = "(other names)";
    struct jb_wire_header *header = jb_wire_header(ring->base);
    header->version = JB_WIRE_VERSION;
    header->slots = JB_WIRE_SLOTS;
    header->events = JB_WIRE_EVENTS;
    header->names = JB_WIRE_NAMES;
    header->name_bytes = JB_WIRE_NAME_BYTES;
    header->slots_at = JB_WIRE_SLOTS_AT;
    header->names_at = JB_WIRE_NAMES_AT;
    header->name_bytes_at = JB_WIRE_NAME_BYTES_AT;
    header->rings_at = JB_WIRE_RINGS_AT;
    header->meter_pid = (int32_t)getpid();
    header->file_bytes = JB_WIRE_FILE_BYTES;
    header->created_ns = ring->created_ns;
    memcpy(jb_wire_name_bytes(ring->base), others, sizeof(others) - 1);
    atomic_store(jb_wire_names(ring->base), jb_wire_name_word(0, 0, sizeof(others) - 1));
    atomic_store(&header->name_used, sizeof(others) - 1);
    header->magic = JB_WIRE_MAGIC;
}

int jb_ring_create(struct jb_ring **ret, struct jb_diag *diag)
{
    struct jb_ring *ring = calloc(1, sizeof(*ring));
    if (!ring) {
        return jb_fail(diag, -ENOMEM, "no memory for the ring");
    }
    int fd = make_file();
    if (fd < 0) {
        free(ring);
        return jb_fail(diag, fd, "cannot make the ring of the measured program: %s",
                       fd == -EFBIG ? "files may not be that large (ulimit -f)" : strerror(-fd));
    }
    ring->fd = fd;
    ring->base = mmap(NULL, JB_WIRE_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring->base == MAP_FAILED) {
        int err = -errno;
        ring->base = NULL;
        jb_ring_destroy(ring);
        return jb_fail(diag, err, "cannot map the ring of the measured program (%llu bytes of addresses): %s",
                       (unsigned long long)JB_WIRE_FILE_BYTES, strerror(-err));
    }
    (void)madvise(ring->base, JB_WIRE_FILE_BYTES, MADV_DONTDUMP);
    ring->created_ns = jb_mono_ns();
    ring->floor_ns = ring->created_ns;
    jb_snprintf(ring->place, sizeof(ring->place), "/proc/%d/fd/%d", (int)getpid(), fd);
    fill_header(ring);
    *ret = ring;
    return 0;
}

int jb_ring_peek(const char *place, struct jb_ring **ret, struct jb_diag *diag)
{
    struct jb_ring *ring = calloc(1, sizeof(*ring));
    if (!ring) {
        return jb_fail(diag, -ENOMEM, "no memory for the ring");
    }
    ring->fd = -1;
    int err = jb_wire_map(place, 0, 0, &ring->base);
    if (err < 0) {
        free(ring);
        return jb_fail(diag, err, "cannot read the ring at %s: %s", place,
                       err == -EPROTO ? "it is of another version" : strerror(-err));
    }
    jb_copy(ring->place, sizeof(ring->place), place);
    ring->created_ns = jb_wire_header(ring->base)->created_ns;
    ring->floor_ns = ring->created_ns;
    *ret = ring;
    return 0;
}

void jb_ring_destroy(struct jb_ring *ring)
{
    if (!ring) {
        return;
    }
    if (ring->base) {
        if (ring->fd >= 0) {
            atomic_store(&jb_wire_header(ring->base)->listening, 0);
        }
        munmap(ring->base, JB_WIRE_FILE_BYTES);
    }
    if (ring->fd >= 0) {
        close(ring->fd);
    }
    for (size_t i = 0; i < JB_WIRE_NAMES; i++) {
        free(ring->names[i]);
    }
    free(ring);
}

const char *jb_ring_place(const struct jb_ring *ring)
{
    return ring->place;
}

void jb_ring_listen(struct jb_ring *ring, unsigned level, unsigned allowed)
{
    if (ring->fd >= 0) {
        struct jb_wire_header *header = jb_wire_header(ring->base);
        atomic_store(&header->level, level);
        atomic_store(&header->allowed, allowed);
        atomic_store(&header->listening, 1);
    }
}

void jb_ring_level(struct jb_ring *ring, unsigned level)
{
    if (ring->fd >= 0) {
        atomic_store(&jb_wire_header(ring->base)->level, level);
    }
}

void jb_ring_state(const struct jb_ring *ring, struct jb_ring_state *ret)
{
    const struct jb_wire_header *header = jb_wire_header(ring->base);
    *ret = ring->state;
    ret->dropped = ring->dropped + atomic_load_explicit(&header->lost, memory_order_relaxed);
    ret->gpu_lost = atomic_load_explicit(&header->gpu_lost, memory_order_relaxed);
    ret->attached = atomic_load_explicit(&header->attached, memory_order_relaxed);
    uint32_t planned = atomic_load_explicit(&header->planned, memory_order_relaxed);
    ret->planned = planned <= JB_WIRE_PLANNED ? planned : 0;
}
