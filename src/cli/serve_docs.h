/* SPDX-License-Identifier: Apache-2.0 */
/* serve_docs.h - what the server tells that it does not know by itself: the doctor's findings, and the grid's. Called
 * on its thread. */
#ifndef JB_CLI_SERVE_DOCS_H
#define JB_CLI_SERVE_DOCS_H

#include "cli/serve_options.h"
#include "engine/almanac.h"
#include "engine/board.h"

struct serve_docs {
    struct jb_board *board;
    struct jb_almanac *almanac; /* NULL: nobody is asked */
    const struct serve_options *options;
    char *hardware_json; /* of this machine; NULL */
};

char *serve_doctor(void *context);
char *serve_grid(void *context, const char *zone, struct jb_diag *diag);

#endif
