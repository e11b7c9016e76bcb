/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook export: a stored run in another format, to stdout or to a file that is either whole or not there. */
#include "export/export.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_FORMAT = OPT_OWN, OPT_OUTPUT };

struct export_options {
    struct cli_common common;
    const char *format, *output;
};

static const struct jb_option options[] = {
    {OPT_FORMAT, 'f', "format", "FORMAT", "json|csv|summary|codecarbon|html", "what to write"},
    {OPT_OUTPUT, 'o', "output", "FILE", "@file", "where to (default stdout)"},
    CLI_OPTION_DB,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct export_options *export = context;

    if (cli_common(&export->common, option, value)) {
        return 0;
    }
    if (option->id == OPT_FORMAT) {
        export->format = value;
    } else {
        export->output = value;
    }
    return 0;
}

/* Written beside the target and renamed: a failed export leaves no half file and keeps the old one. */
static int write_file(const struct jb_export_format *format, const struct jb_export_input *input, const char *path,
                      struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf temporary = {0};
    jb_buf_printf(&temporary, "%s.XXXXXX", path);
    int fd = temporary.failed ? -1 : mkostemp(temporary.data, O_CLOEXEC);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (out == NULL) {
        int error = -errno;
        jb_closep(&fd);
        return jb_fail(diag, error, "cannot write %s: %s", path, strerror(-error));
    }
    int error = format->write(input, out, diag);
    fchmod(fd, 0644);
    if (fclose(out) != 0 && error == 0) {
        error = jb_fail(diag, -errno, "cannot write %s: %s", path, strerror(errno));
    }
    if (error == 0 && rename(temporary.data, path) < 0) {
        error = jb_fail(diag, -errno, "cannot write %s: %s", path, strerror(errno));
    }
    if (error < 0) {
        unlink(temporary.data);
    }
    return error;
}

static int write_out(const struct export_options *export, const struct jb_export_input *input)
{
    struct jb_diag diag = {0};
    const struct jb_export_format *format = jb_export_find(export->format);
    bool to_stdout = export->output == NULL || jb_streq(export->output, "-");
    int error = to_stdout ? format->write(input, stdout, &diag) : write_file(format, input, export->output, &diag);

    return error < 0 ? cli_error(&cmd_export, 1, &diag) : 0;
}

static int export_main(int argc, char **argv, void *context)
{
    struct export_options export = {0};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    int first;
    int status = cli_parse(&cmd_export, argc, argv, handle, &export.common, &first);

    if (status < 0 && export.format == NULL) {
        status = cli_complain(&cmd_export, EXIT_USAGE,
                              "which format? For example: joulebook export last --format html -o run.html");
    }
    if (status < 0 && argc - first != 1) {
        status = cli_complain(&cmd_export, EXIT_USAGE, "exports one run: an id, a name or 'last'");
    }
    if (status < 0) {
        status = cli_open_store(&cmd_export, &export.common, JB_STORE_READ, &conf, &store);
    }
    if (status < 0) {
        status = cli_load_run(&cmd_export, store, argv[first], &record);
    }
    if (status < 0) {
        struct jb_export_input input = {.record = &record, .store = store};
        status = write_out(&export, &input);
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_export = {
    .name = "export",
    .operands = "RUN",
    .summary = "write a run as json, csv, summary, codecarbon or html",
    .operand_choices = "@run",
    .options = options,
    .run = export_main,
};
