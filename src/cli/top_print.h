/* SPDX-License-Identifier: Apache-2.0 */
/* top_print.h - the page of top as text, for pipes, files and dumb terminals. */
#ifndef JB_CLI_TOP_PRINT_H
#define JB_CLI_TOP_PRINT_H

#include <stdio.h>

#include "cli/top_draw.h"

/* As wide as COLUMNS or the terminal says, else 80, and as high as it needs. 0 or -ENOMEM. */
int top_print(const struct top_scene *scene, bool utf8, bool colors, FILE *out);

#endif
