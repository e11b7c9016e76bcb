/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording.c - see recording.h: roots that record, what may be copied, and copies.
 *
 * Nothing here fails loudly: a recording with a gap is better than a doctor that does not answer, and RECORD.txt tells.
 */
#include "base/recording.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/recording_place.h"
#include "base/scrub.h"
#include "base/series.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
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
    if (getentropy(random, sizeof(random)) < 0) {
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
        "/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/ssl", "/proc/driver/nvidia/version",
        "/proc/keys",  "/proc/kcore"};
    for (size_t i = 0; i < JB_COUNT(never); i++) {
        if (below(path, never[i])) {
            return false;
        }
    }
    if (is_private_process(path) || jb_starts(path, "/etc/joulebook")) {
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

/* ---- copies ---- */

static void put_scrubbed(const struct jb_recording *recording, const struct jb_place *place, const char *path,
                         void *data, size_t length)
{
    if (jb_scrub_file(recording->salt, path, data, length) > 0) {
        jb_recording_note(recording, "changed: %s (what names this one machine or its user is made up)", place->path);
    }
    jb_place_write(place, data, length, 0644);
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

static void put_denied(const struct jb_recording *recording, const struct jb_place *place, int err)
{
    jb_recording_note(recording, "denied: %s: %s (mode 000 here)", place->path, strerror(err));
    jb_place_write(place, "", 0, 0);
}

static void copy_file(const struct jb_recording *recording, const struct jb_place *place, const char *path,
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
        jb_place_write(place, "", 0, 0644);
        return;
    }
    if (length > JB_RECORDING_LIMIT) {
        jb_recording_note(recording, "cut: %s: only the first 1 MiB", place->path);
        length = JB_RECORDING_LIMIT;
    }
    put_scrubbed(recording, place, path, data, (size_t)length);
}

void jb_recording_touch(const struct jb_recording *recording, const char *path, bool content)
{
    char full[PATH_MAX], tidied[PATH_MAX];
    struct stat st;
    bool empty = false;
    if (!jb_place_tidy(path, tidied) || !wanted(recording, tidied) ||
        jb_root_path(recording->base, tidied, full, sizeof(full)) < 0) {
        return;
    }
    int err = stat(full, &st) < 0 ? errno : 0;
    if (err != 0 && !(content && (err == EACCES || err == EPERM))) {
        return;
    }
    JB_CLEANUP(jb_place_finish) struct jb_place place = {.folder = -1};
    if (!jb_place_of(recording, tidied, &place) || (jb_place_is_taken(&place, &empty) && !empty)) {
        return;
    }
    if (err == 0 && S_ISDIR(st.st_mode)) {
        (void)mkdirat(place.folder, place.name, 0755);
    } else if (err == 0 && !S_ISREG(st.st_mode)) {
        jb_recording_note(recording, "left out: %s is a device or a FIFO", place.path);
    } else if (content) {
        copy_file(recording, &place, tidied, full);
    } else if (!empty) {
        jb_place_write(&place, "", 0, 0644);
    }
}

static bool ends(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && memcmp(name + length - tail, suffix, tail) == 0;
}

void jb_recording_list(const struct jb_recording *recording, const char *path)
{
    char full[PATH_MAX], tidied[PATH_MAX];
    if (!jb_place_tidy(path, tidied) || !wanted(recording, tidied) ||
        jb_root_path(recording->base, tidied, full, sizeof(full)) < 0) {
        return;
    }
    JB_CLEANUP(jb_place_finish) struct jb_place place = {.folder = -1};
    DIR *dir = opendir(full);
    int err = dir ? 0 : errno;
    if ((err != 0 && err != EACCES && err != EPERM) || !jb_place_of(recording, tidied, &place)) {
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
        if ((size_t)jb_snprintf(inner, sizeof(inner), "%s/%s", tidied, name) < sizeof(inner)) {
            jb_recording_touch(recording, inner, false);
            left--;
        }
    }
    closedir(dir);
}

void jb_recording_link(const struct jb_recording *recording, const char *path, const char *target)
{
    JB_CLEANUP(jb_place_finish) struct jb_place place = {.folder = -1};
    char text[PATH_MAX], tidied[PATH_MAX];
    if (!jb_place_tidy(path, tidied) || !wanted(recording, tidied) || !jb_place_of(recording, tidied, &place)) {
        return;
    }
    jb_copy(text, sizeof(text), target);
    jb_scrub_text(recording->salt, text, strlen(text));
    jb_place_write_beside(&place, ".link", text, strlen(text));
    jb_recording_touch(recording, tidied, false);
}

void jb_recording_said(const struct jb_recording *recording, const char *path, const char *text)
{
    JB_CLEANUP(jb_place_finish) struct jb_place place = {.folder = -1};
    char tidied[PATH_MAX], line[1024];
    int length = jb_snprintf(line, sizeof(line), "%" PRIu64 " %s\n", jb_mono_ns(), text);
    if (length > 0 && (size_t)length < sizeof(line) && jb_place_tidy(path, tidied) &&
        jb_place_of(recording, tidied, &place)) {
        jb_place_append_beside(&place, ".said", line, (size_t)length, JB_RECORDING_LIMIT);
    }
}

void jb_recording_denied(const struct jb_recording *recording, const char *path, int err)
{
    JB_CLEANUP(jb_place_finish) struct jb_place place = {.folder = -1};
    char tidied[PATH_MAX];
    bool empty;
    if (jb_place_tidy(path, tidied) && wanted_or_perf(recording, tidied) && jb_place_of(recording, tidied, &place) &&
        !jb_place_is_taken(&place, &empty)) {
        put_denied(recording, &place, err < 0 ? -err : err);
    }
}

void jb_recording_moving(const struct jb_recording *recording, const char *path, const void *data, size_t length)
{
    JB_CLEANUP(jb_place_finish) struct jb_place place = {.folder = -1};
    char tidied[PATH_MAX];
    if (!jb_place_tidy(path, tidied) || !wanted_or_perf(recording, tidied) || !jb_place_of(recording, tidied, &place)) {
        return;
    }
    JB_CLEANUP(jb_freep) char *copy = malloc(length + 1);
    if (!copy) {
        return;
    }
    memcpy(copy, data, length);
    put_scrubbed(recording, &place, tidied, copy, length);
    jb_place_write_beside(&place, ".series", tidied, strlen(tidied));
}
