/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what [grid] of the configuration says about live intensities, checked.
 */
#ifndef JB_GRID_SETTINGS_H
#define JB_GRID_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "grid/provider.h"

struct jb_conf;

#define JB_MAX_PROVIDERS  20
#define JB_GRID_STATIC    "static" /* in [grid] providers: the tables, and who is named behind is not asked */
#define JB_GRID_URL_TEXT  256      /* bytes of a configured address, which a provider puts a path and a query behind */
#define JB_GRID_KEY_TEXT  2048 /* bytes of a token: with a name before it, it must fit into a header of jb_request */
#define JB_GRID_NAME_TEXT 48

enum jb_factor { JB_FACTOR_ANY, JB_FACTOR_LIFECYCLE, JB_FACTOR_DIRECT };

/* Strings are the configuration's, which must outlive this. */
struct jb_grid_settings {
    bool live;                  /* [grid] live: may the network be asked at all? */
    bool fixed;                 /* [grid] intensity: the user's own figure is used and nobody asked */
    const char *providers;      /* [grid] providers, "ukgrid, electricitymaps"; NULL: all that need no further word */
    enum jb_factor factor;      /* any: the life cycle where a provider has both */
    double latitude, longitude; /* NAN */
    const char *ca_file;        /* [grid] ca, else CURL_CA_BUNDLE, else SSL_CERT_FILE; NULL: the system's */
    struct jb_access access[JB_MAX_PROVIDERS];     /* by the index in jb_providers, for jb_grid_access() */
    char urls[JB_MAX_PROVIDERS][JB_GRID_URL_TEXT]; /* the configured addresses without a slash at the end; empty */
    char cache[512];                               /* folder; empty: there is none, nothing is cached */
    struct jb_walltime walltime;
};

/* -EINVAL: a provider that is not known (with the nearest name), coordinates out of range or only one of them, a URL
 * that is none, a key that can be none, a key of the user for an address that the recorded machine below `root` names.
 */
int jb_grid_settings_load(const struct jb_conf *conf, const char *root, struct jb_grid_settings *ret,
                          struct jb_diag *diag);

/* What the provider is asked with: url is set where there is one. Points into `settings`. */
void jb_grid_access(const struct jb_grid_settings *settings, const struct jb_provider *provider, struct jb_access *ret);
size_t jb_grid_provider_index(const struct jb_provider *provider); /* in jb_providers; JB_MAX_PROVIDERS: not there */

/* The next of a list of names that are parted by commas or blanks, cut where it is too long; NULL at the end. */
const char *jb_grid_next_name(const char **list, char name[JB_GRID_NAME_TEXT]);

/* A copy that stands alone, in one piece of memory: for a thread that may outlive the configuration. NULL: no memory.
 */
struct jb_grid_settings *jb_grid_settings_copy(const struct jb_grid_settings *settings);
void jb_grid_settings_free(struct jb_grid_settings *copy); /* NULL-safe; wipes the keys */

/* Is all there that the provider needs? */
bool jb_grid_has_key(const struct jb_grid_settings *settings, const struct jb_provider *provider);

#endif
