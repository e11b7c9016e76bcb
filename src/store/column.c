/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binds and reads columns by the lists of column.h.
 *
 * What is read may be anybody's: numbers out of range are brought into it, infinities become NAN, text is cut at a NUL
 * byte and at the size of its member.
 */
#include "store/column.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/database.h"

void jb_columns_names(struct jb_buf *out, const struct jb_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        jb_buf_printf(out, "%s%s", i == 0 ? "" : ", ", columns[i].name);
    }
}

void jb_columns_marks(struct jb_buf *out, size_t count, int first)
{
    for (size_t i = 0; i < count; i++) {
        jb_buf_printf(out, "%s?%d", i == 0 ? "" : ", ", first + (int)i);
    }
}

void jb_columns_insert(struct jb_buf *out, const char *into, const char *key, const struct jb_column *columns,
                       size_t count)
{
    jb_buf_printf(out, "%s(%s, ", into, key);
    jb_columns_names(out, columns, count);
    jb_buf_puts(out, ") VALUES(?1, ");
    jb_columns_marks(out, count, 2);
    jb_buf_puts(out, ")");
}

void jb_columns_assign(struct jb_buf *out, const struct jb_column *columns, size_t count, int first)
{
    for (size_t i = 0; i < count; i++) {
        jb_buf_printf(out, "%s%s = ?%d", i == 0 ? "" : ", ", columns[i].name, first + (int)i);
    }
}

static void bind_one(sqlite3_stmt *statement, int index, const struct jb_column *column, const void *object)
{
    const char *member = (const char *)object + column->offset;
    switch (column->type) {
    case JB_COLUMN_I64:
        sqlite3_bind_int64(statement, index, *(const int64_t *)(const void *)member);
        break;
    case JB_COLUMN_U64:
        sqlite3_bind_int64(statement, index, (int64_t) * (const uint64_t *)(const void *)member);
        break;
    case JB_COLUMN_INT:
        sqlite3_bind_int(statement, index, *(const int *)(const void *)member);
        break;
    case JB_COLUMN_UNSIGNED:
        sqlite3_bind_int64(statement, index, *(const unsigned *)(const void *)member);
        break;
    case JB_COLUMN_BOOL:
        sqlite3_bind_int(statement, index, *(const bool *)(const void *)member);
        break;
    case JB_COLUMN_REAL:
        sqlite3_bind_double(statement, index, *(const double *)(const void *)member); /* NAN is NULL to SQLite */
        break;
    case JB_COLUMN_CHARS:
        jb_db_bind_text(statement, index, member);
        break;
    case JB_COLUMN_STRING:
        jb_db_bind_text(statement, index, *(char *const *)(const void *)member);
        break;
    case JB_COLUMN_USER:
        if (*(const int64_t *)(const void *)member < 0) {
            sqlite3_bind_null(statement, index);
        } else {
            sqlite3_bind_int64(statement, index, *(const int64_t *)(const void *)member);
        }
        break;
    case JB_COLUMN_OPTIONAL:
        if (*(const bool *)((const char *)object + column->extra)) {
            sqlite3_bind_int(statement, index, *(const int *)(const void *)member);
        } else {
            sqlite3_bind_null(statement, index);
        }
        break;
    }
}

void jb_columns_bind(sqlite3_stmt *statement, int first, const struct jb_column *columns, size_t count,
                     const void *object)
{
    for (size_t i = 0; i < count; i++) {
        bind_one(statement, first + (int)i, &columns[i], object);
    }
}

static int64_t limited(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int read_one(sqlite3_stmt *statement, int index, const struct jb_column *column, void *object)
{
    void *member = (char *)object + column->offset;
    bool null = sqlite3_column_type(statement, index) == SQLITE_NULL;
    int64_t number = 0;
    double real = NAN;
    const char *text = "";
    if (column->type == JB_COLUMN_REAL) {
        real = null ? NAN : sqlite3_column_double(statement, index);
    } else if (column->type == JB_COLUMN_CHARS || column->type == JB_COLUMN_STRING) {
        text = null ? "" : (const char *)sqlite3_column_text(statement, index);
        if (text == NULL) {
            return -ENOMEM;
        }
    } else {
        number = sqlite3_column_int64(statement, index);
    }
    switch (column->type) {
    case JB_COLUMN_I64:
        *(int64_t *)member = number;
        break;
    case JB_COLUMN_U64:
        *(uint64_t *)member = (uint64_t)number;
        break;
    case JB_COLUMN_USER:
        *(int64_t *)member = null || number < 0 || number > UINT32_MAX ? -1 : number;
        break;
    case JB_COLUMN_OPTIONAL:
        *(bool *)((char *)object + column->extra) = !null;
        *(int *)member = (int)limited(number, INT_MIN, INT_MAX);
        break;
    case JB_COLUMN_INT:
        *(int *)member = (int)limited(number, INT_MIN, INT_MAX);
        break;
    case JB_COLUMN_UNSIGNED:
        *(unsigned *)member = (unsigned)limited(number, 0, UINT_MAX);
        break;
    case JB_COLUMN_BOOL:
        *(bool *)member = number != 0;
        break;
    case JB_COLUMN_REAL:
        *(double *)member = isfinite(real) ? real : NAN;
        break;
    case JB_COLUMN_CHARS:
        jb_copy(member, column->extra, text);
        break;
    case JB_COLUMN_STRING:
        if (null) {
            *(char **)member = NULL;
        } else if ((*(char **)member = strdup(text)) == NULL) {
            return -ENOMEM;
        }
        break;
    }
    return 0;
}

int jb_columns_read(sqlite3_stmt *statement, int first, const struct jb_column *columns, size_t count, void *object)
{
    for (size_t i = 0; i < count; i++) {
        int r = read_one(statement, first + (int)i, &columns[i], object);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}
