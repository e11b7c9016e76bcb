/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileged_copy.c - the reader's side of src/helper/copy.h, where the layout is told.
 *
 * The helper writes while we read. A reading of which the parts belong to two renewals does not pass the check, and is
 * read again.
 */
#include "sensor/privileged.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAGIC         "JBCOPY1\n"
#define STALE_NS      JB_NS_PER_S
#define TORN_LOOKS    100
#define FIRST_WAIT_NS (500 * JB_NS_PER_MS) /* the next renewal, and more where the machine is busy */
#define FIRST_LOOK_NS JB_NS_PER_MS

struct page {
    char magic[8];
    uint64_t t_ns, value, check;
};

bool jb_privileged_is_copy(const void *bytes, size_t length)
{
    return length >= sizeof(struct page) && memcmp(bytes, MAGIC, strlen(MAGIC)) == 0;
}

/* A page that agrees with itself; -EINPROGRESS: no renewal yet; -EAGAIN: none that could be read whole. */
static int read_page(int fd, struct page *ret)
{
    for (int look = 0; look < TORN_LOOKS; look++) {
        ssize_t length = pread(fd, ret, sizeof(*ret), 0);
        if (length < 0 && errno != EINTR) {
            return errno == ESPIPE ? -ENODATA : -errno;
        }
        if (length >= 0 && !jb_privileged_is_copy(ret, (size_t)length)) {
            return -ENODATA;
        }
        if (length >= 0 && ret->check == ~(ret->t_ns ^ ret->value)) {
            return 0;
        }
        if (length >= 0 && (ret->t_ns | ret->value | ret->check) == 0) {
            return -EINPROGRESS;
        }
    }
    return -EAGAIN;
}

int jb_privileged_read(int fd, uint64_t *ret)
{
    struct page page;
    uint64_t begin_ns = jb_mono_ns();
    int error = read_page(fd, &page);

    while (error == -EINPROGRESS && jb_mono_ns() - begin_ns < FIRST_WAIT_NS) {
        struct timespec pause = {.tv_nsec = FIRST_LOOK_NS};
        nanosleep(&pause, NULL);
        error = read_page(fd, &page);
    }
    if (error < 0) {
        return error;
    }
    if (page.t_ns == 0) {
        return page.value > 0 && page.value <= 4095 ? -(int)page.value : -EIO;
    }
    uint64_t now_ns = jb_mono_ns();
    if (now_ns > page.t_ns && now_ns - page.t_ns > STALE_NS) {
        return -ESTALE;
    }
    *ret = page.value;
    return 0;
}
