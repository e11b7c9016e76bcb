/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's files, and what a browser says of them (RFC 9110, 12.5.3 and 13.1.2). See assets.h. */
#include "server/assets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

const struct jb_asset *jb_asset_find(const struct jb_asset *assets, const char *path)
{
    const char *wanted = *path != '\0' ? path : "index.html";

    for (; assets->path != NULL; assets++) {
        if (strcmp(assets->path, wanted) == 0) {
            return assets;
        }
    }
    return NULL;
}

bool jb_etag_matches(const char *if_none_match, const char *etag)
{
    while (if_none_match != NULL && *if_none_match != '\0') {
        if_none_match += strspn(if_none_match, " \t,");
        const char *tag = strncmp(if_none_match, "W/", 2) == 0 ? if_none_match + 2 : if_none_match;
        size_t length = strcspn(tag, " \t,");
        if ((length == 1 && *tag == '*') || (length == strlen(etag) && strncmp(tag, etag, length) == 0)) {
            return true;
        }
        if_none_match = tag + length;
    }
    return false;
}

/* "q=0", "q=0.0", "q=0.000": not wanted. */
static bool is_refused(const char *parameters, size_t length)
{
    const char *q = memchr(parameters, '=', length);
    if (q == NULL) {
        return false;
    }
    size_t rest = length - (size_t)(q + 1 - parameters);
    return rest > 0 && strspn(q + 1, "0. \t") >= rest;
}

bool jb_accepts_gzip(const char *accept_encoding)
{
    bool any = accept_encoding == NULL;

    while (accept_encoding != NULL && *accept_encoding != '\0') {
        accept_encoding += strspn(accept_encoding, " \t,");
        size_t length = strcspn(accept_encoding, ","), name = strcspn(accept_encoding, " \t,;");
        bool yes = !is_refused(accept_encoding + name, length - name);
        if ((name == 4 && strncasecmp(accept_encoding, "gzip", 4) == 0) ||
            (name == 6 && strncasecmp(accept_encoding, "x-gzip", 6) == 0)) {
            return yes;
        }
        any = any || (name == 1 && *accept_encoding == '*' && yes);
        accept_encoding += length;
    }
    return any;
}

const char *jb_asset_type(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".css", "text/css; charset=utf-8"},
        {".html", "text/html; charset=utf-8"},
        {".ico", "image/x-icon"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json; charset=utf-8"},
        {".png", "image/png"},
        {".svg", "image/svg+xml"},
        {".txt", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
        {".woff2", "font/woff2"},
    };
    const char *ending = strrchr(path, '.');

    for (size_t i = 0; ending != NULL && i < JB_COUNT(types); i++) {
        if (strcasecmp(types[i].ending, ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* Step into the folder `name` (length bytes) of *folder, which is closed. */
static int enter(int *folder, const char *name, size_t length)
{
    char text[256];

    if (length == 0 || length >= sizeof(text) || name[0] == '.') { /* hidden, ".", ".." */
        return -ENOENT;
    }
    memcpy(text, name, length);
    text[length] = '\0';
    int next = openat(*folder, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) {
        return -errno;
    }
    close(*folder);
    *folder = next;
    return 0;
}

int jb_asset_open(const char *folder, const char *path, off_t *ret_size)
{
    JB_CLEANUP(jb_closep) int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;

    if (at < 0) {
        return -errno;
    }
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(path, '/')) {
        int r = enter(&at, path, (size_t)(slash - path));
        if (r < 0) {
            return r;
        }
        path = slash + 1;
    }
    if (*path == '\0' || *path == '.') {
        return -ENOENT;
    }
    JB_CLEANUP(jb_closep) int fd = openat(at, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return -ENOENT;
    }
    *ret_size = status.st_size;
    return jb_take_fd(&fd);
}
