/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording.c - see recording.h. Files are written beside and renamed, because lanes may touch one at the same time.
 *
 * Names come from a machine that may be made up: every folder below DIR is opened by name from the one around it and
 * never through a symbolic link, so that nothing is written outside. Nothing here fails loudly: a recording with a gap
 * is better than a doctor that does not answer, and RECORD.txt tells.
 */
#include "base/recording.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/scrub.h"
#include "base/series.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK        '\001'
#define SALT_LENGTH 16
#define MAX_LISTED  4096

int jb_root_record(const char *base, const char *dir, char *buffer, size_t size)
{
    unsigned char random[SALT_LENGTH / 2];
    if (dir[0] == '\0' || strchr(dir, MARK) || (base && strchr(base, MARK))) {
        return -EINVAL;
    }
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return -EIO;
    }
    char salt[SALT_LENGTH + 1];
    for (size_t i = 0; i < sizeof(random); i++) {
        jb_snprintf(salt + 2 * i, 3, "%02x", random[i]);
    }
    int length = jb_snprintf(buffer, size, "%c%s%s%c%s", MARK, salt, dir, MARK, base ? base : "");
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

bool jb_recording_of(const char *root, struct jb_recording *ret)
{
    if (!root || root[0] != MARK || strnlen(root, SALT_LENGTH + 1) <= SALT_LENGTH) {
        return false;
    }
    const char *dir = root + 1 + SALT_LENGTH, *end = strchr(dir, MARK);
    if (!end || (size_t)(end - dir) >= sizeof(ret->dir)) {
        return false;
    }
    memcpy(ret->salt, root + 1, SALT_LENGTH);
    ret->salt[SALT_LENGTH] = '\0';
    memcpy(ret->dir, dir, (size_t)(end - dir));
    ret->dir[end - dir] = '\0';
    ret->base = end[1] ? end + 1 : NULL;
    return true;
}

void jb_recording_note(const struct jb_recording *recording, const char *format, ...)
{
    char path[PATH_MAX], line[512];
    va_list args;
    va_start(args, format);
    (void)jb_vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    jb_sanitise(line);
    size_t length = strlen(line);
    line[length++] = '\n';
    if ((size_t)jb_snprintf(path, sizeof(path), "%s" JB_RECORDING_NOTES, recording->dir) >= sizeof(path)) {
        return;
    }
    JB_CLEANUP(jb_closep) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0) {
        (void)!write(fd, line, length);
    }
}

/* ---- what may be copied ---- */

static bool below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return jb_starts(path, folder) && (path[length] == '/' || path[length] == '\0');
}

/* A process that is not us, or more of us than we need to know: our environment is nobody's business. */
static bool is_private_process(const char *path)
{
    static const char *const ours[] = {"/proc/self/cgroup", "/proc/self/status"};
    if (jb_starts(path, "/proc/") && path[strlen("/proc/")] >= '0' && path[strlen("/proc/")] <= '9') {
        return true;
    }
    for (size_t i = 0; i < JB_COUNT(ours); i++) {
        if (jb_streq(path, ours[i])) {
            return false;
        }
    }
    return jb_starts(path, "/proc/self/") || below(path, "/proc/thread-self");
}

/* `path` is tidy. */
static bool wanted(const struct jb_recording *recording, const char *path)
{
    static const char *const folders[] = {
        "/sys", "/proc", "/etc", "/run/.containerenv", "/run/systemd/container", "/var/lib/nvpmodel", "/.dockerenv"};
    /* NVML cannot be replayed: a tree that said it is there would show the GPUs of whoever replays it. */
    static const char *const never[] = {
        "/etc/joulebook.conf",         "/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/ssl",
        "/proc/driver/nvidia/version", "/proc/keys",  "/proc/kcore"};
    for (size_t i = 0; i < JB_COUNT(never); i++) {
        if (below(path, never[i])) {
            return false;
        }
    }
    if (is_private_process(path)) {
        return false;
    }
    for (size_t i = 0; i < JB_COUNT(folders); i++) {
        if (below(path, folders[i])) {
            return true;
        }
    }
    return recording->base != NULL; /* a made-up machine has seams in places of their own, and in /dev */
}

/* A perf counter has no path on a real machine, but a place in a made-up one. */
static bool wanted_or_perf(const struct jb_recording *recording, const char *path)
{
    return wanted(recording, path) || jb_starts(path, "/perf/");
}

/* The path without empty parts and ".", so that it has but one spelling. False: it has ".." or is no path. */
static bool tidy(const char *path, char ret[PATH_MAX])
{
    size_t to = 0;
    for (const char *at = path + strspn(path, "/"); *at && to < PATH_MAX;) {
        size_t length = strcspn(at, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.') {
            return false;
        }
        if (length != 1 || at[0] != '.') {
            if (length + 2 > PATH_MAX - to) {
                return false;
            }
            ret[to] = '/';
            memcpy(ret + to + 1, at, length);
            to += length + 1;
        }
        at += length;
        at += strspn(at, "/");
    }
    ret[to] = '\0';
    return path[0] == '/' && to > 0;
}

/* ---- places in DIR ---- */

struct place {
    int folder; /* the folder around, open */
    const char *name;
    char path[PATH_MAX]; /* as it is called in DIR */
};

static void place_finish(struct place *place)
{
    jb_closep(&place->folder);
}

static int enter(int folder, const char *name)
{
    if (mkdirat(folder, name, 0755) < 0 && errno != EEXIST) {
        return -1;
    }
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Makes the folders that a tidy path lies in. */
static bool place_of(const struct jb_recording *recording, const char *path, struct place *ret)
{
    jb_copy(ret->path, sizeof(ret->path), path);
    jb_scrub_text(recording->salt, ret->path, strlen(ret->path));
    ret->folder = open(recording->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *at = ret->path + 1;
    for (char *slash; ret->folder >= 0 && (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        *slash = '\0';
        int inner = enter(ret->folder, at);
        *slash = '/';
        close(ret->folder);
        ret->folder = inner;
    }
    ret->name = at;
    return ret->folder >= 0;
}

static bool is_there(const struct place *place, bool *ret_empty)
{
    struct stat st;
    if (fstatat(place->folder, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    *ret_empty = S_ISREG(st.st_mode) && st.st_size == 0 && (st.st_mode & 0777) != 0;
    return true;
}

static void put_file(const struct place *place, const char *name, const void *data, size_t length, unsigned mode)
{
    char part[48];
    jb_snprintf(part, sizeof(part), ".part-%zx", (size_t)(uintptr_t)place); /* on the stack of this thread alone */
    int fd = openat(place->folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return;
    }
    bool whole = write(fd, data, length) == (ssize_t)length && fchmod(fd, mode) == 0;
    close(fd);
    if (!whole || renameat(place->folder, part, place->folder, name) < 0) {
        (void)unlinkat(place->folder, part, 0);
    }
}

static void beside(const struct place *place, const char *suffix, const void *data, size_t length)
{
    char name[NAME_MAX + 1];
    int n = jb_snprintf(name, sizeof(name), "%s%s", place->name, suffix);
    if (n > 0 && (size_t)n < sizeof(name)) {
        put_file(place, name, data, length, 0644);
    }
}

/* ---- copies ---- */

static void put_scrubbed(const struct jb_recording *recording, const struct place *place, const char *path, void *data,
                         size_t length)
{
    if (jb_scrub_file(recording->salt, path, data, length) > 0) {
        jb_recording_note(recording, "changed: %s (what names this one machine or its user is made up)", place->path);
    }
    put_file(place, place->name, data, length, 0644);
}

static ssize_t read_whole(int fd, char *data)
{
    size_t length = 0;
    while (length <= JB_RECORDING_LIMIT) {
        ssize_t n = read(fd, data + length, JB_RECORDING_LIMIT + 1 - length);
        if (n == 0) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        length += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)length;
}

static void put_denied(const struct jb_recording *recording, const struct place *place, int err)
{
    jb_recording_note(recording, "denied: %s: %s (mode 000 here)", place->path, strerror(err));
    put_file(place, place->name, "", 0, 0);
}

static void copy_file(const struct jb_recording *recording, const struct place *place, const char *path,
                      const char *full)
{
    JB_CLEANUP(jb_closep) int fd = open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == EACCES || errno == EPERM) {
            put_denied(recording, place, errno);
        }
        return;
    }
    JB_CLEANUP(jb_freep) char *data = malloc(JB_RECORDING_LIMIT + 1);
    ssize_t length = data ? read_whole(fd, data) : -ENOMEM;
    if (length < 0) {
        jb_recording_note(recording, "unreadable: %s: %s (empty here)", place->path, strerror((int)-length));
        put_file(place, place->name, "", 0, 0644);
        return;
    }
    if (length > JB_RECORDING_LIMIT) {
        jb_recording_note(recording, "cut: %s: only the first 1 MiB", place->path);
        length = JB_RECORDING_LIMIT;
    }
    put_scrubbed(recording, place, path, data, (size_t)length);
}

void jb_recording_touch(const struct jb_recording *recording, const char *asked, bool content)
{
    char full[PATH_MAX], path[PATH_MAX];
    struct stat st;
    bool empty = false;
    if (!tidy(asked, path) || !wanted(recording, path) || jb_root_path(recording->base, path, full, sizeof(full)) < 0) {
        return;
    }
    int err = stat(full, &st) < 0 ? errno : 0;
    if (err != 0 && !(content && (err == EACCES || err == EPERM))) {
        return;
    }
    JB_CLEANUP(place_finish) struct place place = {.folder = -1};
    if (!place_of(recording, path, &place) || (is_there(&place, &empty) && !empty)) {
        return;
    }
    if (err == 0 && S_ISDIR(st.st_mode)) {
        (void)mkdirat(place.folder, place.name, 0755);
    } else if (err == 0 && !S_ISREG(st.st_mode)) {
        jb_recording_note(recording, "left out: %s is a device or a FIFO", place.path);
    } else if (content) {
        copy_file(recording, &place, path, full);
    } else if (!empty) {
        put_file(&place, place.name, "", 0, 0644);
    }
}

static bool ends(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && memcmp(name + length - tail, suffix, tail) == 0;
}

void jb_recording_list(const struct jb_recording *recording, const char *asked)
{
    char full[PATH_MAX], path[PATH_MAX];
    if (!tidy(asked, path) || !wanted(recording, path) || jb_root_path(recording->base, path, full, sizeof(full)) < 0) {
        return;
    }
    JB_CLEANUP(place_finish) struct place place = {.folder = -1};
    DIR *dir = opendir(full);
    int err = dir ? 0 : errno;
    if ((err != 0 && err != EACCES && err != EPERM) || !place_of(recording, path, &place)) {
        if (dir) {
            closedir(dir);
        }
        return;
    }
    (void)mkdirat(place.folder, place.name, err == 0 ? 0755 : 0);
    if (!dir) {
        jb_recording_note(recording, "denied: %s: %s (mode 000 here)", place.path, strerror(err));
        return;
    }
    int left = MAX_LISTED;
    for (struct dirent *entry; left > 0 && (entry = readdir(dir)) != NULL;) {
        char inner[PATH_MAX];
        const char *name = entry->d_name;
        if (jb_streq(name, ".") || jb_streq(name, "..") || ends(name, ".series") || ends(name, ".link")) {
            continue;
        }
        if ((size_t)jb_snprintf(inner, sizeof(inner), "%s/%s", path, name) < sizeof(inner)) {
            jb_recording_touch(recording, inner, false);
            left--;
        }
    }
    closedir(dir);
}

void jb_recording_link(const struct jb_recording *recording, const char *asked, const char *target)
{
    JB_CLEANUP(place_finish) struct place place = {.folder = -1};
    char text[PATH_MAX], path[PATH_MAX];
    if (!tidy(asked, path) || !wanted(recording, path) || !place_of(recording, path, &place)) {
        return;
    }
    jb_copy(text, sizeof(text), target);
    jb_scrub_text(recording->salt, text, strlen(text));
    beside(&place, ".link", text, strlen(text));
    jb_recording_touch(recording, path, false);
}

void jb_recording_denied(const struct jb_recording *recording, const char *asked, int err)
{
    JB_CLEANUP(place_finish) struct place place = {.folder = -1};
    char path[PATH_MAX];
    bool empty;
    if (tidy(asked, path) && wanted_or_perf(recording, path) && place_of(recording, path, &place) &&
        !is_there(&place, &empty)) {
        put_denied(recording, &place, err < 0 ? -err : err);
    }
}

void jb_recording_moving(const struct jb_recording *recording, const char *asked, const void *data, size_t length)
{
    JB_CLEANUP(place_finish) struct place place = {.folder = -1};
    char path[PATH_MAX];
    if (!tidy(asked, path) || !wanted_or_perf(recording, path) || !place_of(recording, path, &place)) {
        return;
    }
    JB_CLEANUP(jb_freep) char *copy = malloc(length + 1);
    if (!copy) {
        return;
    }
    memcpy(copy, data, length);
    put_scrubbed(recording, &place, path, copy, length);
    beside(&place, ".series", path, strlen(path));
}
