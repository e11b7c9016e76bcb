/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.h - what most users get in the place of a raw counter: a page that the helper renews 20 times a second.
 *
 * Raw counters tell power by the millisecond, which is enough to learn other programs' secrets (PLATYPUS,
 * CVE-2020-8694; docs/security.md). A copy is a memfd whose seals let nobody write it, change its size or map it for
 * writing: the helper's own mapping, made before, is the only way in.
 *
 * Renewals are at the multiples of 50 ms of CLOCK_MONOTONIC, the same moments in every helper, and a value that was
 * read more than 5 ms behind one is thrown away. So neither many helpers, nor opening again and again, nor stopping a
 * helper and letting it go on at will shows more than one such moment every 50 ms. For the same reason a new copy
 * holds nothing until the next moment.
 */
#ifndef JB_HELPER_COPY_H
#define JB_HELPER_COPY_H

#include <stdint.h>

#define JB_HELPER_PERIOD_NS UINT64_C(50000000)
#define JB_HELPER_LATE_NS   UINT64_C(5000000)
#define JB_HELPER_MAGIC     "JBCOPY1\n"

/*
 * What the copy holds; src/sensor/privileged.c reads it. A reader may see some fields of one renewal and some of the
 * next: it believes what it read only when check is ~(t_ns ^ value). t_ns is when the counter was read,
 * CLOCK_MONOTONIC, so that a helper that is gone is noticed; 0: it could not be read, and value is the errno.
 */
struct jb_helper_page {
    char magic[8];
    uint64_t t_ns, value, check;
};

struct jb_helper_copy {
    struct jb_helper_page *page;
    int raw_fd;
};

/* The descriptor to give away, for reading and at its end, or a negative errno. On success raw_fd is the copy's. */
int jb_helper_copy_create(struct jb_helper_copy *copy, int raw_fd);

/* Read the counter and renew the copy, if it is the time to. */
void jb_helper_copy_renew(struct jb_helper_copy *copy);

#endif
