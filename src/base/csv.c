/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.c - RFC 4180, read in place and written.
 *
 * Odd: a doubled quote shrinks, so a quoted field is moved together while it is read. A quote in the middle
 * of an unquoted field is taken as it stands, as most writers mean it. Documented in csv.h.
 */
#include "base/csv.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

void jb_csv_init(struct jb_csv *csv, char *text)
{
    if (jb_starts(text, "\xEF\xBB\xBF")) { /* spreadsheets begin their files with a byte order mark */
        text += 3;
    }
    *csv = (struct jb_csv){.next = text, .line = 1, .next_line = 1};
}

/* Terminates the quoted field that starts after `p` (at its first byte) and returns what follows the closing
 * quote, NULL when there is none. */
static char *quoted_end(struct jb_csv *csv, char *p)
{
    char *to = p;
    for (;; p++) {
        if (*p == '\0') {
            return NULL;
        }
        if (*p == '"') {
            if (p[1] != '"') {
                break;
            }
            p++;
        }
        if (*p == '\n') {
            csv->next_line++;
        }
        *to++ = *p;
    }
    *to = '\0';
    return p + 1;
}

/* Whether a row ends at `p`; stores where the next one begins, NULL at the end of the text. A carriage
 * return counts only before the newline or the end. */
static bool row_ends(char *p, char **ret_next)
{
    if (*p == '\r' && (p[1] == '\n' || p[1] == '\0')) {
        p++;
    }
    if (*p == '\n') {
        *ret_next = p + 1;
        return true;
    }
    if (*p == '\0') {
        *ret_next = NULL;
        return true;
    }
    return false;
}

int jb_csv_row(struct jb_csv *csv, char **fields, size_t max)
{
    char *p = csv->next, *next = NULL;
    while (p && row_ends(p, &next)) { /* blank lines */
        p = next;
        csv->next_line += next != NULL;
    }
    csv->line = csv->next_line;
    csv->next = NULL; /* also after an error: the rest of a broken file has no meaning */
    if (!p) {
        return 0;
    }
    size_t count = 0;
    for (;;) {
        if (count >= max || count >= INT_MAX) {
            return -E2BIG;
        }
        char *end;
        if (*p == '"') {
            fields[count++] = p + 1;
            end = quoted_end(csv, p + 1);
            if (!end || (*end != ',' && !row_ends(end, &next))) {
                return -EBADMSG;
            }
        } else {
            fields[count++] = p;
            end = p;
            while (*end != ',' && !row_ends(end, &next)) {
                end++;
            }
        }
        char last = *end;
        *end = '\0';
        if (last != ',') {
            break;
        }
        p = end + 1;
    }
    csv->next = next;
    csv->next_line += next != NULL;
    return (int)count;
}

void jb_csv_field(struct jb_buf *out, const char *text)
{
    if (!text || *text == '\0') {
        return;
    }
    size_t length = strlen(text);
    if (!strpbrk(text, ",\"\r\n") && text[0] != ' ' && text[length - 1] != ' ') {
        jb_buf_add(out, text, length);
        return;
    }
    jb_buf_puts(out, "\"");
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        jb_buf_add(out, text, (size_t)(quote - text) + 1);
        jb_buf_puts(out, "\"");
    }
    jb_buf_puts(out, text);
    jb_buf_puts(out, "\"");
}
