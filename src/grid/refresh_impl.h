/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_impl.h - the pieces that refresh.c is made of. Only for src/grid/refresh*.c and their tests.
 */
#ifndef JB_GRID_REFRESH_IMPL_H
#define JB_GRID_REFRESH_IMPL_H

#include "base/text.h"
#include "grid/refresh.h"

#define JB_PACKAGE_FILE_LIMIT ((size_t)4 << 20)  /* of one data file; they are 80 kB */
#define JB_PACKAGE_LIMIT      ((size_t)32 << 20) /* of the .tgz; it is 180 kB */
#define JB_TABLE_LIMIT        ((size_t)1 << 20)  /* of the user's table; it is 20 kB */
#define JB_TABLE_ROWS         5000

/* Keeps `rows` sorted by zone and each once: of two years of a zone the later stays. -E2BIG, -ENOMEM. */
int jb_table_add(struct jb_table *table, const struct jb_table_row *row);

/* Is it a name of a data file that jb_table_from_package() knows? The path before the name does not count. */
bool jb_table_is_data_file(const char *name);

/* A JavaScript object literal at the start of `text` as JSON: keys without quotes, single quotes, commas at the end,
 * comments, !0 and !1, .5 and so on. Nothing is run. -EBADMSG: there is none, or it holds more than data. */
int jb_js_to_json(const char *text, size_t length, struct jb_buf *ret);

/* The names of the members of a .tgz, one a line, or the text of one of them; by tar, which is told no file name and
 * writes none. -ENOENT: no tar here; -EFBIG; -ETIMEDOUT; -EBADMSG: it cannot read it. */
int jb_tar_list(const char *path, struct jb_buf *ret, struct jb_diag *diag);
int jb_tar_member(const char *path, const char *member, struct jb_buf *ret, struct jb_diag *diag);

#endif
