/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h - regular expressions for the name rules, in bounded time (internal to hardware/).
 *
 * The rules of names are written once as expressions (tools/match_names.py) and must mean the same here, leftmost
 * alternative first, as POSIX regexec() does not. Known: . [set] [^set] \d \w \s \b ^ $ ( ) (?= ) (?! ) | * + ? and
 * their lazy forms, {m} {m,} {m,n}. Bytes above 127 count as letters; `.` is any byte but a newline.
 *
 * Time is at most pattern x text for any input: a state (place in the pattern, place in the text) that failed once is
 * never tried again. No allocation.
 */
#ifndef JB_HARDWARE_PATTERN_H
#define JB_HARDWARE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_PATTERN_CODE   512
#define JB_PATTERN_TEXT   384 /* longer texts are not searched */
#define JB_PATTERN_GROUPS 10

struct jb_pattern_op {
    uint8_t kind;
    uint8_t number; /* of a group's edge */
    int16_t x, y;   /* atom: offset of its source text; jump and split: distances */
};

struct jb_pattern {
    const char *source;
    bool ignore_case;
    unsigned length;
    struct jb_pattern_op code[JB_PATTERN_CODE];
};

/* Offsets of the whole match (0) and of the groups; -1: took no part. */
struct jb_pattern_match {
    int start[JB_PATTERN_GROUPS], end[JB_PATTERN_GROUPS];
};

/* `source` must outlive the pattern. false: not an expression we know, or too long; our own mistake. */
bool jb_pattern_compile(struct jb_pattern *pattern, const char *source, bool ignore_case);

/* The first match that begins at `from` or later. `ret` may be NULL. */
bool jb_pattern_search(const struct jb_pattern *pattern, const char *text, size_t from, struct jb_pattern_match *ret);

/* Compile and search in one. */
bool jb_pattern_found(const char *source, bool ignore_case, const char *text);

#endif
