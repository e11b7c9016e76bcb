/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_source.h - where top's documents come from: texts of GET api/v1/live, about one a second.
 *
 * None of the calls waits. After an error the source is closed and may be opened again.
 */
#ifndef JB_CLI_TOP_SOURCE_H
#define JB_CLI_TOP_SOURCE_H

#include <stddef.h>

#include "base/diag.h"

struct top_source {
    /* 0, or a negative errno with what is to be done. */
    int (*open)(struct top_source *source, struct jb_diag *diag);
    /* To poll for reading while it is open. */
    int (*fd)(const struct top_source *source);
    /* 1: a text, valid up to the next call; 0: none has come yet; a negative errno: it is gone. */
    int (*next)(struct top_source *source, const char **ret_text, size_t *ret_length, struct jb_diag *diag);
    void (*close)(struct top_source *source); /* also when it is not open */
    void (*destroy)(struct top_source *source);
};

/* The machine's meter, by its socket. NULL without memory. */
struct top_source *top_source_socket(void);

#endif
