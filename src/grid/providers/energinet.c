/* SPDX-License-Identifier: Apache-2.0 */
/*
 * energinet.c - Denmark, by its system operator: West (DK1), East (DK2), and both.
 *
 * Documented at energidataservice.dk/guides/api-guides and at the datasets CO2Emis (what was, every 5 minutes, brought
 * up to date every 15) and CO2EmisProg (what the plants' schedules say of at least the next 9 hours):
 *
 *     {"total": 2, "dataset": "CO2Emis", "records": [{"Minutes5UTC": "2026-10-05T12:00:00", "PriceArea": "DK1",
 *                                                     "CO2Emission": 75.0}]}
 *
 * Odd: `start` and `end` are Danish local time whatever the column is, so that more is asked for, from an hour ahead of
 * UTC to two, and what is too much dropped; Minutes5UTC is UTC and says nothing of it. Without a limit only 100 rows
 * come. The guide wants at most one request a minute for each dataset, so both areas are asked for at once, and a range
 * is only as long as one answer can hold: there are no further pages.
 *
 * Direct: CO2 of the plants and of imports by hour, in g per kWh used; of heat and power the heat counts at 125 %.
 * Denmark as a whole is the mean of its two areas, for want of their consumption: estimated, and half of what is
 * between them is part of the error.
 *
 * Errors, one sigma, engineering bounds: 10 % of what was (the emission of imports and of the share of heat are
 * conventions), 20 % of what is foretold.
 */
#include "grid/providers/national.h"
#include "grid/providers/providers.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>

#define STEP_NS      (5 * JB_MINUTE_NS)
#define MOST_ROWS    4000
#define NEWEST       24 /* two hours of one area */
#define PAST_ERROR   0.10
#define AHEAD_ERROR  0.20
#define LEAST_OFFSET JB_HOUR_NS /* of Danish time before UTC: in winter */
#define MOST_OFFSET  (2 * JB_HOUR_NS)

static const struct area {
    const char *zone;
    const char *areas[2];
} table[] = {{"DK-DK1", {"DK1", NULL}}, {"DK-DK2", {"DK2", NULL}}, {"DK", {"DK1", "DK2"}}};

static const struct area *find_area(const char *zone)
{
    for (size_t i = 0; i < JB_COUNT(table); i++) {
        if (jb_streq(table[i].zone, zone)) {
            return &table[i];
        }
    }
    return NULL;
}

static bool serves(const struct jb_ask *ask)
{
    return find_area(ask->zone) != NULL;
}

static const char *dataset(const struct jb_ask *ask)
{
    return ask->kind == JB_ASK_FORECAST ? "CO2EmisProg" : "CO2Emis";
}

/* "2026-10-05T12:30", as the service wants it. */
static void add_time(struct jb_buf *url, const char *name, int64_t t_ns)
{
    char text[JB_NATIONAL_MINUTE];
    jb_buf_printf(url, "&%s=%.16s", name, jb_national_minute(t_ns, text));
}

static void add_span(struct jb_buf *url, const struct jb_ask *ask)
{
    int64_t from_ns = ask->kind == JB_ASK_RANGE ? ask->from_ns : ask->now_ns;
    add_time(url, "start", jb_national_floor(from_ns, STEP_NS) + LEAST_OFFSET);
    add_time(url, "end", jb_national_ceil(ask->to_ns, STEP_NS) + MOST_OFFSET);
    jb_buf_printf(url, "&limit=%d", MOST_ROWS);
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    const struct area *area = find_area(ask->zone);
    if (area == NULL) {
        return jb_fail(diag, -EINVAL, "energinet does not serve %s", ask->zone);
    }
    int err = jb_national_check(&jb_provider_energinet, ask, diag);
    if (err < 0) {
        return err;
    }
    bool both = area->areas[1] != NULL, newest = ask->kind == JB_ASK_LATEST;
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0};
    jb_buf_printf(&url, "%s/dataset/%s?columns=", ask->access.url, dataset(ask));
    jb_buf_url(&url, "Minutes5UTC,PriceArea,CO2Emission");
    jb_buf_puts(&url, "&filter=");
    jb_buf_url(&url,
               both ? "{\"PriceArea\":[\"DK1\",\"DK2\"]}"
                    : (jb_streq(area->areas[0], "DK1") ? "{\"PriceArea\":[\"DK1\"]}" : "{\"PriceArea\":[\"DK2\"]}"));
    jb_buf_puts(&url, "&sort=");
    jb_buf_url(&url, newest ? "Minutes5UTC desc" : "Minutes5UTC asc");
    if (newest) {
        jb_buf_printf(&url, "&limit=%d", both ? 2 * NEWEST : NEWEST);
    } else {
        add_span(&url, ask);
    }
    return jb_national_url(&jb_provider_energinet, &url, ret, diag);
}

/* The values of one area, on their way. */
struct side {
    const char *area;
    struct jb_reply reply;
    struct jb_track track;
};

static void finish_sides(struct side (*sides)[2])
{
    jb_track_finish(&(*sides)[0].track);
    jb_track_finish(&(*sides)[1].track);
}

static int take_row(const json_t *row, const struct jb_ask *ask, struct side sides[2])
{
    const char *area = json_string_value(json_object_get(row, "PriceArea"));
    int64_t start_ns;
    if (area == NULL || jb_national_time(json_object_get(row, "Minutes5UTC"), &start_ns) < 0) {
        return -EBADMSG;
    }
    struct side *side = jb_streq(area, sides[0].area) ? &sides[0] : jb_streq(area, sides[1].area) ? &sides[1] : NULL;
    double g_per_kwh;
    int has = side != NULL ? jb_national_value(json_object_get(row, "CO2Emission"), &g_per_kwh) : -EBADMSG;
    if (has <= 0) {
        return has;
    }
    bool ahead = ask->kind == JB_ASK_FORECAST;
    return jb_national_put(&side->reply, start_ns, start_ns + STEP_NS, g_per_kwh, ahead ? AHEAD_ERROR : PAST_ERROR,
                           JB_POINT_DIRECT | (ahead ? JB_POINT_FORECAST : 0U));
}

/* The mean wherever both are known for the same five minutes. */
static int put_mean(const struct side sides[2], struct jb_reply *reply)
{
    int err = 0;
    for (size_t i = 0; i < sides[0].track.count && err == 0; i++) {
        const struct jb_point *west = &sides[0].track.points[i];
        const struct jb_point *east = jb_track_at(&sides[1].track, west->start_ns);
        if (east == NULL || east->start_ns != west->start_ns || east->end_ns != west->end_ns) {
            continue;
        }
        double mean = (west->g_per_kwh + east->g_per_kwh) / 2, apart = fabs(west->g_per_kwh - east->g_per_kwh) / 2;
        double error = mean > 0 ? hypot(west->rel_error, apart / mean) : west->rel_error;
        err = jb_national_put(reply, west->start_ns, west->end_ns, mean, error, west->flags | JB_POINT_ESTIMATED);
    }
    return err;
}

static int take_rows(const json_t *root, const struct jb_ask *ask, struct side sides[2])
{
    const json_t *name = json_object_get(root, "dataset"), *rows = json_object_get(root, "records");
    if (!json_is_array(rows) || (json_is_string(name) && !jb_ieq(json_string_value(name), dataset(ask)))) {
        return -EBADMSG;
    }
    int err = 0;
    for (size_t i = 0; i < json_array_size(rows) && err == 0; i++) {
        err = take_row(json_array_get(rows, i), ask, sides);
    }
    return err;
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    const struct jb_provider *self = &jb_provider_energinet;
    const struct jb_ask *ask = &exchange->ask;
    const struct area *area = find_area(ask->zone);
    JB_CLEANUP(jb_national_unload) json_t *root = jb_national_load(self, body, length, diag);
    if (root == NULL || area == NULL) {
        return -EBADMSG;
    }
    JB_CLEANUP(finish_sides) struct side sides[2] = {{.area = area->areas[0]}, {.area = area->areas[1]}};
    bool both = area->areas[1] != NULL;
    for (size_t i = 0; i < 2; i++) {
        struct jb_track *to = both ? &sides[i].track : track;
        sides[i].reply = (struct jb_reply){.provider = self, .ask = ask, .track = to};
    }
    struct jb_reply reply = {.provider = self, .ask = ask, .track = track};
    int err = take_rows(root, ask, sides);
    if (err == 0 && both) {
        err = put_mean(sides, &reply);
    } else {
        reply.count = sides[0].reply.count;
    }
    return jb_national_end(&reply, err, "records of the area with Minutes5UTC and CO2Emission", diag);
}

const struct jb_provider jb_provider_energinet = {
    .name = "energinet",
    .title = "Energi Data Service (Energinet)",
    .credit = "Energinet, Energi Data Service, CC BY 4.0",
    .url = "https://api.energidataservice.dk",
    .direct = true,
    .period_ns = STEP_NS,
    .lag_ns = 15 * JB_MINUTE_NS,
    .max_span_ns = 6 * JB_DAY_NS, /* 3,456 rows of two areas, a third of the megabyte that an answer may have */
    .forecast_ns = 24 * JB_HOUR_NS,
    .serves = serves,
    .request = request,
    .answer = answer,
};
