/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/feed.h"

#include <errno.h>

int jb_feed_start(const struct jb_grid_settings *settings, const struct jb_intensity *place, enum jb_signal signal,
                  int64_t from_ns, struct jb_feed **ret, struct jb_steps *steps, struct jb_diag *diag)
{
    return -ENODATA;
}

bool jb_feed_take(struct jb_feed *feed, struct jb_track *ret)
{
    return false;
}

void jb_feed_finish(struct jb_feed *feed, uint64_t deadline_ns)
{
}

void jb_feed_steps(struct jb_feed *feed, struct jb_steps *ret)
{
}

void jb_feed_destroy(struct jb_feed *feed)
{
}
