/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_backfill.c - joulebook grid backfill [RUN|--all]: price stored runs with what is known now.
 *
 * One line a run, as soon as it is done: the network may take its time. --all are those that have ended and could still
 * be priced better; with --zone, all that have ended. Of those a run whose place nobody serves is no failure: it would
 * be one for ever.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/grid_place.h"
#include "engine/price.h"
#include "engine/reprice.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ID_SHOWN 10

struct backfill {
    const struct grid_options *options;
    struct jb_store *store;
    struct jb_reprice_config config;
    struct cli_style style;
    json_t *runs; /* NULL: text */
    size_t changed, same, nobody, failed;
};

struct run_ids {
    char (*ids)[JB_RUN_ID_TEXT];
    size_t count, capacity;
};

static int add_id(void *context, const struct jb_record *record)
{
    struct run_ids *list = context;

    if (record->status == JB_RUN_RUNNING) {
        return 0;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        void *grown = reallocarray(list->ids, capacity, sizeof(*list->ids));
        if (grown == NULL) {
            return -ENOMEM;
        }
        list->ids = grown;
        list->capacity = capacity;
    }
    jb_copy(list->ids[list->count++], JB_RUN_ID_TEXT, record->id);
    return 0;
}

static json_t *to_json(const struct jb_record *record, const struct jb_reprice_result *result, const char *reason,
                       bool failed)
{
    json_t *object = json_object();

    json_object_set_new(object, "id", json_string(record->id));
    json_object_set_new(object, "name", grid_text(record->name));
    json_object_set_new(object, "changed", json_boolean(result->changed));
    json_object_set_new(object, "failed", json_boolean(failed));
    json_object_set_new(object, "old_g", grid_number(result->old_g));
    json_object_set_new(object, "new_g", grid_number(result->new_g));
    json_object_set_new(object, "live_before", grid_number(result->live_before));
    json_object_set_new(object, "live_after", grid_number(result->live_after));
    json_object_set_new(object, "reason", grid_text(reason));
    json_object_set_new(object, "steps", grid_steps_json(&result->steps));
    return object;
}

static const char *part_text(double part, char *buffer, size_t size)
{
    if (isnan(part)) {
        return "unknown";
    }
    jb_snprintf(buffer, size, "%.0f %%", part * 100);
    return buffer;
}

/* "01KAB3XYZQ  12.3 g -> 10.1 g CO2e, live 0 % -> 100 %: hourly values came in for 3 h" */
static void print_line(const struct backfill *backfill, const struct jb_record *record,
                       const struct jb_reprice_result *result, const char *reason, bool failed)
{
    char old[JB_UNIT_TEXT], new[JB_UNIT_TEXT], before[16], after[16], text[400];
    const struct cli_style *style = &backfill->style;

    printf("%s%.*s%s  ", style->bold, ID_SHOWN, record->id, style->off);
    if (result->changed) {
        printf("%s -> %s%s%s CO2e, live %s -> %s", jb_format_mass(result->old_g, old, sizeof(old)), style->bold,
               jb_format_mass(result->new_g, new, sizeof(new)), style->off,
               part_text(result->live_before, before, sizeof(before)),
               part_text(result->live_after, after, sizeof(after)));
    } else {
        printf("%s CO2e as before, live %s", jb_format_mass(result->old_g, old, sizeof(old)),
               part_text(result->live_before, before, sizeof(before)));
    }
    jb_copy(text, sizeof(text), reason);
    jb_sanitise(text);
    printf("%s%s%s%s\n", text[0] != '\0' ? ": " : "", failed ? style->red : "", text, failed ? style->off : "");
    fflush(stdout);
}

/* Why the price is another, as it is kept with the former one. */
static void load_reason(struct backfill *backfill, const char *id, char *reason, size_t size)
{
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    struct jb_diag diag = {0};

    if (jb_store_load(backfill->store, id, &record, &diag) == 0 && record.price_count > 0) {
        jb_copy(reason, size, record.prices[record.price_count - 1].reason);
    }
}

/* All that went wrong, in one line. */
static void steps_text(const struct jb_steps *steps, char *buffer, size_t size)
{
    buffer[0] = '\0';
    for (size_t i = 0; i < steps->count; i++) {
        size_t used = strlen(buffer);
        jb_snprintf(buffer + used, size - used, "%s%s", i > 0 ? "; " : "", steps->text[i]);
    }
}

/* What became of one run. */
static void tell(struct backfill *backfill, const struct jb_record *record, bool failed,
                 const struct jb_reprice_result *result, const char *otherwise)
{
    char reason[400];

    steps_text(&result->steps, reason, sizeof(reason));
    if (result->changed) {
        load_reason(backfill, record->id, reason, sizeof(reason));
    } else if (reason[0] == '\0') {
        jb_copy(reason, sizeof(reason), otherwise);
    }
    backfill->changed += result->changed;
    backfill->same += !result->changed && !failed;
    backfill->failed += failed;
    if (backfill->runs != NULL) {
        json_array_append_new(backfill->runs, to_json(record, result, reason, failed));
    } else if (failed || result->changed || !backfill->options->all) {
        print_line(backfill, record, result, reason, failed);
    }
}

/* Does anybody serve the place that the run is to be priced for? */
static bool anybody(const struct backfill *backfill, const struct jb_record *record)
{
    struct jb_intensity place;
    struct jb_chain chain;
    struct jb_steps steps = {0};
    struct jb_diag diag = {0};

    if (backfill->config.zone == NULL) {
        jb_price_table(record, &place);
    } else if (jb_grid_zone(backfill->config.zone, &place, &diag) < 0) {
        return false;
    }
    jb_chain_make(backfill->config.settings, &place, JB_AVERAGE, &chain, &steps);
    return chain.count > 0;
}

static int reprice(struct backfill *backfill, const struct jb_record *record, bool wanted, struct jb_diag *diag)
{
    struct jb_reprice_result result = {
        .old_g = record->emissions_g, .new_g = NAN, .live_before = jb_price_live_share(record), .live_after = NAN};
    int error = jb_reprice(backfill->store, record->id, &backfill->config, &result, diag);

    if (error < 0 && error != -ENODATA) {
        return error;
    }
    bool better = result.changed || result.live_after > result.live_before;
    bool failed = wanted && (error < 0 || !better);
    tell(backfill, record, failed, &result,
         failed ? "no provider has values of that time" : "nothing better is to be had");
    return 0;
}

/* 0, or an error that ends all. */
static int one(struct backfill *backfill, const char *id, struct jb_diag *diag)
{
    JB_CLEANUP(jb_record_finish) struct jb_record record = {0};
    bool all = backfill->options->all;
    int error = jb_store_load(backfill->store, id, &record, diag);

    if (error < 0) {
        return error;
    }
    bool wanted = jb_reprice_wanted(&record);
    if (all && !wanted && backfill->config.zone == NULL) {
        backfill->same++;
        return 0;
    }
    if (all && !anybody(backfill, &record)) {
        backfill->nobody++;
        return 0;
    }
    error = reprice(backfill, &record, wanted, diag);
    if (error < 0 && all && error != -ENOMEM) { /* of this run only: it is told, and the others have their turn */
        cli_complain(&cmd_grid, 0, "%.*s: %s", ID_SHOWN, id, diag->text[0] != '\0' ? diag->text : strerror(-error));
        backfill->failed++;
        return 0;
    }
    return error < 0 && diag->text[0] == '\0' ? jb_fail(diag, error, "%s: %s", id, strerror(-error)) : error;
}

static int each(struct backfill *backfill, const char *run, struct jb_diag *diag)
{
    struct run_ids list = {0};
    char id[JB_RUN_ID_TEXT];
    int error;

    if (!backfill->options->all) {
        error = jb_store_find(backfill->store, run, id, diag);
        return error < 0 ? error : one(backfill, id, diag);
    }
    error = jb_store_list(backfill->store, &(struct jb_run_filter){0}, add_id, &list, diag);
    for (size_t i = 0; i < list.count && error == 0; i++) {
        error = one(backfill, list.ids[i], diag);
    }
    free(list.ids);
    return error;
}

static int finish(struct backfill *backfill)
{
    int status = backfill->failed > 0 ? 1 : 0;

    if (backfill->runs != NULL) {
        json_t *object = json_object();
        json_object_set_new(object, "schema", json_integer(1));
        json_object_set(object, "runs", backfill->runs);
        int written = grid_print(object);
        return written != 0 ? written : status;
    }
    if (backfill->options->all) {
        printf("%zu priced anew, %zu as good as can be, %zu where nobody serves the place, %zu failed\n",
               backfill->changed, backfill->same, backfill->nobody, backfill->failed);
    }
    return status;
}

/* Open what is needed and go through the runs. */
static int run_all(const struct grid_place *place, struct jb_store *store, const char *run)
{
    struct jb_diag diag = {0};
    struct jb_tariff tariff = {0};
    struct backfill backfill = {
        .options = place->options,
        .store = store,
        .config = {.settings = &place->settings, .zone = place->options->zone, .how = JB_FETCH_ASK},
        .style = cli_style(&place->options->common, stdout),
        .runs = place->options->common.json ? json_array() : NULL,
    };
    int error = jb_tariff_load(place->conf, &tariff, &diag);
    int status = error < 0 && error != -ENOENT ? cli_error(&cmd_grid, EXIT_USAGE, &diag) : -1;

    backfill.config.tariff = error == 0 ? &tariff : NULL;
    if (status < 0) {
        error = each(&backfill, run, &diag);
        status = error == -ENOENT || error == -ENOTUNIQ ? cli_error(&cmd_grid, EXIT_USAGE, &diag)
                 : error < 0                            ? cli_error(&cmd_grid, 1, &diag)
                                                        : finish(&backfill);
    }
    json_decref(backfill.runs);
    jb_tariff_finish(&tariff);
    return status;
}

int grid_backfill(const struct grid_options *options, const char *run)
{
    if (run == NULL && !options->all) {
        return cli_complain(&cmd_grid, EXIT_USAGE,
                            "which run? joulebook grid backfill RUN, or --all; see: joulebook list");
    }
    struct grid_options own = *options;
    struct grid_place place = {0};
    struct jb_conf *conf = NULL;
    struct jb_store *store = NULL;
    /* The zone is looked up here once, so that a mistyped one is told before the first run is touched. */
    int status = grid_place_open(&own, options->zone, &place);

    if (status < 0) {
        status = cli_open_store(&cmd_grid, &own.common, JB_STORE_READ, &conf, &store); /* makes no database */
        jb_store_close(store);
        jb_conf_destroy(conf);
        store = NULL;
        conf = NULL;
    }
    if (status < 0) {
        status = cli_open_store(&cmd_grid, &own.common, JB_STORE_WRITE, &conf, &store);
    }
    if (status < 0) {
        status = run_all(&place, store, run);
    }
    jb_store_close(store);
    jb_conf_destroy(conf);
    grid_place_close(&place);
    return status;
}
