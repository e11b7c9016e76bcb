/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - the end of a test's own folder below /tmp, with all that is in it. */
#ifndef JB_TESTS_FOLDER_H
#define JB_TESTS_FOLDER_H

#include <ftw.h>
#include <stdio.h>

static inline int folder_entry_remove(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

/* 0, or something is left. Links are removed, not followed. */
static inline int folder_remove(const char *path)
{
    return nftw(path, folder_entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
