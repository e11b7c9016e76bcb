/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and names of the HTML report, as base/units.h prints them.
 *
 * Number and unit are joined by a no-break space so that a line never ends between them.
 */
#include "export/html.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "export/measured.h"

#define NBSP "\xC2\xA0"

void jb_html_energy(struct jb_buf *out, double energy_uj)
{
    char text[JB_UNIT_TEXT];
    jb_export_html_unit(out, jb_format_energy(energy_uj / 1e6, text, sizeof(text)));
}

void jb_html_power_w(struct jb_buf *out, double watts)
{
    char text[JB_UNIT_TEXT];
    jb_export_html_unit(out, jb_format_power(watts, text, sizeof(text)));
}

void jb_html_mass(struct jb_buf *out, double grams)
{
    char text[JB_UNIT_TEXT];
    jb_export_html_unit(out, jb_format_mass(grams, text, sizeof(text)));
    if (isfinite(grams)) {
        jb_buf_puts(out, NBSP "CO<sub>2</sub>e");
    }
}

void jb_html_seconds(struct jb_buf *out, double seconds)
{
    char text[JB_UNIT_TEXT];
    jb_export_html_unit(out, jb_format_duration(seconds, text, sizeof(text)));
}

void jb_html_percent(struct jb_buf *out, double part, double whole)
{
    char text[JB_UNIT_TEXT];
    if (!isfinite(part) || !(whole > 0)) {
        jb_buf_puts(out, "unknown");
        return;
    }
    jb_export_html_unit(out, jb_format_3(100 * part / whole, text, sizeof(text)));
    jb_buf_puts(out, NBSP "%");
}

void jb_html_number(struct jb_buf *out, double value, const char *unit)
{
    char text[JB_UNIT_TEXT];
    jb_export_html_unit(out, jb_format_3(value, text, sizeof(text)));
    if (isfinite(value) && *unit) {
        jb_buf_puts(out, NBSP);
        jb_export_html_unit(out, unit);
    }
}

void jb_html_row(struct jb_buf *out, const char *term, const char *text)
{
    if (text && *text) {
        jb_buf_printf(out, "<dt>%s</dt><dd>", term);
        jb_export_html_text(out, text);
        jb_buf_puts(out, "</dd>\n");
    }
}

void jb_html_pair(struct jb_buf *out, const char *term, const char *text)
{
    if (text && *text) {
        jb_buf_puts(out, "<div><dt>");
        jb_export_html_text(out, term);
        jb_buf_puts(out, "</dt><dd>");
        jb_export_html_text(out, text);
        jb_buf_puts(out, "</dd></div>\n");
    }
}

char *jb_html_time(int64_t wall_ns, char ret[JB_HTML_TIME])
{
    jb_iso_time(wall_ns, ret, JB_HTML_TIME);
    char *day_end = strchr(ret, 'T'), *fraction = strchr(ret, '.');
    if (day_end && fraction) {
        *day_end = ' ';
        jb_copy(fraction, (size_t)(ret + JB_HTML_TIME - fraction), " UTC");
    }
    return ret;
}

struct jb_html_unit jb_html_unit(double energy_uj)
{
    static const struct jb_html_unit units[] = {{1e9, "GJ"}, {1e6, "MJ"}, {1e3, "kJ"}, {1, "J"}, {1e-3, "mJ"}};
    for (size_t i = 0; i < JB_COUNT(units); i++) {
        if (energy_uj / 1e6 >= units[i].joules) {
            return units[i];
        }
    }
    return (struct jb_html_unit){1, "J"};
}

void jb_html_energy_in(struct jb_buf *out, double energy_uj, const struct jb_html_unit *unit, bool named)
{
    jb_html_number(out, energy_uj / 1e6 / unit->joules, named ? unit->name : "");
}

static const struct {
    const char *name, *title;
} devices[] = {{"cpu", "CPU"}, {"gpu", "GPU"}, {"ram", "Memory"}, {"board", "Board"}};

const char *jb_html_device_class(const char *device)
{
    for (size_t i = 0; i < JB_COUNT(devices); i++) {
        if (jb_streq(devices[i].name, device)) {
            return devices[i].name;
        }
    }
    return "board";
}

const char *jb_html_device_title(const char *device)
{
    for (size_t i = 0; i < JB_COUNT(devices); i++) {
        if (jb_streq(devices[i].name, device)) {
            return devices[i].title;
        }
    }
    return *device ? device : "Other";
}

double jb_html_known(const struct jb_record *record, double value)
{
    return jb_export_known(record, value);
}
