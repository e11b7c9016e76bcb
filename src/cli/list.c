/* SPDX-License-Identifier: Apache-2.0 */
/* joulebook list: the stored runs, newest first. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "engine/price.h"
#include "export/export.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPT_PROJECT = OPT_OWN, OPT_TAG, OPT_LIMIT, OPT_SEARCH, OPT_IDS };

struct list_options {
    struct cli_common common;
    struct jb_run_filter filter;
    char *tag; /* malloc'd; the filter points into it */
    bool ids;
};

static const struct jb_option options[] = {
    {OPT_PROJECT, 'p', "project", "NAME", NULL, "only runs of this project"},
    {OPT_TAG, 't', "tag", "KEY=VALUE", NULL, "only runs with this tag"},
    {OPT_SEARCH, 's', "search", "TEXT", NULL, "only runs with this text in name or command"},
    {OPT_LIMIT, 'n', "limit", "N", NULL, "at most so many (default 20; 0: all)"},
    {OPT_IDS, 0, "ids", NULL, NULL, "print ids and names only, one a line, for scripts and completion"},
    CLI_OPTION_JSON,
    CLI_OPTION_DB,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct list_options *list = context;
    uint64_t limit;

    if (cli_common(&list->common, option, value)) {
        return 0;
    }
    switch (option->id) {
    case OPT_PROJECT:
        list->filter.project = value;
        return 0;
    case OPT_SEARCH:
        list->filter.text = value;
        return 0;
    case OPT_IDS:
        list->ids = true;
        return 0;
    case OPT_LIMIT:
        if (jb_parse_u64(value, &limit) < 0 || limit > 1000000) {
            return jb_fail(diag, -EINVAL, "--limit %s: a number is wanted, 0 for all", value);
        }
        list->filter.limit = (size_t)limit;
        return 0;
    default:
        break;
    }
    char *copy = strdup(value);
    char *equals = copy != NULL ? strchr(copy, '=') : NULL;
    if (equals == NULL || equals == copy) {
        free(copy);
        return jb_fail(diag, -EINVAL, "--tag %s: a tag is KEY=VALUE", value);
    }
    *equals = '\0';
    free(list->tag);
    list->tag = copy;
    list->filter.tag_key = copy;
    list->filter.tag_value = equals + 1;
    return 0;
}

struct list_table {
    struct cli_table table;
    bool walls; /* some run knows its wall: it has a column */
};

/* What the whole machine took in, measured or fitted; NAN: not known. */
static double wall_j(const struct jb_record *record)
{
    const struct jb_record_wall *wall = &record->wall;

    /* A meter that was read half of the time did not measure the run. */
    bool whole = wall->measured && (double)wall->covered_ns / 1e9 >= 0.9 * record->duration_s;
    return whole ? (double)wall->energy_uj / 1e6 : wall->has_fit ? wall->fitted_uj / 1e6 : NAN;
}

static int see_wall(void *context, const struct jb_record *record)
{
    struct list_table *list = context;

    list->walls = list->walls || !isnan(wall_j(record));
    return 0;
}

#define ID_SHOWN   10 /* the time of the start: enough to name a run */
#define NAME_SHOWN 60

/* The name, or else the command; cut to NAME_SHOWN characters. */
static void name_text(const struct jb_record *record, char *buffer, size_t size)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    size_t length = 0;

    jb_buf_puts(&text, record->name != NULL ? record->name : "");
    for (size_t i = 0; i < record->command_count && record->name == NULL; i++) {
        jb_buf_printf(&text, "%s%s", i > 0 ? " " : "", record->command[i]);
    }
    const char *whole = text.data != NULL ? text.data : "";
    for (int shown = 0; shown < NAME_SHOWN && whole[length] != '\0' && length + 8 < size; shown++) {
        do { /* a character and the bytes that continue it */
            length++;
        } while (((unsigned char)whole[length] & 0xc0) == 0x80 && length + 8 < size);
    }
    snprintf(buffer, size, "%.*s%s", (int)length, whole, whole[length] != '\0' ? "..." : "");
}

static int add_row(void *context, const struct jb_record *record)
{
    struct list_table *list = context;
    char id[ID_SHOWN + 1], started[32], duration[JB_UNIT_TEXT], footprint[JB_UNIT_TEXT], mass[JB_UNIT_TEXT],
        wall[JB_UNIT_TEXT], name[NAME_SHOWN * 4 + 8];
    time_t seconds = (time_t)(record->started_ns / (int64_t)JB_NS_PER_S);
    struct tm local;
    bool known = record->machine_uj > 0;

    strftime(started, sizeof(started), "%Y-%m-%d %H:%M", localtime_r(&seconds, &local));
    snprintf(id, sizeof(id), "%.*s", ID_SHOWN, record->id);
    name_text(record, name, sizeof(name));
    const char *cells[] = {
        id,
        started,
        jb_run_status_name(record->status),
        isnan(record->duration_s) ? "" : jb_format_duration(record->duration_s, duration, sizeof(duration)),
        known ? jb_format_energy((double)record->footprint_uj / 1e6, footprint, sizeof(footprint)) : "unknown",
        jb_format_mass(known ? record->emissions_g : NAN, mass, sizeof(mass)),
        isnan(wall_j(record)) ? "" : jb_format_energy(wall_j(record), wall, sizeof(wall)),
        name,
    };
    if (!list->walls) {
        cells[JB_COUNT(cells) - 2] = name;
    }
    cli_table_row(&list->table, cells);
    return 0;
}

static int add_json(void *context, const struct jb_record *record)
{
    return jb_list_json_add(context, record);
}

static int print_id(void *context, const struct jb_record *record)
{
    JB_CLEANUP(jb_freep) char *name = strdup(record->name != NULL ? record->name : "");

    if (name == NULL) {
        return -ENOMEM;
    }
    jb_sanitise(name); /* a name may hold newlines: a line is one run all the same */
    printf("%s%s%s\n", record->id, name[0] != '\0' ? "\t" : "", name);
    return 0;
}

static int print_json(struct jb_store *store, const struct jb_run_filter *filter, struct jb_diag *diag)
{
    struct jb_list_json *list;
    JB_CLEANUP(jb_freep) char *text = NULL;
    int error = jb_list_json_begin(&list);

    if (error < 0) {
        return error;
    }
    error = jb_store_list(store, filter, add_json, list, diag);
    int end = jb_list_json_end(list, &text);
    if (error == 0 && end == 0) {
        fputs(text, stdout);
    }
    return error < 0 ? error : end;
}

static int print_table(const struct list_options *asked, struct jb_store *store, const struct cli_style *style,
                       struct jb_diag *diag)
{
    static const char *const titles[] = {"run", "started", "status", ">duration", ">footprint", ">CO2e", "name", NULL};
    static const char *const with_wall[] = {"run",   "started", "status", ">duration", ">footprint",
                                            ">CO2e", ">wall",   "name",   NULL};
    struct list_table list = {.walls = false};
    int error = jb_store_list(store, &asked->filter, see_wall, &list, diag);

    cli_table_init(&list.table, list.walls ? with_wall : titles);
    if (error == 0) {
        error = jb_store_list(store, &asked->filter, add_row, &list, diag);
    }
    if (error == 0) {
        cli_table_print(&list.table, stdout, "", style->dim, style->off);
    }
    cli_table_finish(&list.table);
    return error;
}

static int list_main(int argc, char **argv, void *context)
{
    struct list_options list = {.filter = {.limit = 20}};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    int first, error;
    int status = cli_parse(&cmd_list, argc, argv, handle, &list.common, &first);

    if (status < 0 && first < argc) {
        status = cli_complain(&cmd_list, EXIT_USAGE, "takes no operand: '%s'; to see one run: joulebook show %s",
                              argv[first], argv[first]);
    }
    if (status < 0) {
        status = cli_open_store(&cmd_list, &list.common, JB_STORE_READ, &conf, &store);
    }
    if (status < 0) {
        status = 0;
        if (list.common.json) {
            error = print_json(store, &list.filter, &diag);
        } else if (list.ids) {
            error = jb_store_list(store, &list.filter, print_id, NULL, &diag);
        } else {
            struct cli_style style = cli_style(&list.common, stdout);
            error = print_table(&list, store, &style, &diag);
        }
        if (error < 0) {
            status = cli_error(&cmd_list, 1, &diag);
        }
    }
    free(list.tag);
    jb_store_close(store);
    jb_conf_destroy(conf);
    return status;
}

const struct jb_command cmd_list = {
    .name = "list",
    .operands = "",
    .summary = "list the stored runs",
    .options = options,
    .run = list_main,
};
