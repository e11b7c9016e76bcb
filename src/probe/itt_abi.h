/* SPDX-License-Identifier: Apache-2.0 */
/*
 * itt_abi.h - what a static part of ITT (linked into oneDNN, oneTBB, OpenVINO, ...) hands to its collector.
 *
 * Written from src/ittnotify/ittnotify_config.h and include/ittnotify.h of github.com/intel/ittapi (BSD-3-Clause);
 * version 3 of the static part, the only one since 2010. Later versions add fields at the end of itt_global only.
 */
#ifndef JB_PROBE_ITT_ABI_H
#define JB_PROBE_ITT_ABI_H

#include <pthread.h>
#include <stdint.h>

#define ITT_MAGIC "\xED\xAB\xAB\xEC\x0D\xEE\xDA\x30"
#define ITT_MAJOR 3

struct itt_id {
    unsigned long long d1, d2, d3;
};

/* The static part tests `flags` before each call; extra1 and extra2 are the collector's. */
struct itt_domain {
    volatile int flags;
    const char *name;
    void *name_wide;
    int extra1;
    void *extra2;
    struct itt_domain *next;
};

struct itt_string {
    const char *text;
    void *text_wide;
    int extra1;
    uintptr_t extra2; /* there: void * */
    struct itt_string *next;
};

struct itt_api {
    const char *name;
    void (**function)(void); /* where the static part looks for its function; there: void ** */
    void (*init)(void);      /* what stands there now: asks for a collector first */
    void (*none)(void);      /* what does without a collector; NULL: not called */
    int group;
};

struct itt_global {
    unsigned char magic[8];
    unsigned long version_major, version_minor, version_build;
    volatile long api_initialized, mutex_initialized, atomic_counter;
    pthread_mutex_t mutex;
    void *library, *error_handler;
    const char **library_path;
    struct itt_api *apis; /* ends with a NULL name */
    struct itt_global *next;
    void *threads;
    struct itt_domain *domains; /* made before the collector was there */
    struct itt_string *strings;
};

#endif
