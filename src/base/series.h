/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.h - files that change over time, in a machine that is made of files.
 *
 * Beside PATH there may be PATH.series, a text that says what PATH holds, and when:
 *
 *     # joulebook series 1 linear every=1 wrap=262143328851
 *     0 5000000000
 *     10000 6000000000
 *
 * The first line may say, in any order:
 *  - linear: integers are interpolated between the lines; else a line holds until the next one
 *  - every=MS: the value changes only each MS milliseconds
 *  - wrap=N: integers are modulo N; one that falls from line to line has come round
 *  - hex: contents are bytes, two digits each; not with linear or wrap
 *  - add=OFFSET:BYTES:PER_SECOND, with hex: that little-endian unsigned field grows by so much a second. Repeatable
 *  - round=OFFSET:BYTES:AMOUNT, with hex: after the last line all begins again, with that field so much larger
 *  - then=again, then=stay: what comes after the last line, where it is not what is said below
 *
 * Further lines are "<milliseconds since the file was opened> <content>", with times that rise; empty lines and lines
 * with a '#' in front are passed over. A content is the file without its last newline; \n and \\ stand for a newline
 * and a backslash, !EIO for a read that fails so (and \! for a content that begins with '!'). Before the first line its
 * content holds.
 *
 * After the last line the whole begins again. Integers that never decrease begin on top of what they had reached, so
 * that they go on at their mean rate; where there is none, the last line first holds for as long as lines do on the
 * average. Bytes stay as they were last, unless `round` is given; only `add` goes on. An integer is a run of up to 20
 * decimal digits with no letter, digit or point next to it; what is not alike in all lines is never interpolated.
 *
 * A series is hostile input: 1 MiB at most, -EINVAL unless all of it is as said here.
 */
#ifndef JB_BASE_SERIES_H
#define JB_BASE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define JB_SERIES_MAGIC "# joulebook series "
#define JB_SERIES_LIMIT (1024 * 1024)
#define JB_SERIES_ADDS  8 /* of one file */

/* What the file holds so long after it was opened: at most `size` bytes, as pread would give them, not terminated. The
 * length, or a negative errno: -EINVAL when the text is no series, or the one that the series says. Pure. */
ssize_t jb_series_at(const char *text, size_t length, uint64_t elapsed_ns, void *buffer, size_t size);

/* As jb_root_open(); below a root PATH.series is opened instead where there is one, and begins to play. */
int jb_series_open(const char *root, const char *path, int flags);

/* Whether what was read from offset 0 of `fd` is not the file, but a series of it. One comparison when it is not. */
bool jb_series_begins(int fd, const void *bytes, size_t length);

/* What the series that `fd` has open says now. Allocates: only machines made of files pay. -EFBIG. */
ssize_t jb_series_read(int fd, void *buffer, size_t size);

/* As jb_pread_text(), of a file that may be a series. */
ssize_t jb_series_pread_text(int fd, char *buffer, size_t size);

/* Let the series of `to` play on from where that of `from` is. */
void jb_series_follow(int from, int to);

#endif
