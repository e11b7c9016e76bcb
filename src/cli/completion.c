/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook completion SHELL: the completion script, from the same tables that parse and help. Used by the build. */
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"

static const struct jb_option options[] = {CLI_OPTION_HELP, {0}};

static int completion_main(int argc, char **argv, void *context)
{
    struct cli_common common = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    int first;
    int status = cli_parse(&cmd_completion, argc, argv, cli_common_only, &common, &first);

    if (status >= 0) {
        return status;
    }
    if (argc - first != 1 || jb_completion(argv[first], cli_commands, &text) < 0 || text.data == NULL) {
        return cli_complain(&cmd_completion, EXIT_USAGE, "which shell? bash, zsh or fish");
    }
    fputs(text.data, stdout);
    return 0;
}

const struct jb_command cmd_completion = {
    .name = "completion",
    .operands = "SHELL",
    .summary = "print the completion script of a shell",
    .operand_choices = "bash|zsh|fish",
    .options = options,
    .run = completion_main,
};
