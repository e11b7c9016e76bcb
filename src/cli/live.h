/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - one line of status on a terminal, redrawn about once a second, gone at the end. */
#ifndef JB_CLI_LIVE_H
#define JB_CLI_LIVE_H

#include "engine/session.h"

#include <stdio.h>

struct cli_live {
    FILE *out; /* NULL: not shown */
    uint64_t next_ns;
};
void cli_live_init(struct cli_live *live, bool wanted, FILE *out); /* shown only when `out` is a terminal */
void cli_live_draw(struct cli_live *live, const struct jb_session *session);
void cli_live_clear(struct cli_live *live);

#endif
