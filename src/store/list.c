/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists runs, newest first.
 *
 * Project, owner and place in the order are compared by SQLite; text and tags here, because a command and its tags are
 * JSON in the table and are to be compared as the words they were.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/row.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* strstr without regard to the case of ASCII letters, whatever the locale. */
static bool contains(const char *text, const char *part)
{
    for (; text != NULL; text++) {
        size_t i = 0;
        while (part[i] != '\0' && lower(text[i]) == lower(part[i])) {
            i++;
        }
        if (part[i] == '\0') {
            return true;
        }
        if (*text == '\0') {
            break;
        }
    }
    return false;
}

/* 1, 0 or -ENOMEM. The words of a command are joined by blanks, as people remember them. */
static int text_matches(const struct jb_record *record, const char *text)
{
    if (text == NULL || contains(record->name, text)) {
        return 1;
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf words = {0};
    for (size_t i = 0; i < record->command_count; i++) {
        jb_buf_printf(&words, "%s%s", i == 0 ? "" : " ", record->command[i]);
    }
    return words.failed ? -ENOMEM : contains(words.data, text);
}

static bool tag_matches(const struct jb_record *record, const struct jb_run_filter *filter)
{
    if (filter->tag_key == NULL) {
        return true;
    }
    for (size_t i = 0; i < record->tag_count; i++) {
        if (jb_streq(record->tags[i].key, filter->tag_key)) {
            return filter->tag_value == NULL || jb_streq(record->tags[i].value, filter->tag_value);
        }
    }
    return false;
}

/* 1: it is one of those asked for and was shown; what fn() returned in *ret_stop. */
static int show_row(sqlite3_stmt *statement, const struct jb_mark *self, const struct jb_run_filter *filter,
                    jb_run_fn fn, void *context, int *ret_stop)
{
    struct jb_run_row row = {0};
    int r = jb_row_read(statement, 0, self, &row);
    JB_CLEANUP(jb_record_finish) struct jb_record record = row.record;
    if (r == 0) {
        r = jb_row_read_text(statement, (int)jb_run_column_count, false, &record);
    }
    if (r == 0) {
        r = text_matches(&record, filter->text);
    }
    if (r <= 0 || !tag_matches(&record, filter)) {
        return r < 0 ? r : 0;
    }
    *ret_stop = fn(context, &record);
    return 1;
}

static void bind_filter(sqlite3_stmt *statement, const struct jb_run_filter *filter, int64_t before)
{
    if (filter->project != NULL) {
        sqlite3_bind_text(statement, 1, filter->project, -1, SQLITE_STATIC);
    }
    if (filter->has_owner) {
        sqlite3_bind_int64(statement, 2, filter->owner);
    }
    if (filter->before != NULL) {
        sqlite3_bind_int64(statement, 3, before);
    }
}

int jb_store_list(struct jb_store *store, const struct jb_run_filter *filter, jb_run_fn fn, void *context,
                  struct jb_diag *diag)
{
    static const struct jb_run_filter all = {0};
    filter = filter == NULL ? &all : filter;
    JB_CLEANUP(jb_buf_finish) struct jb_buf sql = {0};
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    jb_buf_puts(&sql, "SELECT ");
    jb_columns_names(&sql, jb_run_columns, jb_run_column_count);
    jb_buf_puts(&sql, ", command, tags, warnings, wall FROM run LEFT JOIN run_text ON run = id"
                      " WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR owner = ?2)"
                      " AND (?3 IS NULL OR (started_ns, id) < (SELECT started_ns, id FROM run WHERE id = ?3))"
                      " ORDER BY started_ns DESC, id DESC");
    if (sql.failed) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int64_t before = 0;
    int r = filter->before == NULL ? 0 : jb_db_run_row(store, filter->before, &before, diag);
    if (r == 0) {
        r = jb_db_prepare(store, sql.data, "read", &statement, diag);
    }
    if (r < 0) {
        return r;
    }
    bind_filter(statement, filter, before);
    struct jb_mark self;
    jb_mark_self(&self);
    size_t shown = 0;
    int stop = 0;
    while (stop == 0 && (filter->limit == 0 || shown < filter->limit) &&
           (r = jb_db_step(store, statement, "read", diag)) == 1) {
        r = show_row(statement, &self, filter, fn, context, &stop);
        if (r < 0) {
            return jb_fail(diag, r, "out of memory");
        }
        shown += (size_t)r;
    }
    return stop != 0 ? stop : r < 0 ? r : 0;
}
