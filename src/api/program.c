/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the joulebook program is: what JOULEBOOK_PROGRAM says; else beside this library, so that both are of one
 * version (installed, in a Python package, or in a build tree); else PATH. A program with raised privileges has its
 * environment from somebody else: there only the installed one is taken.
 *
 * Empty and relative parts of PATH are passed over: the working folder is not where programs come from.
 */
#include "api/api.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool take(const char *path, int length, const char *rest, char *ret, size_t size)
{
    char candidate[PATH_MAX];
    struct stat status;
    int written = snprintf(candidate, sizeof(candidate), "%.*s%s", length, path, rest);

    if (written < 0 || (size_t)written >= sizeof(candidate) || (size_t)written >= size) {
        return false;
    }
    if (stat(candidate, &status) < 0 || !S_ISREG(status.st_mode) || access(candidate, X_OK) < 0) {
        return false;
    }
    memcpy(ret, candidate, (size_t)written + 1);
    return true;
}

static bool beside_library(char *ret, size_t size)
{
    /* lib/ and lib/x86_64-linux-gnu/ of a prefix, lib/ of the Python package, src/api/ of a build tree. */
    static const char *const places[] = {"/../bin/joulebook", "/../../bin/joulebook", "/../../joulebook"};
    char real[PATH_MAX];
    Dl_info info;

    if (dladdr(&api_program, &info) == 0 || info.dli_fname == NULL || realpath(info.dli_fname, real) == NULL) {
        return false;
    }
    char *slash = strrchr(real, '/');
    for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        if (take(real, (int)(slash - real), places[i], ret, size)) {
            return true;
        }
    }
    return false;
}

static bool in_path(const char *path, char *ret, size_t size)
{
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        if (*path == '/' && length < PATH_MAX && take(path, (int)length, "/joulebook", ret, size)) {
            return true;
        }
        path += length + (path[length] == ':' ? 1 : 0);
    }
    return false;
}

bool api_program(char *ret, size_t size)
{
    const char *given = secure_getenv("JOULEBOOK_PROGRAM");

    if (given != NULL && *given != '\0') {
        return take(given, (int)strnlen(given, PATH_MAX - 1), "", ret, size);
    }
    return beside_library(ret, size) || in_path(secure_getenv("PATH"), ret, size);
}
