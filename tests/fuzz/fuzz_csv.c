/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_csv.c - any text as CSV. What is read, written again, and read again is the same.
 */
#include "base/csv.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(char *const *fields, int count)
{
    struct jb_buf line = {0};
    for (int i = 0; i < count; i++) {
        jb_buf_puts(&line, i ? "," : "");
        jb_csv_field(&line, fields[i]);
    }
    jb_buf_puts(&line, "\n");
    if (line.failed) {
        abort();
    }
    struct jb_csv csv;
    char *again[MAX_FIELDS];
    jb_csv_init(&csv, line.data);
    int n = jb_csv_row(&csv, again, MAX_FIELDS);
    bool blank = count == 1 && fields[0][0] == '\0';  /* a blank line in CSV */
    bool mark = jb_starts(fields[0], "\xEF\xBB\xBF"); /* a mark again, now that it stands first */
    if (!blank && !mark) {
        if (n != count) {
            abort();
        }
        for (int i = 0; i < count; i++) {
            if (strcmp(fields[i], again[i]) != 0) {
                abort();
            }
        }
    }
    jb_buf_finish(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    struct jb_csv csv;
    char *fields[MAX_FIELDS];
    int n;
    unsigned line = 0;
    jb_csv_init(&csv, text);
    while ((n = jb_csv_row(&csv, fields, MAX_FIELDS)) > 0) {
        if (n > MAX_FIELDS || csv.line <= line) {
            abort();
        }
        line = csv.line;
        for (int i = 0; i < n; i++) {
            if (fields[i] < text || fields[i] + strlen(fields[i]) > text + size) {
                abort();
            }
        }
        check_row(fields, n);
    }
    free(text);
    return 0;
}
