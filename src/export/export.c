/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of formats: what `joulebook export --format` knows (interface.md, "Commands").
 *
 * The order is the order in which they are listed and completed.
 */
#include "export/formats.h"

const struct jb_export_format *const jb_export_formats[] = {
    &jb_export_json, &jb_export_csv, &jb_export_summary, &jb_export_codecarbon, &jb_export_html, &jb_export_jtop, NULL,
};

const struct jb_export_format *jb_export_find(const char *name)
{
    for (size_t i = 0; jb_export_formats[i]; i++) {
        if (jb_streq(jb_export_formats[i]->name, name)) {
            return jb_export_formats[i];
        }
    }
    return NULL;
}
