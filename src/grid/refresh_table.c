/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_table.c - the user's table of newer yearly figures: sorted rows, read back from its file, and put in the
 * place of ours. Documented in refresh.h.
 *
 * Lines that begin with # come first and hold the licences; then CSV. People may write rows of their own into it, so an
 * error is told with its line.
 */
#include "grid/refresh.h"
#include "grid/refresh_impl.h"

#include "base/cleanup.h"
#include "base/csv.h"
#include "base/diag.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE, G_PER_KWH, YEAR, SOURCE, FIELDS };

void jb_table_finish(struct jb_table *table)
{
    free(table->rows);
    *table = (struct jb_table){0};
}

/* The index of the zone, or of the first behind it. */
static size_t find(const struct jb_table *table, const char *zone)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->rows[middle].zone, zone) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct jb_table *table, size_t index, const char *zone)
{
    return index < table->count && jb_streq(table->rows[index].zone, zone);
}

int jb_table_add(struct jb_table *table, const struct jb_table_row *row)
{
    size_t at = find(table, row->zone);
    if (is_at(table, at, row->zone)) {
        if (row->year >= table->rows[at].year) {
            table->rows[at] = *row;
        }
        return 0;
    }
    if (table->count == JB_TABLE_ROWS) {
        return -E2BIG;
    }
    if ((table->count & (table->count - 1)) == 0) { /* room doubles at 1, 2, 4 ... */
        struct jb_table_row *rows = reallocarray(table->rows, table->count * 2 + 1, sizeof(*rows));
        if (rows == NULL) {
            return -ENOMEM;
        }
        table->rows = rows;
    }
    memmove(table->rows + at + 1, table->rows + at, (table->count - at) * sizeof(*table->rows));
    table->rows[at] = *row;
    table->count++;
    return 0;
}

static int bad(struct jb_diag *diag, unsigned line, const char *what, const char *cell)
{
    char shown[48];
    jb_copy(shown, sizeof(shown), cell);
    jb_sanitise(shown);
    return jb_fail(diag, -EBADMSG, "line %u: \"%s\" is %s", line, shown, what);
}

static bool printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

static int parse_row(char **fields, unsigned line, struct jb_table *table, struct jb_diag *diag)
{
    struct jb_table_row row = {0};
    uint64_t year;
    char *zone = jb_trim(fields[ZONE]);
    if (zone[0] == '\0' || !printable(zone) || !jb_copy(row.zone, sizeof(row.zone), zone)) {
        return bad(diag, line, "no zone", zone);
    }
    if (jb_parse_double(jb_trim(fields[G_PER_KWH]), &row.g_per_kwh) < 0 || row.g_per_kwh < 0) {
        return bad(diag, line, "no carbon intensity", fields[G_PER_KWH]);
    }
    if (jb_parse_u64(jb_trim(fields[YEAR]), &year) < 0 || year < 1990 || year > 2100) {
        return bad(diag, line, "no year", fields[YEAR]);
    }
    row.year = (int)year;
    jb_copy(row.source, sizeof(row.source), fields[SOURCE]);
    jb_sanitise(row.source);
    int err = jb_table_add(table, &row);
    return err < 0 ? jb_fail(diag, err, "line %u: %s", line, strerror(-err)) : 0;
}

static int parse_header(char *const fields[FIELDS], int count, unsigned line, struct jb_diag *diag)
{
    static const char *const names[FIELDS] = {"zone", "g_per_kwh", "year", "source"};
    for (int i = 0; i < FIELDS; i++) {
        if (count != FIELDS || !jb_streq(fields[i], names[i])) {
            return jb_fail(diag, -EBADMSG, "line %u: not zone,g_per_kwh,year,source", line);
        }
    }
    return 0;
}

/* The text behind the lines of notice, and their number. */
static char *skip_notice(char *text, unsigned *ret_lines)
{
    unsigned lines = 0;
    for (; *text == '#'; lines++) {
        char *newline = strchr(text, '\n');
        text = newline != NULL ? newline + 1 : text + strlen(text);
    }
    *ret_lines = lines;
    return text;
}

int jb_table_parse(char *text, struct jb_table *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_table_finish) struct jb_table table = {0};
    unsigned notice;
    struct jb_csv csv;
    char *fields[FIELDS];
    bool header = false;
    int count;
    jb_csv_init(&csv, skip_notice(text, &notice));
    while ((count = jb_csv_row(&csv, fields, FIELDS)) != 0) {
        unsigned line = csv.line + notice;
        if (count < 0 || (header && count != FIELDS)) {
            return jb_fail(diag, -EBADMSG, "line %u: not four fields", line);
        }
        int err = header ? parse_row(fields, line, &table, diag) : parse_header(fields, count, line, diag);
        if (err < 0) {
            return err;
        }
        header = true;
    }
    if (!header) {
        return jb_fail(diag, -EBADMSG, "no table in it");
    }
    *ret = table;
    table = (struct jb_table){0}; /* handed over */
    return 0;
}

int jb_table_path(char *buffer, size_t size)
{
    return jb_xdg_path(JB_XDG_DATA, "carbon_intensity.csv", buffer, size);
}

int jb_table_load(const char *path, struct jb_table *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length;
    int err = jb_read_all(path, JB_TABLE_LIMIT, &text, &length, diag);
    if (err < 0) {
        return err;
    }
    struct jb_diag why = {0};
    err = strlen(text) < length ? jb_fail(&why, -EBADMSG, "a zero byte") : jb_table_parse(text, ret, &why);
    if (err < 0) {
        jb_fail(diag, err, "%s: %s", path, why.text);
        jb_fix(diag, "write it again with 'joulebook grid refresh', or delete it");
    }
    return err;
}

bool jb_table_apply(const struct jb_table *table, struct jb_intensity *intensity)
{
    size_t at = find(table, intensity->zone);
    if (!is_at(table, at, intensity->zone) || table->rows[at].year <= intensity->year) {
        return false;
    }
    const struct jb_table_row *row = &table->rows[at];
    intensity->g_per_kwh = row->g_per_kwh;
    intensity->year = row->year;
    jb_copy(intensity->source, sizeof(intensity->source),
            row->source[0] != '\0' ? row->source : "your table carbon_intensity.csv");
    if (intensity->estimated) {
        /* Ours was made from a neighbour or the like, as its note says; this one is the place's own. */
        intensity->estimated = false;
        intensity->note[0] = '\0';
    }
    return true;
}
