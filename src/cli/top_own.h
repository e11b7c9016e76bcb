/* SPDX-License-Identifier: Apache-2.0 */
/* top_own.h - a meter for top alone, where none serves the machine: a child that shows nothing, keeps nothing, and ends
 * with us. */
#ifndef JB_CLI_TOP_OWN_H
#define JB_CLI_TOP_OWN_H

#include "base/diag.h"

#include <sys/types.h>

struct top_own {
    pid_t pid; /* 0: none */
    char folder[64], socket[96];
};

/* Start it and wait until it can be asked, some seconds at most; JOULEBOOK_SOCKET leads to it from then on. */
int top_own_start(struct top_own *own, struct jb_diag *diag);
void top_own_stop(struct top_own *own); /* accepts one that was not started */

#endif
