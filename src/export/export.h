/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.h - a stored run in somebody's format.
 *
 * Writers get a loaded record and, where they need the series, the store; they write text to a growing buffer or a
 * stream and know nothing of files, terminals or options. JSON numbers have full precision; unknown is null.
 */
#ifndef JB_EXPORT_EXPORT_H
#define JB_EXPORT_EXPORT_H

#include <stdio.h>

#include "base/text.h"
#include "store/store.h"

struct jb_diag;

/* What a format is given. `store` may be NULL when the run was not stored: formats that need the series then fail with
 * -ENODATA. */
struct jb_export_input {
    const struct jb_record *record;
    struct jb_store *store;
};

struct jb_export_format {
    const char *name;   /* "json" */
    const char *suffix; /* "json" */
    const char *help;   /* one line */
    /* 0 or a negative errno with a message; -EIO: out failed. Does not flush. */
    int (*write)(const struct jb_export_input *input, FILE *out, struct jb_diag *diag);
};
/* Ends with NULL: json, csv, summary, codecarbon, html, jtop. */
extern const struct jb_export_format *const jb_export_formats[];
const struct jb_export_format *jb_export_find(const char *name);

/* The record as interface.md's JSON object, malloc'd; pretty: indented by 2 and ending with a newline. */
int jb_record_json(const struct jb_record *record, bool pretty, char **ret_text);
/* Its member energy.wall alone: "null" when nobody measured the wall and there is no fit. */
int jb_wall_json(const struct jb_record *record, char **ret_text);
/* The object of `list --json`: {"schema": 1, "runs": [...]}; call once per run between begin and end. */
struct jb_list_json;
int jb_list_json_begin(struct jb_list_json **ret);
int jb_list_json_add(struct jb_list_json *list, const struct jb_record *record);
int jb_list_json_end(struct jb_list_json *list, char **ret_text); /* frees the list */

/* Append the run's summary row to a CSV file, header first when the file is new or empty. A file whose header differs
 * is not touched: the row goes to a new file whose name is put in ret_other (size bytes), and -EEXIST is returned with
 * a message. */
int jb_summary_append(const struct jb_record *record, const char *path, char *ret_other, size_t size,
                      struct jb_diag *diag);

#endif
