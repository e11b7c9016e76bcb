/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands share: common options, errors, config, the store, colours. */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "engine/price.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_common(struct cli_common *common, const struct jb_option *option, const char *value)
{
    switch (option->id) {
    case OPT_HELP:
        common->help = true;
        return true;
    case OPT_JSON:
        common->json = true;
        return true;
    case OPT_COLOR:
        common->color = value;
        return true;
    case OPT_DB:
        common->db = value;
        return true;
    case OPT_ROOT:
        common->root = value;
        return true;
    default:
        return false;
    }
}

int cli_common_only(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    cli_common(context, option, value);
    return 0;
}

int cli_complain(const struct jb_command *command, int status, const char *format, ...)
{
    char text[640];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    jb_sanitise(text);
    fprintf(stderr, "joulebook%s%s: %s\n", command != NULL ? " " : "", command != NULL ? command->name : "", text);
    return status;
}

int cli_error(const struct jb_command *command, int status, const struct jb_diag *diag)
{
    if (diag->fix[0] != '\0') {
        return cli_complain(command, status, "%s; %s", diag->text, diag->fix);
    }
    return cli_complain(command, status, "%s", diag->text[0] != '\0' ? diag->text : "failed for an unknown reason");
}

int cli_parse(const struct jb_command *command, int argc, char **argv, jb_option_fn handler, struct cli_common *common,
              int *ret_first)
{
    struct jb_diag diag = {0};

    if (jb_options_parse(command, argc, argv, handler, common, ret_first, &diag) < 0) {
        return cli_error(command, EXIT_USAGE, &diag);
    }
    if (common->help) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
        jb_options_help(command, &text);
        fputs(text.data != NULL ? text.data : "", stdout);
        return 0;
    }
    return -1;
}

int cli_root(struct cli_common *common, struct jb_diag *diag)
{
    const char *origin = "--root";
    if (common->root == NULL) {
        common->root = getenv("JOULEBOOK_ROOT");
        origin = "JOULEBOOK_ROOT";
    }
    if (common->root != NULL && common->root[0] == '\0') {
        common->root = NULL;
    }
    if (common->root != NULL && access(common->root, X_OK) != 0) {
        return jb_fail(diag, -errno, "%s %s: %s", origin, common->root, strerror(errno));
    }
    return 0;
}

int cli_config(struct cli_common *common, struct jb_conf **ret_conf, struct jb_diag *diag)
{
    int error = cli_root(common, diag);

    error = error < 0 ? error : jb_conf_load(common->root, ret_conf, diag);
    struct jb_diag exposed = {0};
    if (error == 0 && jb_conf_exposed(*ret_conf, &exposed)) {
        cli_complain(NULL, 0, "warning: %s; %s", exposed.text, exposed.fix);
    }
    return error;
}

const char *cli_db_path(const struct cli_common *common, const struct jb_conf *conf)
{
    if (common->db != NULL) {
        return common->db;
    }
    const char *env = getenv("JOULEBOOK_DB");
    if (env != NULL && env[0] != '\0') {
        return env;
    }
    return jb_conf_string(conf, "store", "db");
}

int cli_open_store(const struct jb_command *command, const struct cli_common *common, enum jb_store_mode mode,
                   struct jb_conf **ret_conf, struct jb_store **ret_store)
{
    struct cli_common own = *common;
    struct jb_diag diag = {0};

    if (cli_config(&own, ret_conf, &diag) < 0) {
        return cli_error(command, EXIT_USAGE, &diag);
    }
    const char *path = cli_db_path(common, *ret_conf);
    int error = jb_store_open(path, mode, ret_store, &diag);
    if (error == -ENOENT) {
        return cli_complain(command, 1, "no run has been recorded%s%s yet; begin with: joulebook run -- COMMAND",
                            path != NULL ? " in " : "", path != NULL ? path : "");
    }
    return error < 0 ? cli_error(command, 1, &diag) : -1;
}

/* A run whose meter did not live to price it: by the yearly figure, until `grid backfill` does better. */
static void price(struct jb_store *store, struct jb_record *record)
{
    struct jb_intensity table;
    JB_CLEANUP(jb_marks_finish) struct jb_marks marks = {0};

    jb_price_table(record, &table);
    (void)jb_store_marks(store, record->id, &marks, NULL);
    (void)jb_price(record, &(struct jb_pricing){.marks = &marks, .table = &table});
}

int cli_load_run(const struct jb_command *command, struct jb_store *store, const char *run, struct jb_record *ret)
{
    char id[JB_RUN_ID_TEXT];
    struct jb_diag diag = {0};

    int error = jb_store_find(store, run, id, &diag);
    if (error < 0) {
        return cli_error(command, error == -ENOENT || error == -ENOTUNIQ ? EXIT_USAGE : 1, &diag);
    }
    if (jb_store_load(store, id, ret, &diag) < 0) {
        return cli_error(command, 1, &diag);
    }
    if (isnan(ret->emissions_g) && (ret->status == JB_RUN_LOST || ret->status == JB_RUN_RUNNING)) {
        price(store, ret);
        jb_record_work_price(ret);
    }
    return -1;
}

struct cli_style cli_style(const struct cli_common *common, FILE *stream)
{
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool wanted = isatty(fileno(stream)) && (none == NULL || none[0] == '\0') && !jb_streq(term, "dumb");

    if (common->color != NULL && !jb_streq(common->color, "auto")) {
        wanted = jb_streq(common->color, "always");
    }
    if (!wanted) {
        return (struct cli_style){"", "", "", "", "", "", ""};
    }
    return (struct cli_style){"\033[1m", "\033[2m", "\033[31m", "\033[33m", "\033[32m", "\033[36m", "\033[0m"};
}
