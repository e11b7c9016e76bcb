/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdg.c - where the user's files are.
 *
 * XDG base directory specification 0.8: a variable that is unset, empty or relative does not count. Without
 * HOME (a service, a container) the password file knows the home. Documented in file.h.
 */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static const char *absolute(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] == '/' ? value : NULL;
}

static int join(const char *base, const char *fallback, const char *name, char *buffer, size_t size)
{
    int n = jb_snprintf(buffer, size, "%s%s/joulebook/%s", base, fallback, name);
    return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int jb_xdg_path(enum jb_xdg which, const char *name, char *buffer, size_t size)
{
    static const struct {
        const char *variable, *fallback;
    } places[] = {
        [JB_XDG_CONFIG] = {"XDG_CONFIG_HOME", "/.config"},
        [JB_XDG_DATA] = {"XDG_DATA_HOME", "/.local/share"},
        [JB_XDG_CACHE] = {"XDG_CACHE_HOME", "/.cache"},
    };
    if ((size_t)which >= JB_COUNT(places)) {
        return -EINVAL;
    }
    const char *base = absolute(places[which].variable);
    if (base) {
        return join(base, "", name, buffer, size);
    }
    base = absolute("HOME");
    if (base) {
        return join(base, places[which].fallback, name, buffer, size);
    }
    struct passwd entry, *found = NULL;
    char strings[4096];
    if (getpwuid_r(getuid(), &entry, strings, sizeof(strings), &found) != 0 || !found || !found->pw_dir ||
        found->pw_dir[0] != '/') {
        return -ENOENT;
    }
    return join(found->pw_dir, places[which].fallback, name, buffer, size);
}
