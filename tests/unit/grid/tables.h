/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.h - the tables of data/ as they lie in the source tree, read by other code than the generator's.
 */
#ifndef JB_TESTS_GRID_TABLES_H
#define JB_TESTS_GRID_TABLES_H

#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
    char *text;
    struct jb_csv csv;
    char *fields[16];
    int columns;
};

static inline void table_open(struct table *table, const char *name)
{
    char path[PATH_MAX];
    const char *source = getenv("JB_SOURCE_ROOT");
    assert_non_null(source);
    snprintf(path, sizeof(path), "%s/data/%s", source, name);
    size_t length;
    memset(table, 0, sizeof(*table));
    assert_int_equal(jb_read_all(path, 1 << 20, &table->text, &length, NULL), 0);
    jb_csv_init(&table->csv, table->text);
    table->columns = jb_csv_row(&table->csv, table->fields, 16); /* the header */
    assert_true(table->columns >= 2);
}

static inline bool table_next(struct table *table)
{
    int n = jb_csv_row(&table->csv, table->fields, 16);
    assert_true(n == 0 || n == table->columns);
    if (n == 0) {
        free(table->text);
    }
    return n > 0;
}

enum { ISO2, ISO3, ZONES, NAME, YEAR, LIFECYCLE, SOURCE, DIRECT, BASIS };            /* carbon_intensity.csv */
enum { PROVIDER, REGION, REGION_NAME, REGION_ZONE, LAT, LON, STATUS, REGION_VALUE }; /* cloud_regions.csv */

#endif
