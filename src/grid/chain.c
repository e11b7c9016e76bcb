/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.c - who is asked, in which order. Documented in chain.h.
 */
#include "grid/chain.h"

#include "base/text.h"

#include <stdarg.h>
#include <string.h>

void jb_steps_add(struct jb_steps *steps, const char *format, ...)
{
    char text[JB_STEP_TEXT];
    if (steps == NULL) {
        return;
    }
    va_list args;
    va_start(args, format);
    jb_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    jb_sanitise(text);
    for (size_t i = 0; i < steps->count; i++) {
        if (strcmp(steps->text[i], text) == 0) {
            return;
        }
    }
    if (steps->count < JB_MAX_STEPS) {
        jb_copy(steps->text[steps->count++], JB_STEP_TEXT, text);
    }
}

void jb_steps_merge(struct jb_steps *steps, const struct jb_steps *from)
{
    for (size_t i = 0; i < from->count; i++) {
        jb_steps_add(steps, "%s", from->text[i]);
    }
}

void jb_chain_ask(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                  const struct jb_provider *provider, struct jb_ask *ret)
{
    *ret = (struct jb_ask){
        .zone = place->live_zone,
        .direct = provider->direct && (settings->factor == JB_FACTOR_DIRECT || !provider->lifecycle),
        .latitude = settings->latitude,
        .longitude = settings->longitude,
    };
    jb_grid_access(settings, provider, &ret->access);
}

static bool in_chain(const struct jb_chain *chain, const struct jb_provider *provider)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (chain->providers[i] == provider) {
            return true;
        }
    }
    return false;
}

static void append(struct jb_chain *chain, const struct jb_provider *provider)
{
    if (chain->count < JB_MAX_PROVIDERS && !in_chain(chain, provider)) {
        chain->providers[chain->count++] = provider;
    }
}

static bool has_factor(const struct jb_grid_settings *settings, const struct jb_provider *provider)
{
    return settings->factor == JB_FACTOR_ANY || (settings->factor == JB_FACTOR_DIRECT && provider->direct) ||
           (settings->factor == JB_FACTOR_LIFECYCLE && provider->lifecycle);
}

static bool serves(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                   const struct jb_provider *provider)
{
    struct jb_ask ask;
    jb_chain_ask(settings, place, provider, &ask);
    return ask.access.url != NULL && provider->serves != NULL && provider->serves(&ask);
}

/* Why a provider cannot be asked; false: it can. */
static bool hindered(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                     const struct jb_provider *provider, char why[JB_STEP_TEXT])
{
    struct jb_access access;
    jb_grid_access(settings, provider, &access);
    if (provider->needs != NULL && !jb_grid_has_key(settings, provider)) {
        jb_snprintf(why, JB_STEP_TEXT, "no key: set [grid] %s_%s", provider->name,
                    access.user != NULL ? "password" : provider->needs);
    } else if (access.url == NULL) {
        jb_snprintf(why, JB_STEP_TEXT, "no address: set [grid] %s%s", provider->name, provider->read ? "" : "_url");
    } else if (!has_factor(settings, provider)) {
        jb_snprintf(why, JB_STEP_TEXT, "it gives no %s figures", provider->lifecycle ? "direct" : "life-cycle");
    } else if (!serves(settings, place, provider)) {
        jb_snprintf(why, JB_STEP_TEXT, "it does not serve %s",
                    place->live_zone[0] != '\0' ? place->live_zone : place->zone);
    } else {
        return false;
    }
    return true;
}

static void add_named(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                      struct jb_chain *chain, struct jb_steps *steps)
{
    const char *list = settings->providers;
    char name[JB_GRID_NAME_TEXT], why[JB_STEP_TEXT];
    while (jb_grid_next_name(&list, name) != NULL) {
        const struct jb_provider *provider = jb_provider_find(name);
        if (jb_streq(name, JB_GRID_STATIC)) {
            if (chain->count == 0 && signal == JB_AVERAGE) {
                jb_steps_add(steps, "[grid] providers says static: the yearly figure, and nobody is asked");
            }
            break;
        }
        if (provider == NULL || provider->signal != signal || provider->read != NULL) {
            continue;
        }
        if (hindered(settings, place, provider, why)) {
            jb_steps_add(steps, "%s: %s", provider->name, why);
        } else {
            append(chain, provider);
        }
    }
}

static void add_usual(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                      struct jb_chain *chain)
{
    char why[JB_STEP_TEXT];
    for (int keyless = 0; keyless < 2; keyless++) {
        for (size_t i = 0; i < JB_MAX_PROVIDERS && jb_providers[i] != NULL; i++) {
            const struct jb_provider *provider = jb_providers[i];
            if (provider->signal == signal && (provider->needs == NULL) == keyless && !provider->opt_in &&
                provider->read == NULL && !hindered(settings, place, provider, why)) {
                append(chain, provider);
            }
        }
    }
}

static void add_files(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                      struct jb_chain *chain, struct jb_steps *steps)
{
    char why[JB_STEP_TEXT];
    for (size_t i = 0; i < JB_MAX_PROVIDERS && jb_providers[i] != NULL; i++) {
        const struct jb_provider *provider = jb_providers[i];
        struct jb_access access;
        jb_grid_access(settings, provider, &access);
        if (provider->read == NULL || provider->signal != signal || access.url == NULL) {
            continue;
        }
        if (hindered(settings, place, provider, why)) {
            jb_steps_add(steps, "%s: %s", provider->name, why);
        } else {
            append(chain, provider);
        }
    }
}

/* Of averages, which each run wants; that nobody tells of the marginal plant is the rule. */
static void say_nobody(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                       struct jb_steps *steps)
{
    char text[JB_STEP_TEXT] = "";
    size_t used = 0;
    for (size_t i = 0; i < JB_MAX_PROVIDERS && jb_providers[i] != NULL; i++) {
        const struct jb_provider *provider = jb_providers[i];
        if (provider->signal == JB_AVERAGE && (provider->needs == NULL) == provider->opt_in && provider->read == NULL &&
            has_factor(settings, provider) && serves(settings, place, provider) && used < sizeof(text)) {
            used +=
                (size_t)jb_snprintf(text + used, sizeof(text) - used, "%s%s%s%s", used > 0 ? " or " : "",
                                    provider->opt_in ? "providers = " : provider->name,
                                    provider->opt_in ? provider->name : "_", provider->opt_in ? "" : provider->needs);
        }
    }
    if (used == 0) {
        jb_steps_add(steps, "no provider serves %s", place->live_zone);
    } else {
        jb_steps_add(steps, "nobody to ask about %s without a key or your word: set [grid] %s", place->live_zone, text);
    }
}

void jb_chain_make(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                   struct jb_chain *ret, struct jb_steps *ret_steps)
{
    struct jb_chain chain = {.count = 0};
    if (settings->fixed) {
        jb_steps_add(ret_steps, "[grid] intensity is used in the place of live figures");
    } else {
        add_files(settings, place, signal, &chain, ret_steps);
    }
    if (settings->fixed || (chain.count > 0 && (!settings->live || place->live_zone[0] == '\0'))) {
        /* That is all. */
    } else if (!settings->live) {
        jb_steps_add(ret_steps, "[grid] live is off: no provider was asked");
    } else if (place->live_zone[0] == '\0') {
        bool world = place->origin == JB_ZONE_WORLD || jb_streq(place->zone, "World");
        jb_steps_add(ret_steps, "no provider was asked: %s%s", world ? "the place is not known" : place->name,
                     world ? "" : " is no zone of theirs");
    } else if (settings->providers != NULL) {
        add_named(settings, place, signal, &chain, ret_steps);
    } else {
        add_usual(settings, place, signal, &chain);
        if (chain.count == 0 && signal == JB_AVERAGE) {
            say_nobody(settings, place, ret_steps);
        }
    }
    *ret = chain;
}
