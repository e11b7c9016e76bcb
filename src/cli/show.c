/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook show: the report of a stored run. */
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "cli/work_text.h"
#include "export/export.h"

#include <errno.h>
#include <stdlib.h>

enum { OPT_LIMIT = OPT_OWN };
#define MOST 100000 /* rows; more than there can be */

static const struct jb_option options[] = {
    {OPT_LIMIT, 'n', "limit", "N", NULL, "at most so many rows in a table of operators or layers (default 12; 0: all)"},
    CLI_OPTION_JSON,
    CLI_OPTION_DB,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

struct show_options {
    struct cli_common common;
    size_t rows;
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct show_options *show = context;
    uint64_t number = 0;

    if (cli_common(&show->common, option, value)) {
        return 0;
    }
    if (jb_parse_u64(value, &number) < 0 || number > MOST) {
        return jb_fail(diag, -EINVAL, "--limit %s: a number of rows, 0 for all", value);
    }
    show->rows = number > 0 ? (size_t)number : MOST;
    return 0;
}

static int print(const struct show_options *show, const struct jb_record *record)
{
    JB_CLEANUP(jb_freep) char *text = NULL;

    if (!show->common.json) {
        struct cli_style style = cli_style(&show->common, stdout);
        cli_report_rows(stdout, record, &style, true, show->rows);
        return 0;
    }
    if (jb_record_json(record, true, &text) < 0) {
        return cli_complain(&cmd_show, 1, "cannot make JSON of the run");
    }
    fputs(text, stdout);
    return 0;
}

static int show_main(int argc, char **argv, void *context)
{
    struct show_options show = {.rows = CLI_WORK_ROWS};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    int first;
    int status = cli_parse(&cmd_show, argc, argv, handle, &show.common, &first);

    if (status < 0 && argc - first > 1) {
        status = cli_complain(&cmd_show, EXIT_USAGE, "shows one run; to see several: joulebook compare");
    }
    if (status < 0) {
        status = cli_open_store(&cmd_show, &show.common, JB_STORE_READ, &conf, &store);
    }
    if (status < 0) {
        status = cli_load_run(&cmd_show, store, first < argc ? argv[first] : "last", &record);
    }
    if (status < 0) {
        status = print(&show, &record);
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_show = {
    .name = "show",
    .operands = "[RUN]",
    .summary = "show one run (default: the last)",
    .operand_choices = "@run",
    .options = options,
    .run = show_main,
};
