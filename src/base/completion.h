/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.h - what the three completion writers share. Not for others: see jb_completion() in option.h.
 */
#ifndef JB_BASE_COMPLETION_H
#define JB_BASE_COMPLETION_H

#include "base/option.h"

struct jb_buf;

void jb_completion_bash(const struct jb_command *const *commands, struct jb_buf *out);
void jb_completion_zsh(const struct jb_command *const *commands, struct jb_buf *out);
void jb_completion_fish(const struct jb_command *const *commands, struct jb_buf *out);

/* `text` for the inside of single quotes of sh and zsh: a quote closes, adds itself, and opens again. Before
 * each of `special` goes a backslash, for a second reader behind the shell; NULL: none. */
void jb_completion_quote(struct jb_buf *out, const char *text, const char *special);

/* "a b c" out of "a|b|c". */
void jb_completion_words(struct jb_buf *out, const char *choices);

#endif
