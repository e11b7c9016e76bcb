/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh.c - a package, its folder or one of its files to the user's table. Documented in refresh.h.
 *
 * In the package the same figures lie two and three times (esm, cjs, maps): those of esm are taken. Years are taken
 * together, the latest of each zone stays.
 */
#include "grid/refresh.h"

#include "base/cleanup.h"
#include "base/csv.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "grid/fold.h"
#include "grid/grid_table.h"
#include "grid/refresh_impl.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES 64

struct gather {
    struct jb_table table;
    unsigned files;
    char version[32]; /* of the package; empty: not told */
    struct jb_diag *diag;
};

static void gather_finish(struct gather *gather)
{
    jb_table_finish(&gather->table);
}

static int add_text(struct gather *gather, const char *name, const char *text, size_t length)
{
    if (gather->files == MAX_FILES) {
        return jb_fail(gather->diag, -E2BIG, "more than %d files of data in the package", MAX_FILES);
    }
    gather->files++;
    return jb_table_from_package(name, text, length, &gather->table, gather->diag);
}

static void take_version(struct gather *gather, const char *text, size_t length)
{
    json_t *package = json_loadb(text, length, 0, NULL);
    const char *version = json_string_value(json_object_get(package, "version"));
    if (version != NULL && strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz.+-") == strlen(version)) {
        jb_copy(gather->version, sizeof(gather->version), version);
    }
    json_decref(package);
}

static int add_file(struct gather *gather, const char *path)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length;
    int err = jb_read_all(path, JB_PACKAGE_FILE_LIMIT, &text, &length, gather->diag);
    return err < 0 ? err : add_text(gather, path, text, length);
}

static int add_folder(struct gather *gather, const char *path)
{
    DIR *dir = opendir(path);
    int err = 0;
    for (struct dirent *entry; dir != NULL && err == 0 && (entry = readdir(dir)) != NULL;) {
        char file[PATH_MAX];
        if (jb_table_is_data_file(entry->d_name)) {
            int n = jb_snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
            err = n >= 0 && (size_t)n < sizeof(file) ? add_file(gather, file) : -ENAMETOOLONG;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return err;
}

/* The package unpacked by npm, by tar, or some folder within it. */
static int add_unpacked(struct gather *gather, const char *path)
{
    static const char *const heads[] = {"", "package/"};
    static const char *const places[] = {"dist/esm/data",    "dist/esm/data/electricity-maps",
                                         "data/output",      "data/output/electricity-maps",
                                         "electricity-maps", "."};
    for (size_t i = 0; i < JB_COUNT(heads); i++) {
        char name[PATH_MAX];
        JB_CLEANUP(jb_freep) char *text = NULL;
        size_t length;
        jb_snprintf(name, sizeof(name), "%s/%spackage.json", path, heads[i]);
        if (jb_read_all(name, JB_PACKAGE_FILE_LIMIT, &text, &length, NULL) == 0) {
            take_version(gather, text, length);
        }
        for (size_t k = 0; k < JB_COUNT(places); k++) {
            int n = jb_snprintf(name, sizeof(name), "%s/%s%s", path, heads[i], places[k]);
            int err = n >= 0 && (size_t)n < sizeof(name) ? add_folder(gather, name) : -ENAMETOOLONG;
            if (err < 0) {
                return err;
            }
        }
    }
    return 0;
}

/* A name that tar may get back: nothing in it has a meaning to anybody. */
static bool is_plain(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-@";
    return strspn(name, plain) == strlen(name);
}

static int add_member(struct gather *gather, const char *path, const char *member)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    int err = jb_tar_member(path, member, &text, gather->diag);
    if (err < 0) {
        return err;
    }
    if (jb_streq(member, "package/package.json")) {
        take_version(gather, text.data != NULL ? text.data : "", text.length);
        return 0;
    }
    return add_text(gather, member, text.data != NULL ? text.data : "", text.length);
}

static int add_archive(struct gather *gather, const char *path)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf list = {0};
    int err = jb_tar_list(path, &list, gather->diag);
    if (err < 0 || list.data == NULL) {
        return err;
    }
    bool esm = strstr(list.data, "/esm/data/electricity-maps/yearly_") != NULL, told = false;
    for (char *name = list.data, *next; name != NULL && err == 0; name = next) {
        next = strchr(name, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        bool data = jb_table_is_data_file(name) && (!esm || strstr(name, "/esm/") != NULL);
        bool about = jb_streq(name, "package/package.json") && !told; /* a list may hold it a thousand times */
        if (is_plain(name) && (data || about)) {
            err = add_member(gather, path, name);
        }
        told |= about;
    }
    return err;
}

/* Ours, whatever the user's table says now; NULL. */
static const struct jb_grid_place *our_place(const char *zone)
{
    char folded[JB_FOLD_TEXT];
    const struct jb_grid_key *key = jb_grid_fold(zone, folded) == 0 ? jb_grid_key_find(folded) : NULL;
    return key != NULL ? &jb_grid_places[key->place] : NULL;
}

/* Under the name that we have for the place. False: the row is of no use. Ember's figures are of production: they only
 * follow on figures of Ember, never on those of consumption that we have for most countries. */
static bool fits(struct jb_table_row *row)
{
    if (row->year == 0) {
        return false;
    }
    if (!jb_starts(row->source, "ember")) {
        return true;
    }
    const struct jb_grid_place *place = our_place(row->zone);
    if (place == NULL || !jb_starts(place->source, "ember")) {
        return false;
    }
    jb_copy(row->zone, sizeof(row->zone), place->zone);
    return true;
}

static int sift(const struct jb_table *from, struct jb_table *to, size_t *ret_newer)
{
    size_t newer = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct jb_table_row row = from->rows[i];
        if (!fits(&row)) {
            continue;
        }
        int err = jb_table_add(to, &row);
        if (err < 0) {
            return err;
        }
        const struct jb_grid_place *place = our_place(row.zone);
        newer += place != NULL && jb_streq(place->zone, row.zone) && place->year < row.year;
    }
    *ret_newer = newer;
    return 0;
}

static void write_table(const struct jb_table *table, const char *version, struct jb_buf *out)
{
    jb_buf_printf(out,
                  "# Carbon intensity of electricity by year, taken by 'joulebook grid refresh' from the npm package\n"
                  "# @tgwf/co2 %s%sof The Green Web Foundation. Delete this file to go back to the built-in figures.\n",
                  version, version[0] != '\0' ? " " : "");
    jb_buf_puts(
        out,
        "#\n"
        "# Rows whose source begins with electricitymaps: contains information from Electricity Maps\n"
        "# (https://www.electricitymaps.com), which is made available under the Open Database License (ODbL) 1.0\n"
        "# (https://opendatacommons.org/licenses/odbl/1-0/). This table is a derivative of that database and is\n"
        "# itself under the ODbL 1.0: keep this notice, and offer changed versions under the same licence.\n"
        "# Rows whose source begins with ember: Ember, Yearly Electricity Data (https://ember-energy.org),\n"
        "# CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); the package states CC BY-SA 4.0 for its copy\n"
        "# (https://creativecommons.org/licenses/by-sa/4.0/). Changes: none to the figures.\n"
        "zone,g_per_kwh,year,source\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct jb_table_row *row = &table->rows[i];
        jb_csv_field(out, row->zone);
        jb_buf_printf(out, ",%.10g,%d,", row->g_per_kwh, row->year);
        jb_csv_field(out, row->source);
        jb_buf_puts(out, "\n");
    }
}

static int gather_from(struct gather *gather, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        int err = -errno;
        jb_fail(gather->diag, err, "cannot read %s: %s", path, strerror(-err));
        jb_fix(gather->diag, "npm pack @tgwf/co2");
        return err;
    }
    int err = S_ISDIR(st.st_mode)           ? add_unpacked(gather, path)
              : jb_table_is_data_file(path) ? add_file(gather, path)
                                            : add_archive(gather, path);
    if (err == 0 && gather->files == 0) {
        jb_fail(gather->diag, -ENOENT, "%s: no data files of @tgwf/co2 in it", path);
        jb_fix(gather->diag, "npm pack @tgwf/co2, and give the .tgz that this makes");
        return -ENOENT;
    }
    return err;
}

int jb_table_refresh(const char *path, const char *to, size_t *ret_rows, size_t *ret_newer, struct jb_diag *diag)
{
    JB_CLEANUP(gather_finish) struct gather gather = {.diag = diag};
    JB_CLEANUP(jb_table_finish) struct jb_table table = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    size_t newer = 0;
    int err = gather_from(&gather, path);
    if (err < 0) {
        return err;
    }
    err = sift(&gather.table, &table, &newer);
    if (err < 0) {
        return jb_fail(diag, err, "%s: %s", path, strerror(-err));
    }
    if (table.count == 0) {
        return jb_fail(diag, -ENODATA, "%s: no figure in it says of which year it is", path);
    }
    write_table(&table, gather.version, &out);
    if (out.failed) {
        return jb_fail(diag, -ENOMEM, "%s: out of memory", path);
    }
    err = jb_mkdir_parents(to, 0700);
    if (err < 0) {
        return jb_fail(diag, err, "cannot make the folder of %s: %s", to, strerror(-err));
    }
    err = jb_write_atomic(to, out.data, out.length, 0644, diag);
    if (err < 0) {
        return err;
    }
    *ret_rows = table.count;
    *ret_newer = newer;
    return 0;
}
