/* SPDX-License-Identifier: Apache-2.0 */
/* A library that asks dlsym() for what comes after itself, and asks from its constructor too. */
#include <dlfcn.h>
#include <stddef.h>

__attribute__((visibility("default"))) void *next_after_me(const char *name);
static void *volatile kept;

void *next_after_me(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    return found; /* no tail call: the caller is this library */
}

__attribute__((constructor)) static void start(void)
{
    kept = dlsym(RTLD_DEFAULT, "getenv");
}
