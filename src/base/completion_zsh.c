/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion_zsh.c - completion function of zsh, zshcompsys(1), section _arguments.
 *
 * Options with a value are marked '*' (may be given again), because the table does not say which may not
 * and the last one wins. Works from a folder of $fpath and when sourced. Documented in option.h.
 */
#include "base/completion.h"

#include "base/text.h"

#define IN_BRACKETS "[]\\"
#define IN_MESSAGE  ":\\"

static void put_action(struct jb_buf *out, const char *choices)
{
    if (!choices) {
        return;
    }
    if (choices[0] != '@') {
        jb_buf_puts(out, "(");
        jb_completion_words(out, choices);
        jb_buf_puts(out, ")");
    } else if (jb_streq(choices, "@file")) {
        jb_buf_puts(out, "_files");
    } else if (jb_streq(choices, "@dir")) {
        jb_buf_puts(out, "_files -/");
    } else if (jb_streq(choices, "@zone")) {
        jb_buf_puts(out, "_joulebook_zones");
    } else if (jb_streq(choices, "@run")) {
        jb_buf_puts(out, "_joulebook_runs");
    }
}

/* One _arguments spec: '*--name=[help]:NAME:action'. A flag excludes itself and its twin. */
static void put_spec(const struct jb_option *option, bool letter, struct jb_buf *out)
{
    jb_buf_puts(out, "        '");
    if (option->metavar) {
        jb_buf_puts(out, "*");
    } else if (option->letter && option->name) {
        jb_buf_printf(out, "(-%c --%s)", option->letter, option->name);
    }
    if (letter) {
        jb_buf_printf(out, "-%c%s", option->letter, option->metavar ? "+" : "");
    } else {
        jb_buf_printf(out, "--%s%s", option->name, option->metavar ? "=" : "");
    }
    jb_buf_puts(out, "[");
    jb_completion_quote(out, option->help, IN_BRACKETS);
    jb_buf_puts(out, "]");
    if (option->metavar) {
        jb_buf_puts(out, ":");
        jb_completion_quote(out, option->metavar, IN_MESSAGE);
        jb_buf_puts(out, ":");
        put_action(out, option->choices);
    }
    jb_buf_puts(out, "' \\\n");
}

static void put_command(const struct jb_command *command, struct jb_buf *out)
{
    jb_buf_printf(out, "    %s)\n      _arguments -s -S%s \\\n", command->name,
                  command->stop_at_operand ? " -A '-*'" : "");
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        if (o->letter) {
            put_spec(o, true, out);
        }
        if (o->name) {
            put_spec(o, false, out);
        }
    }
    if (command->stop_at_operand) {
        jb_buf_puts(out, "        '(-)1:command: _command_names -e' \\\n        '*::arguments: _normal'\n");
    } else if (command->operand_choices) {
        jb_buf_puts(out, "        '*:operand:");
        put_action(out, command->operand_choices);
        jb_buf_puts(out, "'\n");
    } else {
        jb_buf_puts(out, "        '*:: :'\n");
    }
    jb_buf_puts(out, "      ;;\n");
}

void jb_completion_zsh(const struct jb_command *const *commands, struct jb_buf *out)
{
    jb_buf_puts(out, "#compdef joulebook\n"
                     "# zsh completion for joulebook; written by `joulebook completion zsh`\n"
                     "\n"
                     "_joulebook_zones() {\n"
                     "  local -a zones\n"
                     "  zones=(${(f)\"$(joulebook grid --list-zones 2>/dev/null </dev/null)\"})\n"
                     "  compadd -a \"$@\" -- zones\n"
                     "}\n"
                     "\n"
                     "_joulebook_runs() {\n"
                     "  local -a runs\n"
                     "  runs=(${(f)\"$(joulebook list --ids 2>/dev/null </dev/null)\"})\n"
                     "  compadd -a \"$@\" -- runs\n"
                     "}\n"
                     "\n"
                     "_joulebook() {\n"
                     "  local curcontext=\"$curcontext\" state line ret=1\n"
                     "  typeset -A opt_args\n"
                     "  local -a commands\n"
                     "  commands=(\n");
    for (const struct jb_command *const *c = commands; *c; c++) {
        jb_buf_printf(out, "    '%s:", (*c)->name);
        jb_completion_quote(out, (*c)->summary, "\\");
        jb_buf_puts(out, "'\n");
    }
    jb_buf_puts(out, "  )\n"
                     "  _arguments -C \\\n"
                     "    '(- *)'{-h,--help}'[show the commands]' \\\n"
                     "    '(- *)'{-V,--version}'[show the version]' \\\n"
                     "    '1: :->command' \\\n"
                     "    '*:: :->argument' && ret=0\n"
                     "  case $state in\n"
                     "  command)\n"
                     "    _describe -t commands command commands && ret=0\n"
                     "    ;;\n"
                     "  argument)\n"
                     "    curcontext=\"${curcontext%:*:*}:joulebook-$words[1]:\"\n"
                     "    case $words[1] in\n");
    for (const struct jb_command *const *c = commands; *c; c++) {
        put_command(*c, out);
    }
    jb_buf_puts(out, "    esac && ret=0\n"
                     "    ;;\n"
                     "  esac\n"
                     "  return ret\n"
                     "}\n"
                     "\n"
                     "if [[ $funcstack[1] == _joulebook ]]; then\n"
                     "  _joulebook \"$@\"\n"
                     "else\n"
                     "  compdef _joulebook joulebook\n"
                     "fi\n");
}
