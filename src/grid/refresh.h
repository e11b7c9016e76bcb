/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh.h - newer yearly figures than the compiled-in ones, out of the npm package @tgwf/co2.
 *
 *     npm pack @tgwf/co2 && joulebook grid refresh tgwf-co2-*.tgz
 *
 * The result is $XDG_DATA_HOME/joulebook/carbon_intensity.csv: zone,g_per_kwh,year,source with the licence notices in
 * comment lines at its top (Electricity Maps under ODbL 1.0, Ember under CC BY 4.0 as the package hands it on). Delete
 * the file to go back. Where it has a newer year for a zone than the compiled-in table, jb_grid_choose() and
 * jb_grid_zone() say so through jb_table_apply(). The file is hostile input.
 */
#ifndef JB_GRID_REFRESH_H
#define JB_GRID_REFRESH_H

#include "grid/grid.h"

struct jb_table_row {
    char zone[64];
    double g_per_kwh;
    int year;
    char source[96];
};
struct jb_table {
    struct jb_table_row *rows; /* sorted by zone, each once */
    size_t count;
};
void jb_table_finish(struct jb_table *table);

/* Pure: adds the rows of one data file of the package (yearly_YYYY.js, average-intensities.js and their minified
 * forms); of a zone that is there already the later year stays. The average figures have the year 0 and three letters
 * of ISO 3166: the package does not say of which year they are. -EBADMSG: not such a file. */
int jb_table_from_package(const char *name, const char *text, size_t length, struct jb_table *table,
                          struct jb_diag *diag);
/* `path`: the .tgz, its unpacked folder, or one of the files. Writes the user's table; the counts of rows in it and of
 * those that are newer than ours. What has no year is left out. -ENOENT: no such file, or no data file in it; -ENODATA:
 * nothing in it has a year. */
int jb_table_refresh(const char *path, const char *to, size_t *ret_rows, size_t *ret_newer, struct jb_diag *diag);

/* Where the user's table is; -ENOENT: there is no home. */
int jb_table_path(char *buffer, size_t size);
/* The user's table; -ENOENT: there is none. */
int jb_table_load(const char *path, struct jb_table *ret, struct jb_diag *diag);
int jb_table_parse(char *text, struct jb_table *ret, struct jb_diag *diag); /* pure; changes text */
/* Put in the figure of intensity->zone if the table has a newer one. False: it has not. */
bool jb_table_apply(const struct jb_table *table, struct jb_intensity *intensity);

#endif
