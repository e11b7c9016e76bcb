/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.c - memfd_create(2), F_SEAL_FUTURE_WRITE (Linux 5.1), and the reading of both kinds of counter.
 *
 * The page and not write(2): a sealed file refuses that to us as well, and a store costs no system call.
 */
#include "helper/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

static int make_page(int fd, struct jb_helper_page **ret)
{
    char path[32];
    if (ftruncate(fd, sizeof(**ret)) < 0) {
        return -errno;
    }
    struct jb_helper_page *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        return -errno;
    }
    memcpy(page->magic, JB_HELPER_MAGIC, sizeof(page->magic));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    /* At its end: read(2) then says 0, by which jb_perf_ops knows it from a perf counter. */
    int given = fcntl(fd, F_ADD_SEALS, SEALS) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (given < 0 || lseek(given, 0, SEEK_END) < 0) {
        int error = -errno;
        munmap(page, sizeof(*page));
        if (given >= 0) {
            close(given);
        }
        return error;
    }
    *ret = page;
    return given;
}

int jb_helper_copy_create(struct jb_helper_copy *copy, int raw_fd)
{
    int fd = memfd_create("joulebook", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create("joulebook", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    if (fd < 0) {
        return -errno;
    }
    int given = make_page(fd, &copy->page);
    close(fd);
    if (given >= 0) {
        copy->raw_fd = raw_fd;
    }
    return given;
}

/* A text of digits and a newline from the file's beginning, or what PERF_FORMAT_GROUP says of a group of one. */
static int read_counter(int fd, uint64_t *ret)
{
    union {
        char text[32];
        uint64_t group[4];
    } data;
    ssize_t length = pread(fd, &data, sizeof(data), 0);
    if (length < 0 && errno == ESPIPE) { /* perf counters have no offset */
        length = read(fd, &data, sizeof(data));
        if (length != 2 * sizeof(data.group[0]) || data.group[0] != 1) {
            return length < 0 ? -errno : -ENODATA;
        }
        *ret = data.group[1];
        return 0;
    }
    uint64_t value = 0;
    ssize_t at = 0;
    for (; at < length && data.text[at] >= '0' && data.text[at] <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(data.text[at] - '0'), &value)) {
            return -ERANGE;
        }
    }
    if (length <= 0 || at == 0 || at + 1 != length || data.text[at] != '\n') {
        return length < 0 ? -errno : -EINVAL;
    }
    *ret = value;
    return 0;
}

static uint64_t mono_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Relaxed: in whatever order the stores are seen, the check tells. */
static void publish(struct jb_helper_page *page, uint64_t t_ns, uint64_t value)
{
    atomic_store_explicit((_Atomic uint64_t *)&page->t_ns, t_ns, memory_order_relaxed);
    atomic_store_explicit((_Atomic uint64_t *)&page->value, value, memory_order_relaxed);
    atomic_store_explicit((_Atomic uint64_t *)&page->check, ~(t_ns ^ value), memory_order_relaxed);
}

void jb_helper_copy_renew(struct jb_helper_copy *copy)
{
    uint64_t value = 0;
    uint64_t before_ns = mono_ns();
    int error = read_counter(copy->raw_fd, &value);
    uint64_t after_ns = mono_ns();
    uint64_t late_ns = before_ns % JB_HELPER_PERIOD_NS + (after_ns - before_ns);
    if (error < 0) {
        publish(copy->page, 0, (uint64_t)-error);
    } else if (late_ns <= JB_HELPER_LATE_NS) {
        publish(copy->page, before_ns, value);
    }
}
