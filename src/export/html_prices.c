/* SPDX-License-Identifier: Apache-2.0 */
/* What the run was priced at before something better was known: newest first, as one reads a history. */
#include "export/html.h"

#include <math.h>

#include "base/escape.h"

#define MAX_ROWS 24

static void row(struct jb_buf *out, const struct jb_record_price *price)
{
    char time[JB_HTML_TIME];
    jb_buf_puts(out, "<tr><td class=\"when\">");
    jb_export_html_text(out, price->until_ns != 0 ? jb_html_time(price->until_ns, time) : "not known");
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_mass(out, price->emissions_g);
    if (isfinite(price->emissions_g) && isfinite(price->uncertainty_g)) {
        jb_buf_puts(out, " \xC2\xB1\xC2\xA0");
        jb_html_mass(out, price->uncertainty_g);
    }
    jb_buf_puts(out, "</td><td class=\"num\">");
    jb_html_number(out, price->intensity_g_per_kwh, "");
    jb_buf_puts(out, "</td><td>");
    jb_export_html_text(out, price->source);
    jb_buf_puts(out, "</td><td>");
    jb_export_html_text(out, price->reason);
    jb_buf_puts(out, "</td></tr>\n");
}

void jb_html_prices(struct jb_report *report)
{
    const struct jb_record *r = report->record;
    struct jb_buf *out = report->out;
    if (r->price_count == 0) {
        return;
    }
    jb_buf_puts(out,
                "<h3>Former prices</h3>\n<p class=\"muted\">The energy is the same; better figures of the grid came "
                "in later.</p>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Until</th>"
                "<th scope=\"col\" class=\"num\">Emissions</th><th scope=\"col\" class=\"num\">g/kWh</th>"
                "<th scope=\"col\">Source</th><th scope=\"col\">Replaced because</th></tr></thead><tbody>\n");
    for (size_t i = r->price_count; i-- > 0 && r->price_count - i <= MAX_ROWS;) {
        row(out, &r->prices[i]);
    }
    jb_buf_puts(out, "</tbody></table></div>\n");
    if (r->price_count > MAX_ROWS) {
        jb_buf_printf(out, "<p class=\"muted\">and %zu before them</p>\n", r->price_count - MAX_ROWS);
    }
}
