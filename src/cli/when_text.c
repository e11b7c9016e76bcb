/* SPDX-License-Identifier: Apache-2.0 */
/* when_text.c - say what is waited for, and what it is worth. Documented in when.h. */
#include "cli/when.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/grid_time.h"
#include "grid/provider.h"

#include <math.h>

/* "123 g/kWh then, 250 g/kWh now: 51 % less, foretold by ukgrid" */
static void say_worth(const struct when_plan *plan, bool due, FILE *err)
{
    char then[JB_UNIT_TEXT], now[JB_UNIT_TEXT];
    double saving = when_saving(&plan->window);

    fprintf(err, "%s g/kWh%s", jb_format_3(plan->window.g_per_kwh, then, sizeof(then)), due ? "" : " then");
    if (!due && !isnan(plan->window.now_g_per_kwh)) {
        fprintf(err, ", %s g/kWh when started now", jb_format_3(plan->window.now_g_per_kwh, now, sizeof(now)));
    }
    if (!due && !isnan(saving)) {
        fprintf(err, ": %.0f %% %s", fabs(saving) * 100, saving < 0 ? "more" : "less");
    }
    if (plan->provider != NULL) {
        fprintf(err, ", foretold by %s", plan->provider->name);
    }
    fputc('\n', err);
}

void when_say(const struct cli_when *when, const struct when_plan *plan, int64_t now_ns, bool moved, FILE *err,
              const struct cli_style *style)
{
    char length[GRID_TIME_TEXT], within[GRID_TIME_TEXT], clock[GRID_TIME_TEXT], zone[GRID_TIME_TEXT],
        left[GRID_TIME_TEXT];
    int64_t start_ns = plan->window.start_ns;

    grid_length((double)when->length_ns / 1e9, length, sizeof(length));
    grid_length((double)when->within_ns / 1e9, within, sizeof(within));
    grid_clock(start_ns, now_ns, clock, sizeof(clock));
    grid_zone_name(start_ns, zone, sizeof(zone));
    grid_length((double)(start_ns - now_ns) / 1e9, left, sizeof(left));
    if (when_plan_due(plan, now_ns)) {
        fprintf(err, "joulebook: starts now: no %s within %s are greener, by what is foretold\n", length, within);
    } else if (moved) {
        fprintf(err, "joulebook: a greener window came up: starts at %s%s %s%s, in %s\n", style->bold, clock, zone,
                style->off, left);
    } else {
        fprintf(err, "joulebook: waits for the greenest %s within %s: starts at %s%s %s%s, in %s\n", length, within,
                style->bold, clock, zone, style->off, left);
    }
    fprintf(err, "  %s", style->dim);
    say_worth(plan, when_plan_due(plan, now_ns), err);
    bool from_now = plan->window.known_ns >= plan->window.end_ns; /* else there is a hole before */
    if (from_now && plan->window.known_ns < plan->until_ns) {
        fprintf(err, "  the forecast reaches to %s only\n",
                grid_clock(plan->window.known_ns, now_ns, clock, sizeof(clock)));
    }
    fputs(style->off, err);
    fflush(err);
}
