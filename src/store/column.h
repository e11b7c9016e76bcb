/* SPDX-License-Identifier: Apache-2.0 */
/*
 * column.h - which member of a struct is which column of a table.
 *
 * One list drives the INSERT, the UPDATE and the SELECT of a table, so that they cannot disagree. Unknown is NULL: an
 * empty string, a NAN, an optional number that is not there. Unsigned 64-bit numbers are kept as SQLite's signed ones
 * with the same bits.
 */
#ifndef JB_STORE_COLUMN_H
#define JB_STORE_COLUMN_H

#include <sqlite3.h>
#include <stddef.h>

struct jb_buf;

enum jb_column_type {
    JB_COLUMN_I64,
    JB_COLUMN_U64,
    JB_COLUMN_INT,
    JB_COLUMN_UNSIGNED,
    JB_COLUMN_BOOL,
    JB_COLUMN_REAL,
    JB_COLUMN_CHARS,    /* char array of `extra` bytes; what is longer is cut */
    JB_COLUMN_STRING,   /* char *, malloc'd when read */
    JB_COLUMN_USER,     /* int64_t: a user's id; -1, which is NULL: not known */
    JB_COLUMN_OPTIONAL, /* int that is there when the bool at offset `extra` is true */
};
struct jb_column {
    const char *name;
    enum jb_column_type type;
    size_t offset, extra;
};

/* "a, b, c" · "?1, ?2, ?3" · "a = ?1, b = ?2", numbered from `first`. */
void jb_columns_names(struct jb_buf *out, const struct jb_column *columns, size_t count);
void jb_columns_marks(struct jb_buf *out, size_t count, int first);
/* "INSERT INTO price(run, a, b) VALUES(?1, ?2, ?3)" of into "INSERT INTO price" and key "run". */
void jb_columns_insert(struct jb_buf *out, const char *into, const char *key, const struct jb_column *columns,
                       size_t count);
void jb_columns_assign(struct jb_buf *out, const struct jb_column *columns, size_t count, int first);

/* Parameters from number `first` on. Text is not copied: `object` must stay as it is until the statement has run. */
void jb_columns_bind(sqlite3_stmt *statement, int first, const struct jb_column *columns, size_t count,
                     const void *object);
/* Result columns from number `first` on; strings that were there before are not freed. -ENOMEM. */
int jb_columns_read(sqlite3_stmt *statement, int first, const struct jb_column *columns, size_t count, void *object);

#endif
