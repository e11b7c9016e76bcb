/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_one.h - one provider of a chain, with what it said so far. For fetch.c.
 */
#ifndef JB_GRID_FETCH_ONE_H
#define JB_GRID_FETCH_ONE_H

#include "grid/cache.h"
#include "grid/chain.h"

#include <sys/types.h>
#include <time.h>

struct jb_http;

/* Which file it was: each that is saved is a new one. */
struct jb_fetch_file {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct jb_fetch_one {
    const struct jb_provider *provider;
    struct jb_ask ask; /* without kind and times */
    struct jb_cached cached;
    struct jb_fetch_file seen; /* what of the cache is in `cached` already */
    bool unsaved;              /* the file could not be written: what is here is newer */
    bool busy;                 /* another process was asking it when we wanted to */
};
void jb_fetch_one_finish(struct jb_fetch_one *one);

/* Take over what is in the cache's file, where that has changed since. */
void jb_fetch_one_load(struct jb_fetch_one *one, const struct jb_grid_settings *settings, int64_t now_ns);

/* Ask about [from, to), if that may be now; what it says goes into `cached`, and into the file. *http is made where it
 * is NULL. 0: it said something, or another process has heard it meanwhile; -EALREADY: not now, by the rules of
 * cache.h; -EBUSY: another process is asking. A reader of files is asked without all that. */
int jb_fetch_one_ask(struct jb_fetch_one *one, const struct jb_grid_settings *settings, struct jb_http **http,
                     enum jb_ask_kind kind, int64_t from_ns, int64_t to_ns, struct jb_diag *diag);

/* Why one that answers is of no use: "eia: its values end at 2026-11-21T10:00Z". One that failed is told by its
 * failure. */
void jb_fetch_one_say_late(const struct jb_fetch_one *one, struct jb_steps *steps);

#endif
