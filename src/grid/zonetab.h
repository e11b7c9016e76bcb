/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zonetab.h - tzdata's text tables: the country of a time zone, and what an old name of one stands for.
 *
 * Pure functions over the text of the files, which is not trusted.
 */
#ifndef JB_GRID_ZONETAB_H
#define JB_GRID_ZONETAB_H

#define JB_TZ_TEXT 64 /* names of tzdata are at most some 32 bytes */

/* May `name` be a name of tzdata at all? "KST-9" may, "<+09>-9" and "../x" may not. */
int jb_tz_check(const char *name);

/* zone.tab or zone1970.tab: the first country of the row of `name`. -ENOENT when there is none. */
int jb_zonetab_country(const char *text, const char *name, char ret_country[3]);

/* tzdata.zi: the target of the link `name`. -ENOENT when there is none. */
int jb_zonetab_link(const char *text, const char *name, char ret_target[JB_TZ_TEXT]);

#endif
