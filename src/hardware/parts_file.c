/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's own table of parts: a CSV with the columns of data/hardware_power.csv. Its rows win over the built-in
 * ones. A file that is cut short or malformed is refused whole, with its line: half a table would give wrong watts.
 * match_key may be empty; it is then made from the model.
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/csv.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS    12
#define FILE_LIMIT ((size_t)8 << 20)
#define MAX_ROWS   100000

static const char *const columns[COLUMNS] = {"kind",      "vendor",      "model", "match_key", "tdp_w",     "tdp_min_w",
                                             "tdp_max_w", "max_turbo_w", "cores", "idle_w",    "n_sources", "source"};

static void key_of(bool gpu, const char *name, char *key, size_t size)
{
    if (gpu) {
        jb_gpu_key(name, key, size, NULL, 0);
    } else {
        jb_cpu_key(name, key, size, NULL, 0);
    }
}

static bool number(const char *text, double *ret)
{
    *ret = 0;
    return text[0] == '\0' || (jb_parse_double(text, ret) == 0 && *ret >= 0 && *ret < 1e6);
}

/* NULL, or the column that is wrong. */
static const char *fill(struct jb_part *row, char **f)
{
    static const char *const kinds[] = {"cpu", "gpu", "soc", "accelerator"};
    double cores;
    bool known = false;
    for (size_t i = 0; i < JB_COUNT(kinds); i++) {
        known |= strcmp(f[0], kinds[i]) == 0;
    }
    if (!known || !jb_copy(row->kind, sizeof row->kind, f[0])) {
        return columns[0];
    }
    if (!jb_copy(row->vendor, sizeof row->vendor, f[1])) {
        return columns[1];
    }
    if (f[2][0] == '\0' || !jb_copy(row->model, sizeof row->model, f[2])) {
        return columns[2];
    }
    if (f[3][0] != '\0') {
        if (!jb_copy(row->key, sizeof row->key, f[3])) {
            return columns[3];
        }
    } else {
        bool cpu = strcmp(f[0], "cpu") == 0 || strcmp(f[0], "soc") == 0;
        key_of(!cpu, f[2], row->key, sizeof row->key);
    }
    double *const values[] = {&row->tdp_w, &row->tdp_min_w, &row->tdp_max_w, &row->max_turbo_w, &cores, &row->idle_w};
    for (size_t i = 0; i < JB_COUNT(values); i++) {
        if (!number(f[4 + i], values[i])) {
            return columns[4 + i];
        }
    }
    if (row->tdp_w <= 0) {
        return columns[4];
    }
    row->cores = (unsigned)cores;
    jb_copy(row->source, sizeof row->source, f[11]); /* only shown: may be cut */
    jb_sanitise(row->vendor);
    jb_sanitise(row->model);
    jb_sanitise(row->source);
    return NULL;
}

static int check_header(char **fields, int count, const char *name, struct jb_diag *diag)
{
    bool same = count == COLUMNS;
    for (int i = 0; same && i < COLUMNS; i++) {
        same = strcmp(fields[i], columns[i]) == 0;
    }
    if (same) {
        return 0;
    }
    int err = jb_fail(diag, -EBADMSG, "%s:1: not a table of parts", name);
    jb_fix(diag, "the first line must be kind,vendor,model,match_key,tdp_w,tdp_min_w,tdp_max_w,max_turbo_w,cores,"
                 "idle_w,n_sources,source");
    return err;
}

static struct jb_part *grow(struct jb_parts_file *parts, size_t *capacity)
{
    if (parts->count == *capacity) {
        size_t larger = *capacity != 0 ? *capacity * 2 : 64;
        struct jb_part *rows = realloc(parts->rows, larger * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        parts->rows = rows;
        *capacity = larger;
    }
    struct jb_part *row = &parts->rows[parts->count];
    memset(row, 0, sizeof *row);
    return row;
}

static int read_rows(char *text, const char *name, struct jb_parts_file *parts, struct jb_diag *diag)
{
    char *fields[COLUMNS + 1];
    struct jb_csv csv;
    size_t capacity = 0;
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] != '\n') {
        return jb_fail(diag, -EBADMSG, "%s: the last line does not end: the file is cut short", name);
    }
    jb_csv_init(&csv, text);
    int count = jb_csv_row(&csv, fields, JB_COUNT(fields));
    int err = check_header(fields, count, name, diag);
    while (err == 0 && (count = jb_csv_row(&csv, fields, JB_COUNT(fields))) != 0) {
        struct jb_part *row;
        const char *wrong;
        if (count != COLUMNS) {
            err = jb_fail(diag, -EBADMSG, "%s:%u: not a row of %d fields", name, csv.line, COLUMNS);
        } else if (parts->count == MAX_ROWS) {
            err = jb_fail(diag, -EFBIG, "%s: more than %d rows", name, MAX_ROWS);
        } else if ((row = grow(parts, &capacity)) == NULL) {
            err = -ENOMEM;
        } else if ((wrong = fill(row, fields)) != NULL) {
            err = jb_fail(diag, -EBADMSG, "%s:%u: %s cannot be that", name, csv.line, wrong);
        } else {
            parts->count++;
        }
    }
    return err;
}

int jb_parts_parse(char *text, const char *name, struct jb_parts_file *ret, struct jb_diag *diag)
{
    struct jb_parts_file parts = {0};
    int err = read_rows(text, name, &parts, diag);
    if (err < 0) {
        jb_parts_finish(&parts);
        return err;
    }
    *ret = parts;
    return 0;
}

int jb_parts_load(const char *path, struct jb_parts_file *ret, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length;
    int err = jb_read_all(path, FILE_LIMIT, &text, &length, diag);
    if (err < 0) {
        return err;
    }
    if (strlen(text) != length) {
        return jb_fail(diag, -EBADMSG, "%s: holds NUL bytes: not a table", path);
    }
    return jb_parts_parse(text, path, ret, diag);
}

void jb_parts_finish(struct jb_parts_file *parts)
{
    if (parts != NULL) {
        free(parts->rows);
        parts->rows = NULL;
        parts->count = 0;
    }
}

const struct jb_part *jb_parts_file_find(const struct jb_parts_file *parts, const char *kind, const char *name)
{
    bool cpu = strcmp(kind, "cpu") == 0;
    char key[sizeof parts->rows[0].key];
    key_of(!cpu, name, key, sizeof key);
    for (size_t i = 0; i < parts->count && key[0] != '\0'; i++) {
        const struct jb_part *p = &parts->rows[i];
        bool kin = strcmp(p->kind, "cpu") == 0 || strcmp(p->kind, "soc") == 0;
        if (kin == cpu && strcmp(p->key, key) == 0) {
            return p;
        }
    }
    return NULL;
}
