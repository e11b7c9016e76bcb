/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.c - which country the machine's clock is set for.
 *
 * TZ as in tzset(3), /etc/timezone (Debian), the link /etc/localtime (localtime(5)). Countries come from tzdata's
 * tables below the root, or, when a recorded machine came without them, from the real machine's: they are the same
 * everywhere. Odd: a TZ that is set decides alone, even as UTC or a POSIX rule, since whoever set it wanted just that;
 * of the two files the first that names a country wins, since /etc/timezone is often a left-over of the image.
 */
#include "grid/timezone.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZONEINFO    "/usr/share/zoneinfo"
#define TABLE_LIMIT ((size_t)1 << 20) /* the biggest, tzdata.zi, has 110 KB */
#define LINK_LIMIT  4                 /* links to links; tzdata has no more than two */

/* Names of tzdata that are rules and no places. Its links would put all of them somewhere: CET in Belgium. */
static const char *const placeless[] = {"CET", "CST6CDT", "EET",     "EST", "EST5EDT", "HST", "MET",
                                        "MST", "MST7MDT", "PST8PDT", "WET", "Factory", NULL};

/* Old names that lie in another country than the zone they are linked to now: since 2022 tzdata links zones that agree
 * since 1970 across borders, and the tables list only the new names. */
static const struct {
    const char name[24], country[3];
} across_borders[] = {
    {"Africa/Asmera", "ER"},  {"Africa/Timbuktu", "ML"},       {"America/Coral_Harbour", "CA"},
    {"America/Virgin", "VI"}, {"Antarctica/South_Pole", "AQ"}, {"Atlantic/Jan_Mayen", "SJ"},
    {"Iceland", "IS"},        {"Pacific/Johnston", "UM"},      {"Pacific/Ponape", "FM"},
    {"Pacific/Truk", "FM"},   {"Pacific/Yap", "FM"},
};

/* The name in "/usr/share/zoneinfo/posix/Asia/Seoul", "../usr/share/zoneinfo/Asia/Seoul" or "Asia/Seoul". */
static int take_name(const char *text, char ret[JB_TZ_TEXT])
{
    static const char marker[] = "/zoneinfo/";
    for (const char *at = strstr(text, marker); at != NULL; at = strstr(text, marker)) {
        text = at + strlen(marker);
    }
    if (jb_starts(text, "posix/") || jb_starts(text, "right/")) {
        text += strlen("posix/");
    }
    if (jb_tz_check(text) < 0) {
        return -ENOENT;
    }
    jb_copy(ret, JB_TZ_TEXT, text);
    return 0;
}

static int from_etc_timezone(const char *root, char ret[JB_TZ_TEXT])
{
    char text[256];
    if (jb_root_read(root, "/etc/timezone", text, sizeof(text)) < 0) {
        return -ENOENT;
    }
    text[strcspn(text, "\n")] = '\0';
    return take_name(jb_trim(text), ret);
}

static int from_etc_localtime(const char *root, char ret[JB_TZ_TEXT])
{
    char path[PATH_MAX], target[PATH_MAX];
    if (jb_root_path(root, "/etc/localtime", path, sizeof(path)) < 0) {
        return -ENOENT;
    }
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0) {
        return -ENOENT; /* not there, or a copy of a zone, which does not say of which */
    }
    target[length] = '\0';
    /* Without the folder's name in it the target is not a name of tzdata but some file. */
    return strstr(target, "/zoneinfo/") != NULL ? take_name(target, ret) : -ENOENT;
}

/* The three tables, each NULL when it is not there. */
struct tables {
    char *zone1970, *zone, *links;
};

static void tables_finish(struct tables *tables)
{
    jb_freep(&tables->zone1970);
    jb_freep(&tables->zone);
    jb_freep(&tables->links);
}

static char *load(const char *root, const char *path)
{
    char full[PATH_MAX];
    char *text = NULL;
    size_t length;
    if (jb_root_path(root, path, full, sizeof(full)) < 0 || jb_read_all(full, TABLE_LIMIT, &text, &length, NULL) < 0) {
        return NULL;
    }
    return text;
}

static bool tables_load(const char *root, struct tables *ret)
{
    ret->zone1970 = load(root, ZONEINFO "/zone1970.tab");
    ret->zone = load(root, ZONEINFO "/zone.tab");
    ret->links = load(root, ZONEINFO "/tzdata.zi");
    return ret->zone1970 != NULL || ret->zone != NULL;
}

static bool listed_country(const struct tables *tables, const char *name, char ret[3])
{
    return (tables->zone1970 != NULL && jb_zonetab_country(tables->zone1970, name, ret) == 0) ||
           (tables->zone != NULL && jb_zonetab_country(tables->zone, name, ret) == 0);
}

static void country_of(const struct tables *tables, const char *name, char ret[3])
{
    for (size_t i = 0; placeless[i] != NULL; i++) {
        if (jb_streq(name, placeless[i])) {
            return;
        }
    }
    for (size_t i = 0; i < JB_COUNT(across_borders); i++) {
        if (jb_streq(name, across_borders[i].name)) {
            memcpy(ret, across_borders[i].country, 3);
            return;
        }
    }
    char now[JB_TZ_TEXT];
    jb_copy(now, sizeof(now), name);
    for (unsigned step = 0; step < LINK_LIMIT; step++) {
        if (listed_country(tables, now, ret) || tables->links == NULL || jb_zonetab_link(tables->links, now, now) < 0) {
            return;
        }
    }
}

/* The next setting that has a name, counted by *at: TZ alone, or the two files. */
static bool next_setting(const char *root, unsigned *at, char ret[JB_TZ_TEXT])
{
    const char *tz = getenv("TZ");
    if (tz != NULL && tz[0] == ':') {
        tz++;
    }
    if (tz != NULL && !jb_streq(tz, "/etc/localtime")) { /* which some set to spare libc a stat() per call */
        return (*at)++ == 0 && take_name(tz[0] != '\0' ? tz : "UTC", ret) == 0; /* empty is UTC: tzset(3) */
    }
    static int (*const settings[])(const char *root, char ret[JB_TZ_TEXT]) = {from_etc_timezone, from_etc_localtime};
    while (*at < JB_COUNT(settings)) {
        if (settings[(*at)++](root, ret) == 0) {
            return true;
        }
    }
    return false;
}

int jb_timezone_find(const char *root, struct jb_timezone *ret)
{
    JB_CLEANUP(tables_finish) struct tables tables = {0};
    if (!tables_load(root, &tables)) {
        tables_finish(&tables);
        tables_load(NULL, &tables);
    }
    struct jb_timezone first = {0};
    unsigned at = 0;
    for (char name[JB_TZ_TEXT]; next_setting(root, &at, name);) {
        struct jb_timezone found = {0};
        jb_copy(found.name, sizeof(found.name), name);
        country_of(&tables, name, found.country);
        if (found.country[0] != '\0') {
            *ret = found;
            return 0;
        }
        if (first.name[0] == '\0') {
            first = found;
        }
    }
    if (first.name[0] == '\0') {
        return -ENOENT;
    }
    *ret = first;
    return 0;
}
