/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - the board as metrics; names and labels are docs/metrics.md's, and do not change.
 *
 * Counters are since the meter began, so that they begin at 0 with it. sum() over joulebook_energy_joules_total is the
 * machine: channels that others contain or repeat are in joulebook_domain_energy_joules_total. What is not known has no
 * sample: absent is not zero. No run has a label of its own, for there is no end of runs.
 */
#ifndef JB_SERVER_METRICS_H
#define JB_SERVER_METRICS_H

#include <stdbool.h>

#include "base/text.h"
#include "engine/board.h"

/* `projects`: whoever asks may see whose projects there are; else all runs are one project without a name. */
void jb_metrics_write(const struct jb_board_view *view, bool projects, bool openmetrics, struct jb_buf *out);

#endif
