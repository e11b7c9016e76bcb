/* SPDX-License-Identifier: Apache-2.0 */
/*
 * point_file.c - rows of a CSV file to points in order. Documented in point_file.h.
 *
 * All rows are read before any has an end, for that may be the start of another; only then are they sorted and laid
 * side by side.
 */
#include "grid/providers/point_file.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 64
#define OPEN_END   INT64_MIN

struct row {
    struct jb_point point; /* end_ns: OPEN_END where the file says none; g_per_kwh: NAN where it is not known */
    unsigned line;
};

enum column { START, VALUE, END, ESTIMATED, REL_ERROR, COLUMNS };

struct reader {
    const char *name; /* of the file */
    const char *columns[COLUMNS];
    int at[COLUMNS]; /* -1: the file does not have it */
    bool negative;
    struct row *rows;
    size_t count, capacity;
    struct jb_diag *diag;
};

static void reader_finish(struct reader *reader)
{
    free(reader->rows);
}

void jb_point_file_finish(struct jb_point_file *file)
{
    free(file->points);
    *file = (struct jb_point_file){0};
}

/* A cell as it may be shown. */
static const char *shown(const char *cell, char buffer[40])
{
    jb_copy(buffer, 40, cell);
    jb_sanitise(buffer);
    return buffer;
}

static int bad(struct reader *reader, unsigned line, const char *what, const char *cell)
{
    char buffer[40];
    return jb_fail(reader->diag, -EBADMSG, "%s:%u: \"%s\" is %s", reader->name, line, shown(cell, buffer), what);
}

static int header(struct reader *reader, char **fields, int count, unsigned line)
{
    for (int c = 0; c < COLUMNS; c++) {
        reader->at[c] = -1;
        for (int i = 0; i < count; i++) {
            if (!jb_ieq(jb_trim(fields[i]), reader->columns[c])) {
                continue;
            }
            if (reader->at[c] >= 0) {
                return jb_fail(reader->diag, -EBADMSG, "%s:%u: two columns are called %s", reader->name, line,
                               reader->columns[c]);
            }
            reader->at[c] = i;
        }
    }
    for (int c = START; c <= VALUE; c++) {
        if (reader->at[c] < 0) {
            jb_fail(reader->diag, -EBADMSG, "%s:%u: no column is called %s", reader->name, line, reader->columns[c]);
            jb_fix(reader->diag, "let the first line be: %s,%s", reader->columns[START], reader->columns[VALUE]);
            return -EBADMSG;
        }
    }
    return 0;
}

static int parse_time(struct reader *reader, const char *cell, unsigned line, int64_t *ret_ns)
{
    if (jb_iso_parse(cell, ret_ns) < 0) {
        return bad(reader, line, "no time such as 2026-11-22T03:00:00Z", cell);
    }
    if (strpbrk(cell + 10, "Zz+-") == NULL) {
        bad(reader, line, "a time without its offset", cell);
        jb_fix(reader->diag, "write Z behind it for UTC, or the offset of your local time, such as +01:00");
        return -EBADMSG;
    }
    return 0;
}

/* "" is no. */
static bool parse_flag(const char *cell, bool *ret)
{
    static const char *const words[] = {"", "no", "false", "0", "yes", "true", "1"};
    for (size_t i = 0; i < JB_COUNT(words); i++) {
        if (jb_ieq(cell, words[i])) {
            *ret = i >= 4;
            return true;
        }
    }
    return false;
}

static int parse_row(struct reader *reader, char *const cells[COLUMNS], unsigned line, struct row *ret)
{
    struct row row = {.point = {.end_ns = OPEN_END, .g_per_kwh = NAN}, .line = line};
    int err = parse_time(reader, cells[START], line, &row.point.start_ns);
    if (err < 0) {
        return err;
    }
    if (cells[END][0] != '\0') {
        err = parse_time(reader, cells[END], line, &row.point.end_ns);
        if (err < 0) {
            return err;
        }
        if (row.point.end_ns <= row.point.start_ns) {
            return bad(reader, line, "an end that is not after its start", cells[END]);
        }
    }
    if (cells[VALUE][0] != '\0' &&
        (jb_parse_double(cells[VALUE], &row.point.g_per_kwh) < 0 || (!reader->negative && row.point.g_per_kwh < 0))) {
        return bad(reader, line, reader->negative ? "no price" : "no carbon intensity", cells[VALUE]);
    }
    if (cells[REL_ERROR][0] != '\0' &&
        (jb_parse_double(cells[REL_ERROR], &row.point.rel_error) < 0 || row.point.rel_error < 0)) {
        return bad(reader, line, "no relative error such as 0.1", cells[REL_ERROR]);
    }
    bool estimated;
    if (!parse_flag(cells[ESTIMATED], &estimated)) {
        return bad(reader, line, "neither yes nor no", cells[ESTIMATED]);
    }
    row.point.flags = estimated ? JB_POINT_ESTIMATED : 0;
    *ret = row;
    return 0;
}

static int add_row(struct reader *reader, const struct row *row)
{
    if (reader->count == JB_POINT_FILE_ROWS) {
        return jb_fail(reader->diag, -E2BIG, "%s: more than %d rows", reader->name, JB_POINT_FILE_ROWS);
    }
    if (reader->count == reader->capacity) {
        size_t capacity = reader->capacity * 2 + 64;
        struct row *rows = reallocarray(reader->rows, capacity, sizeof(*rows));
        if (rows == NULL) {
            return jb_fail(reader->diag, -ENOMEM, "%s: out of memory", reader->name);
        }
        reader->rows = rows;
        reader->capacity = capacity;
    }
    reader->rows[reader->count++] = *row;
    return 0;
}

static int read_rows(struct reader *reader, char *text)
{
    struct jb_csv csv;
    char *fields[MAX_FIELDS], *cells[COLUMNS], nothing[1] = "";
    jb_csv_init(&csv, text);
    int first = 0, count;
    while ((count = jb_csv_row(&csv, fields, MAX_FIELDS)) > 0) {
        if (first == 0) {
            first = count;
            int err = header(reader, fields, count, csv.line);
            if (err < 0) {
                return err;
            }
            continue;
        }
        if (count != first) {
            return jb_fail(reader->diag, -EBADMSG, "%s:%u: %d fields, but the first line has %d", reader->name,
                           csv.line, count, first);
        }
        for (int c = 0; c < COLUMNS; c++) {
            cells[c] = reader->at[c] >= 0 ? jb_trim(fields[reader->at[c]]) : nothing;
        }
        struct row row;
        int err = parse_row(reader, cells, csv.line, &row);
        err = err < 0 ? err : add_row(reader, &row);
        if (err < 0) {
            return err;
        }
    }
    if (count < 0) {
        return jb_fail(reader->diag, -EBADMSG, "%s:%u: %s", reader->name, csv.line,
                       count == -E2BIG ? "too many fields" : "a quote that is not closed well");
    }
    return 0;
}

static int by_start(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->point.start_ns != y->point.start_ns) {
        return x->point.start_ns < y->point.start_ns ? -1 : 1;
    }
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Of a row that names no end. The rows before it have theirs. */
static int close_row(struct reader *reader, size_t i)
{
    struct jb_point *point = &reader->rows[i].point;
    if (i + 1 < reader->count) {
        point->end_ns = reader->rows[i + 1].point.start_ns;
        return 0;
    }
    const struct jb_point *before = i > 0 ? &reader->rows[i - 1].point : NULL;
    if (before == NULL || __builtin_add_overflow(point->start_ns, before->end_ns - before->start_ns, &point->end_ns)) {
        jb_fail(reader->diag, -EBADMSG, "%s:%u: nothing says how long the last row holds", reader->name,
                reader->rows[i].line);
        jb_fix(reader->diag, "add a column end");
        return -EBADMSG;
    }
    return 0;
}

static int lay_out(struct reader *reader)
{
    if (reader->rows == NULL) {
        return jb_fail(reader->diag, -EBADMSG, "%s: no rows", reader->name);
    }
    qsort(reader->rows, reader->count, sizeof(*reader->rows), by_start);
    for (size_t i = 0; i < reader->count; i++) {
        struct row *row = &reader->rows[i], *next = i + 1 < reader->count ? row + 1 : NULL;
        if (next != NULL && (next->point.start_ns == row->point.start_ns || row->point.end_ns > next->point.start_ns)) {
            bool same = next->point.start_ns == row->point.start_ns;
            return jb_fail(reader->diag, -EBADMSG, "%s:%u: %s line %u", reader->name, next->line,
                           same ? "begins at the same time as" : "begins before the end of", row->line);
        }
        int err = row->point.end_ns == OPEN_END ? close_row(reader, i) : 0;
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static int take_points(const struct reader *reader, struct jb_point_file *ret)
{
    struct jb_point *points = reallocarray(NULL, reader->count + 1, sizeof(*points));
    if (points == NULL) {
        return jb_fail(reader->diag, -ENOMEM, "%s: out of memory", reader->name);
    }
    size_t count = 0;
    for (size_t i = 0; i < reader->count; i++) {
        if (!isnan(reader->rows[i].point.g_per_kwh)) {
            points[count++] = reader->rows[i].point;
        }
    }
    *ret = (struct jb_point_file){.points = points, .count = count};
    return 0;
}

int jb_point_file_parse(char *text, const char *name, enum jb_point_file_of of, struct jb_point_file *ret,
                        struct jb_diag *diag)
{
    JB_CLEANUP(reader_finish)
    struct reader reader = {
        .name = name,
        .columns = {"start", of == JB_FILE_PRICES ? "price" : "g_per_kwh", "end", "estimated", "rel_error"},
        .negative = of == JB_FILE_PRICES,
        .diag = diag,
    };
    int err = read_rows(&reader, text);
    err = err < 0 ? err : lay_out(&reader);
    return err < 0 ? err : take_points(&reader, ret);
}

int jb_point_file_read(const char *path, enum jb_point_file_of of, struct jb_point_file *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length;
    int err = jb_read_all(path, JB_POINT_FILE_LIMIT, &text, &length, diag);
    if (err < 0) {
        return err;
    }
    if (memchr(text, '\0', length) != NULL) {
        return jb_fail(diag, -EBADMSG, "%s: a zero byte: this is no CSV file", path);
    }
    return jb_point_file_parse(text, path, of, ret, diag);
}
