/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ukgrid_json.h - the answers of the Carbon Intensity API. Private to ukgrid.
 */
#ifndef JB_GRID_PROVIDERS_UKGRID_JSON_H
#define JB_GRID_PROVIDERS_UKGRID_JSON_H

#include "grid/providers/national.h"

#define JB_UKGRID_STEP_NS (30 * JB_MINUTE_NS)

/* What the user's region is: a number, an outward postcode, or neither for the whole of Great Britain. */
struct jb_ukgrid_place {
    int region;       /* 1..17; 0 */
    char postcode[5]; /* upper case; empty */
};

/* Pure. -EBADMSG, -ENODATA, -ENOMEM with a diag. */
int jb_ukgrid_parse(const char *body, size_t length, const struct jb_ukgrid_place *place, struct jb_reply *reply,
                    struct jb_diag *diag);

#endif
