/* SPDX-License-Identifier: Apache-2.0 */
/* grid_providers.c - joulebook grid [ZONE] --providers: who could be asked about the place, and on which terms. Says
 * whether a key is set, and nothing of the key. */
#include "base/text.h"
#include "cli/grid_place.h"
#include "cli/grid_time.h"
#include "cli/table.h"

static const char *signal_name(const struct jb_provider *provider)
{
    return provider->signal == JB_MARGINAL ? "marginal" : "average";
}

static const char *factors(const struct jb_provider *provider)
{
    return provider->lifecycle && provider->direct ? "both" : provider->direct ? "direct" : "lifecycle";
}

/* Its number in the chain, from 1; 0: it is not asked. */
static size_t turn(const struct jb_provider *provider, const struct jb_chain chains[2])
{
    const struct jb_chain *chain = &chains[provider->signal == JB_MARGINAL];

    for (size_t i = 0; i < chain->count; i++) {
        if (chain->providers[i] == provider) {
            return i + 1;
        }
    }
    return 0;
}

static bool serves(const struct grid_place *place, const struct jb_provider *provider)
{
    struct jb_ask ask;

    if (provider->serves == NULL || place->place.live_zone[0] == '\0') {
        return false;
    }
    jb_chain_ask(&place->settings, &place->place, provider, &ask);
    return provider->serves(&ask);
}

static const char *key_text(const struct grid_place *place, const struct jb_provider *provider)
{
    return provider->needs == NULL ? "none needed" : jb_grid_has_key(&place->settings, provider) ? "set" : "not set";
}

static json_t *to_json(const struct grid_place *place, const struct jb_provider *provider,
                       const struct jb_chain chains[2])
{
    json_t *object = json_object();
    size_t at = turn(provider, chains);

    json_object_set_new(object, "name", json_string(provider->name));
    json_object_set_new(object, "title", grid_text(provider->title));
    json_object_set_new(object, "signal", json_string(signal_name(provider)));
    json_object_set_new(object, "lifecycle", json_boolean(provider->lifecycle));
    json_object_set_new(object, "direct", json_boolean(provider->direct));
    json_object_set_new(object, "serves", json_boolean(serves(place, provider)));
    json_object_set_new(object, "needs", grid_text(provider->needs));
    json_object_set_new(object, "has_key",
                        provider->needs == NULL ? json_null()
                                                : json_boolean(jb_grid_has_key(&place->settings, provider)));
    json_object_set_new(object, "opt_in", json_boolean(provider->opt_in));
    json_object_set_new(object, "asked", at > 0 ? json_integer((json_int_t)at) : json_null());
    json_object_set_new(object, "period_s", grid_number((double)provider->period_ns / 1e9));
    json_object_set_new(object, "lag_s", grid_number((double)provider->lag_ns / 1e9));
    json_object_set_new(object, "forecast_s", grid_number((double)provider->forecast_ns / 1e9));
    json_object_set_new(object, "credit", grid_text(provider->credit));
    return object;
}

static int print_json(const struct grid_place *place, const struct jb_chain chains[2], const struct jb_steps *steps)
{
    json_t *object = grid_object(&place->place), *array = json_array();

    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        json_array_append_new(array, to_json(place, jb_providers[i], chains));
    }
    json_object_set_new(object, "providers", array);
    json_object_set_new(object, "steps", grid_steps_json(steps));
    return grid_print(object);
}

static void add_row(struct cli_table *table, const struct grid_place *place, const struct jb_provider *provider,
                    const struct jb_chain chains[2])
{
    char asked[24] = "", forecast[GRID_TIME_TEXT] = "none";
    size_t at = turn(provider, chains);

    if (at > 0) {
        jb_snprintf(asked, sizeof(asked), "%zu", at);
    }
    if (provider->forecast_ns > 0) {
        grid_length((double)provider->forecast_ns / 1e9, forecast, sizeof(forecast));
    }
    const char *cells[] = {provider->name,
                           serves(place, provider) ? "yes" : "no",
                           asked,
                           key_text(place, provider),
                           signal_name(provider),
                           factors(provider),
                           forecast};
    cli_table_row(table, cells);
}

static void print_text(const struct grid_place *place, const struct jb_chain chains[2], const struct jb_steps *steps)
{
    static const char *const titles[] = {"provider", "serves", ">asked", "key", "signal", "factor", "forecast", NULL};
    struct cli_style style = cli_style(&place->options->common, stdout);
    struct cli_table table;

    cli_table_init(&table, titles);
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        add_row(&table, place, jb_providers[i], chains);
    }
    grid_title(&place->place, &style);
    cli_table_print(&table, stdout, "  ", style.dim, style.off);
    cli_table_finish(&table);
    fputc('\n', stdout);
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        const struct jb_provider *provider = jb_providers[i];
        char text[512];
        jb_snprintf(text, sizeof(text), "%s%s%s%s", provider->title != NULL ? provider->title : "",
                    provider->credit != NULL ? "; " : "", provider->credit != NULL ? provider->credit : "",
                    provider->opt_in ? "; asked only where [grid] providers names it" : "");
        printf("  %-15s  %s", provider->name, style.dim);
        cli_wrap(stdout, text, 19, 80);
        printf("%s\n", style.off);
    }
    if (steps->count > 0) {
        fputc('\n', stdout);
        grid_steps(steps, &style);
    }
}

int grid_providers(const struct grid_place *place)
{
    struct jb_chain chains[2];
    struct jb_steps steps = {0};

    jb_chain_make(&place->settings, &place->place, JB_AVERAGE, &chains[0], &steps);
    jb_chain_make(&place->settings, &place->place, JB_MARGINAL, &chains[1], &steps);
    if (place->options->common.json) {
        return print_json(place, chains, &steps);
    }
    print_text(place, chains, &steps);
    return 0;
}
