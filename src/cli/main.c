/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook: find the subcommand and run it. */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>

const struct jb_command *const cli_commands[] = {
    &cmd_run,    &cmd_list, &cmd_show,     &cmd_compare,   &cmd_rm, &cmd_export,
    &cmd_doctor, &cmd_grid, &cmd_hardware, &cmd_calibrate, NULL,
};

static void print_help(FILE *out)
{
    fputs("joulebook - what training costs in joules and grams of CO2e\n\n"
          "usage: joulebook COMMAND [OPTIONS]\n\n",
          out);
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        fprintf(out, "  %-10s  %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    }
    fputs("\nfirst:  joulebook run -- python3 train.py\n"
          "then:   joulebook show last\n"
          "help:   joulebook COMMAND --help, man joulebook\n",
          out);
}

static const struct jb_command *find(const char *name, const char **ret_nearest)
{
    const char *names[JB_COUNT(cli_commands)];
    size_t count = 0;

    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        if (jb_streq(cli_commands[i]->name, name)) {
            return cli_commands[i];
        }
        names[count++] = cli_commands[i]->name;
    }
    names[count] = NULL;
    *ret_nearest = jb_nearest(name, names);
    return jb_streq(name, cmd_completion.name) ? &cmd_completion : NULL;
}

int main(int argc, char **argv)
{
    const char *nearest = NULL;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (jb_streq(argv[1], "--help") || jb_streq(argv[1], "-h") || jb_streq(argv[1], "help")) {
        print_help(stdout);
        return 0;
    }
    if (jb_streq(argv[1], "--version") || jb_streq(argv[1], "-V")) {
        printf("joulebook %s\n", JB_VERSION);
        return 0;
    }
    const struct jb_command *command = find(argv[1], &nearest);
    if (command == NULL) {
        return nearest != NULL
                   ? cli_complain(NULL, EXIT_USAGE, "there is no command '%s'; did you mean '%s'?", argv[1], nearest)
                   : cli_complain(NULL, EXIT_USAGE, "there is no command '%s'; see joulebook --help", argv[1]);
    }
    int status = command->run(argc - 1, argv + 1, NULL);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return cli_complain(NULL, status == 0 ? 1 : status, "cannot write to stdout");
    }
    return status;
}
