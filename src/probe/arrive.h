/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrive.h - learn that a library has been loaded, without a thread and without interposing dlopen().
 *
 * A thread of ours would be seen: Python warns when a process of several threads forks, unshare() and setns() fail in
 * one. An interposed dlopen() would be the caller that glibc looks at for RUNPATH. So dlsym() is interposed, which
 * every loader of plug-ins calls after dlopen(): Python for PyInit_NAME right after it has loaded an extension, ctypes
 * for every function. Our dlsym() (arrive_stub.S) keeps its arguments, asks arrive_pass() where the real one is and
 * jumps there, so that the return address that RTLD_NEXT is resolved from is that of the caller.
 *
 * Rules for what runs inside: any thread; a lock of the loader may be held by the caller (it calls from a constructor
 * or from dl_iterate_phdr()); the real dlsym() takes dl_load_lock itself, so taking it here adds no new order of locks.
 * One thread looks at a time; what arrives meanwhile makes it look again, nobody waits.
 *
 * What is missed: a library that is loaded by dlopen() after which nobody in the process ever calls dlsym().
 */
#ifndef JB_PROBE_ARRIVE_H
#define JB_PROBE_ARRIVE_H

/* From now on libraries are looked for; looks at once for those that are there. Without it dlsym() costs a load and a
 * compare more. */
void arrive_watch(void);

/* Wait for another thread that is inside dlopen(): what had been seen of its libraries is usable afterwards, or gone.
 * No wait where it is this thread. */
void arrive_settle(void);

/* From arrive_stub.S: look, if something has been loaded; the real dlsym(). Keeps errno. */
void *arrive_pass(void);

#endif
