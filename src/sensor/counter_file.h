/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter_file.h - the hot path of every driver whose counter is a text file: one pread, one scan.
 */
#ifndef JB_SENSOR_COUNTER_FILE_H
#define JB_SENSOR_COUNTER_FILE_H

#include <stddef.h>
#include <stdint.h>

/* folder/file into `buffer`; -ENAMETOOLONG, and then an empty text. */
int jb_counter_path(const char *folder, const char *file, char *buffer, size_t size);

/* Open below root, without ever waiting for it: a made-up tree may hold a FIFO. Descriptor or negative errno. */
int jb_counter_open(const char *root, const char *path);

/* The unsigned decimal that is the whole of the file, blanks and newlines at its end aside. -EINVAL: it is not one
 * (empty, negative, cut short inside); -ERANGE: above 2^64; or what pread says. */
int jb_counter_read(int fd, uint64_t *ret);

#endif
