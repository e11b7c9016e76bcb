/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_tree.h - turns one input into a small made-up machine: the input is cut at "\n--\n", and each piece becomes the
 * contents of the next file of a fixed list. A piece that is just "!" leaves its file out; files beyond the last piece
 * are left out too. Then a driver is opened, read, and what it promised is checked.
 */
#ifndef JB_FUZZ_TREE_H
#define JB_FUZZ_TREE_H

#include "hardware/hardware.h"
#include "sensor/sensor.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FUZZ_READINGS 512

static inline void fuzz_expect(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

static inline int fuzz_remove(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static inline void fuzz_clean(void);

/* One root for the whole process; its files are rewritten for every input. */
static inline const char *fuzz_root(void)
{
    static char root[64];
    if (!root[0]) {
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(root, sizeof(root), "%s/jb-fuzz-XXXXXX", folder);
        fuzz_expect(mkdtemp(root) != NULL && atexit(fuzz_clean) == 0, "a folder to work in");
    }
    return root;
}

static inline void fuzz_clean(void)
{
    nftw(fuzz_root(), fuzz_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fuzz_put(const char *file, const uint8_t *data, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s%s", fuzz_root(), file);
    if (!data || (size == 1 && data[0] == '!')) {
        unlink(path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        for (char *slash = path + strlen(fuzz_root()) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
            *slash = '\0';
            mkdir(path, 0700);
            *slash = '/';
        }
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    fuzz_expect(fd >= 0 && write(fd, data, size) == (ssize_t)size, "a file");
    close(fd);
}

static inline void fuzz_make_tree(const char *const *files, size_t count, const uint8_t *data, size_t size)
{
    static const char mark[] = "\n--\n";
    for (size_t i = 0; i < count; i++) {
        if (!data) {
            fuzz_put(files[i], NULL, 0);
            continue;
        }
        const uint8_t *end = memmem(data, size, mark, strlen(mark));
        size_t length = end ? (size_t)(end - data) : size;
        fuzz_put(files[i], data, length);
        size_t used = end ? length + strlen(mark) : size;
        data = end ? data + used : NULL;
        size -= used;
    }
}

static inline void fuzz_check_channels(const struct jb_source *source)
{
    fuzz_expect(source->channel_count >= 0 && source->channel_count <= JB_MAX_CHANNELS, "channels fit");
    for (int i = 0; i < source->channel_count; i++) {
        const struct jb_channel *channel = &source->channels[i];
        fuzz_expect(memchr(channel->id, 0, sizeof(channel->id)) && channel->id[0], "an id that ends");
        fuzz_expect(
            memchr(channel->name, 0, sizeof(channel->name)) && memchr(channel->path, 0, sizeof(channel->path)) &&
                memchr(channel->reason, 0, sizeof(channel->reason)) && memchr(channel->fix, 0, sizeof(channel->fix)) &&
                memchr(channel->note, 0, sizeof(channel->note)),
            "texts that end");
        fuzz_expect(!strpbrk(channel->reason, "\033\n"), "a reason without escapes");
        fuzz_expect(channel->unit_num && channel->unit_den, "a unit");
        fuzz_expect(channel->parent >= -1 && channel->parent < source->channel_count && channel->parent != i,
                    "a parent");
        fuzz_expect(channel->status == JB_OK || channel->reason[0], "a reason for each refusal");
        fuzz_expect(channel->max_power_uw || channel->status != JB_OK, "a believable power");
        for (int k = 0; k < i && channel->status == JB_OK; k++) {
            fuzz_expect(strcmp(channel->id, source->channels[k].id) != 0, "ids that differ");
        }
    }
}

static inline void fuzz_driver(const struct jb_sensor_driver *driver, const struct jb_machine *machine)
{
    static struct jb_channel channels[JB_MAX_CHANNELS];
    static struct jb_reading readings[FUZZ_READINGS];
    struct jb_perf_ops perf;
    jb_perf_ops_init(&perf, fuzz_root());
    struct jb_sensor_env env = {.root = fuzz_root(), .machine = machine, .perf = &perf};
    struct jb_source source = {
        .driver = driver, .env = &env, .channels = channels, .priv = calloc(1, driver->priv_size)};
    fuzz_expect(source.priv != NULL, "memory");
    memset(channels, 0, sizeof(channels));
    int result = driver->open(&source, NULL);
    fuzz_check_channels(&source);
    int usable = 0;
    for (int i = 0; i < source.channel_count; i++) {
        usable += channels[i].status == JB_OK;
    }
    fuzz_expect((result == 0) == (usable > 0), "0 for a channel that can be used, and only then");
    struct jb_sink sink = {.readings = readings, .capacity = FUZZ_READINGS};
    driver->read(&source, &sink);
    fuzz_expect(sink.count == (size_t)usable && sink.dropped == 0, "one reading for each usable channel");
    for (size_t i = 0; i < sink.count; i++) {
        fuzz_expect(readings[i].channel >= 0 && readings[i].channel < source.channel_count &&
                        channels[readings[i].channel].status == JB_OK,
                    "readings of usable channels");
        fuzz_expect(readings[i].t_before_ns <= readings[i].t_after_ns, "time that runs forward");
    }
    int mirror_of[JB_MAX_CHANNELS];
    jb_mirror_detect(&source, mirror_of);
    for (int i = 0; i < source.channel_count; i++) {
        fuzz_expect(mirror_of[i] >= -1 && mirror_of[i] < i, "a mirror of one before it");
    }
    driver->close(&source);
    free(source.priv);
}

#endif
