/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows at one lag in order (fit.h): those without features at it are left out, and the row after such a one joins
 * nothing.
 */
#include "attribution/fit.h"
#include "rows_impl.h"

void jb_walk_begin(struct jb_walk *walk, const struct jb_rows *rows, size_t slot, const bool *used)
{
    *walk = (struct jb_walk){.rows = rows, .slot = slot, .used = used, .broken = true};
}

bool jb_walk_next(struct jb_walk *walk)
{
    const struct jb_rows *rows = walk->rows;

    for (; walk->next < rows->count; walk->next++) {
        size_t i = walk->next;
        const struct jb_row_ref *ref = &rows->ref[i * rows->stride + walk->slot];

        if (ref->count == 0 || (walk->used != NULL && !walk->used[i])) {
            walk->broken = true;
            continue;
        }
        walk->row = &rows->row[i];
        walk->shares = &rows->share[ref->first];
        walk->share_count = ref->count;
        walk->joins = walk->row->joins && !walk->broken;
        walk->broken = false;
        walk->next++;
        return true;
    }
    return false;
}
