/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps_json.c - the answers of Electricity Maps: one value (latest, past), lists of them ("history", "data",
 * "forecast"), and the older one of /home-assistant and CO2 Signal, which has the value in an object "data".
 *
 * Documented at app.electricitymaps.com/docs/reference (v4), portal.electricitymaps.com/docs (v3) and
 * docs.co2signal.com. v3 calls the list of history "history", v4 "data"; each is read in the place of the other.
 *
 * What is odd: nothing recent may come as status 200 with an "error". The values of a sandbox key look like others and
 * are made up, which "estimationMethod" or the "_disclaimer" says: one of them condemns the whole answer, since a
 * forecast has no estimationMethod.
 */
#include "grid/providers/electricitymaps_json.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "grid/grid_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct value {
    struct jb_point point;
    size_t index;
};

struct reading {
    struct jb_em_context context;
    struct value *values;
    size_t count;
    size_t none[JB_EM_VALUES]; /* how many are no points, by why */
};

static void release(json_t **json)
{
    json_decref(*json);
}

bool jb_em_zone_check(const char *zone)
{
    size_t length = strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    return length >= 2 && length < JB_EM_ZONE_TEXT && zone[length] == '\0' && zone[0] >= 'A' && zone[0] <= 'Z' &&
           zone[1] >= 'A' && zone[1] <= 'Z' && (length == 2 || (zone[2] == '-' && zone[length - 1] != '-'));
}

const struct jb_grid_place *jb_em_place(const char *zone)
{
    size_t low = 0, high = jb_grid_listed_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(zone, jb_grid_places[middle].zone);
        if (order == 0) {
            return jb_grid_places[middle].kind == JB_PLACE_ZONE ? &jb_grid_places[middle] : NULL;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static bool has_zone(const struct jb_ask *ask)
{
    return ask->zone != NULL && ask->zone[0] != '\0';
}

/* Where coordinates were asked about, any zone that can be one is right, but there must be one. */
static int check_zone(const struct jb_ask *ask, const json_t *object, bool needed, struct jb_diag *diag)
{
    const json_t *said = json_object_get(object, "zone");
    said = said != NULL ? said : json_object_get(object, "countryCode");
    const char *zone = json_string_value(said);
    if (said == NULL && !(needed && !has_zone(ask))) {
        return 0;
    }
    if (zone == NULL || !jb_em_zone_check(zone)) {
        return jb_fail(diag, -EBADMSG, "expected the name of a zone in the answer");
    }
    if (has_zone(ask) && !jb_ieq(zone, ask->zone)) {
        return jb_fail(diag, -EBADMSG, "the answer is about %s, asked was %s", zone, ask->zone);
    }
    return 0;
}

/* 0, JB_EM_SANDBOX, or an error. */
static int check_state(const json_t *root, struct jb_diag *diag)
{
    const char *disclaimer = json_string_value(json_object_get(root, "_disclaimer"));
    if (disclaimer != NULL && strcasestr(disclaimer, "sandbox") != NULL) {
        return JB_EM_SANDBOX;
    }
    const char *status = json_string_value(json_object_get(root, "status"));
    const char *error = json_string_value(json_object_get(root, "error"));
    if (jb_streq(status, "no-data") || (error != NULL && jb_starts(error, "No recent data"))) {
        return jb_fail(diag, -ENODATA, "nothing recent for the zone");
    }
    if (error != NULL || (status != NULL && !jb_streq(status, "ok"))) {
        return jb_fail(diag, -EBADMSG, "an error in the place of an intensity");
    }
    const char *unit = json_string_value(json_object_get(json_object_get(root, "units"), "carbonIntensity"));
    if (unit != NULL && !(unit[0] == 'g' && strcasestr(unit, "/kWh") != NULL)) {
        return jb_fail(diag, -EBADMSG, "expected gCO2eq/kWh, another unit is said");
    }
    return 0;
}

static int read_value(struct reading *reading, const json_t *value, struct jb_diag *diag)
{
    int err = check_zone(reading->context.ask, value, false, diag);
    if (err < 0) {
        return err;
    }
    struct value *next = &reading->values[reading->count];
    enum jb_em_value kind = jb_em_value_read(&reading->context, value, &next->point);
    if (kind == JB_EM_POINT) {
        next->index = reading->count++;
    } else {
        reading->none[kind]++;
    }
    return 0;
}

static int read_values(struct reading *reading, struct jb_diag *diag)
{
    static const char *const lists[] = {"history", "data", "forecast"};
    const json_t *root = reading->context.root, *list = NULL;
    for (size_t i = 0; i < JB_COUNT(lists) && list == NULL; i++) {
        const json_t *found = json_object_get(root, lists[i]);
        list = json_is_array(found) ? found : NULL;
        reading->context.forecast |= list != NULL && i == 2;
    }
    size_t count = list != NULL ? json_array_size(list) : 1;
    reading->values = calloc(count + 1, sizeof(*reading->values));
    if (reading->values == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    if (list == NULL) {
        const json_t *data = json_object_get(root, "data");
        return read_value(reading, json_is_object(data) ? data : root, diag);
    }
    int err = 0;
    for (size_t i = 0; i < count && err == 0; i++) {
        err = read_value(reading, json_array_get(list, i), diag);
    }
    return err;
}

/* Why there is no point at all, or must be none. */
static int tell_nothing(const struct reading *reading, struct jb_diag *diag)
{
    if (reading->none[JB_EM_SANDBOX] > 0) {
        jb_fail(diag, -ENODATA, "the key is in sandbox mode: its values are made up, and not used");
        jb_fix(diag, "take a key that is not for the sandbox at " JB_EM_PORTAL);
        return -ENODATA;
    }
    if (reading->none[JB_EM_MALFORMED] > 0) {
        return jb_fail(diag, -EBADMSG, "expected carbonIntensity as a number, with datetime");
    }
    if (reading->none[JB_EM_ABSURD] > 0) {
        return jb_fail(diag, -EBADMSG, "expected an intensity that a grid can have");
    }
    if (reading->none[JB_EM_COARSE] > 0) {
        return jb_fail(diag, -EBADMSG, "expected values of an hour or less");
    }
    if (reading->none[JB_EM_ELSEWHEN] > 0) {
        return jb_fail(diag, -ENODATA, "only values of another time than was asked about");
    }
    return jb_fail(diag, -ENODATA, "no intensity is known for the time");
}

static int by_start(const void *a, const void *b)
{
    const struct value *left = a, *right = b;
    if (left->point.start_ns != right->point.start_ns) {
        return left->point.start_ns < right->point.start_ns ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

/* In order, each up to the next: of two for the same time that counts which is said last. */
static int put_values(struct reading *reading, struct jb_track *track, struct jb_diag *diag)
{
    qsort(reading->values, reading->count, sizeof(*reading->values), by_start);
    for (size_t i = 0; i < reading->count; i++) {
        struct jb_point *point = &reading->values[i].point;
        if (i + 1 < reading->count && reading->values[i + 1].point.start_ns < point->end_ns) {
            point->end_ns = reading->values[i + 1].point.start_ns;
        }
        int err = point->start_ns < point->end_ns ? jb_track_put(track, point) : 0;
        if (err < 0) {
            return err == -ENOMEM ? jb_fail(diag, err, "out of memory")
                                  : jb_fail(diag, -EBADMSG, "more values than can be kept");
        }
    }
    return 0;
}

static int read_answer(struct reading *reading, struct jb_track *track, struct jb_diag *diag)
{
    int err = check_state(reading->context.root, diag);
    if (err == JB_EM_SANDBOX) {
        reading->none[JB_EM_SANDBOX]++;
        return tell_nothing(reading, diag);
    }
    err = err < 0 ? err : check_zone(reading->context.ask, reading->context.root, true, diag);
    err = err < 0 ? err : read_values(reading, diag);
    if (err < 0) {
        return err;
    }
    if (reading->count == 0 || reading->none[JB_EM_SANDBOX] > 0) {
        return tell_nothing(reading, diag);
    }
    return put_values(reading, track, diag);
}

int jb_em_answer(const struct jb_provider *provider, const struct jb_ask *ask, const char *body, size_t length,
                 struct jb_track *track, struct jb_diag *diag)
{
    JB_CLEANUP(release) json_t *root = json_loadb(body, length, 0, NULL);
    if (!json_is_object(root)) {
        return jb_fail(diag, -EBADMSG, "expected a JSON object");
    }
    const struct jb_grid_place *place = has_zone(ask) ? jb_em_place(ask->zone) : NULL;
    struct reading reading = {.context = {.provider = provider,
                                          .ask = ask,
                                          .root = root,
                                          .forecast = ask->kind == JB_ASK_FORECAST,
                                          .spread = place != NULL ? place->spread : 0}};
    int err = read_answer(&reading, track, diag);
    free(reading.values);
    return err;
}
