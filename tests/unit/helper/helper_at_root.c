/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper with another beginning of its list, for tests: helper_at_root [ROOT]. The installed one cannot be told.
 * The file system that it trusts is the one of ROOT/sys/class, which in a test is any.
 */
#include "helper/serve.h"

#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *root = argc > 1 ? argv[1] : "";
    char path[256];
    struct statfs fs = {0};
    snprintf(path, sizeof(path), "%s/sys/class", root);
    if (statfs(path, &fs) < 0) {
        _exit(3);
    }
    const struct jb_helper_place place = {.root = root, .file_system = fs.f_type};
    _exit(jb_helper_serve(&place));
}
