/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the probe is entered: which paths may be used in this process, and the ring.
 */
#include "probe/probe.h"

#include <stddef.h>

struct jb_wire *probe_ring(unsigned path)
{
    (void)path;
    return NULL;
}
