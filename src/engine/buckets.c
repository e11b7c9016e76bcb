/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buckets.c - differences between marks. Documented in buckets.h.
 *
 * Sums up to a mark are made monotone and end at the record's own: marks come from the database, and a verdict that
 * came late may have taken a channel out of the total.
 */
#include "engine/buckets.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t part_of(uint64_t value, uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (uint64_t)((unsigned __int128)value * part / whole);
}

static uint64_t channel_uj(const struct jb_record *record, const struct jb_record_channel *channel,
                           const struct jb_mark_channel *at)
{
    if (jb_streq(record->basis, "machine")) {
        return at->run_uj + at->idle_uj + at->others_uj + at->unattributed_uj;
    }
    if (jb_streq(record->basis, "run") || channel->footprint_uj <= channel->run_uj) {
        return at->run_uj;
    }
    uint64_t idle_uj = at->idle_uj < channel->idle_uj ? at->idle_uj : channel->idle_uj;
    return at->run_uj + part_of(idle_uj, channel->footprint_uj - channel->run_uj, channel->idle_uj);
}

/* Of the basis, from the start of the run to the mark. */
static uint64_t up_to(const struct jb_record *record, const struct jb_store_mark *mark)
{
    uint64_t sum_uj = 0;

    for (size_t i = 0; i < record->channel_count; i++) {
        const struct jb_record_channel *channel = &record->channels[i];
        if (channel->in_total && channel->number >= 0 && (size_t)channel->number < mark->channel_count) {
            sum_uj += channel_uj(record, channel, &mark->channels[channel->number]);
        }
    }
    return sum_uj;
}

/* A run whose meter was killed has no end on the clock, only the time that it was measured for, which stands still
 * while the machine sleeps: by the last mark. */
static int64_t lost_end(const struct jb_record *record, const struct jb_marks *marks)
{
    const struct jb_store_mark *last = &marks->marks[marks->count - 1];
    uint64_t lasted_ns = (uint64_t)(record->ended_ns - record->started_ns);
    int64_t end_ns = 0;

    if (last->t_ns > lasted_ns || __builtin_add_overflow(last->wall_ns, (int64_t)(lasted_ns - last->t_ns), &end_ns)) {
        return record->ended_ns;
    }
    return end_ns > record->ended_ns ? end_ns : record->ended_ns;
}

int64_t jb_buckets_end(const struct jb_record *record, const struct jb_marks *marks)
{
    int64_t end_ns = record->ended_ns;

    if (record->status == JB_RUN_LOST && end_ns > record->started_ns && marks != NULL && marks->count > 0) {
        return lost_end(record, marks);
    }
    if (end_ns == 0 && record->duration_s > 0) {
        end_ns = record->started_ns + (int64_t)(record->duration_s * 1e9);
    }
    return end_ns > record->started_ns ? end_ns : record->started_ns;
}

int jb_buckets_make(const struct jb_record *record, const struct jb_marks *marks, struct jb_bucket **ret,
                    size_t *ret_count)
{
    size_t mark_count = marks != NULL ? marks->count : 0, count = 0;
    uint64_t all_uj = jb_record_basis_uj(record), before_uj = 0;
    int64_t start_ns = record->started_ns, end_ns = jb_buckets_end(record, marks);
    struct jb_bucket *buckets = calloc(mark_count + 1, sizeof(*buckets));

    if (buckets == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < mark_count; i++) {
        const struct jb_store_mark *mark = &marks->marks[i];
        if (mark->wall_ns <= start_ns || mark->wall_ns >= end_ns) {
            continue; /* its energy goes with the next */
        }
        uint64_t sum_uj = up_to(record, mark);
        sum_uj = sum_uj < before_uj ? before_uj : sum_uj > all_uj ? all_uj : sum_uj;
        buckets[count++] = (struct jb_bucket){start_ns, mark->wall_ns, sum_uj - before_uj};
        before_uj = sum_uj;
        start_ns = mark->wall_ns;
    }
    buckets[count++] = (struct jb_bucket){start_ns, end_ns, all_uj - before_uj};
    *ret = buckets;
    *ret_count = count;
    return 0;
}
