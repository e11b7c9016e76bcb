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
    {OPT_FORMAT, 'f', "format", "FORMAT", "json|csv|summary|codecarbon|html|jtop", "what to write"},
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

static int cannot_write(const char *path, int error, struct jb_diag *diag)
{
    return jb_fail(diag, error, "cannot write %s: %s", path, strerror(-error));
}

/* Write and close; a stream remembers an error that an earlier flush met, fclose() alone does not tell it. */
static int write_stream(const struct jb_export_format *format, const struct jb_export_input *input, FILE *out,
                        const char *path, struct jb_diag *diag)
{
    int error = format->write(input, out, diag);

    if (error == 0 && (fflush(out) != 0 || ferror(out))) {
        error = cannot_write(path, errno != 0 ? -errno : -EIO, diag);
    }
    if (fclose(out) != 0 && error == 0) {
        error = cannot_write(path, -errno, diag);
    }
    return error;
}

/* A device, a pipe or a link to nothing: written through its name, for a rename would put a file in its place. */
static int write_through(const struct jb_export_format *format, const struct jb_export_input *input, const char *path,
                         struct jb_diag *diag)
{
    FILE *out = fopen(path, "we");

    return out != NULL ? write_stream(format, input, out, path, diag) : cannot_write(path, -errno, diag);
}

/* Written beside the target and renamed: a failed export leaves no half file and keeps the old one. */
static int write_beside(const struct jb_export_format *format, const struct jb_export_input *input, const char *path,
                        mode_t mode, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf temporary = {0};
    jb_buf_printf(&temporary, "%s.XXXXXX", path);
    int fd = temporary.failed ? -1 : mkostemp(temporary.data, O_CLOEXEC);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (out == NULL) {
        int error = temporary.failed ? -ENOMEM : -errno;
        jb_closep(&fd);
        return cannot_write(path, error, diag);
    }
    fchmod(fd, mode);
    int error = write_stream(format, input, out, path, diag);
    if (error == 0 && rename(temporary.data, path) < 0) {
        error = cannot_write(path, -errno, diag);
    }
    if (error < 0) {
        unlink(temporary.data);
    }
    return error;
}

static int write_file(const struct jb_export_format *format, const struct jb_export_input *input, const char *path,
                      struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *target = realpath(path, NULL); /* a link stays a link; what it names is replaced */
    struct stat there;
    mode_t mask = umask(0);

    umask(mask);
    if (target != NULL && stat(target, &there) == 0) {
        return S_ISREG(there.st_mode) ? write_beside(format, input, target, there.st_mode & 0777, diag)
                                      : write_through(format, input, path, diag);
    }
    if (lstat(path, &there) == 0) {
        return write_through(format, input, path, diag);
    }
    return write_beside(format, input, path, 0666 & ~mask, diag);
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
    if (status < 0 && export.output != NULL && export.output[0] == '\0') {
        status = cli_complain(&cmd_export, EXIT_USAGE, "--output is empty; write - for stdout, or a file name");
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
    .summary = "write a run as json, csv, summary, codecarbon, html or jtop",
    .operand_choices = "@run",
    .options = options,
    .run = export_main,
};
