/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timezone.h - the machine's time zone and the country it lies in.
 */
#ifndef JB_GRID_TIMEZONE_H
#define JB_GRID_TIMEZONE_H

#include "grid/zonetab.h"

struct jb_timezone {
    char name[JB_TZ_TEXT]; /* "Asia/Seoul"; of several settings the first that has a country, else the first */
    char country[3]; /* empty: the name stands for no country (UTC, a POSIX rule such as KST-9), or it is not known */
};

/* -ENOENT when no time zone is set by name anywhere. */
int jb_timezone_find(const char *root, struct jb_timezone *ret);

#endif
