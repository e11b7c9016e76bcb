/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: one way, then the other. See viewer.h. */
#include "server/viewer.h"

#include <errno.h>

#include "server/socket_pair.h"

#define NO_MEANING 65534 /* overflowuid: of a user namespace that is not ours */

bool jb_address_is_loopback(const struct sockaddr *address)
{
    struct jb_end end;
    return jb_end_of(address, &end) && jb_end_is_loopback(&end);
}

int jb_viewer_uid(const struct sockaddr *peer, const struct sockaddr *local, uid_t *ret)
{
    uid_t uid = 0;

    if (!jb_address_is_loopback(peer) || !jb_address_is_loopback(local)) {
        return -EINVAL;
    }
    int r = jb_viewer_uid_diag(peer, local, &uid);
    if (r < 0 && r != -ENOENT) { /* the kernel did not say */
        r = jb_viewer_uid_proc("/proc/net", peer, local, &uid);
    }
    if (r == 0 && uid == NO_MEANING) {
        r = -ENOENT;
    }
    if (r == 0) {
        *ret = uid;
    }
    return r;
}
