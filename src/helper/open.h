/* SPDX-License-Identifier: Apache-2.0 */
/* open.h - open what is on the list, with the capabilities in effect for nothing else, and look at what was opened. */
#ifndef JB_HELPER_OPEN_H
#define JB_HELPER_OPEN_H

#include "helper/request.h"

/* Where the list begins. The installed helper's is "" and sysfs; tests put it in a folder of their own. */
struct jb_helper_place {
    const char *root;
    long file_system; /* f_type of statfs(2) that an opened file must show */
};

/* A descriptor for close(2) or a negative errno: -EACCES for what is on the list but not what it says it is. */
int jb_helper_open(const struct jb_helper_place *place, const struct jb_helper_request *request);

#endif
