/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook grid: what a kilowatt-hour emits here or there, now and over time, and where that number comes from. */
#include "cli/grid_place.h"

#include "base/text.h"

#include <string.h>

enum { OPT_LIST = OPT_OWN, OPT_HISTORY, OPT_FORECAST, OPT_LENGTH, OPT_WITHIN, OPT_PROVIDERS, OPT_ALL, OPT_ZONE };

static const struct jb_option options[] = {
    {OPT_HISTORY, 0, "history", "DURATION", NULL, "draw the past, up to 30d"},
    {OPT_FORECAST, 0, "forecast", NULL, NULL, "draw what is foretold: 24h, or the duration that is given, up to 72h"},
    {OPT_LENGTH, 0, "length", "DURATION", NULL, "with --forecast: the greenest time for a run of this length"},
    {OPT_WITHIN, 0, "within", "DURATION", NULL, "with --length: by when it has to end (default 24h)"},
    {OPT_PROVIDERS, 0, "providers", NULL, NULL, "list who can be asked: place, key, licence"},
    {OPT_ALL, 0, "all", NULL, NULL, "backfill: all runs that could be priced better"},
    {OPT_ZONE, 'z', "zone", "ZONE", "@zone", "backfill: price as if the run had been there"},
    {OPT_LIST, 0, "list-zones", NULL, NULL, "print the names of all zones"},
    CLI_OPTION_JSON,
    CLI_OPTION_DB,
    CLI_OPTION_ROOT,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static const char examples[] =
    "\n"
    "Examples:\n"
    "  joulebook grid                             the intensity that a run here is priced at\n"
    "  joulebook grid DE --history 7d             the last week\n"
    "  joulebook grid --forecast 48h              the next two days\n"
    "  joulebook grid --forecast --length 4h      when a run of four hours emits least\n"
    "  joulebook grid DE --providers              who can be asked, and on which terms\n"
    "  joulebook grid backfill last               price a run anew, by what is known now\n"
    "  npm pack @tgwf/co2 && joulebook grid refresh tgwf-co2-*.tgz\n"
    "                                             newer yearly figures than the built-in ones\n";

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct grid_options *grid = context;

    if (cli_common(&grid->common, option, value)) {
        return 0;
    }
    switch (option->id) {
    case OPT_HISTORY:
        grid->history = value;
        break;
    case OPT_FORECAST:
        grid->forecast = true;
        break;
    case OPT_LENGTH:
        grid->length = value;
        break;
    case OPT_WITHIN:
        grid->within = value;
        break;
    case OPT_PROVIDERS:
        grid->providers = true;
        break;
    case OPT_ALL:
        grid->all = true;
        break;
    case OPT_ZONE:
        grid->zone = value;
        break;
    default:
        grid->list = true;
        break;
    }
    return 0;
}

static void list_zones(void)
{
    const char *name;

    for (size_t i = 0; (name = jb_grid_zone_name(i)) != NULL; i++) {
        puts(name);
    }
}

/* Options that do not go together: what to say, or NULL. */
static const char *clash(const struct grid_options *grid, bool backfill, bool refresh)
{
    bool series = grid->history != NULL || grid->forecast || grid->length != NULL || grid->within != NULL;

    if ((backfill || refresh) && (series || grid->providers || grid->list)) {
        return "backfill and refresh show no intensities: leave out --history, --forecast, --providers and "
               "--list-zones";
    }
    if (refresh ? grid->all || grid->zone != NULL || grid->common.db != NULL : false) {
        return "refresh takes one file and --json";
    }
    if (!backfill && (grid->all || grid->zone != NULL || grid->common.db != NULL)) {
        return "--all, --zone and --db are of: joulebook grid backfill; to see a zone: joulebook grid ZONE";
    }
    if (grid->providers + grid->list + (grid->history != NULL) + grid->forecast > 1) {
        return "one of --history, --forecast, --providers and --list-zones at a time";
    }
    if (grid->length != NULL && !grid->forecast) {
        return "--length is of a forecast: joulebook grid --forecast --length 4h";
    }
    if (grid->within != NULL && grid->length == NULL) {
        return "--within needs a length: joulebook grid --forecast --length 4h --within 24h";
    }
    return NULL;
}

/* A zone and a duration of --forecast tell themselves apart: no zone begins with a digit. */
static int operands(const struct grid_options *grid, char **words, int count, const char **ret_zone,
                    const char **ret_duration)
{
    for (int i = 0; i < count; i++) {
        bool duration = grid->forecast && words[i][0] >= '0' && words[i][0] <= '9';
        const char **place = duration ? ret_duration : ret_zone;
        if (*place != NULL) {
            return cli_complain(&cmd_grid, EXIT_USAGE, "takes one zone, for example KR, DE, US-CA or aws:eu-west-3");
        }
        *place = words[i];
    }
    return -1;
}

static int show(struct grid_options *grid, char **words, int count)
{
    struct grid_place place = {0};
    const char *zone = NULL, *duration = NULL;
    int status = operands(grid, words, count, &zone, &duration);

    if (status < 0 && grid->list) {
        list_zones();
        return 0;
    }
    if (status < 0) {
        status = grid_place_open(grid, zone, &place);
    }
    if (status < 0) {
        status = grid->providers         ? grid_providers(&place)
                 : grid->history != NULL ? grid_history(&place)
                 : grid->forecast        ? grid_forecast(&place, duration)
                                         : grid_now(&place);
    }
    grid_place_close(&place);
    return status;
}

static int grid_main(int argc, char **argv, void *context)
{
    struct grid_options grid = {0};
    int first;
    int status = cli_parse(&cmd_grid, argc, argv, handle, &grid.common, &first);

    if (status >= 0) {
        if (status == 0 && grid.common.help) {
            fputs(examples, stdout);
        }
        return status;
    }
    const char *word = first < argc ? argv[first] : NULL, *operand = first + 1 < argc ? argv[first + 1] : NULL;
    bool backfill = jb_streq(word, "backfill"), refresh = jb_streq(word, "refresh");
    const char *wrong = clash(&grid, backfill, refresh);
    if (wrong != NULL) {
        return cli_complain(&cmd_grid, EXIT_USAGE, "%s", wrong);
    }
    if ((backfill || refresh) && argc - first > 2) {
        return cli_complain(&cmd_grid, EXIT_USAGE, "%s takes one %s, not also '%s'", word,
                            backfill ? "run, or --all" : "file", argv[first + 2]);
    }
    if (backfill && operand != NULL && grid.all) {
        return cli_complain(&cmd_grid, EXIT_USAGE, "backfill takes a run or --all, not both");
    }
    return backfill  ? grid_backfill(&grid, operand)
           : refresh ? grid_refresh(&grid, operand)
                     : show(&grid, argv + first, argc - first);
}

const struct jb_command cmd_grid = {
    .name = "grid",
    .operands = "[ZONE | backfill RUN | refresh FILE]",
    .summary = "carbon intensity of a place, with its source",
    .operand_choices = "@zone",
    .options = options,
    .run = grid_main,
};
