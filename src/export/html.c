/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of one run as one file: no script, no font, no picture, no link that is followed by itself.
 *
 * Its content security policy allows nothing but its own style sheet, so that even text that got past the escaping
 * could not load or run anything. Nothing in it depends on when or where it was written: the same record gives the same
 * bytes.
 */
#include "export/html.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/escape.h"
#include "export/formats.h"

static void head(struct jb_report *report)
{
    struct jb_buf *out = report->out;
    jb_buf_puts(out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                "base-uri 'none'; form-action 'none'\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n"
                "<meta name=\"generator\" content=\"joulebook " JB_VERSION "\">\n<title>");
    jb_export_html_text(out, report->record->name && *report->record->name ? report->record->name : report->record->id);
    jb_buf_puts(out, " \xC2\xB7 joulebook</title>\n<style>\n");
    jb_buf_puts(out, jb_html_style);
    jb_buf_puts(out, "</style>\n</head>\n<body>\n");
}

static void foot(struct jb_report *report)
{
    jb_buf_puts(report->out,
                "</main>\n<footer>Written by joulebook " JB_VERSION ". Times are UTC. "
                "Figures are rounded to three digits; <code>joulebook export --format json</code> has them in full."
                "</footer>\n</body>\n</html>\n");
}

static int write_html(const struct jb_export_input *input, FILE *out, struct jb_diag *diag)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf page = {0};
    struct jb_report report = {.out = &page, .record = input->record};
    jb_hardware_view_init(&report.hardware, input->record);
    jb_html_series_load(&report.series, input);
    head(&report);
    jb_buf_puts(&page, "<main>\n");
    jb_html_overview(&report);
    jb_html_devices(&report);
    jb_html_wall(&report);
    jb_html_power(&report);
    jb_html_work(&report);
    jb_html_carbon(&report);
    jb_html_method(&report);
    foot(&report);
    jb_html_series_finish(&report.series);
    jb_hardware_view_finish(&report.hardware);
    if (page.failed) {
        return jb_fail(diag, -ENOMEM, "cannot write the report: %s", strerror(ENOMEM));
    }
    if (fwrite(page.data, 1, page.length, out) != page.length) {
        return jb_fail(diag, -EIO, "cannot write the report: %s", strerror(errno));
    }
    return 0;
}

const struct jb_export_format jb_export_html = {
    .name = "html",
    .suffix = "html",
    .help = "a report with charts, in one file",
    .write = write_html,
};
