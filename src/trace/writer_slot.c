/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking and leaving slots, for threads and for streams of accelerators (wire.h has the protocol).
 *
 * A process is named as the meter's /proc numbers it: in a container that shares /proc with the meter getpid() would
 * say another number, and the meter would take the process for dead. The destructor of a thread is set only where that
 * cannot allocate; the meter notices the other ends by the thread's number.
 */
#include "trace/writer_slot.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RETRY_EVERY 1024u /* events of a thread without a slot, from one search to the next */

__thread struct jb_writer *jb_writer_self JB_WRITER_TLS;
static __thread uint32_t without JB_WRITER_TLS; /* events of this thread that found no slot */

/* Once for the process. A key is numbered from 0, so it is kept plus one; 0: there is none. */
static struct {
    _Atomic uint32_t key;
    _Atomic uint32_t keyed; /* somebody has made it, or is making it */
    _Atomic uint32_t forks_told;
    _Atomic(char *)
        writers; /* of the ring in use, where forks are told; those of rings that were given up hold nothing */
} process;

static void thread_ends(void *writer)
{
    (void)writer; /* what the key says may be of before a fork */
    struct jb_writer *mine = jb_writer_self;
    if (mine && mine->thread == &jb_writer_self) {
        jb_writer_leave(mine);
    }
    jb_writer_self = NULL;
}

void jb_writer_prepare(void)
{
    pthread_key_t key;
    if (atomic_exchange_explicit(&process.keyed, 1, memory_order_relaxed) == 0 &&
        pthread_key_create(&key, thread_ends) == 0) {
        atomic_store_explicit(&process.key, (uint32_t)key + 1, memory_order_release);
    }
}

static void at_thread_end(struct jb_writer *writer)
{
    uint32_t key = atomic_load_explicit(&process.key, memory_order_acquire);
    /* glibc allocates for the values of keys from 32 on: it could deadlock in a signal handler. */
    if (key >= 1 && key <= 32) {
        (void)pthread_setspecific((pthread_key_t)(key - 1), writer);
    }
}

/* For kernels that cannot wipe (before 4.14; some sandboxes): the child gets rid of its copies itself. */
static void forget_after_fork(void)
{
    struct jb_wire *ring = jb_writer_ring(); /* what is left of rings that were given up, nobody believes */
    if (ring) {
        (void)madvise((char *)ring + JB_WIRE_FILE_BYTES, JB_WRITER_BYTES, MADV_DONTNEED);
    }
}

/* pthread_atfork() is part of what is linked into a library by glibc, and calls this; musl has the plain one only. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *) __attribute__((weak));

static bool tell_forks(void)
{
    if (atomic_exchange_explicit(&process.forks_told, 1, memory_order_relaxed) != 0) {
        return true;
    }
#ifdef __GLIBC__
    return __register_atfork && __register_atfork(NULL, NULL, forget_after_fork, NULL) == 0;
#else
    return pthread_atfork(NULL, NULL, forget_after_fork) == 0;
#endif
}

bool jb_writer_map(struct jb_wire *ring)
{
    char *writers = (char *)ring + JB_WIRE_FILE_BYTES;
    if (mprotect(writers, JB_WRITER_BYTES, PROT_READ | PROT_WRITE) < 0) {
        return false;
    }
    return madvise(writers, JB_WRITER_BYTES, MADV_WIPEONFORK) == 0 || tell_forks();
}

static uint32_t digits(const char **text)
{
    uint32_t number = 0;
    while (**text >= '0' && **text <= '9') {
        number = number * 10 + (uint32_t)(*(*text)++ - '0');
    }
    return number;
}

/* "1234/task/1235" of /proc/thread-self. */
static uint64_t who_am_i(void)
{
    char link[64];
    ssize_t length = readlink("/proc/thread-self", link, sizeof(link) - 1);
    if (length > 0) {
        link[length] = '\0';
        const char *at = link;
        uint32_t pid = digits(&at), tid = 0;
        if (strncmp(at, "/task/", 6) == 0) {
            at += 6;
            tid = digits(&at);
        }
        if (pid != 0 && tid != 0 && *at == '\0') {
            return (uint64_t)pid << 32 | tid;
        }
    }
    return (uint64_t)(uint32_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
}

static struct jb_writer *fill(struct jb_wire *ring, uint32_t number, uint64_t owner)
{
    struct jb_wire_slot *slot = &jb_wire_slots(ring)[number];
    struct jb_writer *writer = (struct jb_writer *)((char *)ring + JB_WIRE_FILE_BYTES) + number;
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&slot->tail, memory_order_acquire);
    if ((int64_t)(head - tail) < 0) { /* somebody wrote nonsense here */
        head = tail;
        atomic_store_explicit(&slot->head, head, memory_order_relaxed);
    }
    /* Field by field: if the meter took the slot away by mistake, its owner may still be inside of a write. Names that
     * the last one knew are as good for the next. */
    writer->slot = slot;
    writer->events = jb_wire_events(ring, number);
    writer->owner = owner;
    writer->head = head;
    writer->tail = tail;
    writer->last_ns = 0;
    writer->depth = 0;
    writer->open = 0;
    atomic_store_explicit(&writer->busy, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->first, head, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->claims, 1, memory_order_relaxed);
    return writer;
}

static struct jb_writer *search(struct jb_wire *ring)
{
    struct jb_wire_slot *slots = jb_wire_slots(ring);
    uint64_t owner = who_am_i();
    if (jb_writer_orphaned(ring)) {
        return NULL; /* each thread that comes would cost a slot for good */
    }
    /* From the first on: the reader's active slots then lie side by side. */
    for (uint32_t i = 0; i < JB_WIRE_SLOTS; i++) {
        uint64_t nobody = 0;
        if (atomic_load_explicit(&slots[i].owner, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong_explicit(&slots[i].owner, &nobody, owner, memory_order_acq_rel,
                                                    memory_order_relaxed)) {
            /* Asked again: a ring that was given up since shows slots that are free, whose writers are not. */
            if (jb_writer_heard(ring)) {
                return fill(ring, i, owner);
            }
            atomic_store_explicit(&slots[i].owner, 0, memory_order_release);
            return NULL;
        }
    }
    return NULL;
}

struct jb_writer *jb_writer_take(struct jb_wire *ring)
{
    int kept = errno;
    struct jb_writer *writer = without++ % RETRY_EVERY == 0 ? search(ring) : NULL;
    if (writer) {
        without = 0;
        writer->slot->kind = JB_SLOT_THREAD;
        writer->slot->device = 0;
        writer->slot->device_id[0] = '\0';
        writer->thread = &jb_writer_self;
        writer->ring = ring;
        atomic_store_explicit(&writer->slot->state, JB_SLOT_TAKEN, memory_order_release);
        jb_writer_self = writer;
        at_thread_end(writer);
    } else if (jb_writer_heard(ring)) {
        atomic_fetch_add_explicit(&jb_wire_header(ring)->lost, 1, memory_order_relaxed);
    } else {
        without = 0; /* for the ring that comes next */
    }
    errno = kept;
    return writer;
}

struct jb_writer *jb_writer_take_device(struct jb_wire *ring, uint32_t device, const char *device_id)
{
    int kept = errno;
    struct jb_writer *writer = search(ring);
    if (writer) {
        struct jb_wire_slot *slot = writer->slot;
        size_t length = device_id ? strnlen(device_id, sizeof(slot->device_id) - 1) : 0;
        slot->kind = JB_SLOT_DEVICE;
        slot->device = device;
        if (device_id) {
            memcpy(slot->device_id, device_id, length);
        }
        slot->device_id[length] = '\0';
        writer->ring = ring;
        atomic_store_explicit(&slot->state, JB_SLOT_TAKEN, memory_order_release);
    }
    errno = kept;
    return writer;
}

void jb_writer_leave(struct jb_writer *writer)
{
    struct jb_wire_slot *slot = writer->slot;
    bool held = writer->ring && jb_writer_holds(writer, writer->ring);
    writer->ring = NULL;
    writer->thread = NULL;
    if (held) {
        /* Release: the last event is there before the meter may give the slot to another. */
        atomic_store_explicit(&slot->state, JB_SLOT_LEFT, memory_order_release);
    }
}

void jb_writer_leave_all(struct jb_wire *ring)
{
    struct jb_wire_slot *slots = jb_wire_slots(ring);
    uint64_t process_mask = UINT64_MAX << 32, us = who_am_i() & process_mask;
    for (uint32_t i = 0; i < JB_WIRE_SLOTS; i++) {
        uint32_t taken = JB_SLOT_TAKEN;
        if ((atomic_load_explicit(&slots[i].owner, memory_order_acquire) & process_mask) == us) {
            atomic_compare_exchange_strong_explicit(&slots[i].state, &taken, JB_SLOT_LEFT, memory_order_release,
                                                    memory_order_relaxed);
        }
    }
}
