/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums over a record's channels that more than one format prints.
 *
 * The totals of a record are made by jb_record_sum(); here are only those by device, which no format keeps.
 */
#include "export/measured.h"

#include <math.h>

#include "base/text.h"
#include "store/record.h"

bool jb_export_measured(const struct jb_record *record)
{
    return record->machine_uj > 0 || record->coverage > 0;
}

double jb_export_known(const struct jb_record *record, double value)
{
    return jb_export_measured(record) ? value : NAN;
}

bool jb_export_channel_known(const struct jb_record_channel *channel)
{
    return channel->covered_ns > 0 || channel->energy_uj > 0;
}

enum jb_share jb_export_basis(const struct jb_record *record)
{
    if (jb_streq(record->basis, "machine")) {
        return JB_SHARE_MACHINE;
    }
    return jb_streq(record->basis, "run") ? JB_SHARE_RUN : JB_SHARE_FOOTPRINT;
}

bool jb_export_device_uj(const struct jb_record *record, const char *device, enum jb_share share, uint64_t *ret_uj)
{
    bool found = false;
    uint64_t sum = 0;
    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *c = &record->channels[i];
        if (c->in_total && jb_export_channel_known(c) && jb_streq(c->device, device)) {
            sum += share == JB_SHARE_MACHINE ? c->energy_uj : share == JB_SHARE_RUN ? c->run_uj : c->footprint_uj;
            found = true;
        }
    }
    if (found) {
        *ret_uj = sum;
    }
    return found;
}
