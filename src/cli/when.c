/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/when.h"

#include <errno.h>

int cli_when_parse(const char *text, struct cli_when *ret, struct jb_diag *diag)
{
    return jb_fail(diag, -ENOSYS, "--when: not there yet");
}

int cli_when_wait(const struct cli_when *when, const struct jb_grid_settings *settings,
                  const struct jb_intensity *place, int stop_fd, FILE *err, const struct cli_style *style,
                  struct jb_diag *diag)
{
    return -ENOSYS;
}
