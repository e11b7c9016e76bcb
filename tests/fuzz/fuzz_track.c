/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_track.c - any sequence of calls on a track, against a model that keeps each moment by itself. Five bytes a call:
 * what, from, length, value, when it was fetched.
 */
#include "grid/track.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOMENTS 320

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct moment {
    bool known, forecast;
    uint8_t value, fetched;
};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void put_model(struct moment *model, const struct jb_point *point, struct moment new, bool fill)
{
    for (int64_t t = point->start_ns; t < point->end_ns; t++) {
        const struct moment *old = &model[t];
        bool wins = new.forecast != old->forecast ? old->forecast : !fill &&new.fetched >= old->fetched;
        if (!old->known || wins) {
            model[t] = new;
        }
    }
}

static void compare(const struct jb_track *track, const struct moment *model)
{
    for (size_t i = 0; i < track->count; i++) {
        check(track->points[i].start_ns < track->points[i].end_ns);
        check(i == 0 || track->points[i - 1].end_ns <= track->points[i].start_ns);
    }
    for (int64_t t = 0; t < MOMENTS; t++) {
        const struct jb_point *point = jb_track_at(track, t);
        check((point != NULL) == model[t].known);
        check(point == NULL || ((uint8_t)point->g_per_kwh == model[t].value &&
                                ((point->flags & JB_POINT_FORECAST) != 0) == model[t].forecast));
    }
}

static void look(const struct jb_track *track, const struct moment *model, int64_t from, int64_t to)
{
    int64_t gap_from = -1, gap_to = -1, t = from;
    double mean = -1, covered = -1;
    while (t < to && model[t].known && !model[t].forecast) {
        t++;
    }
    check(jb_track_gap(track, from, to, &gap_from, &gap_to) == (t < to));
    check(t >= to || (gap_from == t && gap_to > t && gap_to <= to));
    if (jb_track_mean(track, from, to, &mean, &covered)) {
        check(mean >= 0 && mean <= 255 && covered > 0 && covered <= 1);
    }
    const struct jb_point *before = jb_track_before(track, from);
    check(before == NULL || before->end_ns <= from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct moment model[MOMENTS];
    struct jb_track track = {0};
    memset(model, 0, sizeof(model));
    for (size_t i = 0; i + 5 <= size && i < 500; i += 5) {
        const uint8_t *call = data + i;
        const struct moment new = {true, (call[0] & 8) != 0, call[3], call[4]};
        struct jb_point point = {.start_ns = call[1],
                                 .end_ns = call[1] + call[2] % 64,
                                 .g_per_kwh = call[3],
                                 .fetched_ns = call[4],
                                 .flags = new.forecast ? JB_POINT_FORECAST : 0};
        const struct jb_track one = {.points = &point, .count = 1};
        bool empty = point.start_ns == point.end_ns;
        switch (call[0] % 8) {
        case 0:
            jb_track_cut(&track, point.start_ns, point.end_ns + 64);
            for (int64_t t = 0; t < MOMENTS; t++) {
                model[t].known &= t >= point.start_ns && t < point.end_ns + 64;
            }
            break;
        case 1:
            look(&track, model, point.start_ns, point.end_ns);
            break;
        case 2:
        case 3:
            check((jb_track_fill(&track, &one) < 0) == empty);
            put_model(model, &point, new, true);
            break;
        default:
            check((jb_track_put(&track, &point) < 0) == empty);
            put_model(model, &point, new, false);
            break;
        }
    }
    compare(&track, model);
    jb_track_finish(&track);
    return 0;
}
