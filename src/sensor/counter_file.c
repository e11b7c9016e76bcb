/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter_file.c - counters that are text files, as in sysfs.
 *
 * The descriptor stays open: a pread costs a seventh of open, read and close (sensors.md, finding 6). sysfs makes the
 * value anew at each read from offset 0.
 */
#include "sensor/counter_file.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int jb_counter_path(const char *folder, const char *file, char *buffer, size_t size)
{
    int length = snprintf(buffer, size, "%s/%s", folder, file);
    if (length < 0 || (size_t)length >= size) {
        buffer[0] = '\0';
        return -ENAMETOOLONG;
    }
    return 0;
}

int jb_counter_open(const char *root, const char *path)
{
    return jb_root_open(root, path, O_NONBLOCK | O_NOCTTY);
}

int jb_counter_read(int fd, uint64_t *ret)
{
    char text[64];
    ssize_t length = jb_pread_text(fd, text, sizeof(text));
    if (length < 0) {
        return (int)length;
    }
    uint64_t value;
    const char *end;
    int err = jb_scan_u64(text, (size_t)length, &value, &end);
    if (err < 0) {
        return err;
    }
    for (; end < text + length; end++) {
        if (*end != '\n' && *end != ' ') {
            return -EINVAL;
        }
    }
    *ret = value;
    return 0;
}
