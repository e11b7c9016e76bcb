/* SPDX-License-Identifier: Apache-2.0 */
/* The wall in words. The sensors are held against it over the time that it was read, so a share of that time is told.
 */
#include "cli/wall_text.h"

#include "base/text.h"
#include "base/units.h"
#include "cli/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHOLE 0.98 /* of the run's time: less than that is told */

static void add(struct cli_wall_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct cli_wall_text *text, const char *format, ...)
{
    size_t used = strlen(text->meaning);
    va_list args;

    va_start(args, format);
    vsnprintf(text->meaning + used, sizeof(text->meaning) - used, format, args);
    va_end(args);
}

bool cli_wall_measured(const struct jb_record *record, struct cli_wall_text *ret)
{
    const struct jb_record_wall *wall = &record->wall;
    char one[JB_UNIT_TEXT], two[JB_UNIT_TEXT];
    double covered_s = (double)wall->covered_ns / 1e9;

    if (!wall->measured) {
        return false;
    }
    ret->meaning[0] = '\0';
    cli_energy_pm((double)wall->energy_uj, wall->uncertainty_uj, ret->value, sizeof(ret->value));
    add(ret, "what the machine took in, by %s", wall->source);
    if (wall->has_sensors && wall->energy_uj > 0) {
        add(ret, "; the sensors saw %s %% of it",
            jb_format_3(100 * (double)wall->sensors_uj / (double)wall->energy_uj, one, sizeof(one)));
    }
    if (record->duration_s > 0 && covered_s < WHOLE * record->duration_s) {
        add(ret, "; read for %s of %s", jb_format_duration(covered_s, one, sizeof(one)),
            jb_format_duration(record->duration_s, two, sizeof(two)));
        if (wall->filled_uj > 0) {
            add(ret, ", the rest put in from the sensors");
        }
    }
    return true;
}

bool cli_wall_fitted(const struct jb_record *record, struct cli_wall_text *ret)
{
    const struct jb_record_wall *wall = &record->wall;
    const struct jb_record_fit *fit = &wall->fit;
    char base[JB_UNIT_TEXT], slope[JB_UNIT_TEXT], low[JB_UNIT_TEXT], high[JB_UNIT_TEXT];

    if (!wall->has_fit) {
        return false;
    }
    ret->meaning[0] = '\0';
    cli_energy_pm(wall->fitted_uj, wall->fitted_uncertainty_uj, ret->value, sizeof(ret->value));
    add(ret, "the wall as fitted: %s + %s x the sensors (%d readings of %s, %s to %s)",
        jb_format_power(fit->a_w, base, sizeof(base)), jb_format_3(fit->b, slope, sizeof(slope)), fit->readings,
        fit->meter[0] != '\0' ? fit->meter : "a meter", jb_format_power(fit->min_w, low, sizeof(low)),
        jb_format_power(fit->max_w, high, sizeof(high)));
    return true;
}
