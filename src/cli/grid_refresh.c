/* SPDX-License-Identifier: Apache-2.0 */
/* grid_refresh.c - joulebook grid refresh FILE: newer yearly figures out of the npm package @tgwf/co2. */
#include "base/file.h"
#include "cli/grid_place.h"
#include "grid/refresh.h"

#include <errno.h>
#include <string.h>

#define LICENCES                                                                                                       \
    "Electricity Maps, Open Database License 1.0 (ODbL); Ember, CC BY 4.0: the notices stand at the top of the file"

int grid_refresh(const struct grid_options *options, const char *file)
{
    struct jb_diag diag = {0};
    char to[4096];
    size_t rows, newer;

    if (file == NULL) {
        return cli_complain(&cmd_grid, EXIT_USAGE,
                            "refresh from which file? Get it with: npm pack @tgwf/co2, then: joulebook grid refresh "
                            "tgwf-co2-*.tgz");
    }
    int error = jb_xdg_path(JB_XDG_DATA, "carbon_intensity.csv", to, sizeof(to));
    if (error < 0) {
        return cli_complain(&cmd_grid, 1, "there is no place for the table: %s; set XDG_DATA_HOME", strerror(-error));
    }
    error = jb_table_refresh(file, to, &rows, &newer, &diag);
    if (error < 0) {
        if (diag.text[0] == '\0') {
            jb_fail(&diag, error, "%s: %s", file, strerror(-error));
        }
        return cli_error(&cmd_grid, error == -ENOENT ? EXIT_USAGE : 1, &diag);
    }
    if (options->common.json) {
        json_t *object = json_object();
        json_object_set_new(object, "schema", json_integer(1));
        json_object_set_new(object, "rows", json_integer((json_int_t)rows));
        json_object_set_new(object, "newer", json_integer((json_int_t)newer));
        json_object_set_new(object, "file", json_string(to));
        json_object_set_new(object, "licences", json_string(LICENCES));
        return grid_print(object);
    }
    struct cli_style style = cli_style(&options->common, stdout);
    printf("%s%zu%s zones and countries, %zu of them newer than the built-in ones\n", style.bold, rows, style.off,
           newer);
    printf("written to %s; delete it to go back\n", to);
    printf("%s%s%s\n", style.dim, LICENCES, style.off);
    return 0;
}
