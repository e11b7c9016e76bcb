/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.h - a library of others that is opened when it is first wanted (dlopen), as a table of its functions.
 *
 * For what most runs do without: who does not ask loads nothing, and where the library is missing the rest works and
 * the command that installs it is told. The table is a struct of function pointers, typed as the library's own header
 * declares them; a list of symbols says which goes where. All of them must be there.
 *
 * A library stays in memory once it was opened: those below it (OpenSSL, GnuTLS) do not survive being unloaded.
 *
 * Not for drivers of vendors (src/sensor/), which choose among versions of a symbol, do without some, and unload.
 */
#ifndef JB_BASE_LIBRARY_H
#define JB_BASE_LIBRARY_H

#include <stddef.h>

struct jb_diag;

struct jb_symbol {
    const char *name;
    size_t offset; /* of the pointer in the table, in bytes */
};

/* One symbol: `member` of `table` is a pointer to a function. */
#define JB_SYMBOL(table, member, symbol)                                                                               \
    {                                                                                                                  \
        symbol, offsetof(table, member)                                                                                \
    }

struct jb_library {
    const char *title;        /* "libcurl" */
    const char *why;          /* who wants it: "which requests over the network need" */
    const char *package;      /* of Debian: "libcurl4" */
    const char *const *names; /* of files, as dlopen() takes them; the first that can be opened; ends with NULL */
    const struct jb_symbol *symbols;
    size_t symbol_count;
};

/* Open the first of `names` (NULL: the library's own; others are for tests) and fill the table. -ENOENT: there is none,
 * with the command that installs it, or it lacks a function, which is named; then the table is left alone. Any thread,
 * any number of times. */
int jb_library_load(const struct jb_library *library, const char *const *names, void *ret_table, struct jb_diag *diag);

#endif
