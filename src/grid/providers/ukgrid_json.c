/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ukgrid_json.c - reads the half hours of the Carbon Intensity API.
 *
 * Documented at carbon-intensity.github.io/api-definitions (schemas "Intensity", "Region ID", "Postcode"):
 *
 *     national  {"data": [{"from": "2018-01-20T12:00Z", "to": "2018-01-20T12:30Z",
 *                          "intensity": {"forecast": 266, "actual": 263, "index": "moderate"}}]}
 *     regional  {"data": {"regionid": 3, "postcode": "RG10", "data": [{"from", "to", "intensity": {"forecast", ...}}]}}
 *
 * Odd: `data` of a region is an object for a range and an array of one object for the current half hour, so that both
 * are read for both. `actual` is null until the half hour is settled; regions have none at all, ever. A range begins
 * with the half hour that ends where it was asked to begin. The index is a word that says less than the number.
 *
 * Errors, one sigma. `actual`: itself computed from metered output by type of fuel and fixed factors, of which biomass
 * and imports are the doubtful ones: 5 %, an engineering bound. `forecast`: NESO publishes no figure; over 1,344 half
 * hours each of a winter and a summer the forecasts returned beside `actual` were off by 6.6 and 8.3 % in the mean,
 * which is a sigma of 8 to 10 %, with the 5 % together 11 %. Ahead of time 15 % and for a region, whose truth nobody
 * publishes, 20 %: engineering bounds.
 */
#include "grid/providers/ukgrid_json.h"

#include <errno.h>

#define ACTUAL_ERROR   0.05
#define FORECAST_ERROR 0.11
#define AHEAD_ERROR    0.15
#define REGION_ERROR   0.20

static int take_row(const json_t *row, bool regional, struct jb_reply *reply)
{
    const json_t *intensity = json_object_get(row, "intensity");
    int64_t start_ns, end_ns;
    if (!json_is_object(intensity) || jb_national_time(json_object_get(row, "from"), &start_ns) < 0 ||
        jb_national_time(json_object_get(row, "to"), &end_ns) < 0 || end_ns - start_ns != JB_UKGRID_STEP_NS) {
        return -EBADMSG;
    }
    double g_per_kwh, error = ACTUAL_ERROR;
    unsigned flags = JB_POINT_DIRECT;
    int has = regional ? 0 : jb_national_value(json_object_get(intensity, "actual"), &g_per_kwh);
    if (has == 0) {
        has = jb_national_value(json_object_get(intensity, "forecast"), &g_per_kwh);
        bool ahead = start_ns > reply->ask->now_ns;
        flags |= jb_national_said_before(reply->ask, start_ns) | (regional ? JB_POINT_ESTIMATED : 0U);
        if (regional && !ahead) { /* nothing better ever comes of a region */
            flags &= ~(unsigned)JB_POINT_FORECAST;
        }
        error = regional ? REGION_ERROR : ahead ? AHEAD_ERROR : FORECAST_ERROR;
    }
    return has <= 0 ? has : jb_national_put(reply, start_ns, end_ns, g_per_kwh, error, flags);
}

static int take_rows(const json_t *rows, bool regional, struct jb_reply *reply)
{
    if (!json_is_array(rows)) {
        return -EBADMSG;
    }
    int err = 0;
    for (size_t i = 0; i < json_array_size(rows) && err == 0; i++) {
        err = take_row(json_array_get(rows, i), regional, reply);
    }
    return err;
}

/* Is it the region that was asked for? One that was asked for by postcode names no more than the postcode. */
static bool is_place(const json_t *region, const struct jb_ukgrid_place *place)
{
    const json_t *id = json_object_get(region, "regionid");
    const json_t *postcode = json_object_get(region, "postcode");
    if (!json_is_integer(id) || json_integer_value(id) < 1) {
        return false;
    }
    if (place->region > 0) {
        return json_integer_value(id) == place->region;
    }
    return postcode == NULL || json_is_null(postcode) ||
           (json_is_string(postcode) && jb_ieq(json_string_value(postcode), place->postcode));
}

static int take_region(const json_t *data, const struct jb_ukgrid_place *place, struct jb_reply *reply)
{
    const json_t *region = json_is_array(data) && json_array_size(data) == 1 ? json_array_get(data, 0) : data;
    return is_place(region, place) ? take_rows(json_object_get(region, "data"), true, reply) : -EBADMSG;
}

int jb_ukgrid_parse(const char *body, size_t length, const struct jb_ukgrid_place *place, struct jb_reply *reply,
                    struct jb_diag *diag)
{
    json_t *root = jb_national_load(reply->provider, body, length, diag);
    if (root == NULL) {
        return -EBADMSG;
    }
    const json_t *data = json_object_get(root, "data");
    bool regional = place->region > 0 || place->postcode[0] != '\0';
    int err = regional ? take_region(data, place, reply) : take_rows(data, false, reply);
    json_decref(root);
    return jb_national_end(
        reply, err,
        regional ? "the half hours of the region that was asked for" : "half hours with from, to and intensity", diag);
}
