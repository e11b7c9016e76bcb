/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choice.h - lists of allowed words, "auto|always|never", as options and configuration keys have them.
 */
#ifndef JB_BASE_CHOICE_H
#define JB_BASE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct jb_diag;

/* The next word of a list: "|" separated; *length 0 at the end. Start with *next = the list. */
const char *jb_choice_next(const char **next, size_t *ret_length);

bool jb_choice_has(const char *choices, const char *text);

/* "--color: 'x' is none of auto, always, never", with the nearest as a hint. Returns -EINVAL. */
int jb_choice_fail(struct jb_diag *diag, const char *what, const char *choices, const char *text);

#endif
