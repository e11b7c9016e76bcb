/* SPDX-License-Identifier: Apache-2.0 */
/* source_status.h - how opening a driver went, in one word. */
#ifndef JB_SERVER_SOURCE_STATUS_H
#define JB_SERVER_SOURCE_STATUS_H

#include <errno.h>
#include <stdbool.h>

/* "ok", "absent", "denied", "failed", "opening", "hung"; `result` is that of opening it. */
static inline const char *jb_source_status(int result, bool hung)
{
    if (hung) {
        return "hung";
    }
    switch (result) {
    case 0:
        return "ok";
    case -ENODEV:
    case -ENOENT:
        return "absent";
    case -EACCES:
    case -EPERM:
        return "denied";
    case -EINPROGRESS:
        return "opening";
    default:
        return "failed";
    }
}

#endif
