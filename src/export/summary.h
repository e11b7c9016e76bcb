/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - the summary row and its header, for whoever writes them. Private to export/. */
#ifndef JB_EXPORT_SUMMARY_H
#define JB_EXPORT_SUMMARY_H

#include "base/text.h"
#include "store/record.h"

/* The names of all columns, with a newline. Never changes in place: a new column makes a new header. */
void jb_summary_header(struct jb_buf *out);
void jb_summary_row(struct jb_buf *out, const struct jb_record *record); /* with a newline */

#endif
