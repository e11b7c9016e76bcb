/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook grid: what a kilowatt-hour emits here or there, and where that number comes from. */
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/run_options.h"
#include "cli/table.h"

#include <jansson.h>

enum { OPT_LIST = OPT_OWN };

struct grid_options {
    struct cli_common common;
    bool list;
};

static const struct jb_option options[] = {
    {OPT_LIST, 0, "list-zones", NULL, NULL, "print the names of all zones"},
    CLI_OPTION_JSON,
    CLI_OPTION_ROOT,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct grid_options *grid = context;

    if (!cli_common(&grid->common, option, value)) {
        grid->list = true;
    }
    return 0;
}

static const char *origin_text(enum jb_zone_origin origin)
{
    switch (origin) {
    case JB_ZONE_GIVEN:
        return "given";
    case JB_ZONE_CONFIG:
        return "config";
    case JB_ZONE_TIMEZONE:
        return "timezone";
    default:
        return "world";
    }
}

static void print_json(const struct jb_intensity *intensity)
{
    json_t *object = json_object();

    json_object_set_new(object, "schema", json_integer(1));
    json_object_set_new(object, "zone", json_string(intensity->zone));
    json_object_set_new(object, "name", json_string(intensity->name));
    json_object_set_new(object, "country",
                        intensity->country[0] != '\0' ? json_string(intensity->country) : json_null());
    json_object_set_new(object, "g_per_kwh", json_real(intensity->g_per_kwh));
    json_object_set_new(object, "uncertainty_g_per_kwh", json_real(intensity->g_per_kwh * intensity->rel_error));
    json_object_set_new(object, "factor", json_string(intensity->factor != NULL ? intensity->factor : ""));
    json_object_set_new(object, "year", intensity->year > 0 ? json_integer(intensity->year) : json_null());
    json_object_set_new(object, "estimated", json_boolean(intensity->estimated));
    json_object_set_new(object, "source", json_string(intensity->source));
    json_object_set_new(object, "origin", json_string(origin_text(intensity->origin)));
    json_object_set_new(object, "note", intensity->note[0] != '\0' ? json_string(intensity->note) : json_null());
    json_dumpf(object, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(object);
}

static void print_more(const char *label, const char *text, const struct cli_style *style)
{
    if (text[0] != '\0') {
        printf("  %s%-6s  ", style->dim, label);
        cli_wrap(stdout, text, 10, 80);
        printf("%s\n", style->off);
    }
}

static void print_text(const struct jb_intensity *intensity, const struct cli_style *style)
{
    char value[JB_UNIT_TEXT], sigma[JB_UNIT_TEXT], year[16] = "";

    if (intensity->year > 0) {
        snprintf(year, sizeof(year), " %d", intensity->year);
    }
    printf("%s%s%s  %s\n", style->bold, intensity->zone, style->off, intensity->name);
    printf("  %s%s ± %s gCO2e/kWh%s  average%s, %s%s\n", style->bold,
           jb_format_3(intensity->g_per_kwh, value, sizeof(value)),
           jb_format_3(intensity->g_per_kwh * intensity->rel_error, sigma, sizeof(sigma)), style->off, year,
           intensity->factor, intensity->estimated ? ", estimated" : "");
    print_more("source", intensity->source, style);
    print_more("note", intensity->note, style);
}

static void list_zones(void)
{
    const char *name;

    for (size_t i = 0; (name = jb_grid_zone_name(i)) != NULL; i++) {
        puts(name);
    }
}

static int grid_main(int argc, char **argv, void *context)
{
    struct grid_options grid = {0};
    struct jb_conf *conf = NULL;
    struct jb_diag diag = {0};
    struct jb_intensity intensity;
    int first;
    int status = cli_parse(&cmd_grid, argc, argv, handle, &grid.common, &first);

    if (status >= 0) {
        return status;
    }
    if (argc - first > 1) {
        return cli_complain(&cmd_grid, EXIT_USAGE, "takes one zone, for example KR, DE, US-CA or aws:eu-west-3");
    }
    if (grid.list) {
        list_zones();
        return 0;
    }
    if (cli_config(&grid.common, &conf, &diag) < 0 ||
        cli_intensity(conf, first < argc ? argv[first] : NULL, grid.common.root, &intensity, &diag) < 0) {
        jb_conf_destroy(conf);
        return cli_error(&cmd_grid, EXIT_USAGE, &diag);
    }
    if (grid.common.json) {
        print_json(&intensity);
    } else {
        struct cli_style style = cli_style(&grid.common, stdout);
        print_text(&intensity, &style);
    }
    jb_conf_destroy(conf);
    return 0;
}

const struct jb_command cmd_grid = {
    .name = "grid",
    .operands = "[ZONE]",
    .summary = "carbon intensity of a place, with its source",
    .operand_choices = "@zone",
    .options = options,
    .run = grid_main,
};
