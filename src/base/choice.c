/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choice.c - walk, check and tell a list of allowed words. Documented in choice.h.
 */
#include "base/choice.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MAX_CHOICES 64

const char *jb_choice_next(const char **next, size_t *ret_length)
{
    const char *word = *next;
    *ret_length = strcspn(word, "|");
    *next = word + *ret_length + (word[*ret_length] == '|');
    return word;
}

bool jb_choice_has(const char *choices, const char *text)
{
    size_t length = 0;
    for (const char *word; word = jb_choice_next(&choices, &length), length > 0;) {
        if (strlen(text) == length && memcmp(word, text, length) == 0) {
            return true;
        }
    }
    return false;
}

int jb_choice_fail(struct jb_diag *diag, const char *what, const char *choices, const char *text)
{
    char list[256] = "", words[512] = "";
    const char *names[MAX_CHOICES + 1];
    size_t count = 0, used = 0, listed = 0, length = 0;
    for (const char *word; word = jb_choice_next(&choices, &length), length > 0;) {
        if (listed < sizeof(list)) {
            listed += (size_t)jb_snprintf(list + listed, sizeof(list) - listed, "%s%.*s", listed ? ", " : "",
                                          (int)length, word);
        }
        if (count < MAX_CHOICES && length < sizeof(words) - used) {
            names[count++] = words + used;
            memcpy(words + used, word, length);
            words[used + length] = '\0';
            used += length + 1;
        }
    }
    names[count] = NULL;
    jb_fail(diag, -EINVAL, "%s: '%.60s' is none of %s", what, text, list);
    const char *nearest = jb_nearest(text, names);
    if (nearest) {
        jb_fix(diag, "did you mean '%s'?", nearest);
    }
    return -EINVAL;
}
