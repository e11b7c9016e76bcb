/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assets.h - the dashboard's files: compiled in, or read from a folder while it is being worked on.
 *
 * `jb_assets` is made by tools/embed_assets.py from ui/dist; assets_none.c stands in for it where the dashboard was not
 * built. Files are kept compressed and sent so; who says that it takes no gzip is told so (406): no browser does.
 */
#ifndef JB_SERVER_ASSETS_H
#define JB_SERVER_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct jb_asset {
    const char *path;        /* "index.html", "assets/main-3f2a.js": without a leading slash */
    const char *type;        /* "text/html; charset=utf-8" */
    const char *etag;        /* with its quotes, as the header has it: "\"3f2a...\"" */
    const unsigned char *gz; /* the file, compressed by gzip */
    size_t gz_size;
    bool immutable; /* its name changes when it does: browsers need not ask again */
};

/* Ends with an entry whose path is NULL. Has "index.html". */
extern const struct jb_asset jb_assets[];

/* The asset of a decoded path without leading slash; "" is index.html. NULL: none. */
const struct jb_asset *jb_asset_find(const struct jb_asset *assets, const char *path);

/* Does a header If-None-Match name this tag? "*" and weak tags count. */
bool jb_etag_matches(const char *if_none_match, const char *etag);

/* Does a header Accept-Encoding allow gzip? None (NULL) allows everything. */
bool jb_accepts_gzip(const char *accept_encoding);

/* A type by the name's ending; "application/octet-stream" for what is not known. */
const char *jb_asset_type(const char *path);

/* Open a regular file below `folder` that nothing of `path` leads out of: no "..", no link, no hidden file. -ENOENT,
 * -EACCES, ... */
int jb_asset_open(const char *folder, const char *path, off_t *ret_size);

#endif
