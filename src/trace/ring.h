/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.h - the meter's side of the wire: make the file, say what is wanted, read what was written.
 *
 * The file is memory without a name (memfd) that others open as /proc/PID/fd/N: it is gone when the meter and all who
 * mapped it are, whatever kills them. The measured program can write anything into it at any time: everything is copied
 * out before it is looked at, numbers are checked, names are kept here from the first time they are seen.
 *
 * One thread. drain() allocates nothing. Others can open the file while the meter's /proc/PID/fd is theirs to look
 * into: same user, and a meter without capabilities of its own (capabilities on its file would close it).
 */
#ifndef JB_TRACE_RING_H
#define JB_TRACE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace/event.h"
#include "trace/wire.h"

struct jb_diag;
struct jb_ring;

int jb_ring_create(struct jb_ring **ret, struct jb_diag *diag);
void jb_ring_destroy(struct jb_ring *ring); /* NULL-safe; says first that nobody listens any more */
/* A second reader of the same run for the made-up sensor (sensor/sim.c): reads without taking away. What was
 * overwritten before it came by is skipped, and counted as dropped. Needs no sweep() and gives no orders. */
int jb_ring_peek(const char *place, struct jb_ring **ret, struct jb_diag *diag);

const char *jb_ring_place(const struct jb_ring *ring); /* for JOULEBOOK_RING: "/proc/1234/fd/7" */
void jb_ring_listen(struct jb_ring *ring, unsigned level, unsigned allowed);
void jb_ring_level(struct jb_ring *ring, unsigned level);

/*
 * An event that made sense: a kind that is one but JB_EVENT_KERNEL, flags of JB_EVENT_END alone, a name below
 * JB_WIRE_NAMES (0 for an end). Or the news that a thread has ended: kind JB_EVENT_NONE; what it had begun ends there.
 * Threads are numbered from 0 in the order they were first seen, over all processes; a number is used again once that
 * was told.
 */
struct jb_traced {
    struct jb_event event;
    uint32_t thread;     /* below JB_WIRE_SLOTS */
    uint32_t generation; /* grows when the number is used again: open spans of before are gone */
    int32_t pid, tid;
};

/*
 * Events of threads up to and including `until_ns`, in order of time over all threads; at most `max`. Several calls may
 * be needed; 0: there are no more, or of a thread two whole rings were told, which only a hostile one has: the rest
 * waits for another until_ns. What comes late (a thread that was taken off the processor between the clock and the
 * write) is given the time up to which was drained before. Times beyond until_ns wait; those a second and more ahead of
 * the clock, or from before the ring was made, are nonsense.
 */
size_t jb_ring_drain(struct jb_ring *ring, uint64_t until_ns, struct jb_traced *ret, size_t max);

/* Streams of accelerators: spans by order of end, as far as they were told by now, of one device of one process at a
 * time; these are seconds late. Of each no more than two whole rings between two until_ns of drain(). */
struct jb_traced_kernel {
    uint64_t t0_ns, t1_ns;
    uint32_t name;
    uint16_t origin; /* enum jb_kernel_origin */
    uint16_t stream; /* number of its slot */
    uint32_t device;
    int32_t pid;
};
size_t jb_ring_drain_kernels(struct jb_ring *ring, struct jb_traced_kernel *ret, size_t max);
/* PCI address or UUID of a device as its process numbers it; NULL: not told. */
const char *jb_ring_device_id(const struct jb_ring *ring, int32_t pid, uint32_t device);

/* Clean text of a name, at most JB_WIRE_NAME_MAX bytes, for as long as the ring lives; "?" for a number that is none,
 * "(other names)" for 0. Allocates when a name is asked for first. */
const char *jb_ring_name(struct jb_ring *ring, uint32_t number);

/* Free the slots of processes that are gone; about once a second. */
void jb_ring_sweep(struct jb_ring *ring);

struct jb_ring_state {
    uint64_t events;   /* read so far */
    uint64_t dropped;  /* by writers for want of room, and of threads without a slot */
    uint64_t nonsense; /* thrown away here: bad kinds, times in the future or long past */
    uint64_t gpu_lost;
    unsigned attached; /* bits of enum jb_path */
    unsigned planned;  /* epochs that the program means to make, at most JB_WIRE_PLANNED; 0: not told, or nonsense */
    unsigned threads;  /* writing now */
    unsigned most_threads;
    double fill; /* of the fullest ring, 0..1: the most in all drains up to the last until_ns */
};
void jb_ring_state(const struct jb_ring *ring, struct jb_ring_state *ret);
/* The i-th note of the probes, clean text; NULL: there are no more. */
const char *jb_ring_note(struct jb_ring *ring, size_t i);

#endif
