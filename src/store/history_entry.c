/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the history in memory: two that follow each other as one.
 *
 * What is known of a channel in one of them only is known of the whole, over the time that it covers. A price is that
 * of the energy that has one: grams are energy times price in either, and stay what they were.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/history_block.h"

int jb_history_entry_make(struct jb_history_entry *ret)
{
    struct jb_history_entry entry = {.g_per_kwh = NAN};
    entry.values = calloc(JB_HISTORY_CHANNELS, sizeof(*entry.values));
    entry.in_total = calloc(JB_HISTORY_CHANNELS, sizeof(*entry.in_total));
    if (entry.values == NULL || entry.in_total == NULL) {
        jb_history_entry_finish(&entry);
        return -ENOMEM;
    }
    *ret = entry;
    return 0;
}

void jb_history_entry_finish(struct jb_history_entry *entry)
{
    free(entry->values);
    free(entry->in_total);
    *entry = (struct jb_history_entry){.g_per_kwh = NAN};
}

void jb_history_entry_clear(struct jb_history_entry *entry)
{
    *entry = (struct jb_history_entry){.g_per_kwh = NAN, .values = entry->values, .in_total = entry->in_total};
}

void jb_history_entry_copy(struct jb_history_entry *to, const struct jb_history_entry *from)
{
    struct jb_history_value *values = to->values;
    bool *in_total = to->in_total;
    memcpy(values, from->values, from->channel_count * sizeof(*values));
    memcpy(in_total, from->in_total, from->channel_count * sizeof(*in_total));
    *to = *from;
    to->values = values;
    to->in_total = in_total;
}

static uint64_t sum(uint64_t a, uint64_t b, uint64_t most)
{
    uint64_t both = 0;
    return __builtin_add_overflow(a, b, &both) || both > most ? most : both;
}

static void add_value(struct jb_history_value *value, const struct jb_history_value *other)
{
    if (other->energy_uj == JB_NO_VALUE) {
        return;
    }
    if (value->energy_uj == JB_NO_VALUE) {
        *value = *other;
        return;
    }
    value->energy_uj = sum(value->energy_uj, other->energy_uj, JB_HISTORY_MAX_UJ);
    value->runs_uj = sum(value->runs_uj, other->runs_uj, value->energy_uj);
    value->idle_uj = sum(value->idle_uj, other->idle_uj, value->energy_uj - value->runs_uj);
    value->covered_ns = sum(value->covered_ns, other->covered_ns, JB_HISTORY_MAX_NS);
    value->min_mw = other->min_mw < value->min_mw ? other->min_mw : value->min_mw;
    value->max_mw = other->max_mw > value->max_mw ? other->max_mw : value->max_mw;
}

static void add_price(struct jb_history_entry *entry, const struct jb_history_entry *row)
{
    if (isnan(row->g_per_kwh)) {
        return;
    }
    double before = isnan(entry->g_per_kwh) ? 0 : (double)entry->priced_uj, more = (double)row->priced_uj;
    if (before + more <= 0 || isnan(entry->g_per_kwh) || entry->g_per_kwh == row->g_per_kwh) {
        entry->g_per_kwh = row->g_per_kwh;
    } else {
        entry->g_per_kwh += (row->g_per_kwh - entry->g_per_kwh) * (more / (before + more));
    }
    entry->priced_uj = sum(entry->priced_uj, row->priced_uj, JB_HISTORY_MAX_UJ);
    entry->estimated = entry->estimated || row->estimated;
}

void jb_history_entry_add(struct jb_history_entry *entry, const struct jb_history_entry *row)
{
    if (entry->end_us == 0) {
        jb_history_entry_copy(entry, row);
        return;
    }
    int64_t start_us = jb_history_start_us(entry), other_us = jb_history_start_us(row);
    entry->end_us = row->end_us > entry->end_us ? row->end_us : entry->end_us;
    entry->span_us = (uint64_t)(entry->end_us - (other_us < start_us ? other_us : start_us));
    if (entry->span_us > (uint64_t)JB_WALL_MAX_NS / 1000) {
        entry->span_us = (uint64_t)JB_WALL_MAX_NS / 1000;
    }
    entry->length_ns = sum(entry->length_ns, row->length_ns, JB_HISTORY_MAX_NS);
    add_price(entry, row);
    entry->total_uj = sum(entry->total_uj, row->total_uj, JB_HISTORY_MAX_UJ);
    for (size_t i = 0; i < row->channel_count; i++) {
        if (i >= entry->channel_count) {
            entry->values[i] = row->values[i];
        } else {
            add_value(&entry->values[i], &row->values[i]);
        }
        entry->in_total[i] = row->in_total[i];
    }
    if (row->channel_count > entry->channel_count) {
        entry->channel_count = row->channel_count;
    }
}
