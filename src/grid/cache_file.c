/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache_file.c - the cache's files: JSON, one for each provider, place and factor.
 *
 *     {"version": 2, "provider": "ukgrid", "who": "0a1b2c3d", "asked_ns": 0, "forecast_asked_ns": 0, "failed_ns": 0,
 *      "retry_ns": 0, "failures": 0, "error": "", "ranges_ns": 0, "ranges": [[from_ns, to_ns]],
 *      "points": [[start_ns, end_ns, g_per_kwh, rel_error, flags, fetched_ns]]}
 *
 * Points are in order. A file is hostile: all is checked, and what is not as we write it counts as no file.
 */
#include "grid/cache_file.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/ident.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION     2
#define FILE_LIMIT  (2 * 1024 * 1024) /* 8 days of 5 minutes are 0.2 MB */
#define POINTS_MAX  20000
#define ENOUGH_G    1e5                                /* engineering bound: a hundred times coal */
#define AHEAD_NS    (5 * 60 * (int64_t)JB_NS_PER_S)    /* by so much may clocks of two machines with one home differ */
#define PATIENCE_NS (25 * 3600 * (int64_t)JB_NS_PER_S) /* a day's back-off, and a little */
#define ALL_FLAGS   (JB_POINT_ESTIMATED | JB_POINT_FORECAST | JB_POINT_DIRECT)

void jb_cached_finish(struct jb_cached *cached)
{
    jb_track_finish(&cached->track);
    *cached = (struct jb_cached){0};
}

int jb_cache_path(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask, const char *end,
                  char *buffer, size_t size)
{
    if (folder == NULL || folder[0] == '\0') {
        return -ENOENT;
    }
    char name[128];
    jb_snprintf(name, sizeof(name), "%s-%s-%s", provider->name, ask->zone[0] != '\0' ? ask->zone : "world",
                ask->direct ? "direct" : "lifecycle");
    for (char *c = name; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-';
        *c = plain ? *c : '_';
    }
    int length = jb_snprintf(buffer, size, "%s/%s%s", folder, name, end);
    return length > 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}

static bool is_safe(const char *path, bool ours)
{
    struct stat st;
    bool open_to_all = stat(path, &st) < 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    return ours ? !open_to_all && st.st_uid == geteuid()
                : (!open_to_all || (st.st_mode & S_ISVTX) != 0) && (st.st_uid == geteuid() || st.st_uid == 0);
}

bool jb_cache_is_ours(const char *path)
{
    char folder[PATH_MAX];
    for (int up = 0; up < 2; up++) {
        char *slash = jb_copy(folder, sizeof(folder), up == 0 ? path : folder) ? strrchr(folder, '/') : NULL;
        if (slash == NULL || slash == folder) {
            return up > 0;
        }
        *slash = '\0';
        if (!is_safe(folder, up == 0)) {
            return false;
        }
    }
    return true;
}

void jb_cache_who(const struct jb_provider *provider, const struct jb_ask *ask, char ret[JB_CACHE_WHO])
{
    const char *parts[] = {provider->name,    ask->zone,        ask->access.url,
                           ask->access.token, ask->access.user, ask->access.region};
    char hash[JB_SHA256_TEXT] = "";
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    for (size_t i = 0; i < JB_COUNT(parts); i++) {
        jb_buf_puts(&text, parts[i] != NULL ? parts[i] : "");
        jb_buf_add(&text, "", 1);
    }
    jb_buf_printf(&text, "%d %.4f %.4f", ask->direct, ask->latitude, ask->longitude);
    jb_sha256_hex(text.data, text.length, hash);
    jb_copy(ret, JB_CACHE_WHO, hash);
    if (text.data != NULL) {
        explicit_bzero(text.data, text.length);
    }
}

static void write_error(const char *error, struct jb_buf *buf)
{
    json_t *text = json_string(error);
    char *quoted = json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    jb_buf_puts(buf, quoted != NULL ? quoted : "\"\""); /* NULL: no UTF-8, or no memory */
    free(quoted);
    json_decref(text);
}

void jb_cache_write(const struct jb_provider *provider, const char *who, const struct jb_cached *cached,
                    struct jb_buf *buf)
{
    jb_buf_printf(buf,
                  "{\"version\": %d, \"provider\": \"%s\", \"who\": \"%s\", \"asked_ns\": %" PRId64
                  ", \"forecast_asked_ns\": %" PRId64 ", \"failed_ns\": %" PRId64 ", \"retry_ns\": %" PRId64
                  ", \"failures\": %u, \"error\": ",
                  VERSION, provider->name, who, cached->asked_ns, cached->forecast_asked_ns, cached->failed_ns,
                  cached->retry_ns, cached->failures);
    write_error(cached->error, buf);
    jb_buf_printf(buf, ", \"ranges_ns\": %" PRId64 ", \"ranges\": [", cached->ranges_ns);
    for (unsigned i = 0; i < cached->range_count; i++) {
        jb_buf_printf(buf, "%s[%" PRId64 ", %" PRId64 "]", i > 0 ? ", " : "", cached->ranges[i].from_ns,
                      cached->ranges[i].to_ns);
    }
    jb_buf_puts(buf, "], \"points\": [");
    for (size_t i = 0; i < cached->track.count; i++) {
        const struct jb_point *point = &cached->track.points[i];
        jb_buf_printf(buf, "%s\n[%" PRId64 ", %" PRId64 ", %.17g, %.9g, %u, %" PRId64 "]", i > 0 ? "," : "",
                      point->start_ns, point->end_ns, point->g_per_kwh, point->rel_error, point->flags,
                      point->fetched_ns);
    }
    jb_buf_puts(buf, "]}\n");
}

static bool take_time(const json_t *value, int64_t *ret)
{
    *ret = json_integer_value(value);
    return json_is_integer(value) && *ret >= 0;
}

static bool take_text(const json_t *value, const char *wanted)
{
    return json_is_string(value) && strcmp(json_string_value(value), wanted) == 0;
}

static bool take_point(const json_t *row, struct jb_point *ret)
{
    if (!json_is_array(row) || json_array_size(row) != 6) {
        return false;
    }
    const json_t *g = json_array_get(row, 2), *error = json_array_get(row, 3), *flags = json_array_get(row, 4);
    int64_t bits = 0;
    if (!take_time(json_array_get(row, 0), &ret->start_ns) || !take_time(json_array_get(row, 1), &ret->end_ns) ||
        !take_time(json_array_get(row, 5), &ret->fetched_ns) || !take_time(flags, &bits) || !json_is_number(g) ||
        !json_is_number(error)) {
        return false;
    }
    ret->g_per_kwh = json_number_value(g);
    ret->rel_error = json_number_value(error);
    ret->flags = (unsigned)(bits & ALL_FLAGS);
    return (bits & ~(int64_t)ALL_FLAGS) == 0 && ret->start_ns < ret->end_ns && fabs(ret->g_per_kwh) <= ENOUGH_G &&
           ret->rel_error >= 0 && ret->rel_error <= ENOUGH_G;
}

static int take_points(const json_t *rows, const struct jb_provider *provider, struct jb_track *track)
{
    int64_t last_ns = 0;
    if (!json_is_array(rows) || json_array_size(rows) > POINTS_MAX) {
        return -EBADMSG;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct jb_point point = {.provider = provider};
        if (!take_point(json_array_get(rows, i), &point) || point.start_ns < last_ns) {
            return -EBADMSG;
        }
        last_ns = point.end_ns;
        int err = jb_track_put(track, &point);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static bool take_ranges(const json_t *rows, struct jb_cached *cached)
{
    if (!json_is_array(rows) || json_array_size(rows) > JB_CACHE_SPANS) {
        return false;
    }
    cached->range_count = (unsigned)json_array_size(rows);
    for (unsigned i = 0; i < cached->range_count; i++) {
        const json_t *row = json_array_get(rows, i);
        if (json_array_size(row) != 2 || !take_time(json_array_get(row, 0), &cached->ranges[i].from_ns) ||
            !take_time(json_array_get(row, 1), &cached->ranges[i].to_ns)) {
            return false;
        }
    }
    return true;
}

static int take_all(const json_t *root, const struct jb_provider *provider, const char *who, struct jb_cached *cached)
{
    int64_t failures = 0;
    const json_t *error = json_object_get(root, "error");
    if (json_integer_value(json_object_get(root, "version")) != VERSION ||
        !take_text(json_object_get(root, "provider"), provider->name) ||
        !take_text(json_object_get(root, "who"), who) || !json_is_string(error) ||
        !take_time(json_object_get(root, "asked_ns"), &cached->asked_ns) ||
        !take_time(json_object_get(root, "forecast_asked_ns"), &cached->forecast_asked_ns) ||
        !take_time(json_object_get(root, "failed_ns"), &cached->failed_ns) ||
        !take_time(json_object_get(root, "retry_ns"), &cached->retry_ns) ||
        !take_time(json_object_get(root, "failures"), &failures) ||
        !take_time(json_object_get(root, "ranges_ns"), &cached->ranges_ns) ||
        !take_ranges(json_object_get(root, "ranges"), cached)) {
        return -EBADMSG;
    }
    cached->failures = failures < UINT_MAX ? (unsigned)failures : UINT_MAX;
    jb_copy(cached->error, sizeof(cached->error), json_string_value(error));
    jb_sanitise(cached->error);
    return take_points(json_object_get(root, "points"), provider, &cached->track);
}

int jb_cache_parse(const char *text, size_t length, const struct jb_provider *provider, const char *who,
                   struct jb_cached *ret)
{
    struct jb_cached cached = {.failures = 0};
    json_t *root = json_loadb(text, length, 0, NULL);
    int err = root != NULL ? take_all(root, provider, who, &cached) : -EBADMSG;
    json_decref(root);
    if (err < 0) {
        jb_cached_finish(&cached);
        return err;
    }
    *ret = cached;
    return 0;
}

bool jb_cache_bound(struct jb_cached *cached, int64_t now_ns)
{
    const int64_t latest_ns = now_ns + PATIENCE_NS;
    if (cached->asked_ns > latest_ns || cached->forecast_asked_ns > latest_ns || cached->failed_ns > latest_ns ||
        cached->retry_ns > latest_ns || cached->ranges_ns > latest_ns) {
        return false;
    }
    struct jb_track *track = &cached->track;
    jb_track_cut(track, now_ns - JB_CACHE_KEEP_NS, now_ns + JB_CACHE_AHEAD);
    size_t kept = 0;
    for (size_t i = 0; i < track->count; i++) {
        if (track->points[i].fetched_ns <= now_ns + AHEAD_NS) {
            track->points[kept++] = track->points[i];
        }
    }
    track->count = kept;
    return true;
}

int jb_cache_load(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask,
                  struct jb_cached *ret)
{
    char path[PATH_MAX], who[JB_CACHE_WHO];
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length = 0;
    struct jb_cached cached = {.failures = 0};
    *ret = cached;
    int err = jb_cache_path(folder, provider, ask, ".json", path, sizeof(path));
    err = err < 0 || !jb_cache_is_ours(path) ? -ENOENT : jb_read_all(path, FILE_LIMIT, &text, &length, NULL);
    if (err < 0) {
        return -ENOENT;
    }
    jb_cache_who(provider, ask, who);
    err = jb_cache_parse(text, length, provider, who, &cached);
    if (err < 0 || !jb_cache_bound(&cached, ask->now_ns)) {
        jb_cached_finish(&cached);
        return -ENOENT;
    }
    *ret = cached;
    return 0;
}

int jb_cache_save(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask, int64_t now_ns,
                  const struct jb_cached *cached, struct jb_diag *diag)
{
    char path[PATH_MAX], who[JB_CACHE_WHO];
    struct jb_cached kept = *cached;
    kept.track = (struct jb_track){0};
    int err = jb_cache_path(folder, provider, ask, ".json", path, sizeof(path));
    err = err < 0 ? err : jb_track_copy(&kept.track, &cached->track);
    if (err < 0) {
        return jb_fail(diag, err, "cannot keep what %s said: %s", provider->name, strerror(-err));
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    if (!jb_cache_bound(&kept, now_ns)) {
        err = -EINVAL;
    } else if (kept.track.count > POINTS_MAX) { /* the newest are of use the longest */
        size_t many = kept.track.count - POINTS_MAX;
        jb_track_cut(&kept.track, kept.track.points[many].start_ns, INT64_MAX);
    }
    jb_cache_who(provider, ask, who);
    jb_cache_write(provider, who, &kept, &text);
    jb_track_finish(&kept.track);
    err = err < 0 ? err : text.failed ? -ENOMEM : jb_mkdir_parents(path, 0700);
    err = err < 0 || jb_cache_is_ours(path) ? err : -EPERM;
    if (err < 0) {
        return jb_fail(diag, err, "cannot write %s: %s", path, strerror(-err));
    }
    return jb_write_atomic(path, text.data, text.length, 0600, diag);
}
