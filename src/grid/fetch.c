/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/fetch.h"

#include <errno.h>

int jb_fetch_create(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                    struct jb_fetch **ret, struct jb_diag *diag)
{
    *ret = NULL;
    return 0;
}

void jb_fetch_destroy(struct jb_fetch *fetch)
{
}

bool jb_fetch_anybody(const struct jb_fetch *fetch)
{
    return false;
}

int jb_fetch_past(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t from_ns, int64_t to_ns, struct jb_track *track,
                  struct jb_steps *steps, struct jb_diag *diag)
{
    return -ENODATA;
}

int jb_fetch_forecast(struct jb_fetch *fetch, enum jb_fetch_how how, int64_t to_ns, struct jb_track *track,
                      struct jb_steps *steps, struct jb_diag *diag)
{
    return -ENODATA;
}

void jb_credits(const struct jb_track *track, const char **ret, size_t max)
{
    ret[0] = NULL;
}
