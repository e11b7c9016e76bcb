/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price.h - the carbon intensity of a moment of a run, and what its segments amount to. Private to export/.
 *
 * The time of a series stands still while the machine sleeps, segments go by the clock on the wall: the marks of the
 * run tell how the two lie. A run may have thousands of segments and a series millions of rows, so the place in the
 * segments is kept from row to row.
 */
#ifndef JB_EXPORT_PRICE_H
#define JB_EXPORT_PRICE_H

#include <stdint.h>

#include "store/store.h"

struct jb_export_prices {
    const struct jb_record *record;
    struct jb_marks marks;
    size_t mark, segment; /* where the last one asked for was */
};
/* Without a store, and with marks that cannot be read, the clock is taken to have run on. */
void jb_export_prices_init(struct jb_export_prices *prices, const struct jb_record *record, struct jb_store *store);
void jb_export_prices_finish(struct jb_export_prices *prices);

int64_t jb_export_wall(struct jb_export_prices *prices, uint64_t t_ns); /* t_ns since the start of the run */

/* Mean g/kWh over [t0, t1] (ns since the start of the run), each segment weighted by how long it lasts in there. Before
 * the first and after the last segment these hold on; a record without segments has one intensity. NAN: not known. */
double jb_export_intensity(struct jb_export_prices *prices, uint64_t t0_ns, uint64_t t1_ns);

double jb_export_pue(const struct jb_record *record); /* what emissions were multiplied with */
double jb_export_segment_g(const struct jb_record *record, const struct jb_record_segment *segment); /* of it; NAN */

/* What a segment was priced by; of every segment one. A value that its provider says it estimated is an estimate. */
enum jb_export_kind { JB_EXPORT_REPORTED, JB_EXPORT_ESTIMATED, JB_EXPORT_YEARLY, JB_EXPORT_KINDS };
enum jb_export_kind jb_export_kind(const struct jb_record_segment *segment);

/* The part of the energy whose segments are of a kind, or have a flag; NAN without energy. */
double jb_export_kind_share(const struct jb_record *record, enum jb_export_kind kind);
double jb_export_estimated_share(const struct jb_record *record);
double jb_export_live_share(const struct jb_record *record);

#endif
