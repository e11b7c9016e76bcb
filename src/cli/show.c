/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook show: the report of a stored run. */
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "export/export.h"

#include <stdlib.h>

static const struct jb_option options[] = {
    CLI_OPTION_JSON, CLI_OPTION_DB, CLI_OPTION_COLOR, CLI_OPTION_HELP, {0},
};

static int print(const struct cli_common *common, const struct jb_record *record)
{
    JB_CLEANUP(jb_freep) char *text = NULL;

    if (!common->json) {
        struct cli_style style = cli_style(common, stdout);
        cli_report(stdout, record, &style, true);
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
    struct cli_common common = {0};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    int first;
    int status = cli_parse(&cmd_show, argc, argv, cli_common_only, &common, &first);

    if (status < 0 && argc - first > 1) {
        status = cli_complain(&cmd_show, EXIT_USAGE, "shows one run; to see several: joulebook compare");
    }
    if (status < 0) {
        status = cli_open_store(&cmd_show, &common, JB_STORE_READ, &conf, &store);
    }
    if (status < 0) {
        status = cli_load_run(&cmd_show, store, first < argc ? argv[first] : "last", &record);
    }
    if (status < 0) {
        status = print(&common, &record);
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
