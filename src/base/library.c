/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.c - dlopen(3) and dlsym(3) for a whole table. See library.h.
 *
 * Odd: ISO C has no cast between pointers to objects and to functions; that they may be copied as bytes is what POSIX
 * promises of dlsym().
 */
#include "base/library.h"

#include "base/diag.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

static void *open_first(const char *const *names)
{
    for (; *names != NULL; names++) {
        void *handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (handle != NULL) {
            return handle;
        }
    }
    return NULL;
}

int jb_library_load(const struct jb_library *library, const char *const *names, void *ret_table, struct jb_diag *diag)
{
    void *handle = open_first(names != NULL ? names : library->names);

    if (handle == NULL) {
        jb_fail(diag, -ENOENT, "there is no %s here, %s", library->title, library->why);
        jb_fix(diag, "sudo apt-get install %s", library->package);
        return -ENOENT;
    }
    for (size_t i = 0; i < library->symbol_count; i++) {
        if (dlsym(handle, library->symbols[i].name) == NULL) {
            return jb_fail(diag, -ENOENT, "%s is too old: it has no %s", library->title, library->symbols[i].name);
        }
    }
    for (size_t i = 0; i < library->symbol_count; i++) {
        void *address = dlsym(handle, library->symbols[i].name);
        memcpy((char *)ret_table + library->symbols[i].offset, &address, sizeof(address));
    }
    return 0;
}
