/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.c - down the chain for a stretch of time. Documented in fetch.h.
 *
 * What is needed from whom: `known` is what those before in the chain have given; a provider is asked for what is
 * missing in both, and what it gives fills `known`. The newest hours are special: each provider publishes with a lag,
 * and the next one is not asked for what the first will say in a while.
 */
#include "grid/fetch.h"

#include "base/http.h"
#include "base/text.h"
#include "grid/fetch_one.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS  (60 * (int64_t)JB_NS_PER_S)
#define HOUR_NS    (60 * MINUTE_NS)
#define BEFORE_NS  (3 * HOUR_NS)      /* the newest value counts if it ended so long before, at most */
#define AHEAD_NS   (4 * 24 * HOUR_NS) /* nobody is asked for more */
#define LOOK_NS    (30 * (int64_t)JB_NS_PER_S)
#define PIECES_MAX 64

struct jb_fetch {
    const struct jb_grid_settings *settings;
    struct jb_intensity place;
    struct jb_chain chain;
    struct jb_steps steps; /* of the chain */
    struct jb_http *http;  /* NULL: nobody was asked yet */
    struct jb_fetch_one ones[JB_MAX_PROVIDERS];
};

/* One question of a caller. */
struct window {
    int64_t now_ns, from_ns, to_ns;
    int64_t needed_ns; /* up to here it must be known, or the next provider is asked */
    enum jb_fetch_how how;
    bool current; /* to_ns is now */
};

int jb_fetch_create(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                    struct jb_fetch **ret, struct jb_diag *diag)
{
    struct jb_fetch *fetch = calloc(1, sizeof(*fetch));
    if (fetch == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    fetch->settings = settings;
    fetch->place = *place;
    jb_chain_make(settings, &fetch->place, signal, &fetch->chain, &fetch->steps);
    for (size_t i = 0; i < fetch->chain.count; i++) {
        fetch->ones[i].provider = fetch->chain.providers[i];
        jb_chain_ask(settings, &fetch->place, fetch->chain.providers[i], &fetch->ones[i].ask);
    }
    *ret = fetch;
    return 0;
}

void jb_fetch_destroy(struct jb_fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    for (size_t i = 0; i < fetch->chain.count; i++) {
        jb_fetch_one_finish(&fetch->ones[i]);
    }
    jb_http_destroy(fetch->http);
    free(fetch);
}

bool jb_fetch_anybody(const struct jb_fetch *fetch)
{
    return fetch->chain.count > 0;
}

int64_t jb_fetch_again_ns(const struct jb_fetch *fetch)
{
    int64_t again_ns = INT64_MAX, now_ns = jb_walltime_ns(&fetch->settings->walltime);
    for (size_t i = 0; i < fetch->chain.count; i++) {
        const struct jb_fetch_one *one = &fetch->ones[i];
        /* Where the wait is over and it was not asked, there was no need to. */
        int64_t at_ns = one->cached.failures > 0 && one->cached.retry_ns > now_ns ? one->cached.retry_ns : INT64_MAX;
        at_ns = one->busy ? now_ns + LOOK_NS : at_ns;
        again_ns = at_ns < again_ns ? at_ns : again_ns;
    }
    return again_ns;
}

/* Put in front of each other's: "ukgrid: ..." of what may begin with the name already. */
static void tell(struct jb_steps *steps, const struct jb_provider *provider, const char *text)
{
    size_t length = strlen(provider->name);
    bool named = jb_starts(text, provider->name) && (text[length] == ':' || text[length] == ' ');
    if (text[0] != '\0') {
        jb_steps_add(steps, "%s%s%s", named ? "" : provider->name, named ? "" : ": ", text);
    }
}

static bool foretold(const struct jb_point *point)
{
    return (point->flags & JB_POINT_FORECAST) != 0;
}

/* All points of the window as a whole; when there is none and it reaches up to now, the newest before it. */
static int fill_window(struct jb_track *known, const struct jb_track *from, const struct window *window)
{
    struct jb_track part = {.points = from->points + jb_track_from(from, window->from_ns)};
    while (part.points + part.count < from->points + from->count && part.points[part.count].start_ns < window->to_ns) {
        part.count++;
    }
    const struct jb_point *before = jb_track_before(from, window->from_ns);
    if (part.count == 0 && known->count == 0 && window->current && before != NULL &&
        before->end_ns > window->from_ns - BEFORE_NS) {
        part.points--; /* that is `before` */
        part.count = 1;
    }
    return part.count > 0 ? jb_track_fill(known, &part) : 0;
}

/* The first gap in what is known together with what `one` has. False also without memory: then nobody is asked. */
static bool find_gap(const struct jb_track *known, const struct jb_fetch_one *one, int64_t from_ns, int64_t to_ns,
                     int64_t *ret_from, int64_t *ret_to)
{
    struct jb_track both = {0};
    const struct window window = {.from_ns = from_ns, .to_ns = to_ns};
    bool found = from_ns < to_ns && jb_track_copy(&both, known) == 0 &&
                 (one->cached.track.count == 0 || fill_window(&both, &one->cached.track, &window) == 0) &&
                 jb_track_gap(&both, from_ns, to_ns, ret_from, ret_to);
    jb_track_finish(&both);
    return found;
}

/* -EALREADY is no news, unless the provider failed before: that is told again. */
static void tell_failure(const struct jb_fetch_one *one, int err, const struct jb_diag *diag, struct jb_steps *steps)
{
    if (err == -EALREADY || err == 0) {
        tell(steps, one->provider, one->cached.failures > 0 ? one->cached.error : "");
    } else if (err != -EBUSY && (err != -ENODATA || one->cached.track.count == 0)) {
        tell(steps, one->provider, diag->text);
    }
}

static int64_t down_to(int64_t t_ns, int64_t period_ns)
{
    return period_ns > 0 ? t_ns - t_ns % period_ns : t_ns;
}

/* Where a piece that begins at `from` has to end: of what its plan may not cover nothing is mixed with what it does. */
static int64_t end_of_piece(const struct jb_provider *provider, int64_t from_ns, int64_t to_ns, int64_t now_ns)
{
    int64_t longest_ns = from_ns + (int64_t)provider->max_span_ns;
    int64_t recent_ns = down_to(now_ns - (int64_t)provider->recent_ns, (int64_t)provider->period_ns);
    recent_ns += recent_ns < now_ns - (int64_t)provider->recent_ns ? (int64_t)provider->period_ns : 0;
    to_ns = to_ns < longest_ns ? to_ns : longest_ns;
    return provider->recent_ns > 0 && from_ns < recent_ns && to_ns > recent_ns ? recent_ns : to_ns;
}

/* Up to where it can be asked for the past of the window. */
static int64_t end_of_past(const struct jb_fetch_one *one, const struct window *window)
{
    int64_t end_ns = window->needed_ns;
    int64_t there_ns = window->now_ns - (int64_t)one->provider->lag_ns; /* later times cannot be there yet */
    int64_t newest_ns = jb_cache_newest_ns(&one->cached, window->now_ns);
    end_ns = end_ns < there_ns ? end_ns : there_ns;
    return end_ns < newest_ns ? end_ns : newest_ns;
}

/* What is missing of the past, piece by piece. */
static int ask_range(struct jb_fetch *fetch, struct jb_fetch_one *one, const struct jb_track *known,
                     const struct window *window, struct jb_diag *diag)
{
    const struct jb_provider *provider = one->provider;
    int64_t period_ns = (int64_t)provider->period_ns, cursor_ns = window->from_ns;
    int64_t end_ns = end_of_past(one, window);
    if (provider->past_ns > 0 && cursor_ns < window->now_ns - (int64_t)provider->past_ns) {
        cursor_ns = window->now_ns - (int64_t)provider->past_ns;
    }
    int err = 0, not_covered = 0;
    for (int piece = 0; err == 0 && piece < PIECES_MAX; piece++) {
        int64_t from_ns, to_ns;
        if (!find_gap(known, one, cursor_ns, end_ns, &from_ns, &to_ns)) {
            break;
        }
        from_ns = down_to(from_ns, period_ns);
        to_ns = end_of_piece(provider, from_ns, to_ns, window->now_ns);
        cursor_ns = to_ns;
        to_ns = down_to(to_ns, period_ns) < to_ns ? down_to(to_ns, period_ns) + period_ns : to_ns;
        err = jb_fetch_one_ask(one, fetch->settings, &fetch->http, JB_ASK_RANGE, from_ns,
                               to_ns < window->now_ns ? to_ns : window->now_ns, diag);
        not_covered = err == -EPERM ? err : not_covered;
        err = err == -ENODATA || err == -EPERM ? 0 : err; /* of this piece */
    }
    return err < 0 ? err : not_covered;
}

static bool holds_now(const struct jb_track *known, const struct jb_fetch_one *one, const struct window *window)
{
    int64_t from_ns, to_ns;
    return !find_gap(known, one, window->to_ns - 1, window->to_ns, &from_ns, &to_ns);
}

static void ask_one(struct jb_fetch *fetch, struct jb_fetch_one *one, const struct jb_track *known,
                    const struct window *window, struct jb_steps *steps)
{
    struct jb_diag diag = {0};
    int err = 0;
    if (window->current && !holds_now(known, one, window)) {
        err =
            jb_fetch_one_ask(one, fetch->settings, &fetch->http, JB_ASK_LATEST, window->from_ns, window->now_ns, &diag);
        tell_failure(one, err, &diag, steps);
    }
    if ((err == 0 || err == -EALREADY || err == -ENODATA) && one->provider->max_span_ns > 0) {
        err = ask_range(fetch, one, known, window, &diag);
        tell_failure(one, err, &diag, steps);
    }
}

/* How far it goes by itself: what a provider that answers and is up to date has not said yet, it will. */
static void waive_newest(const struct jb_fetch_one *one, struct window *window)
{
    if (one->cached.failures > 0) {
        return;
    }
    const struct jb_track *track = &one->cached.track;
    int64_t late_ns = (int64_t)(one->provider->lag_ns + one->provider->period_ns) + JB_CACHE_SLOT_NS;
    size_t i = jb_track_from(track, window->now_ns);
    if (i < track->count && track->points[i].start_ns < window->now_ns && !foretold(&track->points[i])) {
        return; /* it knows of now */
    }
    while (i > 0 && foretold(&track->points[i - 1])) {
        i--;
    }
    if (i > 0 && track->points[i - 1].end_ns >= window->now_ns - late_ns &&
        track->points[i - 1].end_ns < window->needed_ns) {
        window->needed_ns = track->points[i - 1].end_ns;
    }
}

static int read_file(struct jb_fetch *fetch, struct jb_fetch_one *one, const struct window *window,
                     struct jb_steps *steps)
{
    struct jb_diag diag = {0};
    jb_track_finish(&one->cached.track); /* the file may have changed */
    int err = jb_fetch_one_ask(one, fetch->settings, &fetch->http, JB_ASK_RANGE, window->from_ns, window->to_ns, &diag);
    if (err == -ENODATA && window->current) {
        err =
            jb_fetch_one_ask(one, fetch->settings, &fetch->http, JB_ASK_LATEST, window->from_ns, window->to_ns, &diag);
    }
    tell_failure(one, err, &diag, steps);
    return err == -ENOMEM ? err : 0;
}

static int walk(struct jb_fetch *fetch, struct window *window, struct jb_track *known, struct jb_steps *steps)
{
    int err = 0;
    int64_t gap_from_ns, gap_to_ns;
    for (size_t i = 0; err == 0 && i < fetch->chain.count; i++) {
        struct jb_fetch_one *one = &fetch->ones[i];
        one->busy = false;
        if (window->needed_ns <= window->from_ns ||
            !jb_track_gap(known, window->from_ns, window->needed_ns, &gap_from_ns, &gap_to_ns)) {
            break;
        }
        if (one->provider->read != NULL) {
            err = read_file(fetch, one, window, steps);
        } else {
            jb_fetch_one_load(one, fetch->settings, window->now_ns);
            if (window->how == JB_FETCH_ASK) {
                ask_one(fetch, one, known, window, steps);
            }
        }
        if (err == 0 && one->cached.track.count > 0) {
            err = fill_window(known, &one->cached.track, window);
            waive_newest(one, window);
        }
    }
    return err;
}

/* What is new goes before what the caller had. */
static int hand_over(struct jb_track *known, struct jb_track *track)
{
    int err = jb_track_fill(known, track);
    if (err == 0) {
        struct jb_track before = *track;
        *track = *known;
        *known = before;
    }
    return err;
}

static int say_nothing(const struct jb_fetch *fetch, const struct jb_steps *steps, struct jb_diag *diag)
{
    return jb_fail(diag, -ENODATA, "no live intensity is known for %s%s%s", fetch->place.zone,
                   steps->count > 0 ? ": " : "", steps->count > 0 ? steps->text[steps->count - 1] : "");
}

int jb_fetch_past(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t from_ns, int64_t to_ns, struct jb_track *track,
                  struct jb_steps *steps, struct jb_diag *diag)
{
    struct jb_steps own = {.count = 0};
    struct jb_track known = {0};
    struct window window = {.now_ns = jb_walltime_ns(&fetch->settings->walltime), .how = how};
    window.current = to_ns > window.now_ns - MINUTE_NS;
    window.to_ns = window.needed_ns = to_ns < window.now_ns ? to_ns : window.now_ns;
    window.from_ns = from_ns < window.to_ns ? from_ns : window.to_ns - 1;
    jb_steps_merge(&own, &fetch->steps);
    int err = walk(fetch, &window, &known, &own);
    bool something = known.count > 0;
    for (size_t i = 0; err == 0 && !something && window.current && i < fetch->chain.count; i++) {
        jb_fetch_one_say_late(&fetch->ones[i], &own);
    }
    err = err < 0 ? err : hand_over(&known, track);
    jb_track_finish(&known);
    jb_steps_merge(steps, &own);
    if (err < 0) {
        return jb_fail(diag, err, "the intensities of %s: %s", fetch->place.zone, strerror(-err));
    }
    return something ? 0 : say_nothing(fetch, &own, diag);
}

/* What `one` foretells from now on, asked for if need be. False: nothing. */
static bool foretell(struct jb_fetch *fetch, struct jb_fetch_one *one, enum jb_fetch_how how, int64_t to_ns,
                     struct jb_steps *steps)
{
    struct jb_diag diag = {0};
    int64_t now_ns = jb_walltime_ns(&fetch->settings->walltime);
    int64_t ahead_ns = (int64_t)one->provider->forecast_ns;
    bool file = one->provider->read != NULL;
    one->busy = false;
    if (file) {
        jb_track_finish(&one->cached.track);
    } else {
        jb_fetch_one_load(one, fetch->settings, now_ns);
    }
    if (file || how == JB_FETCH_ASK) {
        /* All that there is, and not only up to `to`: the cache serves others too. */
        int64_t end_ns = now_ns + (file || ahead_ns > AHEAD_NS ? AHEAD_NS : ahead_ns);
        int err = jb_fetch_one_ask(one, fetch->settings, &fetch->http, JB_ASK_FORECAST, now_ns, end_ns, &diag);
        tell_failure(one, err, &diag, steps);
    }
    const struct jb_track *track = &one->cached.track;
    for (size_t i = jb_track_from(track, now_ns); i < track->count && track->points[i].start_ns < to_ns; i++) {
        if (foretold(&track->points[i])) {
            return true;
        }
    }
    return false;
}

int jb_fetch_forecast(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t to_ns, struct jb_track *track,
                      struct jb_steps *steps, struct jb_diag *diag)
{
    struct jb_steps own = {.count = 0};
    struct jb_track known = {0};
    int64_t now_ns = jb_walltime_ns(&fetch->settings->walltime);
    struct window ahead = {.now_ns = now_ns, .from_ns = now_ns, .to_ns = to_ns};
    bool found = false, anybody = false;
    int err = jb_fetch_past(fetch, how, now_ns, now_ns, &known, &own, diag);
    err = err == -ENODATA ? 0 : err;
    for (size_t i = 0; err == 0 && i < fetch->chain.count && !found; i++) {
        struct jb_fetch_one *one = &fetch->ones[i];
        if (one->provider->forecast_ns == 0 && one->provider->read == NULL) {
            continue;
        }
        anybody = true;
        found = foretell(fetch, one, how, to_ns, &own);
        err = found ? fill_window(&known, &one->cached.track, &ahead) : 0;
    }
    err = err < 0 || !found ? err : hand_over(&known, track);
    jb_track_finish(&known);
    jb_steps_merge(steps, &own);
    if (err < 0 || found) {
        return err;
    }
    if (!anybody) {
        return jb_fail(diag, -ENODATA, "nobody foretells the intensity of %s", fetch->place.zone);
    }
    return say_nothing(fetch, &own, diag);
}

void jb_credits(const struct jb_track *track, const char **ret, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < track->count && count + 1 < max; i++) {
        const char *credit = track->points[i].provider != NULL ? track->points[i].provider->credit : NULL;
        bool known = credit == NULL;
        for (size_t k = 0; k < count && !known; k++) {
            known = strcmp(ret[k], credit) == 0;
        }
        if (!known) {
            ret[count++] = credit;
        }
    }
    if (max > 0) {
        ret[count] = NULL;
    }
}
