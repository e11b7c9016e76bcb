/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - what providers said, kept in files that all runs of the user share, so that a provider is asked once.
 *
 * One file for each provider, place and factor below the cache folder (mode 0700, files 0600): NAME-ZONE-FACTOR.json,
 * replaced atomically, with a lock file beside it that is held while somebody asks. A file is hostile input: one that
 * cannot be read counts as none, and so does a folder that others may write to. No key is in it; `who` is a short hash
 * of URL and key by which what was said to another server or key is not taken for ours.
 *
 * Rules that need more than one process to keep: one answer of each provider about each place in each quarter of an
 * hour of the clock (:00, :15, :30, :45), one more for what it foretells, and none before `retry_ns` after failures: 1,
 * 2, 4 ... 60 minutes, or what Retry-After said, up to a day. That nothing is known of a time (-ENODATA) is an answer.
 * A 401 may be a rate limit, so it is retried as everything is; that a plan has no past or no forecast (-EPERM) says
 * nothing against its present. Ranges of the past do not count, but wait as all do,
 * and of no time twice in a quarter: a hole that the provider has would else be asked for by every run, again and
 * again.
 */
#ifndef JB_GRID_CACHE_H
#define JB_GRID_CACHE_H

#include "grid/settings.h"

#define JB_CACHE_SLOT_NS (15 * 60 * (int64_t)JB_NS_PER_S)
#define JB_CACHE_KEEP_NS (8 * 24 * 3600 * (int64_t)JB_NS_PER_S) /* of the past */
#define JB_CACHE_SPANS   8

struct jb_cached {
    struct jb_track track;
    int64_t asked_ns, forecast_asked_ns; /* when it last answered about what is now, and about what will be; 0: never */
    int64_t failed_ns;                   /* when it last did not; a clock that shows less than that went back */
    int64_t retry_ns;                    /* not before */
    int64_t ranges_ns;                   /* when it last answered about a range */
    struct {
        int64_t from_ns, to_ns;
    } ranges[JB_CACHE_SPANS]; /* of these, in that quarter of an hour; the latest of them */
    unsigned range_count;
    unsigned failures; /* in a row */
    char error[200];   /* of the last request; empty */
};
void jb_cached_finish(struct jb_cached *cached);

/* -ENOENT: nothing usable is there, *ret is zeroed. */
int jb_cache_load(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask,
                  struct jb_cached *ret);
int jb_cache_save(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask, int64_t now_ns,
                  const struct jb_cached *cached, struct jb_diag *diag);
/* A descriptor that holds the lock until it is closed; -EWOULDBLOCK after wait_ns; others: there can be no lock. */
int jb_cache_lock(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask, uint64_t wait_ns);

/* Pure: may the provider be asked at `now`, by the rules above? A clock that went back is no reason to wait for hours.
 */
bool jb_cache_may_ask(const struct jb_cached *cached, enum jb_ask_kind kind, int64_t now_ns);
/* Pure: note an attempt. err 0: it answered. */
void jb_cache_note(struct jb_cached *cached, enum jb_ask_kind kind, int64_t now_ns, int err, uint64_t retry_after_s,
                   const char *error);

/* Pure: note a range that it answered about; did it, in this quarter of an hour, answer about all of [from, to)? */
void jb_cache_note_range(struct jb_cached *cached, int64_t now_ns, int64_t from_ns, int64_t to_ns);
bool jb_cache_heard_range(const struct jb_cached *cached, int64_t now_ns, int64_t from_ns, int64_t to_ns);

/* Pure: where its newest value that is no forecast ends, if it said in this very quarter that there is no newer one;
 * else INT64_MAX. */
int64_t jb_cache_newest_ns(const struct jb_cached *cached, int64_t now_ns);

/* The file's text, for tests and fuzzing: pure. -EBADMSG. */
int jb_cache_parse(const char *text, size_t length, const struct jb_provider *provider, const char *who,
                   struct jb_cached *ret);

#endif
