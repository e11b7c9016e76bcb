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

#define JB_MAX_PROVIDERS 20

enum jb_factor { JB_FACTOR_ANY, JB_FACTOR_LIFECYCLE, JB_FACTOR_DIRECT };

/* Strings are the configuration's, which must outlive this. */
struct jb_grid_settings {
    bool live;                  /* [grid] live: may the network be asked at all? */
    bool fixed;                 /* [grid] intensity: the user's own figure is used and nobody asked */
    const char *providers;      /* [grid] providers, "ukgrid, electricitymaps"; NULL: all that need no further word */
    enum jb_factor factor;      /* any: the life cycle where a provider has both */
    double latitude, longitude; /* NAN */
    const char *ca_file;        /* [grid] ca, else CURL_CA_BUNDLE, else SSL_CERT_FILE; NULL: the system's */
    struct jb_access access[JB_MAX_PROVIDERS]; /* by the index in jb_providers; url is set where there is one */
    char cache[512];                           /* folder; empty: there is none, nothing is cached */
    struct jb_walltime walltime;
};

/* -EINVAL: a provider that is not known (with the nearest name), coordinates out of range, a URL that is none. */
int jb_grid_settings_load(const struct jb_conf *conf, const char *root, struct jb_grid_settings *ret,
                          struct jb_diag *diag);

/* Is all there that the provider needs? */
bool jb_grid_has_key(const struct jb_grid_settings *settings, const struct jb_provider *provider);

#endif
