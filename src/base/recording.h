/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording.h - copy what is read of a machine into a tree that --root can replay.
 *
 * A root may say "read the machine at BASE, and keep in DIR what is read". It is a text like any other root, made by
 * jb_root_record(), handed on by those who know nothing of it, and understood by the functions of file.h and series.h
 * alone: each file they open or read, each folder they list, is then in DIR as well. No globals; any thread.
 *
 * In DIR a file has the content of the first time it was touched, at most 1 MiB; names that were only listed are empty
 * files and folders; symbolic links have become what they name, and a link that was asked for by jb_root_readlink() is
 * beside it as PATH.link. What we may not read has mode 000. A file that is opened as one that changes (jb_series_open)
 * leaves PATH.series with a line that names the original, for whoever samples it (cli/doctor_record.c). Of the real
 * machine only /sys, /proc, /etc and the signs of a container are copied, never devices, other processes or our own
 * configuration; and everything goes through scrub.h. What was left out or changed is a line in DIR/RECORD.txt.
 */
#ifndef JB_BASE_RECORDING_H
#define JB_BASE_RECORDING_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define JB_RECORDING_NOTES "/RECORD.txt"
#define JB_RECORDING_LIMIT (1024 * 1024)

struct jb_recording {
    const char *base; /* NULL: the real machine; points into the root */
    char dir[PATH_MAX];
    char salt[17];
};

/* Whether the root records, and what. One comparison when it does not. */
bool jb_recording_of(const char *root, struct jb_recording *ret);

/* As file.h's functions saw it: whatever is at `path` of the base. `content`: copy it; else that it is there. */
void jb_recording_touch(const struct jb_recording *recording, const char *path, bool content);
void jb_recording_list(const struct jb_recording *recording, const char *path); /* a folder, with the names in it */
void jb_recording_link(const struct jb_recording *recording, const char *path, const char *target);

/* A file that changes: what it held now, and that it is to be sampled. Takes the place of one that was denied. */
void jb_recording_moving(const struct jb_recording *recording, const char *path, const void *data, size_t length);

/* What a device said, by a call, for the file `path` that stands for it below a root: one line of text. Kept with its
 * time in PATH.said, of which cli/doctor_sample.c makes PATH and PATH.series. Allocates nothing; at most 1 MiB a path.
 */
void jb_recording_said(const struct jb_recording *recording, const char *path, const char *text);

/* What was refused, by a system call or for a file. */
void jb_recording_denied(const struct jb_recording *recording, const char *path, int err);

/* A line of DIR/RECORD.txt. Made safe to print. */
void jb_recording_note(const struct jb_recording *recording, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
