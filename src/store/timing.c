/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the counters of machines update. Documented in store.h.
 *
 * Odd: a row with times that no sensor has is not used rather than mended: the meter learns them anew in seconds.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "store/machine_row.h"

#define MAX_NS (UINT64_C(3600) * 1000000000)

#define TIMING(name, type)                                                                                             \
    {                                                                                                                  \
#name, JB_COLUMN_##type, offsetof(struct jb_sensor_timing, name), 0                                            \
    }
static const struct jb_column columns[] = {
    TIMING(period_ns, U64), TIMING(jitter_ns, U64), TIMING(edge_ns, U64), TIMING(lag_ns, U64), TIMING(measured_ns, I64),
};

static bool sound(const struct jb_sensor_timing *timing)
{
    return timing->period_ns <= MAX_NS && timing->jitter_ns <= MAX_NS && timing->edge_ns <= MAX_NS &&
           timing->lag_ns <= MAX_NS;
}

int jb_store_timing_get(struct jb_store *store, const char *machine_id, const char *channel_id,
                        struct jb_sensor_timing *ret)
{
    struct jb_sensor_timing timing = {0};
    int r = jb_machine_row_get(store, "sensor_timing", columns, JB_COUNT(columns), machine_id, channel_id, &timing);
    if (r < 0) {
        return r;
    }
    if (!sound(&timing)) {
        return -EUCLEAN;
    }
    *ret = timing;
    return 0;
}

int jb_store_timing_put(struct jb_store *store, const char *machine_id, const char *channel_id,
                        const struct jb_sensor_timing *timing, struct jb_diag *diag)
{
    if (!store->read_only && !sound(timing)) {
        return jb_fail(diag, -EINVAL, "%s: a sensor that updates less than once an hour is not kept", channel_id);
    }
    return jb_machine_row_put(store, "sensor_timing", columns, JB_COUNT(columns), machine_id, channel_id, timing, diag);
}
