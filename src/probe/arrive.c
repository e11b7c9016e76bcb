/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What dlsym() does on its way: arrive.h.
 *
 * May be called before our constructor has run, by the constructor of a library that was loaded first; and before we
 * are relocated, by a resolver of an indirect function: then nothing of ours but this file's own words can be touched.
 */
#include "probe/arrive.h"

#include "probe/object.h"
#include "probe/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole state of this file; zero until somebody calls. */
static struct {
    _Atomic(void *) real; /* the next dlsym() */
    _Atomic bool watching;
    _Atomic uint64_t seen;    /* object_loads() when we last looked */
    _Atomic uint32_t waiting; /* asked to look since nobody was looking; the first to ask looks */
} arrive;

/* Written by the loader when it relocates us. */
static const void *const volatile relocated = &arrive;

/* In the place of a dlsym() that cannot be found: knows no name. */
static void *nothing(void *handle, const char *name)
{
    return NULL;
}

static void look(void)
{
    uint64_t loads = object_loads();
    if (loads == atomic_load_explicit(&arrive.seen, memory_order_relaxed)) {
        return;
    }
    atomic_store(&arrive.seen, loads);
    if (atomic_fetch_add(&arrive.waiting, 1) != 0) {
        return;
    }
    uint32_t asked;
    do {
        asked = atomic_load(&arrive.waiting);
        probe_arrived();
    } while (!atomic_compare_exchange_strong(&arrive.waiting, &asked, 0));
}

/* glibc's way to ask for the next dlsym() without asking ours; musl has none. */
#pragma weak dlvsym

/* The oldest version of glibc's dlsym(), which all have: the first of the architecture. */
#if defined(__x86_64__)
#define DLSYM_VERSION "GLIBC_2.2.5"
#else
#define DLSYM_VERSION "GLIBC_2.17"
#endif

/*
 * The sanitizers take dl_iterate_phdr() and strcmp() for themselves and ask dlsym() where the real ones are: until they
 * have been told, nothing that they take may be called here. dlvsym() they leave alone.
 */
static void *find_real(void)
{
    void *real = atomic_load_explicit(&arrive.real, memory_order_acquire);
    if (real != NULL) {
        return real;
    }
    if (dlvsym != NULL) {
        real = dlvsym(RTLD_NEXT, "dlsym", DLSYM_VERSION);
    }
    if (real == NULL) {
        real = object_next(&arrive, "dlsym");
    }
    if (real == NULL) {
        return (void *)nothing; /* not kept: libdl may come yet */
    }
    atomic_store_explicit(&arrive.real, real, memory_order_release);
    return real;
}

void *arrive_pass(void)
{
    if (relocated != &arrive) {
        return (void *)nothing;
    }
    int kept = errno;
    void *real = find_real();
    if (atomic_load_explicit(&arrive.watching, memory_order_relaxed)) {
        look();
    }
    errno = kept;
    return real;
}

void arrive_settle(void)
{
    void *(*real)(void *, const char *) = (void *(*)(void *, const char *))find_real();
    /* A name that is found: a failure would be kept for dlerror(). */
    (void)real(RTLD_DEFAULT, "dl_iterate_phdr");
}

void arrive_watch(void)
{
    int kept = errno;
    look(); /* may be the first call of a function of a sanitizer, which then makes itself ready */
    atomic_store(&arrive.watching, true);
    errno = kept;
}
