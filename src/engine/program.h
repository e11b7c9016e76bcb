/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - what kind of program a command is, as far as preloading a library into it goes.
 *
 * Looks the name up in PATH, follows "#!" lines (also through env), and reads the head of the ELF file. Files may be
 * anything: whatever cannot be read or makes no sense is JB_PROGRAM_UNKNOWN, for which nothing is done.
 */
#ifndef JB_ENGINE_PROGRAM_H
#define JB_ENGINE_PROGRAM_H

#include <stddef.h>

enum jb_program_kind {
    JB_PROGRAM_UNKNOWN,
    JB_PROGRAM_HOST,    /* dynamic, of this machine's kind and libc: takes our library */
    JB_PROGRAM_STATIC,  /* takes none and does not mind; the programs that it starts may take it */
    JB_PROGRAM_FOREIGN, /* of another architecture or libc: our library could keep it from starting */
};

enum jb_program_kind jb_program_kind(const char *name);

/* The file that execvp(3) would take, with the PATH of this process; -ENOENT. */
int jb_program_find(const char *name, char *buffer, size_t size);

#endif
