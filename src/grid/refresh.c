/* SPDX-License-Identifier: Apache-2.0 */
#include "grid/refresh.h"

#include "base/diag.h"

#include <errno.h>

void jb_table_finish(struct jb_table *table)
{
}

int jb_table_refresh(const char *path, const char *to, size_t *ret_rows, size_t *ret_newer, struct jb_diag *diag)
{
    return jb_fail(diag, -ENOSYS, "not there yet");
}
