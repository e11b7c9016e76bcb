/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps_json.h - what Electricity Maps answers, in any of its shapes, as points. Only for electricitymaps*.c
 * and co2signal.c.
 */
#ifndef JB_GRID_PROVIDERS_ELECTRICITYMAPS_JSON_H
#define JB_GRID_PROVIDERS_ELECTRICITYMAPS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "grid/provider.h"

struct jb_grid_place;

#define JB_EM_ZONE_TEXT 32 /* the longest name that there is has 13 bytes */
#define JB_EM_PORTAL    "https://portal.electricitymaps.com"

/* May it be the name of a zone: "DK-DK1", "US-CAL-CISO"? */
bool jb_em_zone_check(const char *zone);

/* The row of a zone that Electricity Maps itself has a figure for; NULL. */
const struct jb_grid_place *jb_em_place(const char *zone);

/* Write down the key as the header that it is sent in; `name` is that of the provider, for the hint. -EINVAL. */
int jb_em_header(const struct jb_ask *ask, const char *name, struct jb_request *ret, struct jb_diag *diag);

/* Put what the answer says into the track. Pure. -EBADMSG, -ENODATA, -ENOMEM, all with a diag. */
int jb_em_answer(const struct jb_provider *provider, const struct jb_ask *ask, const char *body, size_t length,
                 struct jb_track *track, struct jb_diag *diag);

/* jb_provider.refused of Electricity Maps. */
int jb_em_refused(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                  struct jb_diag *diag);

/* What of an answer its values are seen with. */
struct jb_em_context {
    const struct jb_provider *provider;
    const struct jb_ask *ask;
    const json_t *root;
    bool forecast;
    double spread; /* relative, of the zones inside the place: the machine is in one of them, unknown which */
};

enum jb_em_value {
    JB_EM_POINT,
    /* why a value is none; where there is nothing else, the first of these is what is wrong with the answer */
    JB_EM_SANDBOX,   /* made up */
    JB_EM_MALFORMED, /* not a number, no time, an unknown factor */
    JB_EM_ABSURD,    /* no grid has so much or so little */
    JB_EM_COARSE,    /* of a day or more, or of a time that is not known */
    JB_EM_ELSEWHEN,  /* of another time than was asked about */
    JB_EM_EMPTY,     /* null */
    JB_EM_VALUES
};
enum jb_em_value jb_em_value_read(const struct jb_em_context *context, const json_t *value, struct jb_point *ret);

#endif
