/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose.c - the zone of a run: named, configured, guessed, or the world.
 *
 * No network is asked, and no place made up: a tracker that cannot find out where it is and then takes some country is
 * wrong by up to two orders of magnitude without saying so. A guess says from what it is, the world what would be
 * better.
 */
#include "grid/grid.h"
#include "grid/grid_table.h"
#include "grid/timezone.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>

#define SET_ONE "set --zone, or [grid] zone in joulebook.conf"

/* -ENOENT when the time zone is UTC, a POSIX rule ("KST-9") or names no country, -ENODATA when the table has no value
 * for the country. The time zone's name is empty where none is set. */
static int guess(const char *root, struct jb_intensity *ret, struct jb_timezone *ret_timezone)
{
    struct jb_timezone timezone = {0};
    int r = jb_timezone_find(root, &timezone);
    *ret_timezone = timezone;
    if (r < 0 || timezone.country[0] == '\0') {
        return -ENOENT;
    }
    struct jb_intensity found;
    r = jb_grid_zone(timezone.country, &found, NULL);
    if (r < 0) {
        return r;
    }
    char note[128];
    snprintf(note, sizeof(note), "guessed from the time zone %s", timezone.name);
    jb_grid_note(&found, note);
    found.origin = JB_ZONE_TIMEZONE;
    *ret = found;
    return 0;
}

static int named(const char *zone, enum jb_zone_origin origin, const char *what, struct jb_intensity *ret,
                 struct jb_diag *diag)
{
    struct jb_diag why = {0};
    struct jb_intensity found;
    int r = jb_grid_zone(zone, &found, &why);
    if (r < 0) {
        jb_fail(diag, r, "%s%s", what, why.text);
        jb_fix(diag, "%s", why.fix);
        return r;
    }
    found.origin = origin;
    *ret = found;
    return 0;
}

bool jb_grid_named(const struct jb_intensity *place)
{
    return place->origin == JB_ZONE_GIVEN || place->origin == JB_ZONE_CONFIG;
}

int jb_grid_told(const char *zone, struct jb_intensity *ret)
{
    struct jb_intensity found;
    int r = named(zone, JB_ZONE_METER, "", &found, NULL);
    if (r < 0) {
        return r;
    }
    jb_grid_note(&found, "the zone that the machine's meter was given");
    *ret = found;
    return 0;
}

int jb_grid_choose(const char *given, const char *configured, const char *root, struct jb_intensity *ret,
                   struct jb_diag *diag)
{
    if (given != NULL) {
        return named(given, JB_ZONE_GIVEN, "", ret, diag);
    }
    if (configured != NULL && configured[0] != '\0') {
        return named(configured, JB_ZONE_CONFIG, "[grid] zone: ", ret, diag);
    }
    struct jb_timezone timezone;
    int r = guess(root, ret, &timezone);
    if (r == 0) {
        return 0;
    }
    jb_grid_world(ret);
    if (timezone.country[0] != '\0') {
        snprintf(ret->note, sizeof(ret->note), "no figure for %s (time zone %s): world average; " SET_ONE,
                 timezone.country, timezone.name);
    } else if (timezone.name[0] != '\0') {
        snprintf(ret->note, sizeof(ret->note), "the time zone %s names no known country: world average; " SET_ONE,
                 timezone.name);
    }
    return 0;
}
