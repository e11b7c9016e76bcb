/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.h - the measured program's side: write events into the run's ring.
 *
 * Used by the probe and by libjoulebook, includes nothing of ours but this folder, calls nothing on the hot path but
 * the clock. Never blocks, never allocates after a thread's first event (and then only by mapping), never prints, never
 * changes errno, signals or the environment. A full ring drops and counts; whatever was not begun because the ring was
 * full is not ended either, so that spans stay nested.
 *
 * After fork the child is a process of its own: its first event takes a slot anew (a page that the kernel wipes on fork
 * tells, without a system call). A thread that ends gives its slot back. A process that is killed leaves its slots
 * behind; the meter frees them. A meter that was killed is noticed by the next thread that comes and by one whose ring
 * stays full; then the process gives the ring up. Threads beyond JB_WIRE_SLOTS write nothing; that is counted.
 */
#ifndef JB_TRACE_WRITER_H
#define JB_TRACE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/event.h"
#include "trace/wire.h"

struct jb_wire; /* this process's mapping of the ring */

/* Map the file named by the environment variable JOULEBOOK_RING, once for a process (and once more after fork where the
 * mapping did not survive). NULL: no ring, a ring of another version, one that is not ours, or an address space so
 * limited (RLIMIT_AS below 8 GiB) that the program may need what the ring takes. Cheap to call again.
 * Safe from several threads. */
struct jb_wire *jb_wire_attach(void);
/* The same for a file that was told by other means (joulebook meter); replaces what attach() found. */
struct jb_wire *jb_wire_attach_place(const char *place);
void jb_wire_detach(void); /* from now on nothing is written; the mapping stays, other threads may be inside */

/* Is anybody listening, and for what? One load each; 0 without a ring. */
bool jb_wire_listening(const struct jb_wire *ring);
unsigned jb_wire_level(const struct jb_wire *ring);   /* enum jb_level */
unsigned jb_wire_allowed(const struct jb_wire *ring); /* bits of enum jb_path */
void jb_wire_attached(struct jb_wire *ring, unsigned path);
/* So many epochs are meant to be made; 0: it is not known any more. At most JB_WIRE_PLANNED. */
void jb_wire_planned(struct jb_wire *ring, uint32_t epochs);
/* Tell the user something, once for each text; formatted by the caller. */
void jb_wire_note(struct jb_wire *ring, const char *text);
void jb_wire_gpu_lost(struct jb_wire *ring, uint64_t count);

/* The number of a name. intern() hashes; intern_at() looks the address up first, in a cache of this thread that
 * believes an address only while the bytes there are still those of the name. NULL and "" are names too. Without room:
 * 0, the name of all others. */
uint32_t jb_wire_intern(struct jb_wire *ring, const char *name);
uint32_t jb_wire_intern_at(struct jb_wire *ring, const char *name);

/*
 * Begin and end a span on this thread, now. True from begin(): end() must be called for it, whether or not there was
 * room to write it. False (nobody listens, no slot, or a signal handler that came in the middle of a write): end() must
 * not be called for it, it would end another. An end() with nothing begun does nothing, as in a forked child for what
 * its parent began.
 *
 * A signal handler may call all of this. One that interrupts a thread's first event may cost a slot until the thread
 * ends; one that leaves by longjmp() may cost the next 4096 events.
 */
bool jb_wire_begin(struct jb_wire *ring, unsigned kind, uint32_t name, uint16_t value);
void jb_wire_end(struct jb_wire *ring, unsigned kind);
void jb_wire_level_changed(struct jb_wire *ring, unsigned level);

/* The spans of one stream of an accelerator, which are told late and all at once. One thread writes to it at a time;
 * ends ascend, else -EINVAL and nothing is written. -ENOBUFS: no room, dropped and counted; -ENOTCONN: closed, of
 * before a fork, or the ring was given up. open() is NULL where nobody listens or no slot is free. */
struct jb_wire_device;
struct jb_wire_device *jb_wire_device_open(struct jb_wire *ring, uint32_t device, const char *device_id);
int jb_wire_device_span(struct jb_wire_device *device, uint64_t t0_ns, uint64_t t1_ns, uint32_t name, unsigned origin);
void jb_wire_device_close(struct jb_wire_device *device);

#endif
