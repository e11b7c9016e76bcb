/* SPDX-License-Identifier: Apache-2.0 */
/* measured.h - sums over a record's channels that more than one format prints. Private to export/. */
#ifndef JB_EXPORT_MEASURED_H
#define JB_EXPORT_MEASURED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_record;
struct jb_record_channel;

/* False when no sensor or model answered: the totals are then not known, rather than 0. Does not look at channels,
 * which a listed record does not have. */
bool jb_export_measured(const struct jb_record *record);
/* value, or NAN where nothing was measured: the emissions of unknown energy are not 0 g. */
double jb_export_known(const struct jb_record *record, double value);
/* False for a channel that never answered while the run lasted: its zeros say nothing. */
bool jb_export_channel_known(const struct jb_record_channel *channel);

/* What part of a channel a basis counts. */
enum jb_share { JB_SHARE_MACHINE, JB_SHARE_RUN, JB_SHARE_FOOTPRINT };
enum jb_share
jb_export_basis(const struct jb_record *record); /* of record->basis; footprint when it is not one of the three */

/* Sum over the channels in total of one device ("cpu"); false when there is none. */
bool jb_export_device_uj(const struct jb_record *record, const char *device, enum jb_share share, uint64_t *ret_uj);

#endif
