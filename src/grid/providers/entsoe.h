/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entsoe.h - the areas and the documents of ENTSO-E. For entsoe*.c and tests.
 */
#ifndef JB_GRID_PROVIDERS_ENTSOE_H
#define JB_GRID_PROVIDERS_ENTSOE_H

#include "grid/providers/mix_slots.h"

/* The EIC of the area that a zone is: "10YFR-RTE------C"; NULL: not served. */
const char *jb_entsoe_area(const char *zone);
const char *jb_entsoe_zone_name(size_t index); /* the zones of the table; NULL past its end. For tests. */

#define JB_ENTSOE_CODES 22 /* the last is every type that is not in the table */
extern const struct jb_mix_code jb_entsoe_codes[JB_ENTSOE_CODES];

/* Put a GL_MarketDocument (A75) about an area into the slots. An Acknowledgement_MarketDocument in its place is an
 * error: -ENODATA no such data, -EACCES the key, -EINVAL the question. -EBADMSG: neither, or another area. */
int jb_entsoe_parse(const char *body, size_t length, const char *area, struct jb_slots *slots, struct jb_diag *diag);

#endif
