/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/greenest.h"

#include <errno.h>

int jb_greenest(const struct jb_track *track, int64_t from_ns, int64_t until_ns, uint64_t length_ns,
                struct jb_window *ret)
{
    return -ENODATA;
}
