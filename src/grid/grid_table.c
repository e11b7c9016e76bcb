/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_table.c - search the generated tables, and say how sure their figures are.
 *
 * The numbers below come from comparing the tables with each other (data/README.md, "Carbon"). All are one sigma of the
 * yearly mean of the place. None covers the hours of a run: solar noon and evening peak differ by more than this in
 * many zones, which only a live source can tell.
 */
#include "grid/grid_table.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* Electricity Maps 2025 and Ember's latest year differ by 13 % in the median of 195 countries. The median of a normal
 * difference is 0.67 sigma: 0.13 / 0.6745 = 0.19. The whole of it is charged to either table, although both are in it:
 * they share fuel factors and statistics, so their agreement flatters them. */
#define TABLES_DIFFER 0.19

/* That comparison already holds rows up to three years older than the newest. Beyond, a grid moves by 3.4 % a year in
 * the median (again over 0.6745), taken as drifting one way: grids have been getting cleaner. */
#define YEARS_COVERED  3
#define DRIFT_PER_YEAR 0.05

/* A proxy is the neighbour's figure for a place with some plants of its own (hydro in Andorra, gas on the Isle of Man).
 * No table tells how much; a quarter of a difference is our guess, not a measurement. */
#define PROXY_OWN_PLANTS 0.25

double jb_grid_rel_error(const struct jb_grid_place *place)
{
    double table = TABLES_DIFFER;
    int old = jb_grid_newest_year - place->year - YEARS_COVERED;
    if (old > 0) {
        table = hypot(table, DRIFT_PER_YEAR * old);
    }
    switch (place->kind) {
    case JB_PLACE_PROXY:
        return hypot(table, PROXY_OWN_PLANTS);
    case JB_PLACE_STATE:
        /* spread: of 51 states around the consumption figure of their main grid zone. It holds what a state's
         * production says wrongly of its consumption and the error of the lifecycle ratio, and the table's own. */
        return place->spread > table ? place->spread : table;
    case JB_PLACE_REGION:
    case JB_PLACE_WORLD:
        /* spread: root mean square of (country - world) / world over the countries, each counting once, since nothing
         * is known of where in the world we are. */
    case JB_PLACE_ZONE:
    case JB_PLACE_COUNTRY:
    case JB_PLACE_AVERAGE:
        /* spread: of the zones of a country, 0 where it has none: the machine is in one of them, unknown which. */
    case JB_PLACE_NOTHING:
        break;
    }
    return hypot(table, place->spread);
}

const struct jb_grid_key *jb_grid_key_find(const char *folded)
{
    size_t low = 0, high = jb_grid_key_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(folded, jb_grid_keys[middle]);
        if (order == 0) {
            return &jb_grid_key_infos[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

void jb_grid_fill(const struct jb_grid_place *place, struct jb_intensity *ret)
{
    *ret = (struct jb_intensity){
        .g_per_kwh = place->g_per_kwh,
        .rel_error = jb_grid_rel_error(place),
        .factor = "lifecycle",
        .year = place->year,
        .estimated = place->kind != JB_PLACE_ZONE && place->kind != JB_PLACE_COUNTRY,
        .origin = JB_ZONE_GIVEN,
    };
    /* The generator has checked that they fit. */
    jb_copy(ret->zone, sizeof(ret->zone), place->zone);
    jb_copy(ret->live_zone, sizeof(ret->live_zone), place->live);
    jb_copy(ret->name, sizeof(ret->name), place->name);
    jb_copy(ret->country, sizeof(ret->country), place->country);
    jb_copy(ret->source, sizeof(ret->source), place->source);
    jb_copy(ret->note, sizeof(ret->note), place->note);
}

void jb_grid_note(struct jb_intensity *intensity, const char *text)
{
    char said[sizeof(intensity->note)];
    jb_copy(said, sizeof(said), intensity->note);
    bool whole = jb_copy(intensity->note, sizeof(intensity->note), text);
    for (size_t i = 0; i < 2 && said[0] != '\0'; i++) {
        size_t length = strlen(intensity->note);
        whole = jb_copy(intensity->note + length, sizeof(intensity->note) - length, i == 0 ? "; " : said) && whole;
    }
    if (!whole) {
        jb_sanitise(intensity->note); /* half a character at the end */
    }
}
