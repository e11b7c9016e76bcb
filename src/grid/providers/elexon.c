/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elexon.c - Elexon's Insights (BMRS): generation of Great Britain by fuel and half hour, times factors.
 *
 * Documented at https://bmrs.elexon.co.uk/api-documentation, dataset FUELHH: rows with startTime (of the half hour,
 * UTC), fuelType and generation in MW, published when the half hour ends. /generation/outturn/summary would do for
 * pictures only (it is thinned out, as its own description says), and FUELINST is of five minutes and ten times the
 * size. Asked by settlement date, which is the local day: two days touch up to four of them, 20 rows a half hour, about
 * 700 kB. `/stream` gives the rows as a bare array; with an envelope {"data": [...]} they are taken as well.
 *
 * Odd: only plants that the transmission system meters are in it. Solar, and wind on the lower grids, reduce the demand
 * instead, so that the intensity is too high by day: solar is a twentieth of a year and up to a third of a noon, for
 * which the error has 15 % more (an engineering bound). ukgrid knows them, and comes first. Interconnectors (INTFR,
 * INTNED and whatever new ones begin with INT) are flows, not fuels, and left out.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "grid/providers/mix_slots.h"
#include "grid/providers/providers.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#define HOUR_NS      (3600 * (int64_t)JB_NS_PER_S)
#define STEP_NS      (HOUR_NS / 2)
#define LATEST_NS    (6 * HOUR_NS)
#define HIDDEN_ERROR 0.15

/* The last one is every fuel that is not in the table. */
static const struct jb_mix_code codes[] = {
    {"BIOMASS", JB_FUEL_BIOMASS}, {"CCGT", JB_FUEL_GAS},    {"COAL", JB_FUEL_COAL}, {"NPSHYD", JB_FUEL_HYDRO},
    {"NUCLEAR", JB_FUEL_NUCLEAR}, {"OCGT", JB_FUEL_GAS},    {"OIL", JB_FUEL_OIL},   {"PS", JB_STORAGE},
    {"WIND", JB_FUEL_WIND},       {"SOLAR", JB_FUEL_SOLAR}, {"BESS", JB_STORAGE},   {"OTHER", JB_FUEL_UNKNOWN},
    {"", JB_FUEL_UNKNOWN},
};

static bool serves(const struct jb_ask *ask)
{
    return jb_streq(ask->zone, "GB");
}

static int request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    int64_t from_ns, to_ns;
    if (!jb_slots_window(&exchange->ask, LATEST_NS, STEP_NS, &from_ns, &to_ns)) {
        return jb_fail(diag, -EINVAL, "elexon has nothing for that time");
    }
    /* London is at UTC or an hour ahead: the earliest local date is that of UTC, the latest that of an hour on. */
    char from[32], to[32];
    jb_iso_time(from_ns, from, sizeof(from));
    jb_iso_time(to_ns - 1 + HOUR_NS, to, sizeof(to));
    int n = jb_snprintf(ret->url, sizeof(ret->url),
                        "%s/datasets/FUELHH/stream?settlementDateFrom=%.10s&settlementDateTo=%.10s",
                        exchange->ask.access.url, from, to);
    return n < 0 || (size_t)n >= sizeof(ret->url) ? jb_fail(diag, -EINVAL, "[grid] elexon_url is too long") : 0;
}

static int take_row(struct jb_slots *slots, const json_t *row, struct jb_diag *diag)
{
    const char *fuel = json_string_value(json_object_get(row, "fuelType"));
    const char *start = json_string_value(json_object_get(row, "startTime"));
    const json_t *generation = json_object_get(row, "generation");
    int64_t start_ns;
    if (fuel == NULL || start == NULL || jb_iso_parse(start, &start_ns) < 0 ||
        !(json_is_number(generation) || json_is_null(generation))) {
        return jb_fail(diag, -EBADMSG, "elexon: a row without startTime, fuelType and generation");
    }
    double amount = json_is_null(generation) ? NAN : json_number_value(generation);
    size_t code = jb_slots_code(codes, JB_COUNT(codes), fuel);
    if (code < JB_COUNT(codes)) {
        jb_slots_set(slots, code, start_ns, start_ns + STEP_NS, amount);
    } else if (!jb_starts(fuel, "INT")) {
        jb_slots_add(slots, JB_COUNT(codes) - 1, start_ns, start_ns + STEP_NS, amount);
    }
    return 0;
}

static int answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag)
{
    JB_CLEANUP(jb_slots_finish) struct jb_slots slots = {0};
    int err = jb_slots_init(&slots, codes, JB_COUNT(codes), &exchange->ask, LATEST_NS, STEP_NS, diag);
    if (err < 0) {
        return err;
    }
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *rows = json_is_object(root) ? json_object_get(root, "data") : root;
    if (!json_is_array(rows)) {
        err = jb_fail(diag, -EBADMSG, "elexon: the answer is not a list of rows");
    }
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        err = err == 0 ? take_row(&slots, row, diag) : err;
    }
    json_decref(root);
    return err == 0 ? jb_slots_points(&slots, &exchange->ask, &jb_provider_elexon, HIDDEN_ERROR, track, diag) : err;
}

const struct jb_provider jb_provider_elexon = {
    .name = "elexon",
    .title = "Elexon Insights (BMRS)",
    .credit = "Contains BMRS data (c) Elexon Limited copyright and database right",
    .url = "https://data.elexon.co.uk/bmrs/api/v1",
    .signal = JB_AVERAGE,
    .lifecycle = true,
    .direct = true,
    .period_ns = (uint64_t)STEP_NS,
    .lag_ns = (uint64_t)STEP_NS,
    .max_span_ns = (uint64_t)(48 * HOUR_NS),
    .past_ns = 0,
    .serves = serves,
    .request = request,
    .answer = answer,
};
