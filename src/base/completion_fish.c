/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion_fish.c - completions of fish, complete(1).
 *
 * Odd: fish's own __fish_seen_subcommand_from would take "run" for the command anywhere in the line, and
 * offer our options after "run -- ls"; the script reads the words itself. Documented in option.h.
 */
#include "base/completion.h"

#include "base/text.h"

/* Inside single quotes fish knows two escapes, \' and \\. */
static void put_quoted(struct jb_buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '\'' || *text == '\\') {
            jb_buf_puts(out, "\\");
        }
        jb_buf_add(out, text, 1);
    }
}

static void put_values(struct jb_buf *out, const char *choices)
{
    if (!choices) {
        jb_buf_puts(out, " -x");
    } else if (choices[0] != '@') {
        jb_buf_puts(out, " -x -a '");
        jb_completion_words(out, choices);
        jb_buf_puts(out, "'");
    } else if (jb_streq(choices, "@file")) {
        jb_buf_puts(out, " -r -F");
    } else if (jb_streq(choices, "@dir")) {
        jb_buf_puts(out, " -x -a '(__fish_complete_directories)'");
    } else if (jb_streq(choices, "@zone")) {
        jb_buf_puts(out, " -x -a '(joulebook grid --list-zones 2>/dev/null </dev/null)'");
    } else if (jb_streq(choices, "@run")) {
        jb_buf_puts(out, " -x -a '(joulebook list --ids 2>/dev/null </dev/null)'");
    }
}

/* case 'run': the options that take the next word, and whether the first operand ends the options. */
static void put_case(const struct jb_command *command, struct jb_buf *out)
{
    jb_buf_printf(out, "        case %s\n            set valued", command->name);
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        if (o->metavar && o->name) {
            jb_buf_printf(out, " --%s", o->name);
        }
        if (o->metavar && o->letter) {
            jb_buf_printf(out, " -%c", o->letter);
        }
    }
    jb_buf_printf(out, "\n            set stops %s\n", command->stop_at_operand ? "yes" : "no");
}

static void put_command(const struct jb_command *command, struct jb_buf *out)
{
    jb_buf_printf(out, "\ncomplete -c joulebook -n __joulebook_first -a %s -d '", command->name);
    put_quoted(out, command->summary);
    jb_buf_puts(out, "'\n");
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        jb_buf_printf(out, "complete -c joulebook -n '__joulebook_at options %s'", command->name);
        if (o->letter) {
            jb_buf_printf(out, " -s %c", o->letter);
        }
        if (o->name) {
            jb_buf_printf(out, " -l %s", o->name);
        }
        if (o->metavar) {
            put_values(out, o->choices);
        }
        jb_buf_puts(out, " -d '");
        put_quoted(out, o->help);
        jb_buf_puts(out, "'\n");
    }
    if (command->stop_at_operand) {
        jb_buf_printf(out, "complete -c joulebook -n '__joulebook_at operands %s' -x -a '(__joulebook_wrapped)'\n",
                      command->name);
    } else if (command->operand_choices) {
        jb_buf_printf(out, "complete -c joulebook -n '__joulebook_at operands %s'", command->name);
        put_values(out, command->operand_choices);
        jb_buf_puts(out, "\n");
    }
}

static const char head[] =
    "# fish completion for joulebook; written by `joulebook completion fish`\n"
    "\n"
    "# Prints the command, where the cursor is (options, operands), and the operands before it, one a line.\n"
    "function __joulebook_read\n"
    "    set -l words (commandline -opc)\n"
    "    set -e words[1]\n"
    "    set -q words[1]; or return 1\n"
    "    set -l command $words[1]\n"
    "    set -e words[1]\n"
    "    set -l valued\n"
    "    set -l stops no\n"
    "    switch $command\n";

static const char tail[] = "    end\n"
                           "    set -l place options\n"
                           "    set -l operands\n"
                           "    while set -q words[1]\n"
                           "        set -l word $words[1]\n"
                           "        set -e words[1]\n"
                           "        if test $place = operands\n"
                           "            set -a operands $word\n"
                           "        else if test \"$word\" = --\n"
                           "            set place operands\n"
                           "        else if contains -- $word $valued\n"
                           "            set -e words[1]\n"
                           "        else if not string match -q -- '-?*' $word\n"
                           "            set -a operands $word\n"
                           "            test $stops = yes; and set place operands\n"
                           "        end\n"
                           "    end\n"
                           "    printf '%s\\n' $command $place $operands\n"
                           "end\n"
                           "\n"
                           "function __joulebook_first\n"
                           "    test (count (commandline -opc)) -eq 1\n"
                           "end\n"
                           "\n"
                           "# Operands may also stand where options may.\n"
                           "function __joulebook_at\n"
                           "    set -l now (__joulebook_read); or return 1\n"
                           "    test $now[1] = $argv[2]; and test $argv[1] = operands -o $now[2] = options\n"
                           "end\n"
                           "\n"
                           "function __joulebook_wrapped\n"
                           "    set -l now (__joulebook_read); or return 1\n"
                           "    test $now[2] = options; and string match -q -- '-*' (commandline -ct); and return 1\n"
                           "    set -e now[1..2]\n"
                           "    set -l line (string join ' ' -- (string escape -- $now) (commandline -ct))\n"
                           "    test -n \"$line\"; and complete -C\"$line\"\n"
                           "end\n"
                           "\n"
                           "complete -c joulebook -f\n"
                           "complete -c joulebook -n __joulebook_first -s h -l help -d 'Show the commands'\n"
                           "complete -c joulebook -n __joulebook_first -s V -l version -d 'Show the version'\n";

void jb_completion_fish(const struct jb_command *const *commands, struct jb_buf *out)
{
    jb_buf_puts(out, head);
    for (const struct jb_command *const *c = commands; *c; c++) {
        put_case(*c, out);
    }
    jb_buf_puts(out, tail);
    for (const struct jb_command *const *c = commands; *c; c++) {
        put_command(*c, out);
    }
}
