/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_help.c - the text of --help.
 *
 * 79 columns, whatever the terminal: the text also goes into pipes and manuals. Documented in option.h.
 */
#include "base/option.h"

#include "base/choice.h"
#include "base/text.h"

#include <string.h>

#define WIDTH      79
#define MAX_COLUMN 30 /* options longer than this get a line of their own */

/* "  -n, --name NAME" */
static void put_option(struct jb_buf *out, const struct jb_option *option)
{
    if (option->letter) {
        jb_buf_printf(out, "  -%c%s", option->letter, option->name ? ", " : "");
    } else {
        jb_buf_puts(out, "      ");
    }
    if (option->name) {
        jb_buf_printf(out, "--%s", option->name);
    }
    if (option->metavar) {
        jb_buf_printf(out, " %s", option->metavar);
    }
}

static size_t width_of(const struct jb_option *option)
{
    size_t width = strlen("  -n");
    width += option->name ? strlen(", --") + strlen(option->name) : 0;
    width += option->metavar ? 1 + strlen(option->metavar) : 0;
    return width;
}

/* One word that is not broken, on this line if it fits; *column is where the cursor is. */
static void put_word(struct jb_buf *out, const char *word, size_t length, size_t indent, size_t *column)
{
    if (*column > indent && *column + 1 + length > WIDTH) {
        jb_buf_printf(out, "\n%*s", (int)indent, "");
        *column = indent;
    }
    if (*column > indent) {
        jb_buf_puts(out, " ");
        (*column)++;
    }
    jb_buf_add(out, word, length);
    *column += length;
}

static void put_wrapped(struct jb_buf *out, const char *text, size_t indent, size_t *column)
{
    while (*(text += strspn(text, " "))) {
        size_t length = strcspn(text, " ");
        put_word(out, text, length, indent, column);
        text += length;
    }
}

static void put_choices(struct jb_buf *out, const char *choices, size_t indent, size_t *column)
{
    size_t length = 0;
    bool first = true;
    for (const char *word; word = jb_choice_next(&choices, &length), length > 0; first = false) {
        char text[80];
        int n = jb_snprintf(text, sizeof(text), "%s%.*s%s", first ? "(" : "", length < 64 ? (int)length : 64, word,
                            *choices ? "," : ")");
        put_word(out, text, (size_t)n, indent, column);
    }
}

void jb_options_help(const struct jb_command *command, struct jb_buf *out)
{
    bool has_options = command->options && command->options->id;
    bool has_operands = command->operands && *command->operands;
    jb_buf_printf(out, "Usage: joulebook %s%s%s%s\n", command->name, has_options ? " [OPTION...]" : "",
                  has_operands ? " " : "", has_operands ? command->operands : "");
    if (command->summary && *command->summary) {
        size_t column = 0;
        jb_buf_puts(out, "\n");
        put_wrapped(out, command->summary, 0, &column);
        jb_buf_puts(out, "\n");
    }
    if (!has_options) {
        return;
    }
    size_t indent = 0;
    for (const struct jb_option *o = command->options; o->id; o++) {
        size_t width = width_of(o) + 2;
        indent = width <= MAX_COLUMN && width > indent ? width : indent;
    }
    indent = indent ? indent : MAX_COLUMN;
    jb_buf_puts(out, "\nOptions:\n");
    for (const struct jb_option *o = command->options; o->id; o++) {
        put_option(out, o);
        size_t width = width_of(o), column = indent;
        if (width + 2 <= indent) {
            jb_buf_printf(out, "%*s", (int)(indent - width), "");
        } else {
            jb_buf_printf(out, "\n%*s", (int)indent, "");
        }
        if (o->help) {
            put_wrapped(out, o->help, indent, &column);
        }
        if (o->choices && o->choices[0] != '@') {
            put_choices(out, o->choices, indent, &column);
        }
        jb_buf_puts(out, "\n");
    }
}
