/* SPDX-License-Identifier: Apache-2.0 */
/* The intensity of a place for the dashboard. Of this machine's place the almanac knows the past week and the next
 * days; of another what the cache holds and the tables. Nothing of the network is waited for here. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/grid_now.h"
#include "cli/serve_docs.h"
#include "grid/greenest.h"
#include "grid/provider.h"

#include <errno.h>
#include <math.h>

#define WINDOW_NS (4 * 3600 * (int64_t)JB_NS_PER_S)
#define DAY_NS    (86400 * (int64_t)JB_NS_PER_S)

struct known {
    struct jb_intensity place;
    struct jb_track past, future;
    struct jb_steps steps;
    int64_t now_ns;
};

static void known_finish(struct known *known)
{
    jb_track_finish(&known->past);
    jb_track_finish(&known->future);
}

static void from_cache(const struct serve_docs *docs, struct known *known)
{
    struct jb_fetch *fetch = NULL;
    struct jb_diag diag = {0};

    if (jb_fetch_create(&docs->options->run.grid, &known->place, JB_AVERAGE, &fetch, &diag) == 0) {
        jb_fetch_past(fetch, JB_FETCH_CACHED, known->now_ns - JB_ALMANAC_PAST_NS, known->now_ns, &known->past,
                      &known->steps, &diag);
        jb_fetch_forecast(fetch, JB_FETCH_CACHED, known->now_ns + JB_ALMANAC_FUTURE_NS, &known->future, &known->steps,
                          &diag);
    }
    jb_fetch_destroy(fetch);
}

static int find_out(const struct serve_docs *docs, const char *zone, struct known *known, struct jb_diag *diag)
{
    known->now_ns = jb_walltime_ns(&docs->options->run.grid.walltime);
    known->place = docs->options->run.intensity;
    if (zone == NULL || jb_streq(zone, known->place.zone)) {
        return docs->almanac != NULL ? jb_almanac_take(docs->almanac, &known->past, &known->future, &known->steps) : 0;
    }
    int error = jb_grid_zone(zone, &known->place, diag);
    if (error == 0) {
        from_cache(docs, known);
    }
    return error;
}

static json_t *point_json(const struct jb_point *point)
{
    json_t *object = json_object();

    json_object_set_new(object, "start_ms", json_integer(point->start_ns / (json_int_t)JB_NS_PER_MS));
    json_object_set_new(object, "end_ms", json_integer(point->end_ns / (json_int_t)JB_NS_PER_MS));
    json_object_set_new(object, "g_per_kwh", grid_number(point->g_per_kwh));
    json_object_set_new(object, "estimated", json_boolean((point->flags & JB_POINT_ESTIMATED) != 0));
    json_object_set_new(object, "source", grid_text(point->provider != NULL ? point->provider->name : "file"));
    return object;
}

static json_t *track_json(const struct jb_track *track, int64_t from_ns, bool forecast)
{
    json_t *array = json_array();

    for (size_t i = jb_track_from(track, from_ns); i < track->count; i++) {
        bool foretold = (track->points[i].flags & JB_POINT_FORECAST) != 0;
        if (foretold == forecast || !forecast) {
            json_array_append_new(array, point_json(&track->points[i]));
        }
    }
    return array;
}

static json_t *now_json(const struct known *known)
{
    const struct jb_point *point = grid_pick(&known->past, known->now_ns);
    json_t *object = json_object();
    double age_s = point != NULL ? grid_age_s(point, known->now_ns) : NAN;
    const char *kind = point == NULL ? known->place.given ? "given" : "yearly" : age_s > 0 ? "held" : "live";

    json_object_set_new(object, "g_per_kwh", grid_number(point != NULL ? point->g_per_kwh : known->place.g_per_kwh));
    json_object_set_new(object, "rel_error", grid_number(point != NULL ? point->rel_error : known->place.rel_error));
    json_object_set_new(object, "source",
                        grid_text(point == NULL             ? known->place.source
                                  : point->provider != NULL ? point->provider->name
                                                            : "file"));
    json_object_set_new(object, "kind", json_string(kind));
    json_object_set_new(
        object, "estimated",
        json_boolean(point != NULL ? (point->flags & JB_POINT_ESTIMATED) != 0 : known->place.estimated));
    json_object_set_new(object, "age_s", grid_number(age_s));
    json_object_set_new(object, "factor",
                        json_string(point == NULL                           ? known->place.factor
                                    : (point->flags & JB_POINT_DIRECT) != 0 ? "direct"
                                                                            : "lifecycle"));
    return object;
}

static json_t *yearly_json(const struct jb_intensity *place)
{
    json_t *object = json_object();

    json_object_set_new(object, "g_per_kwh", grid_number(place->g_per_kwh));
    json_object_set_new(object, "rel_error", grid_number(place->rel_error));
    json_object_set_new(object, "year", place->year > 0 ? json_integer(place->year) : json_null());
    json_object_set_new(object, "source", grid_text(place->source));
    json_object_set_new(object, "estimated", json_boolean(place->estimated));
    return object;
}

static json_t *greenest_json(const struct known *known)
{
    struct jb_window window;

    if (jb_greenest(&known->future, known->now_ns, known->now_ns + DAY_NS, WINDOW_NS, &window) < 0) {
        return json_null();
    }
    json_t *object = json_object();
    json_object_set_new(object, "length_s", json_integer(WINDOW_NS / (json_int_t)JB_NS_PER_S));
    json_object_set_new(object, "start_ms", json_integer(window.start_ns / (json_int_t)JB_NS_PER_MS));
    json_object_set_new(object, "end_ms", json_integer(window.end_ns / (json_int_t)JB_NS_PER_MS));
    json_object_set_new(object, "g_per_kwh", grid_number(window.g_per_kwh));
    json_object_set_new(object, "now_g_per_kwh", grid_number(window.now_g_per_kwh));
    json_object_set_new(object, "saves", grid_number(1 - window.g_per_kwh / window.now_g_per_kwh));
    return object;
}

/* Why a provider is not asked, or that it is, and what to do. Says whether there is a key, and nothing of it. */
static json_t *provider_json(const struct serve_docs *docs, const struct known *known,
                             const struct jb_provider *provider, const struct jb_chain *chain)
{
    const struct jb_grid_settings *settings = &docs->options->run.grid;
    json_t *object = json_object();
    struct jb_ask ask;
    bool asked = false, keyless = provider->needs != NULL && !jb_grid_has_key(settings, provider);
    char fix[256] = "";

    for (size_t i = 0; i < chain->count; i++) {
        asked = asked || chain->providers[i] == provider;
    }
    jb_chain_ask(settings, &known->place, provider, &ask);
    bool serves = provider->serves != NULL && known->place.live_zone[0] != '\0' && provider->serves(&ask);
    if (serves && keyless) {
        snprintf(fix, sizeof(fix), "get a key and put it in joulebook.conf: [grid] %s_%s = ...", provider->name,
                 provider->needs);
    } else if (serves && !asked) {
        snprintf(fix, sizeof(fix), "name it in joulebook.conf: [grid] providers = %s", provider->name);
    }
    json_object_set_new(object, "name", json_string(provider->name));
    json_object_set_new(object, "title", grid_text(provider->title));
    json_object_set_new(object, "status",
                        json_string(!serves   ? "not for this zone"
                                    : keyless ? "no key"
                                    : asked   ? "ok"
                                              : "not asked"));
    json_object_set_new(object, "credit", grid_text(provider->credit));
    json_object_set_new(object, "fix", grid_text(fix));
    return object;
}

static json_t *providers_json(const struct serve_docs *docs, const struct known *known)
{
    json_t *array = json_array();
    struct jb_chain chain;

    jb_chain_make(&docs->options->run.grid, &known->place, JB_AVERAGE, &chain, NULL);
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        if (jb_providers[i]->signal == JB_AVERAGE) {
            json_array_append_new(array, provider_json(docs, known, jb_providers[i], &chain));
        }
    }
    return array;
}

char *serve_grid(void *context, const char *zone, struct jb_diag *diag)
{
    const struct serve_docs *docs = context;
    struct known known = {0};

    if (find_out(docs, zone, &known, diag) < 0) {
        known_finish(&known);
        return NULL;
    }
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "zone", json_string(known.place.zone));
    json_object_set_new(root, "zone_name", grid_text(known.place.name));
    json_object_set_new(root, "note", grid_text(known.place.note));
    json_object_set_new(root, "now", now_json(&known));
    json_object_set_new(root, "yearly", yearly_json(&known.place));
    json_object_set_new(root, "history", track_json(&known.past, known.now_ns - JB_ALMANAC_PAST_NS, false));
    json_object_set_new(root, "forecast", track_json(&known.future, known.now_ns, true));
    json_object_set_new(root, "greenest", greenest_json(&known));
    json_object_set_new(root, "providers", providers_json(docs, &known));
    json_object_set_new(root, "steps", grid_steps_json(&known.steps));
    json_object_set_new(root, "credits", grid_credits_json(&known.past));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    known_finish(&known);
    return text;
}
