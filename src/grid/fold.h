/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold.h - names of places as lookup keys: "  TŌKYŌ " and "Tokyo" are one name.
 *
 * Lower case, accents of Latin letters dropped (composed or combining), blanks at the ends dropped and single inside.
 * The generator folds the same way; a test runs every name of the tables through both.
 */
#ifndef JB_GRID_FOLD_H
#define JB_GRID_FOLD_H

#include <stddef.h>

#define JB_FOLD_TEXT 96 /* longer than any key */

/* -EINVAL for what can be no name: empty, too long, or with bytes that do not fold to printable ASCII. */
int jb_grid_fold(const char *text, char ret[JB_FOLD_TEXT]);

#endif
