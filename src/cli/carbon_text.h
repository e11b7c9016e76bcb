/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carbon_text.h - what the report says of grams and money, as texts: the total, its segments, what it was before.
 */
#ifndef JB_CLI_CARBON_TEXT_H
#define JB_CLI_CARBON_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/cli.h"

struct cli_carbon_text {
    char value[96];
    char meaning[640];
};
void cli_carbon_total(const struct jb_record *record, struct cli_carbon_text *ret);
/* False: there is nothing to say. */
bool cli_carbon_marginal(const struct jb_record *record, struct cli_carbon_text *ret);
bool cli_carbon_former(const struct jb_record *record, struct cli_carbon_text *ret); /* the latest of them */
bool cli_carbon_cost(const struct jb_record *record, struct cli_carbon_text *ret);

/* A line for each segment of a run that has more than one; of many, how far they lie apart. */
void cli_carbon_segments(FILE *out, const struct jb_record *record, const struct cli_style *style);

/* The way down the chain, and what the terms of the providers want to be said. */
void cli_carbon_notes(FILE *out, const struct jb_record *record, const struct cli_style *style, bool *begun);

/* Could history still make a better price than the one it has? */
bool cli_carbon_can_improve(const struct jb_record *record);

#endif
