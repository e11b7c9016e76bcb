/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - libjoulebook-probe.so, loaded into the measured program by `joulebook run --ops`; for its own files only.
 *
 *   entry.c       constructor, the names that others look for in us, kill switches
 *   arrive.c      learn that a library has been loaded, without a thread: dlsym() passes through here
 *   pytorch*.c    RecordFunction: attach, canary, levels; pytorch_shim_*.S
 *   itt*.c        collector for ITT (oneDNN, TBB, OpenVINO)
 *   nvtx*.c       injection for NVTX (JAX/XLA, NCCL, Megatron, the user's own ranges)
 *   native.c      stacks of open spans for both
 *   cupti*.c      activity records of CUDA kernels, in bursts
 *
 * Rules. The probe never prints, exits, raises, catches signals, starts a thread, forks, changes the environment or
 * errno, and never calls into a library from inside one of its callbacks except where its documentation allows. It uses
 * names of libc only that musl has too (tools/check_probe), so that a program of another libc starts all the same.
 * Nothing happens in a process where no framework shows up: the ring is mapped with the first event. Once attached it
 * is never unloaded.
 *
 * Switches: JOULEBOOK_PROBE=off turns all off; JOULEBOOK_PROBE_PYTORCH, _ITT, _NVTX, _CUPTI=off one path each. The
 * meter's `allowed` (trace/wire.h) does the same from outside while the program runs.
 */
#ifndef JB_PROBE_PROBE_H
#define JB_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/writer.h"

#define PROBE_EXPORT __attribute__((visibility("default")))

/* entry.c: the ring, if this path may be used in this process; NULL: not. Cheap. */
struct jb_wire *probe_ring(unsigned path);

/* arrive.c calls this when the number of loaded libraries has grown: each path looks for its own. Any thread, any lock
 * of the loader may be held, and this thread may be inside a constructor: no dlopen(), RTLD_NOLOAD included (it runs
 * constructors of libraries whose turn has not come), no dlsym(); look with object.h. Never by two threads at once. */
void probe_arrived(void);

/* pytorch.c */
void probe_pytorch_arrived(void);
bool probe_pytorch_attached(void); /* then ITT of libraries inside PyTorch is not listened to: it would count twice */
/* The operator that this thread is in right now, for tying kernels to it; 0: none. And where from. */
uint32_t probe_current_operator(void);
unsigned probe_current_origin(void); /* enum jb_kernel_origin */

/* cupti.c. Called when operators begin to be caught and cease to be (JB_LEVEL_FULL), from a callback of the framework.
 */
void probe_cupti_arrived(void);
void probe_cupti_begin(struct jb_wire *ring);
void probe_cupti_end(struct jb_wire *ring);
/* Around every operator while a burst is on: what is launched inside belongs to it. `operator_id`: number of its name
 * on the wire, and enum jb_kernel_origin << 32. False: no burst is on. pop() without a push() is allowed (a burst may
 * begin inside an operator). */
bool probe_cupti_push(uint64_t operator_id);
void probe_cupti_pop(void);

#endif
