/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tariff.c - [tariff] of the configuration, and its prices over a time. Documented in tariff.h.
 *
 * A local day has 23, 25 or, on Lord Howe Island, 23.5 hours twice a year, offsets need not be whole hours, and clocks
 * have been changed in the middle of an hour. So time is walked in pieces of one local hour each, and where the offset
 * from UTC changes within a piece the instant of that is looked for and the piece ends there.
 */
#include "grid/tariff.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/text.h"
#include "grid/providers/point_file.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

void jb_tariff_finish(struct jb_tariff *tariff)
{
    jb_track_finish(&tariff->file);
    *tariff = (struct jb_tariff){0};
}

static int load_hours(const struct jb_conf *conf, const char *key, bool *ret_has, double ret_hours[24],
                      struct jb_diag *diag)
{
    const char *text = jb_conf_string(conf, "tariff", key);
    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    struct jb_diag why = {0};
    int err = jb_tariff_hours(text, ret_hours, &why);
    if (err < 0) {
        jb_fail(diag, err, "%s: [tariff] %s: %s", jb_conf_origin(conf, "tariff", key), key, why.text);
        if (why.fix[0] != '\0') {
            jb_fix(diag, "%s", why.fix);
        }
        return err;
    }
    *ret_has = true;
    return 0;
}

static int load_file(const struct jb_conf *conf, struct jb_track *track, struct jb_diag *diag)
{
    const char *path = jb_conf_string(conf, "tariff", "file");
    if (path == NULL || path[0] == '\0') {
        return 0;
    }
    JB_CLEANUP(jb_point_file_finish) struct jb_point_file file = {0};
    int err = jb_point_file_read(path, JB_FILE_PRICES, &file, diag);
    for (size_t i = 0; i < file.count && err == 0; i++) {
        err = jb_track_put(track, &file.points[i]);
        if (err == -E2BIG) {
            jb_fail(diag, err, "%s: more than %d rows", path, JB_TRACK_MAX);
            jb_fix(diag, "keep the newest of them: 100000 hours are eleven years");
        } else if (err < 0) {
            jb_fail(diag, err, "%s: %s", path, strerror(-err));
        }
    }
    return err;
}

static int load_currency(const struct jb_conf *conf, char currency[8], struct jb_diag *diag)
{
    const char *text = jb_conf_string(conf, "tariff", "currency");
    if (text != NULL && !jb_copy(currency, 8, text)) {
        jb_fail(diag, -EINVAL, "%s: [tariff] currency: longer than 7 bytes",
                jb_conf_origin(conf, "tariff", "currency"));
        jb_fix(diag, "use the three letters of ISO 4217, such as EUR");
        return -EINVAL;
    }
    jb_sanitise(currency);
    return 0;
}

int jb_tariff_load(const struct jb_conf *conf, struct jb_tariff *ret, struct jb_diag *diag)
{
    struct jb_tariff tariff = {0};
    int err = load_currency(conf, tariff.currency, diag);
    err = err < 0 ? err : load_hours(conf, "hours", &tariff.has_hours, tariff.hours, diag);
    err = err < 0 ? err : load_hours(conf, "weekend", &tariff.has_weekend, tariff.weekend, diag);
    err = err < 0 ? err : load_file(conf, &tariff.file, diag);
    if (err < 0) {
        jb_tariff_finish(&tariff);
        return err;
    }
    tariff.has_price = jb_conf_number(conf, "tariff", "price", &tariff.price);
    if (!tariff.has_price && !tariff.has_hours && !tariff.has_weekend && tariff.file.count == 0) {
        jb_tariff_finish(&tariff);
        return jb_fail(diag, -ENOENT, "no prices are configured");
    }
    *ret = tariff;
    return 0;
}

/* The price in a local hour; NAN: none. */
static double price_at(const struct jb_tariff *tariff, const struct tm *local)
{
    bool weekend = local->tm_wday == 0 || local->tm_wday == 6;
    if (weekend && tariff->has_weekend) {
        return tariff->weekend[local->tm_hour];
    }
    if (tariff->has_hours) {
        return tariff->hours[local->tm_hour];
    }
    return tariff->has_price ? tariff->price : NAN;
}

/* The second at which the offset is no longer that of `from_s`; it is another one at `to_s`. */
static time_t change_of_clocks(time_t from_s, time_t to_s, long offset_s)
{
    while (to_s - from_s > 1) {
        time_t middle_s = from_s + (to_s - from_s) / 2;
        struct tm local;
        if (localtime_r(&middle_s, &local) != NULL && local.tm_gmtoff == offset_s) {
            from_s = middle_s;
        } else {
            to_s = middle_s;
        }
    }
    return to_s;
}

/* The end of the local hour that holds at `t_s`; where it ends by a change of clocks, that. */
static time_t hour_end(time_t t_s, const struct tm *local)
{
    int into_s = local->tm_min * 60 + (local->tm_sec < 60 ? local->tm_sec : 59);
    time_t end_s = t_s + 3600 - into_s;
    struct tm last;
    time_t last_s = end_s - 1;
    if (localtime_r(&last_s, &last) != NULL && last.tm_gmtoff != local->tm_gmtoff) {
        return change_of_clocks(t_s, last_s, local->tm_gmtoff);
    }
    return end_s;
}

static int64_t seconds_down(int64_t t_ns)
{
    int64_t second_ns = (int64_t)JB_NS_PER_S;
    return t_ns / second_ns - (t_ns % second_ns < 0);
}

/* Prices by the hour into an empty track. Hours of one price lie in one point. */
static int put_hours(const struct jb_tariff *tariff, int64_t from_ns, int64_t to_ns, struct jb_track *track)
{
    struct jb_point piece = {.g_per_kwh = NAN};
    for (int64_t t_ns = from_ns; t_ns < to_ns;) {
        time_t t_s = (time_t)seconds_down(t_ns);
        struct tm local;
        if (localtime_r(&t_s, &local) == NULL) {
            return -EOVERFLOW;
        }
        double price = price_at(tariff, &local);
        int64_t end_ns;
        if (__builtin_mul_overflow((int64_t)hour_end(t_s, &local), (int64_t)JB_NS_PER_S, &end_ns) || end_ns > to_ns) {
            end_ns = to_ns;
        }
        if (price == piece.g_per_kwh) {
            piece.end_ns = end_ns;
        } else {
            int err = isnan(piece.g_per_kwh) ? 0 : jb_track_put(track, &piece);
            if (err < 0) {
                return err;
            }
            piece = (struct jb_point){.start_ns = t_ns, .end_ns = end_ns, .g_per_kwh = price};
        }
        t_ns = end_ns;
    }
    return isnan(piece.g_per_kwh) ? 0 : jb_track_put(track, &piece);
}

int jb_tariff_track(const struct jb_tariff *tariff, int64_t from_ns, int64_t to_ns, struct jb_track *ret)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    JB_CLEANUP(jb_track_finish) struct jb_track hours = {0};
    int err = jb_track_copy(&track, &tariff->file);
    if (err < 0) {
        return err;
    }
    jb_track_cut(&track, from_ns, to_ns);
    tzset(); /* localtime_r() need not do it */
    err = put_hours(tariff, from_ns, to_ns, &hours);
    err = err < 0 ? err : jb_track_fill(&track, &hours);
    err = err < 0 ? err : jb_track_copy(ret, &track);
    return err;
}
