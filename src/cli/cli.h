/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - what the subcommands share. One file a subcommand: parse, call, print.
 *
 * Exit statuses: 0 done; 1 the thing asked for failed (or doctor found nothing measured); 2 bad usage: an unknown
 * option, format, zone, run or config key, one line on stderr with a hint. `run` has its own, see run.c. stdout carries
 * what was asked for and nothing else; everything about it goes to stderr.
 */
#ifndef JB_CLI_CLI_H
#define JB_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/conf.h"
#include "base/diag.h"
#include "base/option.h"
#include "store/store.h"

enum { EXIT_USAGE = 2 };

/* Ids below 100 are the same in every table. */
enum {
    OPT_HELP = 1,
    OPT_JSON,
    OPT_COLOR,
    OPT_DB,
    OPT_ROOT,
    OPT_OWN = 100,
};
#define CLI_OPTION_HELP                                                                                                \
    {                                                                                                                  \
        OPT_HELP, 'h', "help", NULL, NULL, "show this help"                                                            \
    }
#define CLI_OPTION_JSON                                                                                                \
    {                                                                                                                  \
        OPT_JSON, 0, "json", NULL, NULL, "print JSON"                                                                  \
    }
#define CLI_OPTION_COLOR                                                                                               \
    {                                                                                                                  \
        OPT_COLOR, 0, "color", "WHEN", "auto|always|never", "colour the output (default auto)"                         \
    }
#define CLI_OPTION_DB                                                                                                  \
    {                                                                                                                  \
        OPT_DB, 0, "db", "FILE", "@file", "the database to use"                                                        \
    }
#define CLI_OPTION_ROOT                                                                                                \
    {                                                                                                                  \
        OPT_ROOT, 0, "root", "DIR", "@dir", "read the machine from a recorded or made-up tree"                         \
    }

/* What the common options said. Embed it first in a command's own options. */
struct cli_common {
    bool help, json;
    const char *color, *db, *root;
    const char *session_root; /* given to the sensors in the place of root; NULL: root */
};

/* Handle a common option; false: it is the command's own. */
bool cli_common(struct cli_common *common, const struct jb_option *option, const char *value);

/* The handler of a command that has no options but the common ones; its context is a struct cli_common. */
int cli_common_only(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag);

/* Parse; prints help or the error itself. -1: go on with the first operand in *ret_first; else the exit status. */
int cli_parse(const struct jb_command *command, int argc, char **argv, jb_option_fn handler, struct cli_common *common,
              int *ret_first);

/* "joulebook run: text (fix)" on stderr; returns status. */
int cli_error(const struct jb_command *command, int status, const struct jb_diag *diag);
int cli_complain(const struct jb_command *command, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `root` from the option or JOULEBOOK_ROOT is put in common, if it can be entered. 0 or -errno with diag. */
int cli_root(struct cli_common *common, struct jb_diag *diag);
/* Load the config; `root` from the option or JOULEBOOK_ROOT is put in common. 0 or -errno with diag. */
int cli_config(struct cli_common *common, struct jb_conf **ret_conf, struct jb_diag *diag);
/* The database that option, config and environment ask for; NULL: the default place. */
const char *cli_db_path(const struct cli_common *common, const struct jb_conf *conf);
/* Open it for reading (or deleting) and say what is wrong: -1 on success, else an exit status. */
int cli_open_store(const struct jb_command *command, const struct cli_common *common, enum jb_store_mode mode,
                   struct jb_conf **ret_conf, struct jb_store **ret_store);
/* Find and load the run named by an operand, priced also when it was lost; -1 or an exit status. */
int cli_load_run(const struct jb_command *command, struct jb_store *store, const char *run, struct jb_record *ret);

/* Colours: empty strings where they are not wanted (NO_COLOR, not a terminal, --color=never). */
struct cli_style {
    const char *bold, *dim, *red, *yellow, *green, *cyan, *off;
};
struct cli_style cli_style(const struct cli_common *common, FILE *stream);

/* The commands; the table in main.c ends with NULL. */
extern const struct jb_command *const cli_commands[];
extern const struct jb_command cmd_run, cmd_serve, cmd_top, cmd_meter, cmd_list, cmd_show, cmd_compare, cmd_rm,
    cmd_export, cmd_doctor, cmd_grid, cmd_hardware, cmd_calibrate, cmd_completion;

#endif
