/* SPDX-License-Identifier: Apache-2.0 */
/* price.h - the carbon intensity of a moment of a run, from the segments of its record. Private to export/. */
#ifndef JB_EXPORT_PRICE_H
#define JB_EXPORT_PRICE_H

#include <stdint.h>

struct jb_record;

/* Mean g/kWh over [t0, t1] (ns since the start of the run), each segment weighted by how long it lasts in there. Before
 * the first and after the last segment these hold on; a record without segments has one intensity. NAN: not known. */
double jb_export_intensity(const struct jb_record *record, uint64_t t0_ns, uint64_t t1_ns);

#endif
