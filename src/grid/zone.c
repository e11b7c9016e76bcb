/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.c - a place by any of its names.
 *
 * All names lie in one sorted list that the generator has made free of clashes, so that a lookup is one search and the
 * order of the rules (a zone before a state, a country before a state of the same name) is settled at build time. The
 * user's refreshed table (refresh.h) may then have a newer figure for the place; it is read each time, since there is
 * no place to keep it, and 350 rows take less than a tenth of a millisecond.
 */
#include "grid/fold.h"
#include "grid/grid.h"
#include "grid/grid_table.h"
#include "grid/refresh.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define LIST_COMMAND "'joulebook grid --list-zones' prints all"

static int unknown(const char *zone, const char *folded, struct jb_diag *diag)
{
    /* What was typed may hold anything, and be long. Cut first: that may leave half a character, which jb_sanitise
     * replaces. */
    char shown[48];
    bool whole = jb_copy(shown, sizeof(shown), zone);
    jb_sanitise(shown);
    jb_fail(diag, -ENOENT, "unknown zone \"%s%s\"", shown, whole ? "" : "...");
    const char *near = folded != NULL ? jb_nearest(folded, jb_grid_keys) : NULL;
    const struct jb_grid_key *key = near != NULL ? jb_grid_key_find(near) : NULL;
    if (key != NULL) {
        jb_fix(diag, "did you mean \"%s\"? " LIST_COMMAND, key->label);
    } else {
        jb_fix(diag, LIST_COMMAND);
    }
    return -ENOENT;
}

/* A table that cannot be read is no reason to know less than without one, but one to say so. */
static void apply_users_table(struct jb_intensity *intensity)
{
    JB_CLEANUP(jb_table_finish) struct jb_table table = {0};
    struct jb_diag diag = {0};
    char path[PATH_MAX];
    if (jb_table_path(path, sizeof(path)) < 0) {
        return;
    }
    int err = jb_table_load(path, &table, &diag);
    if (err == 0) {
        jb_table_apply(&table, intensity);
    } else if (err != -ENOENT && err != -ENOTDIR) {
        char note[160];
        jb_snprintf(note, sizeof(note), "not used: %s", diag.text);
        jb_grid_note(intensity, note);
    }
}

int jb_grid_zone(const char *zone, struct jb_intensity *ret, struct jb_diag *diag)
{
    char folded[JB_FOLD_TEXT];
    if (jb_grid_fold(zone, folded) < 0) {
        return unknown(zone, NULL, diag);
    }
    const struct jb_grid_key *key = jb_grid_key_find(folded);
    if (key == NULL) {
        return unknown(zone, folded, diag);
    }
    const struct jb_grid_place *place = &jb_grid_places[key->place];
    if (place->kind == JB_PLACE_NOTHING) {
        jb_fail(diag, -ENODATA, "no carbon intensity is known for %s (%s)", place->name, place->zone);
        jb_fix(diag, "set [grid] intensity in joulebook.conf, or name a zone like it with --zone");
        return -ENODATA;
    }
    jb_grid_fill(place, ret);
    apply_users_table(ret);
    if (key->note[0] != '\0') {
        jb_grid_note(ret, key->note);
    }
    return 0;
}

void jb_grid_world(struct jb_intensity *ret)
{
    jb_grid_fill(&jb_grid_places[jb_grid_world_index], ret);
    ret->origin = JB_ZONE_WORLD;
    jb_copy(ret->note, sizeof(ret->note), "world average; set --zone, or [grid] zone in joulebook.conf");
}

const char *jb_grid_zone_name(size_t index)
{
    return index < jb_grid_listed_count ? jb_grid_places[index].zone : NULL;
}

double jb_grid_grams(double energy_uj, double g_per_kwh, double pue)
{
    const double uj_per_kwh = 3.6e12;
    return energy_uj / uj_per_kwh * g_per_kwh * pue;
}
