/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the blocks of the history.
 *
 * A block that decodes is made of rows that may be; packed again they decode to the same, but for lowest and highest,
 * which may be a step further out.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "store/history_block.h"

static void check(const struct jb_history_entry *row)
{
    if (row->end_us <= 0 || row->total_uj > JB_HISTORY_MAX_UJ || row->priced_uj > row->total_uj ||
        (!isnan(row->g_per_kwh) && !(row->g_per_kwh >= 0 && isfinite(row->g_per_kwh)))) {
        abort();
    }
    for (size_t i = 0; i < row->channel_count; i++) {
        const struct jb_history_value *value = &row->values[i];
        if (value->energy_uj != JB_NO_VALUE &&
            (value->energy_uj > JB_HISTORY_MAX_UJ || value->runs_uj + value->idle_uj > value->energy_uj ||
             value->min_mw > value->max_mw)) {
            abort();
        }
    }
}

static void compare(const struct jb_history_entry *a, const struct jb_history_entry *b)
{
    if (a->end_us != b->end_us || a->span_us != b->span_us || a->length_ns != b->length_ns ||
        a->total_uj != b->total_uj || a->priced_uj != b->priced_uj || a->channel_count != b->channel_count) {
        abort();
    }
    for (size_t i = 0; i < a->channel_count; i++) {
        const struct jb_history_value *v = &a->values[i], *w = &b->values[i];
        if (v->energy_uj != w->energy_uj || v->runs_uj != w->runs_uj || v->idle_uj != w->idle_uj ||
            v->covered_ns != w->covered_ns || w->min_mw > v->min_mw || w->max_mw < v->max_mw) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jb_history_unpacker first, second;
    static struct jb_history_packer packer;
    struct jb_history_entry row, again, sum;
    if (jb_history_entry_make(&row) < 0 || jb_history_entry_make(&again) < 0 || jb_history_entry_make(&sum) < 0) {
        abort();
    }
    jb_history_pack_begin(&packer);
    size_t rows = 0;
    if (jb_history_unpack_begin(&first, data, size) == 0) {
        while (jb_history_unpack(&first, &row) == 1) {
            check(&row);
            if (jb_history_pack(&packer, &row) < 0) {
                abort();
            }
            jb_history_entry_add(&sum, &row);
            check(&sum);
            rows++;
        }
    }
    int r = rows > 0 ? jb_history_unpack_begin(&second, packer.blob.data, packer.blob.length) : 0;
    jb_history_unpack_begin(&first, data, size);
    for (size_t i = 0; i < rows; i++) {
        if (r < 0 || jb_history_unpack(&first, &row) != 1 || jb_history_unpack(&second, &again) != 1) {
            abort();
        }
        compare(&row, &again);
    }
    jb_history_entry_finish(&row);
    jb_history_entry_finish(&again);
    jb_history_entry_finish(&sum);
    jb_history_packer_finish(&packer);
    return 0;
}
