/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JB_CLI_WHEN_H
#define JB_CLI_WHEN_H

#include "cli/cli.h"
#include "grid/chain.h"

struct cli_when {
    uint64_t length_ns, within_ns;
};
int cli_when_parse(const char *text, struct cli_when *ret, struct jb_diag *diag);
int cli_when_wait(const struct cli_when *when, const struct jb_grid_settings *settings,
                  const struct jb_intensity *place, int stop_fd, FILE *err, const struct cli_style *style,
                  struct jb_diag *diag);

#endif
