/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook: find the subcommand and run it. */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct jb_command *const cli_commands[] = {
    &cmd_run, &cmd_serve,  &cmd_top,    &cmd_meter, &cmd_list,     &cmd_show,      &cmd_compare,
    &cmd_rm,  &cmd_export, &cmd_doctor, &cmd_grid,  &cmd_hardware, &cmd_calibrate, NULL,
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

/*
 * Who starts us with stdin, stdout or stderr closed must not have the next file we open take its number: the report
 * would be written into it. They are opened the wrong way round, so that using them fails as it does on a closed one,
 * and close on exec, so that the measured command finds them as they were.
 */
static void guard_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC) < 0) {
            return;
        }
    }
}

/* Nobody notices a page that was not written unless its reader is told. */
static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    return status != 0 ? status : cli_complain(NULL, 1, "cannot write to stdout: %s", strerror(errno));
}

static int no_command(const char *name, const char *nearest)
{
    if (nearest != NULL) {
        return cli_complain(NULL, EXIT_USAGE, "there is no command '%s'; did you mean '%s'?", name, nearest);
    }
    return cli_complain(NULL, EXIT_USAGE, "there is no %s '%s'; see joulebook --help",
                        name[0] == '-' ? "option" : "command", name);
}

static int help(char *name)
{
    const char *nearest = NULL;

    if (name == NULL) {
        print_help(stdout);
        return flushed(0);
    }
    const struct jb_command *command = find(name, &nearest);
    if (command == NULL) {
        return no_command(name, nearest);
    }
    char flag[] = "--help";
    char *argv[] = {name, flag, NULL};
    return flushed(command->run(2, argv, NULL));
}

int main(int argc, char **argv)
{
    const char *nearest = NULL;

    guard_standard_files();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (jb_streq(argv[1], "--help") || jb_streq(argv[1], "-h")) {
        return help(NULL);
    }
    if (jb_streq(argv[1], "help")) {
        return help(argc > 2 ? argv[2] : NULL);
    }
    if (jb_streq(argv[1], "--version") || jb_streq(argv[1], "-V")) {
        printf("joulebook %s\n", JB_VERSION);
        return flushed(0);
    }
    const struct jb_command *command = find(argv[1], &nearest);
    if (command == NULL) {
        return no_command(argv[1], nearest);
    }
    int status = command->run(argc - 1, argv + 1, NULL);
    /* The status of `run` is the measured command's; it has told what it could not write. */
    return command == &cmd_run ? status : flushed(status);
}
