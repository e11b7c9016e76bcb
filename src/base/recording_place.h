/* SPDX-License-Identifier: Apache-2.0 */
/* recording_place.h - where a path of the machine is in a recording, and writing there and nowhere else. For
 * recording.c. */
#ifndef JB_BASE_RECORDING_PLACE_H
#define JB_BASE_RECORDING_PLACE_H

#include "base/recording.h"

struct jb_place {
    int folder;          /* the folder around, open; -1: none */
    char path[PATH_MAX]; /* as it is called in the recording: scrubbed */
    const char *name;    /* its last part */
};

/* The path without empty parts and ".", so that it has but one spelling. False: it has ".." or is none. */
bool jb_place_tidy(const char *path, char ret[PATH_MAX]);

/* Makes the folders that a tidy path lies in, never through a symbolic link. */
bool jb_place_of(const struct jb_recording *recording, const char *path, struct jb_place *ret);
void jb_place_finish(struct jb_place *place);

/* Something is there; *ret_empty: a file that only stands for one. */
bool jb_place_is_taken(const struct jb_place *place, bool *ret_empty);

/* Written beside and renamed, because lanes may touch one file at the same time. Fails in silence: a recording with a
 * gap is better than none. */
void jb_place_write(const struct jb_place *place, const void *data, size_t length, unsigned mode);
void jb_place_write_beside(const struct jb_place *place, const char *suffix, const void *data, size_t length);
/* Unless it would become longer than `limit`. */
void jb_place_append_beside(const struct jb_place *place, const char *suffix, const void *data, size_t length,
                            size_t limit);

#endif
