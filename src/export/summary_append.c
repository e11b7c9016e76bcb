/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Append one summary row to a file that many runs share.
 *
 * Two runs that end at once do not interleave: the file is locked (flock), its header read, and header and row leave in
 * one write(2) at its end. A write that fails half-way is cut off again. A file with another header is somebody else's,
 * or from a joulebook with other columns: it is left alone and "<name>-2.csv", "-3", ... is used instead.
 *
 * Odd: the lock is waited for 2 s at most, so that a program that sits on it cannot keep a run from ending; where the
 * file system has no locks the single write at the end has to do. A pipe or a device has no header to compare and
 * always gets one.
 */
#include "export/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "export/export.h"

#define LOCK_WAIT_NS    (2 * JB_NS_PER_S)
#define LOCK_RETRY_NS   (10 * JB_NS_PER_MS)
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define MAX_NUMBER      999

static int lock(int fd)
{
    uint64_t give_up_ns = jb_mono_ns() + LOCK_WAIT_NS;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EOPNOTSUPP || errno == ENOLCK || errno == ENOSYS || errno == EINVAL) {
            return 0;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return -errno;
        }
        if (jb_mono_ns() > give_up_ns) {
            return -ETIMEDOUT;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOCK_RETRY_NS}, NULL);
    }
    return 0;
}

static int read_at(int fd, char *to, size_t length, off_t offset)
{
    while (length > 0) {
        ssize_t n = pread(fd, to, length, offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : -ENODATA;
        }
        to += n;
        length -= (size_t)n;
        offset += n;
    }
    return 0;
}

/* Does the text begin with our header? A byte order mark and CR LF, which spreadsheets leave behind, do not matter. */
static bool begins_with(const char *text, const struct jb_buf *header)
{
    size_t names = header->length - 1; /* without the newline */
    text += jb_starts(text, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;
    if (strncmp(text, header->data, names) != 0) {
        return false;
    }
    text += names;
    return *text == '\n' || *text == '\0' || (text[0] == '\r' && text[1] == '\n');
}

/* 1: the file has our header, 0: another, or a negative errno. */
static int header_matches(int fd, const struct jb_buf *header, off_t file_size)
{
    size_t length = header->length + strlen(BYTE_ORDER_MARK) + strlen("\r\n");
    length = file_size < (off_t)length ? (size_t)file_size : length;
    char *start = calloc(1, length + 1);
    if (!start) {
        return -ENOMEM;
    }
    int r = read_at(fd, start, length, 0);
    if (r == 0) {
        r = begins_with(start, header);
    }
    free(start);
    return r == -ENODATA ? 0 : r; /* cut short by somebody while we read: not ours to mend */
}

/* One write(2); what it could not finish is taken back. */
static int write_whole(int fd, const struct jb_buf *text, off_t old_size, bool regular)
{
    ssize_t n;
    do {
        n = write(fd, text->data, text->length);
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)text->length) {
        return 0;
    }
    int r = n < 0 ? -errno : -ENOSPC;
    if (n > 0 && regular && ftruncate(fd, old_size) < 0) {
        r = -errno;
    }
    return r;
}

/* 0, -EEXIST when the file has another header, or another negative errno. */
static int append(const char *path, const struct jb_buf *header, const struct jb_buf *row)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    JB_CLEANUP(jb_closep) int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    struct stat st;
    if (fd < 0) {
        return -errno;
    }
    int r = lock(fd);
    if (r < 0) {
        return r;
    }
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    bool regular = S_ISREG(st.st_mode);
    if (!regular || st.st_size == 0) {
        jb_buf_add(&text, header->data, header->length);
    } else {
        char last = '\n';
        r = header_matches(fd, header, st.st_size);
        if (r <= 0) {
            return r < 0 ? r : -EEXIST;
        }
        r = read_at(fd, &last, 1, st.st_size - 1);
        if (r < 0) {
            return r;
        }
        jb_buf_puts(&text, last == '\n' ? "" : "\n"); /* an editor took the last newline */
    }
    jb_buf_add(&text, row->data, row->length);
    return text.failed ? -ENOMEM : write_whole(fd, &text, st.st_size, regular);
}

/* "runs.csv" and 2 make "runs-2.csv". */
static int other_name(const char *path, int number, char *ret, size_t size)
{
    size_t length = strlen(path);
    bool suffix = length > 4 && jb_ieq(path + length - 4, ".csv");
    int stem = (int)(suffix ? length - 4 : length);
    int n = snprintf(ret, size, "%.*s-%d.csv", stem, path, number);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int jb_summary_append(const struct jb_record *record, const char *path, char *ret_other, size_t size,
                      struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf header = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf row = {0};
    char other[4096];
    jb_summary_header(&header);
    jb_summary_row(&row, record);
    if (header.failed || row.failed) {
        return jb_fail(diag, -ENOMEM, "cannot write %s: %s", path, strerror(ENOMEM));
    }
    int r = append(path, &header, &row);
    if (r != -EEXIST) {
        return r < 0 ? jb_fail(diag, r, "cannot append to %s: %s", path, strerror(-r)) : 0;
    }
    for (int number = 2; number <= MAX_NUMBER; number++) {
        r = other_name(path, number, other, size < sizeof(other) ? size : sizeof(other));
        if (r == 0) {
            r = append(other, &header, &row);
        }
        if (r == 0) {
            jb_copy(ret_other, size, other);
            jb_fail(diag, -EEXIST, "%s has other columns and was not touched: the row went to %s", path, other);
            return -EEXIST;
        }
        if (r != -EEXIST) {
            break;
        }
    }
    jb_fail(diag, r == -EEXIST ? -EMFILE : r, "%s has other columns, and no file beside it could take the row: %s",
            path, r == -EEXIST ? "all names are taken" : strerror(-r));
    jb_fix(diag, "name another file with --csv");
    return r == -EEXIST ? -EMFILE : r;
}
