/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion_bash.c - programmable completion of bash(1), with or without the bash-completion package.
 *
 * Odd: readline breaks words at '=' and ':' too, so the script glues COMP_WORDS together again ("--zone",
 * "=", "aws", ":" is one word) and gives back only what follows the last break. Words from our own program
 * are never passed through `compgen -W`, which would expand a "$(...)" in them. Documented in option.h.
 */
#include "base/completion.h"

#include "base/text.h"

/* What the script does with a kind is in its _joulebook_kind: @file, @dir, @zone, @run or words. */
static void put_kind(struct jb_buf *out, const char *choices)
{
    if (choices && choices[0] == '@') {
        jb_buf_puts(out, choices);
    } else if (choices) {
        jb_completion_words(out, choices);
    }
}

static void put_option_cases(const struct jb_command *command, struct jb_buf *out)
{
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        if (!o->metavar) {
            continue;
        }
        const char *bar = "";
        jb_buf_puts(out, "    ");
        if (o->name) {
            jb_buf_printf(out, "'%s --%s'", command->name, o->name);
            bar = " | ";
        }
        if (o->letter) {
            jb_buf_printf(out, "%s'%s -%c'", bar, command->name, o->letter);
        }
        jb_buf_puts(out, ") kind='");
        put_kind(out, o->choices);
        jb_buf_puts(out, "' ;;\n");
    }
}

static void put_command_case(const struct jb_command *command, struct jb_buf *out)
{
    jb_buf_printf(out, "    %s)\n        options='", command->name);
    const char *space = "";
    for (const struct jb_option *o = command->options; o && o->id; o++) {
        if (o->name) {
            jb_buf_printf(out, "%s--%s", space, o->name);
        } else {
            jb_buf_printf(out, "%s-%c", space, o->letter);
        }
        space = " ";
    }
    jb_buf_puts(out, "'\n        operands='");
    if (command->stop_at_operand) {
        jb_buf_puts(out, "@command");
    } else {
        put_kind(out, command->operand_choices);
    }
    jb_buf_puts(out, "'\n        ;;\n");
}

static const char before_tables[] =
    "# bash completion for joulebook; written by `joulebook completion bash`\n"
    "\n"
    "# Sets $kind to what the value of option $2 of command $1 is; fails for an option without a value.\n"
    "_joulebook_option()\n"
    "{\n"
    "    case \"$1 $2\" in\n";

static const char between_tables[] =
    "    *) return 1 ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# Sets $options and $operands of command $1; fails when there is no such command.\n"
    "_joulebook_command()\n"
    "{\n"
    "    case $1 in\n";

static const char after_tables[] =
    "    *) return 1 ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# Offers each line of stdin that continues $cur; $prefix is the part of $cur before the value. The lines\n"
    "# are quoted by $1, where readline does not do it.\n"
    "_joulebook_offer()\n"
    "{\n"
    "    local word\n"
    "    while IFS= read -r word; do\n"
    "        word=$prefix$word\n"
    "        [[ -n $word && $word == \"$cur\"* ]] || continue\n"
    "        word=${word#\"$broken\"}\n"
    "        [[ $1 == quoted ]] && printf -v word %q \"$word\"\n"
    "        COMPREPLY+=(\"$word\")\n"
    "    done\n"
    "}\n"
    "\n"
    "_joulebook_kind()\n"
    "{\n"
    "    local -a words\n"
    "    case $1 in\n"
    "    '') ;;\n"
    "    @file) _joulebook_offer < <(compgen -f -- \"${cur#\"$prefix\"}\"); compopt -o filenames 2>/dev/null ;;\n"
    "    @dir) _joulebook_offer < <(compgen -d -- \"${cur#\"$prefix\"}\"); compopt -o filenames 2>/dev/null ;;\n"
    "    @zone) _joulebook_offer quoted < <(joulebook grid --list-zones 2>/dev/null </dev/null) ;;\n"
    "    @run) _joulebook_offer quoted < <(joulebook list --ids 2>/dev/null </dev/null) ;;\n"
    "    *)\n"
    "        read -r -a words <<<\"$1\"\n"
    "        _joulebook_offer < <(printf '%s\\n' \"${words[@]}\")\n"
    "        ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# The words from COMP_WORDS[$1] on are a command line of their own.\n"
    "_joulebook_wrapped()\n"
    "{\n"
    "    if declare -F _comp_command_offset >/dev/null; then\n"
    "        _comp_command_offset \"$1\"\n"
    "    elif declare -F _command_offset >/dev/null; then\n"
    "        _command_offset \"$1\"\n"
    "    elif (($1 == COMP_CWORD)); then\n"
    "        _joulebook_offer < <(compgen -c -- \"$cur\")\n"
    "    else\n"
    "        _joulebook_kind @file\n"
    "    fi\n"
    "}\n"
    "\n"
    "_joulebook()\n"
    "{\n"
    "    local line=${COMP_LINE:0:COMP_POINT} cur= prefix= broken= kind= options= operands= rest i\n"
    "    local -a words=() offsets=()\n"
    "    COMPREPLY=()\n"
    "    # Words that touch in the line are one; offsets[] says where each began in COMP_WORDS.\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        rest=${line#\"${line%%[![:space:]]*}\"}\n"
    "        cur=${COMP_WORDS[i]}\n"
    "        ((i == COMP_CWORD)) && cur=$rest\n"
    "        if ((i > 0)) && [[ $rest == \"$line\" && -n $rest ]]; then\n"
    "            words[${#words[@]}-1]+=$cur\n"
    "        else\n"
    "            words+=(\"$cur\")\n"
    "            offsets+=(\"$i\")\n"
    "        fi\n"
    "        line=${rest#\"$cur\"}\n"
    "    done\n"
    "    local last=$((${#words[@]} - 1))\n"
    "    cur=${words[last]}\n"
    "    for i in : =; do\n"
    "        rest=${cur%\"${cur##*\"$i\"}\"}\n"
    "        [[ $COMP_WORDBREAKS == *\"$i\"* && ${#rest} -gt ${#broken} ]] && broken=$rest\n"
    "    done\n"
    "    if ((last <= 1)); then\n"
    "        _joulebook_kind \"$_joulebook_commands --help --version\"\n"
    "        return\n"
    "    fi\n"
    "    _joulebook_command \"${words[1]}\" || return\n"
    "    # Find out what the last word is by reading those before it.\n"
    "    for ((i = 2; i < last; i++)); do\n"
    "        if [[ ${words[i]} == -- ]]; then\n"
    "            ((i++))\n"
    "            options=\n"
    "            break\n"
    "        elif _joulebook_option \"${words[1]}\" \"${words[i]}\"; then\n"
    "            ((++i == last)) || continue\n"
    "            _joulebook_kind \"$kind\"\n"
    "            return\n"
    "        elif [[ ${words[i]} != -?* && $operands == @command ]]; then\n"
    "            options=\n"
    "            break\n"
    "        fi\n"
    "    done\n"
    "    if [[ -n $options && $cur == --*=* ]]; then\n"
    "        prefix=${cur%%=*}=\n"
    "        _joulebook_option \"${words[1]}\" \"${cur%%=*}\" && _joulebook_kind \"$kind\"\n"
    "    elif [[ -n $options && $cur == -* ]]; then\n"
    "        _joulebook_kind \"$options\"\n"
    "    elif [[ $operands == @command ]]; then\n"
    "        _joulebook_wrapped \"${offsets[i]}\"\n"
    "    else\n"
    "        _joulebook_kind \"$operands\"\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _joulebook joulebook\n";

void jb_completion_bash(const struct jb_command *const *commands, struct jb_buf *out)
{
    jb_buf_puts(out, before_tables);
    for (const struct jb_command *const *c = commands; *c; c++) {
        put_option_cases(*c, out);
    }
    jb_buf_puts(out, between_tables);
    for (const struct jb_command *const *c = commands; *c; c++) {
        put_command_case(*c, out);
    }
    jb_buf_puts(out, after_tables);
    jb_buf_puts(out, "_joulebook_commands='");
    for (const struct jb_command *const *c = commands; *c; c++) {
        jb_buf_printf(out, "%s%s", c == commands ? "" : " ", (*c)->name);
    }
    jb_buf_puts(out, "'\n");
}
