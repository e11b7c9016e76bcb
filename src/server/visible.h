/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visible.h - who may see a run whole: the one rule, for all documents.
 *
 * Of a run that is not visible its joules, times and user are shown, for a machine's energy is everybody's; its name,
 * project, command and tags are not, nor what lies below runs/ID. Nothing may be found by what is not shown: whoever
 * does not see all searches among his own runs alone. Pure.
 */
#ifndef JB_SERVER_VISIBLE_H
#define JB_SERVER_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/viewer.h"

struct jb_run_filter;

#define JB_OWNER_UNKNOWN (-1) /* of a run by an older joulebook: only who sees all sees it */

bool jb_visible(const struct jb_viewer *viewer, int64_t owner);

/* Whose runs a search may look through: leaves `filter` alone for one who sees all. */
void jb_visible_filter(const struct jb_viewer *viewer, struct jb_run_filter *filter);

#endif
