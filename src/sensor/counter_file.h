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

/* The same for the first time, when a failure would cost the whole run: a file that somebody is just writing anew is
 * given 50 ms to be whole. */
int jb_counter_read_first(int fd, uint64_t *ret);

/* Where a made-up tree put a new file in the place of the one that fd has open, let fd be the new one. Sysfs never
 * does: call it only for counters that stand still, or seldom. */
void jb_counter_renew(int fd);

#endif
