/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_package.c - the data files of the npm package @tgwf/co2 to rows of a table.
 *
 * Seen in 0.19.0 (dist/esm/data, dist/cjs/data) and its repository (data/output):
 *  - electricity-maps/yearly_2025.js: const data = {"AE": {"zone": {..}, "carbonIntensity": {"value": 348, "unit":
 *    "gCO2eq/kWh"}, ..}, ..}: Electricity Maps, consumption, life cycle. The year is in the name of the file alone.
 *  - average-intensities.min.js: const data = {"AFG": 123.71, "AFRICA": 545.09, ..}: Ember, production, life cycle, by
 *    ISO 3166 alpha-3. It says of no figure of which year it is (they differ by country), and neither does its name.
 * Such rows have the year 0, and what has no year is newer than nothing. In the cjs files a dozen lines of code come
 * first; there and when names have been shortened, the data is whatever object is assigned that makes rows.
 */
#include "grid/refresh.h"
#include "grid/refresh_impl.h"

#include "base/cleanup.h"
#include "base/diag.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define UNIT          "gCO2eq/kWh"
#define MAX_G_PER_KWH 5000 /* engineering bound: the worst country has 1306, lignite alone some 1100 */
#define FIRST_YEAR    2010
#define LAST_YEAR     2100
#define MAX_OBJECTS   64 /* that are looked at in one file */

enum kind { NOT_DATA, YEARLY, AVERAGE };

static enum kind kind_of(const char *name, int *ret_year)
{
    const char *slash = strrchr(name, '/');
    name = slash != NULL ? slash + 1 : name;
    const char *dot = strchr(name, '.');
    if (dot == NULL || (!jb_streq(dot, ".js") && !jb_streq(dot, ".min.js") && !jb_streq(dot, ".json"))) {
        return NOT_DATA;
    }
    enum kind kind = jb_starts(name, "yearly_") ? YEARLY : AVERAGE;
    static const char *const heads[] = {[YEARLY] = "yearly_", [AVERAGE] = "average-intensities"};
    if (!jb_starts(name, heads[kind])) {
        return NOT_DATA;
    }
    const char *tail = name + strlen(heads[kind]);
    uint64_t year = 0;
    if (kind == YEARLY || tail < dot) {
        tail += kind == AVERAGE;
        char digits[5] = "";
        if (dot - tail != 4) {
            return NOT_DATA;
        }
        memcpy(digits, tail, 4);
        if (jb_parse_u64(digits, &year) < 0 || year < FIRST_YEAR || year > LAST_YEAR) {
            return NOT_DATA;
        }
    }
    *ret_year = (int)year;
    return kind;
}

bool jb_table_is_data_file(const char *name)
{
    int year;
    return kind_of(name, &year) != NOT_DATA;
}

/* "US-CAL-CISO", "AFG"; the groups of countries ("LATIN AMERICA AND CARIBBEAN") are no places. */
static bool is_zone(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if (!isupper((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '-') {
            return false;
        }
    }
    return length >= 2 && length < sizeof((struct jb_table_row){0}.zone);
}

/* False: it has none that can be. */
static bool intensity(enum kind kind, const json_t *value, double *ret)
{
    if (kind == YEARLY) {
        const json_t *figure = json_object_get(value, "carbonIntensity");
        const char *unit = json_string_value(json_object_get(figure, "unit"));
        if (!jb_streq(unit, UNIT)) {
            return false;
        }
        value = json_object_get(figure, "value");
    }
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    if (json_is_string(value) && jb_parse_double(json_string_value(value), &number) < 0) {
        return false; /* older files have their numbers in quotes */
    }
    *ret = number;
    return number >= 0 && number <= MAX_G_PER_KWH;
}

static int take_rows(enum kind kind, int year, json_t *data, struct jb_table *table)
{
    const char *zone;
    json_t *value;
    int count = 0;
    json_object_foreach(data, zone, value)
    {
        struct jb_table_row row = {.year = year};
        if (!is_zone(zone) || (kind == AVERAGE && strlen(zone) != 3) || !intensity(kind, value, &row.g_per_kwh)) {
            continue;
        }
        jb_copy(row.zone, sizeof(row.zone), zone);
        if (kind == YEARLY) {
            jb_snprintf(row.source, sizeof(row.source), "electricitymaps-yearly-%d (ODbL)", year);
        } else {
            jb_copy(row.source, sizeof(row.source), "ember-yearly via co2.js (CC BY)");
        }
        int err = jb_table_add(table, &row);
        if (err < 0) {
            return err;
        }
        count++;
    }
    return count;
}

/* The object that begins at `text`, if it is one of data. */
static json_t *load_object(const char *text, size_t length)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf json = {0};
    if (jb_js_to_json(text, length, &json) < 0 || json.failed) {
        return NULL;
    }
    return json_loadb(json.data, json.length, 0, NULL);
}

/* The next "{" that something is set to, or that the text begins with (JSON); NULL. */
static const char *next_object(const char *text, const char *end, bool first)
{
    const char *p = text;
    while (first && p < end && isspace((unsigned char)*p)) {
        p++;
    }
    if (first && p < end && *p == '{') {
        return p;
    }
    while ((p = memchr(p, '=', (size_t)(end - p))) != NULL) {
        p++;
        while (p < end && isspace((unsigned char)*p)) {
            p++;
        }
        if (p < end && *p == '{') {
            return p;
        }
    }
    return NULL;
}

int jb_table_from_package(const char *name, const char *text, size_t length, struct jb_table *table,
                          struct jb_diag *diag)
{
    char shown[64];
    jb_copy(shown, sizeof(shown), name);
    jb_sanitise(shown);
    int year = 0;
    enum kind kind = kind_of(name, &year);
    if (kind == NOT_DATA) {
        jb_fail(diag, -EBADMSG, "%s is no data file of @tgwf/co2", shown);
        jb_fix(diag, "give yearly_2025.js or the like, the package's .tgz, or its folder");
        return -EBADMSG;
    }
    const char *end = text + length, *at = next_object(text, end, true);
    for (int tries = 0; at != NULL && tries < MAX_OBJECTS; tries++) {
        json_t *data = load_object(at, (size_t)(end - at));
        int rows = data != NULL ? take_rows(kind, year, data, table) : 0;
        json_decref(data);
        if (rows != 0) {
            return rows > 0 ? 0 : jb_fail(diag, rows, "%s: %s", shown, strerror(-rows));
        }
        at = next_object(at + 1, end, false);
    }
    return jb_fail(diag, -EBADMSG, "%s: no table of carbon intensities in it", shown);
}
