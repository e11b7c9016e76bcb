/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading where there may be nothing: canary.h. process_vm_readv(2) on ourselves.
 */
#include "probe/canary.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* How many bytes could be read; `size` where the kernel does not say, and then `ret` is left as it was. */
static size_t copy(void *ret, const void *at, size_t size)
{
    struct iovec here = {.iov_base = ret, .iov_len = size};
    struct iovec there = {.iov_len = size};
    memcpy(&there.iov_base, &at, sizeof(at)); /* the call has one type for both ends, and writes to the other */
    int kept = errno;
    ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    int why = errno;
    errno = kept;
    if (got < 0) {
        return why == EFAULT ? 0 : size;
    }
    return (size_t)got;
}

bool canary_readable(const void *at, size_t bytes)
{
    char buffer[64] = {0};
    if (bytes > sizeof(buffer)) {
        bytes = sizeof(buffer);
    }
    return at != NULL && copy(buffer, at, bytes) == bytes;
}

bool canary_string(const void *at)
{
    char buffer[255] = {0};
    if (at == NULL) {
        return false;
    }
    size_t got = copy(buffer, at, sizeof(buffer));
    return got == sizeof(buffer) || memchr(buffer, '\0', got) != NULL;
}
