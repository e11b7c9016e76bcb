/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.c - choose the writer of a completion script. Documented in option.h.
 */
#include "base/completion.h"

#include "base/choice.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

void jb_completion_quote(struct jb_buf *out, const char *text, const char *special)
{
    for (; text && *text; text++) {
        if (*text == '\'') {
            jb_buf_puts(out, "'\\''");
            continue;
        }
        if (special && strchr(special, *text)) {
            jb_buf_puts(out, "\\");
        }
        jb_buf_add(out, text, 1);
    }
}

void jb_completion_words(struct jb_buf *out, const char *choices)
{
    size_t length = 0;
    const char *space = "";
    for (const char *word; word = jb_choice_next(&choices, &length), length > 0; space = " ") {
        jb_buf_puts(out, space);
        jb_buf_add(out, word, length);
    }
}

int jb_completion(const char *shell, const struct jb_command *const *commands, struct jb_buf *out)
{
    if (jb_streq(shell, "bash")) {
        jb_completion_bash(commands, out);
    } else if (jb_streq(shell, "zsh")) {
        jb_completion_zsh(commands, out);
    } else if (jb_streq(shell, "fish")) {
        jb_completion_fish(commands, out);
    } else {
        return -EINVAL;
    }
    return out->failed ? -ENOMEM : 0;
}
