/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle power of the channels of machines.
 */
#include "base/cleanup.h"
#include "store/machine_row.h"

static const struct jb_column columns[] = {
    {"idle_uw", JB_COLUMN_U64, offsetof(struct jb_baseline, idle_uw), 0},
    {"sigma_uw", JB_COLUMN_U64, offsetof(struct jb_baseline, sigma_uw), 0},
    {"source", JB_COLUMN_CHARS, offsetof(struct jb_baseline, source), sizeof(((struct jb_baseline *)0)->source)},
    {"measured_ns", JB_COLUMN_I64, offsetof(struct jb_baseline, measured_ns), 0},
    {"seconds", JB_COLUMN_REAL, offsetof(struct jb_baseline, seconds), 0},
};

int jb_store_baseline_get(struct jb_store *store, const char *machine_id, const char *channel_id,
                          struct jb_baseline *ret)
{
    struct jb_baseline baseline = {0};
    int r = jb_machine_row_get(store, "baseline", columns, JB_COUNT(columns), machine_id, channel_id, &baseline);
    if (r == 0) {
        *ret = baseline;
    }
    return r;
}

int jb_store_baseline_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                          const struct jb_baseline *baseline, struct jb_diag *diag)
{
    return jb_machine_row_put(store, "baseline", columns, JB_COUNT(columns), machine_id, channel_id, baseline, diag);
}
