/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter_file.h - the hot path of every driver whose values are files: one pread, one scan.
 *
 * Every file whose value changes is opened and read through here, so that three things hold for every driver without
 * its knowing: a file that we may not open is asked for from the privileged helper; `doctor --record` knows which files
 * to record over time; and in a recorded tree the file's series is played (sensor/series.h).
 */
#ifndef JB_SENSOR_COUNTER_FILE_H
#define JB_SENSOR_COUNTER_FILE_H

#include "sensor/sensor.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* folder/file into `buffer`; -ENAMETOOLONG, and then an empty text. */
int jb_counter_path(const char *folder, const char *file, char *buffer, size_t size);

/* Open below env->root, without ever waiting for it: a made-up tree may hold a FIFO. Descriptor or negative errno. */
int jb_counter_open(const struct jb_sensor_env *env, const char *path);

/* The unsigned decimal that is the whole of the file, blanks and newlines at its end aside. -EINVAL: it is not one
 * (empty, negative, cut short inside); -ERANGE: above 2^64; or what pread says. */
int jb_counter_read(int fd, uint64_t *ret);

/* A decimal that may be negative (a current that flows back). */
int jb_counter_read_signed(int fd, int64_t *ret);

/* The file as it is: at most `size` bytes from its beginning; the length or a negative errno. */
ssize_t jb_counter_read_blob(int fd, void *buffer, size_t size);

/* The same as jb_counter_read() for the first time, when a failure would cost the whole run: a file that somebody is
 * just writing anew is given 50 ms to be whole. */
int jb_counter_read_first(int fd, uint64_t *ret);

/* What a failed reading says of its channel: JB_GONE (the device went), JB_DENIED, else JB_FAILED: the next may do. */
enum jb_status jb_counter_status(int err);

/* Where a made-up tree put a new file in the place of the one that fd has open, let fd be the new one. Sysfs never
 * does: call it only for counters that stand still, or seldom. */
void jb_counter_renew(int fd);

#endif
