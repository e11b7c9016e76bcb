/* SPDX-License-Identifier: Apache-2.0 */
/* grid_place.c - open what the parts of `joulebook grid` work with. Documented in grid_place.h. */
#include "cli/grid_place.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/run_options.h"
#include "cli/table.h"

#include <errno.h>
#include <string.h>

int grid_place_open(struct grid_options *options, const char *zone, struct grid_place *ret)
{
    struct grid_place place = {.options = options};
    struct jb_diag diag = {0};

    if (cli_config(&options->common, &place.conf, &diag) < 0 ||
        cli_intensity(place.conf, zone, options->common.root, &place.place, &diag) < 0 ||
        jb_grid_settings_load(place.conf, options->common.root, &place.settings, &diag) < 0) {
        grid_place_close(&place);
        return cli_error(&cmd_grid, EXIT_USAGE, &diag);
    }
    if (zone != NULL) {
        place.settings.fixed = false; /* the user's own figure is of the user's own place */
    }
    place.now_ns = jb_walltime_ns(&place.settings.walltime);
    *ret = place;
    return -1;
}

void grid_place_close(struct grid_place *place)
{
    jb_conf_destroy(place->conf);
    place->conf = NULL;
}

int grid_duration(const char *name, const char *text, uint64_t min_ns, uint64_t max_ns, uint64_t *ret_ns,
                  struct jb_diag *diag)
{
    struct jb_diag inner = {0};
    uint64_t value_ns;
    int error = jb_duration_parse(text, &value_ns, &inner);

    if (error < 0) {
        return jb_fail(diag, error, "%s: %s", name, inner.text);
    }
    if (value_ns < min_ns || value_ns > max_ns) {
        char least[JB_UNIT_TEXT], most[JB_UNIT_TEXT];
        return jb_fail(diag, -EINVAL, "%s %.40s: must be from %s to %s", name, text,
                       jb_format_duration((double)min_ns / 1e9, least, sizeof(least)),
                       jb_format_duration((double)max_ns / 1e9, most, sizeof(most)));
    }
    *ret_ns = value_ns;
    return 0;
}

void grid_title(const struct jb_intensity *place, const struct cli_style *style)
{
    printf("%s%s%s  %s\n", style->bold, place->zone, style->off, place->name);
}

void grid_line(const char *label, const char *text, const struct cli_style *style)
{
    if (text != NULL && text[0] != '\0') {
        printf("  %s%-8s  ", style->dim, label);
        cli_wrap(stdout, text, 12, 80);
        printf("%s\n", style->off);
    }
}

void grid_steps(const struct jb_steps *steps, const struct cli_style *style)
{
    for (size_t i = 0; i < steps->count; i++) {
        grid_line(i == 0 ? "steps" : "", steps->text[i], style);
    }
}

void grid_credits(const struct jb_track *track, const struct cli_style *style)
{
    const char *credits[JB_MAX_PROVIDERS + 1];

    jb_credits(track, credits, JB_MAX_PROVIDERS + 1);
    for (size_t i = 0; credits[i] != NULL; i++) {
        grid_line(i == 0 ? "credit" : "", credits[i], style);
    }
}
