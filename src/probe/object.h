/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - names in the libraries of this process, found without dlsym().
 *
 * dlsym() and dlopen() leave a message for dlerror() when they fail, and musl keeps it until somebody asks: a program
 * that calls dlerror() after a good dlsym() would read our failure. And our own dlsym() has to find the real one.
 * Source: System V ABI, "Dynamic Linking"; the GNU hash table as glibc's elf/dl-lookup.c and musl's ldso/dynlink.c
 * read it.
 *
 * Takes the lock of dl_iterate_phdr() and no other; allocates nothing; any thread.
 */
#ifndef JB_PROBE_OBJECT_H
#define JB_PROBE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OBJECT_PATH_MAX 4096u

struct object {
    uintptr_t base;
    const void *dynamic; /* its PT_DYNAMIC; valid for as long as the object is loaded */
    char path[OBJECT_PATH_MAX];
};

/* The first loaded object whose file is called `stem` or `stem.SOMETHING` ("libtorch_cpu.so.1.13"); false: none is.
 * `ret->path` is what the loader knows it by. Nothing keeps it loaded. */
bool object_named(const char *stem, struct object *ret);

/* The address of a function or variable that the object defines; NULL: it does not. The object must be loaded. */
void *object_symbol(const struct object *object, const char *name);

/* The first definition of a function in the objects that the loader searches after the one that holds `own`; where
 * there is none (we were loaded by dlopen), the first in any other object. NULL: nowhere. */
void *object_next(const void *own, const char *name);

/* How many objects were ever loaded in this process; 0: the C library does not tell. */
uint64_t object_loads(void);

#endif
