/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_parse.h - between series_parse.c, which takes a series apart, series_text.c, which plays it, and
 * series_write.c, which makes one. Not for others.
 */
#ifndef JB_BASE_SERIES_PARSE_H
#define JB_BASE_SERIES_PARSE_H

#include "base/series.h"

typedef __int128 jb_series_int;

enum jb_series_then { JB_THEN_AS_IT_IS, JB_THEN_AGAIN, JB_THEN_STAY };

/* of add= and round= */
struct jb_series_field {
    uint64_t offset, bytes, amount;
};

struct jb_series_head {
    bool linear, hex;
    uint64_t every_ns, wrap;
    enum jb_series_then then;
    struct jb_series_field adds[JB_SERIES_ADDS], rounds[JB_SERIES_ADDS];
    unsigned add_count, round_count;
};

struct jb_series_line {
    uint64_t ns;
    const char *at, *end; /* content, escapes and all */
};

/* A byte, or an integer. */
struct jb_series_token {
    bool number;
    char byte;
    jb_series_int value;
};

struct jb_series_scan {
    const char *at, *end;
    bool in_word; /* a digit here belongs to what stands before it */
};

/* The first line; where the others begin, or NULL: this is no series. */
const char *jb_series_head(const char *text, const char *end, struct jb_series_head *head);

/* The next line with its time; 1, 0 at the end, -EINVAL. */
int jb_series_line(const char **at, const char *end, struct jb_series_line *ret);

/* The next byte or integer of a content; 1, 0 at the end, -EINVAL. */
int jb_series_token(struct jb_series_scan *scan, struct jb_series_token *ret);

/* The errno of a content like "!EIO"; 0: it is another content; -EINVAL: it is none that we know. */
int jb_series_failure(const struct jb_series_line *line);
const char *jb_series_failure_name(int err); /* "EIO" for anything unknown */

#endif
