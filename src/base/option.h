/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option.h - one table per subcommand drives parsing, --help and shell completion.
 *
 * GNU conventions: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, `--` ends options. For commands marked
 * `stop_at_operand` (run) the first operand ends them too. Letters without a value may be bundled (-qv, -qn
 * NAME). A long option may not be abbreviated: scripts outlive option names. A lone "-" is an operand. The word
 * after an option that needs a value is its value, whatever it begins with. Errors are one line with the
 * nearest option as a hint; the caller exits 2. --help is an option like any other, for the handler to see.
 */
#ifndef JB_BASE_OPTION_H
#define JB_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct jb_diag;
struct jb_buf;

struct jb_option {
    int id;              /* what the handler gets; > 0; the table ends with id 0 */
    char letter;         /* 0: none */
    const char *name;    /* without dashes */
    const char *metavar; /* NULL: takes no value */
    const char *choices; /* "auto|always|never" for completion, --help and checking; NULL: anything. "@file", "@dir",
                            "@zone", "@run" ask the shell to complete files, folders, zones, stored runs */
    const char *help;    /* one line */
};

struct jb_command {
    const char *name;
    const char *operands;        /* "[--] COMMAND [ARG...]", "RUN RUN...", "" */
    const char *summary;         /* one line */
    const char *operand_choices; /* as jb_option.choices, for completing operands; NULL: none */
    bool stop_at_operand;
    const struct jb_option *options;
    int (*run)(int argc, char **argv, void *context); /* argv[0] is the command's name; returns an exit status */
};

/* Called for each option in order; `value` is NULL when it takes none. Non-zero stops the parse, which returns it. */
typedef int (*jb_option_fn)(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag);

/* Parse argv[1..]. On success stores the index of the first operand (argv is permuted so that operands come
 * last, in order). -EINVAL with a message and hint on bad usage. */
int jb_options_parse(const struct jb_command *command, int argc, char **argv, jb_option_fn handler, void *context,
                     int *ret_first_operand, struct jb_diag *diag);

void jb_options_help(const struct jb_command *command, struct jb_buf *out); /* the text of --help */

/* Completion script for all commands of a list that ends with NULL. shell: "bash", "zsh", "fish"; -EINVAL for
 * another, -ENOMEM. Zones come from `joulebook grid --list-zones`, runs from `joulebook list --ids`, one a line;
 * after the options of a command marked stop_at_operand the words complete as a command line of their own. */
int jb_completion(const char *shell, const struct jb_command *const *commands, struct jb_buf *out);

#endif
