/* SPDX-License-Identifier: Apache-2.0 */
/* wall_text.h - what a run saw of the wall, in words, for the faces of the command line. */
#ifndef JB_CLI_WALL_TEXT_H
#define JB_CLI_WALL_TEXT_H

#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

struct cli_wall_text {
    char value[96];    /* "1.23 kJ ± 37 J" */
    char meaning[320]; /* "by ipmi; the sensors saw 72 % of it" */
};
/* False: nobody measured it, or nothing was fitted. */
bool cli_wall_measured(const struct jb_record *record, struct cli_wall_text *ret);
bool cli_wall_fitted(const struct jb_record *record, struct cli_wall_text *ret);

#endif
