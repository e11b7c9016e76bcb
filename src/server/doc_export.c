/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET api/v1/runs/ID/export: a run in another format, as a download.
 *
 * Written to a file without a name, beside the database where that may be, for what is long shall not be held in
 * memory. A run whose series takes longer than JB_EXPORT_NS is left to the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "export/export.h"
#include "server/doc_run.h"

static const char *type_of(const struct jb_export_format *format)
{
    return strcmp(format->suffix, "json") == 0   ? JB_TYPE_JSON
           : strcmp(format->suffix, "html") == 0 ? "text/html; charset=utf-8"
                                                 : "text/csv; charset=utf-8";
}

static const struct jb_export_format *format_of(const struct jb_query *query, struct jb_reply *reply)
{
    static const char *const parameters[] = {"format", NULL};
    JB_CLEANUP(jb_buf_finish) struct jb_buf list = {0};
    const char *name = NULL;

    if (!jb_param_names(query, parameters, reply) || !jb_param_text(query, "format", 32, &name, reply)) {
        return NULL;
    }
    const struct jb_export_format *format = name != NULL ? jb_export_find(name) : NULL;
    if (format == NULL) {
        for (size_t i = 0; jb_export_formats[i] != NULL; i++) {
            jb_buf_printf(&list, "%s%s", i > 0 ? ", " : "one of ", jb_export_formats[i]->name);
        }
        jb_reply_error(reply, 400, name != NULL ? "there is no such format" : "which format?", list.data);
    }
    return format;
}

static int unnamed_file(const char *beside)
{
    char folder[4096] = "/tmp";
    const char *slash = beside != NULL ? strrchr(beside, '/') : NULL;
    size_t length = slash != NULL ? (size_t)(slash - beside) : 0;

    if (length > 0 && length < sizeof(folder)) {
        memcpy(folder, beside, length);
        folder[length] = '\0';
    }
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : memfd_create("export", MFD_CLOEXEC);
}

static int write_file(const struct jb_export_format *format, const struct jb_export_input *input, int fd,
                      struct jb_diag *diag)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;

    if (out == NULL) {
        int error = -errno;
        jb_closep(&copy);
        return jb_fail(diag, error, "cannot write the export: %s", strerror(-error));
    }
    int error = format->write(input, out, diag);
    bool failed = fflush(out) != 0 || ferror(out);
    if (error == 0 && failed) {
        error = jb_fail(diag, -EIO, "cannot write the export: %s", strerror(errno));
    }
    fclose(out);
    return error;
}

void jb_document_run_export(struct jb_documents *documents, const struct jb_found_run *found,
                            const struct jb_query *query, struct jb_reply *reply)
{
    JB_CLEANUP(jb_closep) int fd = -1;
    struct jb_diag diag = {0};
    struct stat st;
    const struct jb_export_format *format = format_of(query, reply);

    if (format == NULL) {
        return;
    }
    if (!found->stored) {
        jb_reply_error(reply, 404, "this run is not over yet", "what it wrote can be exported when it has ended");
        return;
    }
    struct jb_export_input input = {.record = &found->record, .store = found->store};
    fd = unnamed_file(documents->path);
    jb_store_budget(found->store, JB_EXPORT_NS);
    int error = fd < 0 ? jb_fail(&diag, -errno, "cannot make a file for the export: %s", strerror(errno))
                       : write_file(format, &input, fd, &diag);
    if (error == 0 && fstat(fd, &st) < 0) {
        error = -errno;
    }
    if (error < 0) {
        if (error == -ETIMEDOUT) {
            jb_fix(&diag, "joulebook export %s --format %s", found->record.id, format->name);
        }
        jb_document_fail(reply, error, &diag);
        return;
    }
    lseek(fd, 0, SEEK_SET);
    reply->type = type_of(format);
    reply->length = (size_t)st.st_size;
    reply->fd = fd;
    fd = -1;
    jb_snprintf(reply->filename, sizeof(reply->filename), "joulebook-%s.%s", found->record.id, format->suffix);
}
