/* SPDX-License-Identifier: Apache-2.0 */
/* raw_group.h - who gets raw counters: root, and members of a group that an administrator made for it. */
#ifndef JB_HELPER_RAW_GROUP_H
#define JB_HELPER_RAW_GROUP_H

#include "helper/open.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Is the caller, by its real ids, root or a member of joulebook-raw? Reads place's /etc/group. */
bool jb_helper_may_read_raw(const struct jb_helper_place *place);

/* The number in one line of group(5), without its newline, when it is the line of `name`; for tests. */
bool jb_helper_group_line(const char *line, const char *name, gid_t *ret);

#endif
