/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rte.c - France without Corsica, by its system operator: eCO2mix.
 *
 * Documented at odre.opendatasoft.com/explore/dataset/eco2mix-national-tr and, for the language of `where`,
 * help.opendatasoft.com/apis/ods-explore-v2:
 *
 *     {"total_count": 1, "results": [{"taux_co2": 39, "date_heure": "2026-10-06T02:30:00+00:00"}]}
 *
 * Odd: the rows of the day are there before their time, with null, so that only those with a value are asked for; now
 * and then a value is 0, which France has never had, and is no point. At most 100 rows come at once, and none beyond
 * the 10,000th. The dataset reaches back to the beginning of the last month.
 *
 * Direct: only what burning the fuel emits (rte-france.com, eCO2mix, "Les emissions de CO2 par kWh produit en France").
 * It is of what is generated: imports are not in it. RTE calls it an estimate, and so do we.
 *
 * Errors, one sigma: 15 % is an engineering bound for the fixed factors and the imports that are left out; the whole
 * grams in which it is told add 1 / sqrt(12) g, which counts at 10 g.
 */
#include "grid/providers/national.h"
#include "grid/providers/providers.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>

#define STEP_NS    (15 * JB_MINUTE_NS)
#define PAGE       100
#define LAST_ROW   10000
#define NEWEST     8 /* two hours */
#define BASE_ERROR 0.15
#define ROUNDING_G 0.289 /* 1 / sqrt(12) */
#define DATASET    "/api/explore/v2.1/catalog/datasets/eco2mix-national-tr/records"

static bool serves(const struct jb_ask *ask)
{
    return jb_streq(ask->zone, "FR");
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    int err = jb_national_check(&jb_provider_rte, ask, diag);
    if (err < 0) {
        return err;
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf url = {0}, where = {0};
    bool range = ask->kind == JB_ASK_RANGE;
    if (range) {
        char from[JB_NATIONAL_MINUTE], to[JB_NATIONAL_MINUTE];
        jb_buf_printf(&where, "date_heure >= date'%s' and date_heure < date'%s' and ",
                      jb_national_minute(jb_national_floor(ask->from_ns, STEP_NS), from),
                      jb_national_minute(jb_national_ceil(ask->to_ns, STEP_NS), to));
    }
    jb_buf_puts(&where, "taux_co2 is not null");
    jb_buf_printf(&url, "%s%s?select=", ask->access.url, DATASET);
    jb_buf_url(&url, "taux_co2,date_heure");
    jb_buf_puts(&url, "&where=");
    jb_buf_url(&url, where.data != NULL ? where.data : "");
    jb_buf_puts(&url, "&order_by=");
    jb_buf_url(&url, range ? "date_heure asc" : "date_heure desc");
    jb_buf_printf(&url, "&limit=%d", range ? PAGE : NEWEST);
    if (exchange->at_ns > 0) {
        jb_buf_printf(&url, "&offset=%lld", (long long)exchange->at_ns);
    }
    url.failed |= where.failed;
    return jb_national_url(&jb_provider_rte, &url, ret, diag);
}

static int take_row(const json_t *row, struct jb_reply *reply)
{
    int64_t start_ns;
    double g_per_kwh;
    if (jb_national_time(json_object_get(row, "date_heure"), &start_ns) < 0) {
        return -EBADMSG;
    }
    int has = jb_national_value(json_object_get(row, "taux_co2"), &g_per_kwh);
    if (has <= 0 || g_per_kwh <= 0) {
        return has < 0 ? has : 0;
    }
    return jb_national_put(reply, start_ns, start_ns + STEP_NS, g_per_kwh, hypot(BASE_ERROR, ROUNDING_G / g_per_kwh),
                           JB_POINT_DIRECT | JB_POINT_ESTIMATED);
}

/* Is there another page? Never more than the time asked for can fill, whatever the answer says. */
static bool turn_page(struct jb_exchange *exchange, const json_t *root)
{
    size_t rows = json_array_size(json_object_get(root, "results"));
    json_int_t total = json_integer_value(json_object_get(root, "total_count"));
    const struct jb_ask *ask = &exchange->ask;
    int64_t next = exchange->at_ns + PAGE;
    int64_t most = jb_national_ceil(ask->to_ns, STEP_NS) - jb_national_floor(ask->from_ns, STEP_NS);
    if (ask->kind != JB_ASK_RANGE || rows < PAGE || total <= next || next >= most / STEP_NS || next >= LAST_ROW) {
        return false;
    }
    exchange->at_ns = next;
    return true;
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    JB_CLEANUP(jb_national_unload) json_t *root = jb_national_load(&jb_provider_rte, body, length, diag);
    if (root == NULL) {
        return -EBADMSG;
    }
    struct jb_reply reply = {.provider = &jb_provider_rte, .ask = &exchange->ask, .track = track};
    const json_t *rows = json_object_get(root, "results");
    int err = json_is_array(rows) ? 0 : -EBADMSG;
    for (size_t i = 0; err == 0 && i < json_array_size(rows); i++) {
        err = take_row(json_array_get(rows, i), &reply);
    }
    bool some = reply.count > 0 || exchange->text[0] != '\0'; /* or on an earlier page */
    exchange->text[0] = some ? '+' : '\0';
    reply.count = some;
    if (err == 0 && turn_page(exchange, root)) {
        return 1;
    }
    return jb_national_end(&reply, err, "results with date_heure and taux_co2", diag);
}

const struct jb_provider jb_provider_rte = {
    .name = "rte",
    .title = "eCO2mix (RTE)",
    .credit = "RTE, eCO2mix, by ODRE, Licence Ouverte 2.0",
    .url = "https://odre.opendatasoft.com",
    .direct = true,
    .period_ns = STEP_NS,
    .lag_ns = JB_HOUR_NS,
    .max_span_ns = 4 * JB_DAY_NS, /* four pages */
    .past_ns = 28 * JB_DAY_NS,    /* the shortest month before this one */
    .serves = serves,
    .request = request,
    .answer = answer,
};
