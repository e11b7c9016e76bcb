/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrite.h - tables of replacements that turn a part's name into its key (internal to hardware/).
 *
 * The steps, in order, are data, so that they can be read beside tools/match_names.py line by line. In `with`,
 * \1..\9 is a group, \U1 the group in upper case, \L1 in lower case. Texts that would outgrow the buffer are cut.
 */
#ifndef JB_HARDWARE_REWRITE_H
#define JB_HARDWARE_REWRITE_H

#include "hardware/pattern.h"

#include <stdbool.h>
#include <stddef.h>

#define JB_NAME_LIMIT 256 /* of a name that is looked at; the rest leaves room to grow */

struct jb_rewrite {
    const char *pattern; /* every match is replaced */
    const char *with;
    const char *only, *unless; /* the step is made only when this is found / not found; NULL */
    const char *vendor;        /* and only for names of this vendor; NULL */
    bool exact_case;           /* of all three expressions */
};

struct jb_naming {       /* a name that shows whose part it is */
    const char *pattern; /* case ignored */
    const char *vendor;
};

/* Take at most JB_NAME_LIMIT - 1 bytes of the name. */
void jb_rewrite_begin(const char *name, char text[JB_PATTERN_TEXT + 1]);
void jb_rewrite(const struct jb_rewrite *steps, size_t count, const char *vendor, char text[JB_PATTERN_TEXT + 1]);
/* Blanks to one each; blanks, dashes, slashes and commas (or only the bytes of `ends`) off both ends. */
void jb_rewrite_tidy(char *text, const char *ends);
/* The vendor of the first row that is found in the text; "" when none is. */
const char *jb_rewrite_vendor(const struct jb_naming *rows, size_t count, const char *text);
/* Letters a-z in lower case, digits and '+': what is left of a name in its key. */
void jb_rewrite_key(const char *text, char *key, size_t size);
/* Take every `word` out of a key. */
void jb_rewrite_drop(char *key, const char *word);

#endif
