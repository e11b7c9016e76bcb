/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see a run whole. See visible.h. */
#include "server/visible.h"

#include "store/store.h"

#define NOBODY UINT32_MAX /* (uid_t)-1 is no user: a filter for it finds nothing */

bool jb_visible(const struct jb_viewer *viewer, int64_t owner)
{
    return viewer->all || (viewer->known && owner >= 0 && (int64_t)viewer->uid == owner);
}

void jb_visible_filter(const struct jb_viewer *viewer, struct jb_run_filter *filter)
{
    if (!viewer->all) {
        filter->has_owner = true;
        filter->owner = viewer->known ? viewer->uid : NOBODY;
    }
}
