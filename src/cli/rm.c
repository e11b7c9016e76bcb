/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook rm: forget runs. All are looked up before the first is removed, so that a typo removes nothing. */
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct jb_option options[] = {
    CLI_OPTION_DB,
    CLI_OPTION_HELP,
    {0},
};

struct run_id {
    char text[JB_RUN_ID_TEXT];
};

static int remove_all(struct jb_store *store, char **runs, struct run_id *ids, size_t count)
{
    struct jb_diag diag = {0};

    for (size_t i = 0; i < count; i++) {
        int error = jb_store_find(store, runs[i], ids[i].text, &diag);
        if (error < 0) {
            return cli_error(&cmd_rm, error == -ENOENT || error == -ENOTUNIQ ? EXIT_USAGE : 1, &diag);
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool twice = false;
        for (size_t j = 0; j < i; j++) {
            twice = twice || strcmp(ids[i].text, ids[j].text) == 0;
        }
        if (!twice && jb_store_delete(store, ids[i].text, &diag) < 0) {
            return cli_error(&cmd_rm, 1, &diag);
        }
        if (!twice) {
            printf("removed %s\n", ids[i].text);
        }
    }
    return 0;
}

static int rm_main(int argc, char **argv, void *context)
{
    struct cli_common common = {0};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    int first;
    int status = cli_parse(&cmd_rm, argc, argv, cli_common_only, &common, &first);

    if (status < 0 && first >= argc) {
        status = cli_complain(&cmd_rm, EXIT_USAGE, "which run? See: joulebook list");
    }
    if (status < 0) {
        status = cli_open_store(&cmd_rm, &common, JB_STORE_READ, &conf,
                                &store); /* does not make a database to remove from */
    }
    if (status < 0) {
        jb_store_close(store);
        jb_conf_destroy(conf);
        store = NULL;
        conf = NULL;
        status = cli_open_store(&cmd_rm, &common, JB_STORE_WRITE, &conf, &store);
    }
    if (status < 0) {
        struct run_id *ids = calloc((size_t)(argc - first), sizeof(*ids));
        status = ids != NULL ? remove_all(store, argv + first, ids, (size_t)(argc - first))
                             : cli_complain(&cmd_rm, 1, "out of memory");
        free(ids);
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_rm = {
    .name = "rm",
    .operands = "RUN...",
    .summary = "remove stored runs",
    .operand_choices = "@run",
    .options = options,
    .run = rm_main,
};
