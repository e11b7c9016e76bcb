/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_backfill.c - joulebook grid backfill [RUN|--all]: price stored runs with what is known now.
 *
 * One line a run, as soon as it is done: the network may take its time. --all are those that have ended and could still
 * be priced better; with --zone, all that have ended. Of those a run whose place nobody serves is no failure: it would
 * be one for ever.
 */
#include "cli/grid_backfill.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "engine/price.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    /* Of all runs those that lie too far back for a provider stay so: nobody failed, nothing was said. */
    bool over = backfill->options->all && !better && result.steps.count == 0;
    bool failed = wanted && (error < 0 || !better) && !over;
    backfill_tell(backfill, record, failed, &result,
                  !failed                     ? "nothing better is to be had"
                  : anybody(backfill, record) ? "no provider has values of that time"
                                              : "nobody serves the place");
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
    bool wanted = jb_price_provisional(&record);
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
        cli_complain(&cmd_grid, 0, "%.*s: %s", BACKFILL_ID_SHOWN, id,
                     diag->text[0] != '\0' ? diag->text : strerror(-error));
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
                                                        : backfill_finish(&backfill);
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
