/* SPDX-License-Identifier: Apache-2.0 */
/* grid_place.h - what all parts of `joulebook grid` work with: the options, the place, the settings, the time. */
#ifndef JB_CLI_GRID_PLACE_H
#define JB_CLI_GRID_PLACE_H

#include "cli/cli.h"
#include "grid/fetch.h"
#include "grid/greenest.h"

#include <jansson.h>

struct grid_options {
    struct cli_common common;
    bool list, providers, forecast, all;
    const char *history, *length, *within, *zone; /* zone: --zone, of backfill */
};

struct grid_place {
    const struct grid_options *options;
    struct jb_conf *conf;
    struct jb_grid_settings settings;
    struct jb_intensity place; /* with the figure of the tables */
    int64_t now_ns;
};

/* Configuration, settings, and the place that `zone` (NULL: nothing was named) leads to. -1, else an exit status. */
int grid_place_open(struct grid_options *options, const char *zone, struct grid_place *ret);
void grid_place_close(struct grid_place *place); /* accepts a zeroed one */

/* A duration of an option, within limits. -EINVAL with a diag that names the option. */
int grid_duration(const char *name, const char *text, uint64_t min_ns, uint64_t max_ns, uint64_t *ret_ns,
                  struct jb_diag *diag);

/* ---- text: "  source  ukgrid ...", wrapped, dimmed ---- */
void grid_title(const struct jb_intensity *place, const struct cli_style *style);
void grid_line(const char *label, const char *text, const struct cli_style *style);
void grid_steps(const struct jb_steps *steps, const struct cli_style *style);
void grid_credits(const struct jb_track *track, const struct cli_style *style);

/* ---- JSON ---- */
json_t *grid_number(double value);   /* null for NAN */
json_t *grid_time(int64_t wall_ns);  /* RFC 3339 */
json_t *grid_text(const char *text); /* null for empty and NULL */
json_t *grid_point(const struct jb_point *point);
json_t *grid_steps_json(const struct jb_steps *steps);
json_t *grid_credits_json(const struct jb_track *track);
json_t *grid_object(const struct jb_intensity *place); /* schema, zone, name, country */
int grid_print(json_t *object);                        /* prints, and gives it back; an exit status */

/* ---- the parts: exit statuses ---- */
int grid_now(const struct grid_place *place);
int grid_history(const struct grid_place *place);
int grid_forecast(const struct grid_place *place, const char *horizon);
int grid_providers(const struct grid_place *place);
int grid_backfill(const struct grid_options *options, const char *run);
int grid_refresh(const struct grid_options *options, const char *file);

#endif
