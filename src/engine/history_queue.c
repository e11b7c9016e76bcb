/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of rows, and how two rows become one. See history_queue.h. */
#include "engine/history_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_value(struct jb_history_value *sum, const struct jb_history_value *value)
{
    if (value->energy_uj == JB_NO_VALUE) {
        return;
    }
    if (sum->energy_uj == JB_NO_VALUE) {
        *sum = *value;
        return;
    }
    sum->energy_uj += value->energy_uj;
    sum->runs_uj += value->runs_uj;
    sum->idle_uj += value->idle_uj;
    sum->covered_ns += value->covered_ns;
    sum->min_mw = value->min_mw < sum->min_mw ? value->min_mw : sum->min_mw;
    sum->max_mw = value->max_mw > sum->max_mw ? value->max_mw : sum->max_mw;
}

/* `row` comes after `sum`. */
static void add_row(struct jb_held_row *sum, const struct jb_history_row *row)
{
    double energy_uj = 0, more_uj = 0;

    for (size_t i = sum->row.channel_count; i < row->channel_count; i++) {
        sum->values[i] = (struct jb_history_value){.energy_uj = JB_NO_VALUE};
    }
    sum->row.channel_count = sum->row.channel_count > row->channel_count ? sum->row.channel_count : row->channel_count;
    for (size_t i = 0; i < row->channel_count; i++) {
        energy_uj += sum->values[i].energy_uj != JB_NO_VALUE ? (double)sum->values[i].energy_uj : 0;
        more_uj += row->values[i].energy_uj != JB_NO_VALUE ? (double)row->values[i].energy_uj : 0;
        add_value(&sum->values[i], &row->values[i]);
    }
    if (energy_uj + more_uj > 0) {
        sum->row.g_per_kwh = (sum->row.g_per_kwh * energy_uj + row->g_per_kwh * more_uj) / (energy_uj + more_uj);
    }
    sum->row.estimated = sum->row.estimated || row->estimated;
    sum->row.length_ns += row->length_ns;
    sum->row.end_ns = row->end_ns;
}

int jb_history_queue_init(struct jb_history_queue *queue)
{
    *queue = (struct jb_history_queue){.rows = calloc(JB_HISTORY_WAITING, sizeof(*queue->rows))};
    return queue->rows != NULL ? 0 : -ENOMEM;
}

void jb_history_queue_finish(struct jb_history_queue *queue)
{
    free(queue->rows);
    *queue = (struct jb_history_queue){0};
}

static struct jb_held_row *at(struct jb_history_queue *queue, size_t index)
{
    return &queue->rows[(queue->first + index) % JB_HISTORY_WAITING];
}

static void copy(struct jb_held_row *to, const struct jb_history_row *row)
{
    to->row = *row;
    to->row.values = to->values;
    memcpy(to->values, row->values, row->channel_count * sizeof(*row->values));
}

void jb_history_queue_add(struct jb_history_queue *queue, const struct jb_history_row *row)
{
    if (queue->count == JB_HISTORY_WAITING) {
        add_row(at(queue, JB_HISTORY_WAITING - 1), row);
    } else {
        copy(at(queue, queue->count++), row);
    }
}

bool jb_history_queue_take(struct jb_history_queue *queue, struct jb_held_row *ret)
{
    if (queue->count == 0) {
        return false;
    }
    copy(ret, &at(queue, 0)->row);
    queue->first = (queue->first + 1) % JB_HISTORY_WAITING;
    queue->count--;
    return true;
}

void jb_history_queue_put_back(struct jb_history_queue *queue, struct jb_held_row *row)
{
    if (queue->count < JB_HISTORY_WAITING) {
        queue->first = (queue->first + JB_HISTORY_WAITING - 1) % JB_HISTORY_WAITING;
        queue->count++;
    } else {
        add_row(row, &at(queue, 0)->row);
    }
    copy(at(queue, 0), &row->row);
}
