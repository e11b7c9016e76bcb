/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache_file.h - the names and the text of the cache's files. For cache.c and tests.
 */
#ifndef JB_GRID_CACHE_FILE_H
#define JB_GRID_CACHE_FILE_H

#include "grid/cache.h"

#include "base/text.h"

#define JB_CACHE_WHO   9                                      /* bytes */
#define JB_CACHE_AHEAD (4 * 24 * 3600 * (int64_t)JB_NS_PER_S) /* of now, the furthest that a point may lie */

/* FOLDER/NAME-ZONE-FACTOR and `end`. What cannot be in a name of a file becomes '_'. -ENOENT: no folder; -ENAMETOOLONG.
 */
int jb_cache_path(const char *folder, const struct jb_provider *provider, const struct jb_ask *ask, const char *end,
                  char *buffer, size_t size);

/* Is the folder of this file our own, and nobody else's to write to, and can nobody put another in its place? In one of
 * somebody else (an XDG_CACHE_HOME that all have) lies what he likes, and links by which we would write over what is
 * ours. */
bool jb_cache_is_ours(const char *path);

/* Whom was asked what: a hash of address, key, zone, region, coordinates and factor. So short that many keys have the
 * same, and none can be found from it. No password goes in: people choose those. */
void jb_cache_who(const struct jb_provider *provider, const struct jb_ask *ask, char ret[JB_CACHE_WHO]);

void jb_cache_write(const struct jb_provider *provider, const char *who, const struct jb_cached *cached,
                    struct jb_buf *buf);

/* Forget what is too long ago or too far ahead, and what was said at a time that has not come. False: the times of the
 * whole are such that nothing can be believed. */
bool jb_cache_bound(struct jb_cached *cached, int64_t now_ns);

#endif
