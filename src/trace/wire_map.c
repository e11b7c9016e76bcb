/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping the run's file, for the writer and for a second reader (wire.h).
 *
 * The path comes from the environment, and who opens a FIFO, a device or a file of somebody else may do harm by that
 * alone. So its form is looked at, then what it leads to, and only then is it opened; and only a memfd passes: no other
 * file knows seals. Part of libraries that are loaded into other programs: libc alone, and of
 * it what every libc has (lseek() rather than fstat(), whose symbol changed).
 */
#include "trace/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int check_file(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return -EBADMSG;
    }
    return lseek(fd, 0, SEEK_END) == (off_t)JB_WIRE_FILE_BYTES ? 0 : -EPROTO;
}

static int check_header(const struct jb_wire_header *header)
{
    if (header->magic != JB_WIRE_MAGIC) {
        return -EBADMSG;
    }
    int same = header->version == JB_WIRE_VERSION && header->slots == JB_WIRE_SLOTS &&
               header->events == JB_WIRE_EVENTS && header->names == JB_WIRE_NAMES &&
               header->name_bytes == JB_WIRE_NAME_BYTES && header->slots_at == JB_WIRE_SLOTS_AT &&
               header->names_at == JB_WIRE_NAMES_AT && header->name_bytes_at == JB_WIRE_NAME_BYTES_AT &&
               header->rings_at == JB_WIRE_RINGS_AT && header->file_bytes == JB_WIRE_FILE_BYTES;
    return same ? 0 : -EPROTO;
}

static int map_fd(int fd, int writable, uint64_t extra, void **ret_base)
{
    int err = check_file(fd);
    if (err < 0) {
        return err;
    }
    size_t size = JB_WIRE_FILE_BYTES + extra;
    char *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return -ENOMEM;
    }
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    if (mmap(base, JB_WIRE_FILE_BYTES, protection, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        err = -errno;
    } else {
        err = check_header(jb_wire_header(base));
    }
    if (err < 0) {
        munmap(base, size);
        return err;
    }
    /* A core file of the measured program need not hold what others wrote; where that is refused it does. */
    (void)madvise(base, JB_WIRE_FILE_BYTES, MADV_DONTDUMP);
    *ret_base = base;
    return 0;
}

static const char *after_digits(const char *text)
{
    while (*text >= '0' && *text <= '9') {
        text++;
    }
    return text;
}

/* "/proc/1234/fd/5", or "/proc/self/fd/5", and no way out of there. */
static int is_descriptor(const char *place)
{
    if (strncmp(place, "/proc/", 6) != 0) {
        return 0;
    }
    const char *pid = place + 6;
    const char *rest = strncmp(pid, "self", 4) == 0 ? pid + 4 : after_digits(pid);
    if (rest == pid || strncmp(rest, "/fd/", 4) != 0) {
        return 0;
    }
    const char *fd = rest + 4;
    return *fd != '\0' && *after_digits(fd) == '\0';
}

static int leads_to_memory(const char *place)
{
    static const char memory[] = "/memfd:";
    char target[sizeof(memory) - 1];
    ssize_t length = readlink(place, target, sizeof(target));
    if (length < 0) {
        return -errno;
    }
    return (size_t)length == sizeof(target) && memcmp(target, memory, sizeof(target)) == 0 ? 0 : -EBADMSG;
}

int jb_wire_map(const char *place, int writable, uint64_t extra, void **ret_base)
{
    if (!is_descriptor(place)) {
        return -EBADMSG;
    }
    int err = leads_to_memory(place);
    if (err < 0) {
        return err;
    }
    int fd = open(place, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    err = map_fd(fd, writable, extra, ret_base);
    close(fd);
    return err;
}
