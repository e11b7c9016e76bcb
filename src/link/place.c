/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - where the machine's one meter is to be found. See link.h. */
#include "link/link.h"

#include "base/text.h"
#include "link/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define MACHINES_SOCKET JB_LINK_MACHINES_FOLDER "/joulebook.sock"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int put_path(char *ret_path, size_t size, const char *folder, const char *name)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int length = jb_snprintf(path, sizeof(path), "%s%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return -ENAMETOOLONG; /* no socket can have it */
    }
    return jb_copy(ret_path, size, path) ? 0 : -ENAMETOOLONG;
}

int jb_link_place(size_t index, char *ret_path, size_t size)
{
    const char *told = variable("JOULEBOOK_SOCKET");
    if (told != NULL) {
        return index > 0 || strcmp(told, "none") == 0 ? -ENOENT : put_path(ret_path, size, told, "");
    }
    /* A relative one does not count, as the specification of these folders has it; one that is too long cannot. */
    const char *runtime = variable("XDG_RUNTIME_DIR");
    if (runtime != NULL && runtime[0] == '/') {
        if (index == 0 && put_path(ret_path, size, runtime, "/joulebook.sock") == 0) {
            return 0;
        }
        char ignored[sizeof(((struct sockaddr_un *)0)->sun_path)];
        index -= index > 0 && put_path(ignored, sizeof(ignored), runtime, "/joulebook.sock") == 0;
    }
    return index > 0 ? -ENOENT : put_path(ret_path, size, MACHINES_SOCKET, "");
}

static bool may_write_folder_of(const char *path)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    jb_copy(folder, sizeof(folder), path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        return access(".", W_OK | X_OK) == 0;
    }
    slash[slash == folder] = '\0'; /* "/" stays */
    return access(folder, W_OK | X_OK) == 0;
}

int jb_link_own_place(char *ret_path, size_t size)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)], last[sizeof(path)];
    size_t count = 0;
    int error = 0;

    for (; (error = jb_link_place(count, path, sizeof(path))) == 0; count++) {
        jb_copy(last, sizeof(last), path);
        if (geteuid() != 0 && may_write_folder_of(path)) {
            return put_path(ret_path, size, path, "");
        }
    }
    /* Of places that nobody may write, listening tells why. */
    return count > 0 ? put_path(ret_path, size, last, "") : error;
}
