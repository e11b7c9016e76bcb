/* SPDX-License-Identifier: Apache-2.0 */
/* formats.h - the formats, one a file: add a line here and a word in export.c. Private to export/. */
#ifndef JB_EXPORT_FORMATS_H
#define JB_EXPORT_FORMATS_H

#include "export/export.h"

extern const struct jb_export_format jb_export_json;
extern const struct jb_export_format jb_export_csv;
extern const struct jb_export_format jb_export_summary;
extern const struct jb_export_format jb_export_codecarbon;
extern const struct jb_export_format jb_export_html;
extern const struct jb_export_format jb_export_jtop;

#endif
