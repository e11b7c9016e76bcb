/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps_value.c - one value of Electricity Maps, {"carbonIntensity": 302, "datetime": "...", ...}, as a
 * point.
 *
 * Documented at app.electricitymaps.com/docs/reference. `datetime` is the beginning of the time that a value holds for,
 * and how long that is `temporalGranularity` says: v4 in each value or once for all, v3 nowhere, where it is an hour.
 * The values of a forecast have nothing but number and time.
 */
#include "grid/providers/electricitymaps_json.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <math.h>

#define MINUTE_NS (INT64_C(60) * (int64_t)JB_NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)

/* Coal, the worst of the fuels, has 820 over its life and plants that burn it badly half as much again. Engineering
 * bound. */
#define MOST_G_PER_KWH 5000.0

/*
 * One sigma. TABLES_DIFFER of grid_table.c, 0.19, holds what fuel factors, statistics and the tracing of imports leave
 * open, and also that Ember's years are some 1.7 older in the mean while grids move by 3.4 % a year in the median
 * (0.034 * 1.7 / 0.6745 = 0.086), which a value of the hour is free of: sqrt(0.19^2 - 0.086^2) = 0.17. That the hour's
 * own readings are good beside this is taken for granted.
 */
#define MEASURED 0.17
/* What is filled in or foretold comes on top. Electricity Maps publishes no error of its models. Published ones miss by
 * 9.6 % in the mean on well-known grids, by 15.8 % over 214 grids of the world (CarbonX, 2025); a sigma is 1.25 times
 * the mean absolute error of a normal one. The first is taken for gaps, the second for the days ahead. */
#define FILLED_IN 0.12
#define FORETOLD  0.20
/* A zone of which only the year's mix and the weather are known ("GENERAL_PURPOSE_ZONE_..."). Engineering bound. */
#define WHOLLY_MODELLED 0.30

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* What a value says itself, else what the answer says of all. */
static const char *text_of_either(const struct jb_em_context *context, const json_t *value, const char *key)
{
    const char *text = text_of(value, key);
    return text != NULL ? text : text_of(context->root, key);
}

/* 0: one that no point is made of. */
static int64_t period_of(const struct jb_em_context *context, const json_t *value)
{
    static const struct {
        const char *name;
        int64_t ns;
    } periods[] = {{"hourly", HOUR_NS}, {"15_minutes", 15 * MINUTE_NS}, {"5_minutes", 5 * MINUTE_NS}};
    const char *name = text_of_either(context, value, "temporalGranularity");
    for (size_t i = 0; i < JB_COUNT(periods); i++) {
        if (name == NULL || jb_streq(name, periods[i].name)) {
            return periods[i].ns;
        }
    }
    return 0;
}

/* What is beyond the time that was asked about is kept as long as it can be meant: history is always a day, a forecast
 * has its whole horizon. */
static bool in_time(const struct jb_em_context *context, int64_t start_ns, int64_t end_ns)
{
    const struct jb_ask *ask = context->ask;
    if (context->forecast) {
        return end_ns > ask->now_ns - HOUR_NS && start_ns <= ask->now_ns + 73 * HOUR_NS;
    }
    int64_t since_ns = ask->now_ns - 48 * HOUR_NS;
    if (ask->kind == JB_ASK_RANGE && ask->from_ns < since_ns) {
        since_ns = ask->from_ns - HOUR_NS;
    }
    return start_ns >= since_ns && start_ns <= ask->now_ns + HOUR_NS; /* our clock may be slow */
}

static bool find_factor(const struct jb_em_context *context, const json_t *value, unsigned *flags)
{
    const char *factor = text_of_either(context, value, "emissionFactorType");
    bool direct = factor != NULL ? jb_streq(factor, "direct") : context->ask->direct && context->provider->direct;
    *flags |= direct ? JB_POINT_DIRECT : 0;
    return factor == NULL || direct || jb_streq(factor, "lifecycle");
}

static bool is_estimated(const json_t *value, const char *method)
{
    const json_t *said = json_object_get(value, "isEstimated");
    return json_is_boolean(said) ? json_is_true(said) : method != NULL && method[0] != '\0';
}

static double rel_error_of(const struct jb_em_context *context, const char *method, unsigned flags)
{
    double extra = 0;
    if (method != NULL && jb_starts(method, "GENERAL_PURPOSE")) {
        extra = WHOLLY_MODELLED;
    } else if (flags & JB_POINT_FORECAST) {
        extra = FORETOLD;
    } else if (flags & JB_POINT_ESTIMATED) {
        extra = FILLED_IN;
    }
    return hypot(hypot(MEASURED, extra), context->spread);
}

enum jb_em_value jb_em_value_read(const struct jb_em_context *context, const json_t *value, struct jb_point *ret)
{
    const json_t *number = json_object_get(value, "carbonIntensity");
    const char *method = text_of(value, "estimationMethod");
    struct jb_point point = {.fetched_ns = context->ask->now_ns, .provider = context->provider};
    if (jb_streq(method, "SANDBOX_MODE_DATA")) {
        return JB_EM_SANDBOX;
    }
    if (jb_iso_parse(text_of(value, "datetime"), &point.start_ns) < 0 || !find_factor(context, value, &point.flags)) {
        return JB_EM_MALFORMED;
    }
    if (number == NULL || json_is_null(number)) {
        return JB_EM_EMPTY;
    }
    if (!json_is_number(number)) {
        return JB_EM_MALFORMED;
    }
    point.g_per_kwh = json_number_value(number);
    if (!(point.g_per_kwh >= 0 && point.g_per_kwh <= MOST_G_PER_KWH)) {
        return JB_EM_ABSURD;
    }
    int64_t period_ns = period_of(context, value);
    if (period_ns == 0) {
        return JB_EM_COARSE;
    }
    point.end_ns = point.start_ns + period_ns;
    if (!in_time(context, point.start_ns, point.end_ns)) {
        return JB_EM_ELSEWHEN;
    }
    point.flags |= context->forecast ? JB_POINT_FORECAST : 0;
    point.flags |= is_estimated(value, method) ? JB_POINT_ESTIMATED : 0;
    point.rel_error = rel_error_of(context, method, point.flags);
    *ret = point;
    return JB_EM_POINT;
}
