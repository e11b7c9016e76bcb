/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.c - when a provider may be asked, and who of all processes does it. Documented in cache.h.
 *
 * The lock is flock(2): it goes away with whoever held it. There is no flock with a time limit, so that it is tried
 * again every few milliseconds.
 */
#include "grid/cache.h"

#include "base/file.h"
#include "base/text.h"
#include "grid/cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TRY_NS        (20 * JB_NS_PER_MS)
#define MINUTE_NS     (60 * (int64_t)JB_NS_PER_S)
#define LONGEST_NS    (60 * MINUTE_NS)
#define DAY_NS        (24 * 60 * MINUTE_NS)
#define DOUBLINGS_MAX 6 /* 64 minutes, more than LONGEST_NS */

static int64_t slot_of(int64_t t_ns)
{
    return t_ns / JB_CACHE_SLOT_NS - (t_ns % JB_CACHE_SLOT_NS < 0);
}

bool jb_cache_may_ask(const struct jb_cached *cached, enum jb_ask_kind kind, int64_t now_ns)
{
    bool failed = cached->failures > 0 && cached->failed_ns <= now_ns; /* else the clock went back since */
    if (failed && now_ns < cached->retry_ns) {
        return false;
    }
    int64_t asked_ns = kind == JB_ASK_FORECAST ? cached->forecast_asked_ns : cached->asked_ns;
    return kind == JB_ASK_RANGE || asked_ns == 0 || slot_of(asked_ns) != slot_of(now_ns);
}

static int64_t back_off_ns(unsigned failures, uint64_t retry_after_s)
{
    unsigned doublings = failures - 1 < DOUBLINGS_MAX ? failures - 1 : DOUBLINGS_MAX;
    int64_t wait_ns = MINUTE_NS << doublings, said_ns = DAY_NS;
    wait_ns = wait_ns < LONGEST_NS ? wait_ns : LONGEST_NS;
    if (retry_after_s < (uint64_t)(DAY_NS / (int64_t)JB_NS_PER_S)) {
        said_ns = (int64_t)(retry_after_s * JB_NS_PER_S);
    }
    return wait_ns > said_ns ? wait_ns : said_ns;
}

void jb_cache_note(struct jb_cached *cached, enum jb_ask_kind kind, int64_t now_ns, int err, uint64_t retry_after_s,
                   const char *error)
{
    jb_copy(cached->error, sizeof(cached->error), err < 0 ? error : "");
    jb_sanitise(cached->error);
    /* What a plan does not cover says nothing against what it does. */
    bool not_covered = err == -EPERM && kind != JB_ASK_LATEST;
    if (err < 0 && err != -ENODATA && !not_covered) {
        cached->failures += cached->failures < UINT_MAX;
        cached->failed_ns = now_ns;
        cached->retry_ns = now_ns + back_off_ns(cached->failures, retry_after_s);
        return;
    }
    cached->failures = 0;
    cached->failed_ns = cached->retry_ns = 0;
    if (kind == JB_ASK_LATEST) {
        cached->asked_ns = now_ns;
    } else if (kind == JB_ASK_FORECAST) {
        cached->forecast_asked_ns = now_ns;
    }
}

void jb_cache_note_range(struct jb_cached *cached, int64_t now_ns, int64_t from_ns, int64_t to_ns)
{
    if (slot_of(cached->ranges_ns) != slot_of(now_ns)) {
        cached->range_count = 0;
    } else if (cached->range_count == JB_CACHE_SPANS) { /* the oldest goes */
        memmove(cached->ranges, cached->ranges + 1, (JB_CACHE_SPANS - 1) * sizeof(cached->ranges[0]));
        cached->range_count--;
    }
    cached->ranges[cached->range_count].from_ns = from_ns;
    cached->ranges[cached->range_count++].to_ns = to_ns;
    cached->ranges_ns = now_ns;
}

bool jb_cache_heard_range(const struct jb_cached *cached, int64_t now_ns, int64_t from_ns, int64_t to_ns)
{
    bool heard = false;
    for (unsigned i = 0; i < cached->range_count && !heard; i++) {
        heard = cached->ranges[i].from_ns <= from_ns && cached->ranges[i].to_ns >= to_ns;
    }
    return heard && slot_of(cached->ranges_ns) == slot_of(now_ns);
}

int64_t jb_cache_newest_ns(const struct jb_cached *cached, int64_t now_ns)
{
    const struct jb_track *track = &cached->track;
    size_t i = track->count;
    while (i > 0 && (track->points[i - 1].flags & JB_POINT_FORECAST) != 0) {
        i--;
    }
    bool said = i > 0 && track->points[i - 1].fetched_ns == cached->asked_ns &&
                !jb_cache_may_ask(cached, JB_ASK_LATEST, now_ns);
    return said ? track->points[i - 1].end_ns : INT64_MAX;
}

static int try_lock(int fd, uint64_t end_ns)
{
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return -errno;
        }
        if (jb_mono_ns() >= end_ns) {
            return -EWOULDBLOCK;
        }
        const struct timespec pause = {.tv_nsec = TRY_NS};
        nanosleep(&pause, NULL);
    }
    return 0;
}

int jb_cache_lock(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask, uint64_t wait_ns)
{
    char path[PATH_MAX];
    int err = jb_cache_path(folder, provider, ask, ".lock", path, sizeof(path));
    err = err < 0 ? err : jb_mkdir_parents(path, 0700);
    err = err < 0 || jb_cache_is_ours(path) ? err : -EPERM;
    if (err < 0) {
        return err;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0) {
        return -errno;
    }
    err = try_lock(fd, jb_mono_ns() + wait_ns);
    if (err < 0) {
        close(fd);
        return err;
    }
    return fd;
}
