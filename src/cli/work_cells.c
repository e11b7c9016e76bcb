/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of the tables of work; documented in work_text.h. Without UTF-8 "±" is "+-" and bars are made of "#". */
#include "cli/work_text.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/table.h"

#define INDENT 2

void cli_work_title(FILE *out, const char *title, const char *text, const struct cli_work_look *look)
{
    fprintf(out, "\n  %s%s%s", look->style->bold, title, look->style->off);
    if (text[0] != '\0') {
        int indent = INDENT + cli_columns(title) + 2;
        fprintf(out, "  %s", look->style->dim);
        cli_wrap(out, text, indent, look->columns);
        fputs(look->style->off, out);
    }
    fputc('\n', out);
}

char *cli_work_energy_pm(double energy_uj, double sigma_uj, const struct cli_work_look *look, char *buffer, size_t size)
{
    char energy[JB_UNIT_TEXT], sigma[JB_UNIT_TEXT];

    jb_snprintf(buffer, size, "%s %s %s", jb_format_energy(energy_uj / 1e6, energy, sizeof(energy)),
                look->utf8 ? "±" : "+-", jb_format_energy(sigma_uj / 1e6, sigma, sizeof(sigma)));
    return buffer;
}

char *cli_work_percent(double part, double whole, char *buffer, size_t size)
{
    double percent = 100 * part / whole;

    if (!isfinite(percent) || !(whole > 0)) {
        jb_copy(buffer, size, "?");
    } else if (percent > 0 && percent < 0.05) {
        jb_copy(buffer, size, "<0.1");
    } else if (fabs(percent) < 0.05) {
        jb_copy(buffer, size, "0.0"); /* never "-0.0" */
    } else {
        jb_snprintf(buffer, size, "%.1f", percent);
    }
    return buffer;
}

char *cli_work_class_percent(const struct jb_work_class *c, double whole_uj, char *buffer, size_t size)
{
    if (c->low && whole_uj > 0) {
        return jb_work_rough_percent(100 * (double)c->energy_uj / whole_uj, buffer, size);
    }
    return cli_work_percent((double)c->energy_uj, whole_uj, buffer, size);
}

char *cli_work_count(uint64_t count, char *buffer, size_t size)
{
    static const char *const units[] = {"M", "G", "T"};
    double value = (double)count / 1e6;
    size_t unit = 0;

    if (count < 1000000) {
        jb_snprintf(buffer, size, "%u", (unsigned)count);
        return buffer;
    }
    while (value >= 999.5 && unit + 1 < JB_COUNT(units)) {
        value /= 1e3;
        unit++;
    }
    char number[JB_UNIT_TEXT];
    jb_snprintf(buffer, size, "%s %s", jb_format_3(value, number, sizeof(number)), units[unit]);
    return buffer;
}

char *cli_work_bar(double part, double whole, int width, bool utf8, char *buffer, size_t size)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double ratio = whole > 0 && part > 0 ? fmin(part / whole, 1) : 0;
    int length = (int)lround(ratio * width * 8);
    size_t used = 0;

    length = ratio > 0 && length == 0 ? 1 : length;
    buffer[0] = '\0';
    if (!utf8) {
        length = (length + 4) / 8 * 8;
        length = ratio > 0 && length == 0 ? 8 : length;
    }
    for (int i = 0; i < length / 8 && used + 4 < size; i++) {
        jb_copy(buffer + used, size - used, utf8 ? "█" : "#");
        used += strlen(buffer + used);
    }
    if (used + 4 < size) {
        jb_copy(buffer + used, size - used, eighths[length % 8]);
    }
    return buffer;
}
