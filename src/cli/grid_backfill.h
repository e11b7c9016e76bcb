/* SPDX-License-Identifier: Apache-2.0 */
/* grid_backfill.h - joulebook grid backfill: what goes through the runs, and what is told of them. */
#ifndef JB_CLI_GRID_BACKFILL_H
#define JB_CLI_GRID_BACKFILL_H

#include "cli/grid_place.h"
#include "engine/reprice.h"

#define BACKFILL_ID_SHOWN 10

struct backfill {
    const struct grid_options *options;
    struct jb_store *store;
    struct jb_reprice_config config;
    struct cli_style style;
    json_t *runs;                         /* NULL: text */
    size_t changed, same, nobody, failed; /* how many runs */
};

/* What became of one run: a line, or an object. `otherwise`: the reason where nothing else tells one. */
void backfill_tell(struct backfill *backfill, const struct jb_record *record, bool failed,
                   const struct jb_reprice_result *result, const char *otherwise);
int backfill_finish(struct backfill *backfill); /* the counts; an exit status */

#endif
