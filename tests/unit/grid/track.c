/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track.c - the step series, by examples, and against a model that keeps each moment by itself.
 */
#include "grid/track.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FORECAST JB_POINT_FORECAST

static struct jb_point point(int64_t from, int64_t to, double g, unsigned flags, int64_t fetched)
{
    return (struct jb_point){
        .start_ns = from, .end_ns = to, .g_per_kwh = g, .rel_error = 0.1, .flags = flags, .fetched_ns = fetched};
}

static void put(struct jb_track *track, int64_t from, int64_t to, double g, unsigned flags, int64_t fetched)
{
    const struct jb_point p = point(from, to, g, flags, fetched);
    assert_int_equal(jb_track_put(track, &p), 0);
}

/* "[0,5)1 [5,9)2f" */
static void expect(const struct jb_track *track, const char *wanted)
{
    char text[512] = "";
    for (size_t i = 0; i < track->count; i++) {
        const struct jb_point *p = &track->points[i];
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s[%lld,%lld)%g%s", i > 0 ? " " : "", (long long)p->start_ns,
                 (long long)p->end_ns, p->g_per_kwh, p->flags & FORECAST ? "f" : "");
    }
    assert_string_equal(text, wanted);
}

static void points_come_into_order(void **state)
{
    struct jb_track track = {0};
    put(&track, 20, 30, 3, 0, 0);
    put(&track, 0, 10, 1, 0, 0);
    put(&track, 10, 20, 2, 0, 0);
    put(&track, 40, 50, 4, 0, 0);
    expect(&track, "[0,10)1 [10,20)2 [20,30)3 [40,50)4");
    jb_track_finish(&track);
    assert_null(track.points);
    jb_track_finish(&track);
}

static void the_later_fetched_wins_and_the_other_is_cut(void **state)
{
    struct jb_track track = {0};
    put(&track, 0, 30, 1, 0, 5);
    put(&track, 10, 20, 2, 0, 6);
    expect(&track, "[0,10)1 [10,20)2 [20,30)1");
    put(&track, 5, 25, 3, 0, 4); /* said before both */
    expect(&track, "[0,10)1 [10,20)2 [20,30)1");
    put(&track, -5, 15, 4, 0, 6); /* at the same time: the new one */
    expect(&track, "[-5,15)4 [15,20)2 [20,30)1");
    put(&track, 25, 40, 5, 0, 5);
    expect(&track, "[-5,15)4 [15,20)2 [20,25)1 [25,40)5");
    put(&track, -100, 100, 6, 0, 9);
    expect(&track, "[-100,100)6");
    jb_track_finish(&track);
}

static void what_came_to_pass_wins_over_what_was_foretold(void **state)
{
    struct jb_track track = {0};
    put(&track, 0, 30, 1, FORECAST, 9);
    put(&track, 10, 20, 2, 0, 1);
    expect(&track, "[0,10)1f [10,20)2 [20,30)1f");
    put(&track, 5, 35, 3, FORECAST, 99);
    expect(&track, "[0,5)1f [5,10)3f [10,20)2 [20,35)3f");
    jb_track_finish(&track);
}

static void an_older_point_fills_what_lies_between(void **state)
{
    struct jb_track track = {0};
    put(&track, 10, 20, 1, 0, 5);
    put(&track, 30, 40, 2, 0, 5);
    put(&track, 0, 50, 3, 0, 1);
    expect(&track, "[0,10)3 [10,20)1 [20,30)3 [30,40)2 [40,50)3");
    jb_track_finish(&track);
}

static void points_that_cannot_be_are_refused(void **state)
{
    struct jb_track track = {0};
    const struct jb_point bad[] = {point(5, 5, 1, 0, 0), point(6, 5, 1, 0, 0), point(0, 5, NAN, 0, 0),
                                   point(0, 5, INFINITY, 0, 0), point(0, 5, -INFINITY, 0, 0)};
    put(&track, 0, 10, 1, 0, 0);
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        assert_int_equal(jb_track_put(&track, &bad[i]), -EINVAL);
    }
    expect(&track, "[0,10)1");
    put(&track, 10, 20, -3, 0, 0); /* of a tariff */
    put(&track, INT64_MIN, INT64_MAX, 2, 0, -1);
    assert_int_equal(track.count, 4);
    assert_true(track.points[0].start_ns == INT64_MIN && track.points[3].end_ns == INT64_MAX);
    jb_track_finish(&track);
}

static void there_is_an_end_to_it(void **state)
{
    struct jb_track track = {0};
    int err = 0;
    for (int64_t i = 0; err == 0; i++) {
        const struct jb_point p = point(2 * i, 2 * i + 1, 1, 0, 5);
        assert_true(i <= JB_TRACK_MAX);
        err = jb_track_put(&track, &p);
    }
    assert_int_equal(err, -E2BIG);
    assert_true(track.count <= JB_TRACK_MAX && track.count + 3 > JB_TRACK_MAX);
    size_t before = track.count;
    const struct jb_point all = point(-10, 10000000, 1, 0, 1); /* a piece between each */
    assert_int_equal(jb_track_put(&track, &all), -E2BIG);
    assert_int_equal(track.count, before);
    jb_track_finish(&track);
}

static void fill_takes_nothing_away_but_forecasts(void **state)
{
    struct jb_track track = {0}, other = {0};
    put(&track, 0, 10, 1, 0, 1);
    put(&track, 10, 20, 2, FORECAST, 1);
    put(&other, -5, 5, 3, 0, 9);
    put(&other, 5, 25, 4, FORECAST, 9);
    assert_int_equal(jb_track_fill(&track, &other), 0);
    expect(&track, "[-5,0)3 [0,10)1 [10,20)2f [20,25)4f");
    struct jb_track facts = {0};
    put(&facts, 12, 22, 5, 0, 0);
    assert_int_equal(jb_track_fill(&track, &facts), 0);
    expect(&track, "[-5,0)3 [0,10)1 [10,12)2f [12,22)5 [22,25)4f");
    jb_track_finish(&track);
    jb_track_finish(&other);
    jb_track_finish(&facts);
}

static void a_moment_belongs_to_the_point_that_begins_at_it(void **state)
{
    struct jb_track track = {0};
    assert_null(jb_track_at(&track, 0));
    assert_null(jb_track_before(&track, 0));
    assert_int_equal(jb_track_from(&track, 0), 0);
    put(&track, 0, 10, 1, 0, 0);
    put(&track, 10, 20, 2, 0, 0);
    put(&track, 30, 40, 3, 0, 0);
    assert_null(jb_track_at(&track, -1));
    assert_ptr_equal(jb_track_at(&track, 0), &track.points[0]);
    assert_ptr_equal(jb_track_at(&track, 9), &track.points[0]);
    assert_ptr_equal(jb_track_at(&track, 10), &track.points[1]);
    assert_null(jb_track_at(&track, 20));
    assert_null(jb_track_at(&track, 40));
    assert_null(jb_track_before(&track, 9));
    assert_ptr_equal(jb_track_before(&track, 10), &track.points[0]);
    assert_ptr_equal(jb_track_before(&track, 29), &track.points[1]);
    assert_ptr_equal(jb_track_before(&track, INT64_MAX), &track.points[2]);
    assert_int_equal(jb_track_from(&track, 20), 2);
    assert_int_equal(jb_track_from(&track, 40), 3);
    jb_track_finish(&track);
}

static void the_mean_is_weighted_by_time(void **state)
{
    struct jb_track track = {0};
    double mean = -1, covered = -1;
    assert_false(jb_track_mean(&track, 0, 10, &mean, &covered));
    put(&track, 0, 10, 100, 0, 0);
    put(&track, 20, 40, 400, 0, 0);
    assert_true(jb_track_mean(&track, 0, 40, &mean, &covered));
    assert_float_equal(mean, 300, 1e-9);
    assert_float_equal(covered, 0.75, 1e-12);
    assert_true(jb_track_mean(&track, 5, 25, &mean, &covered));
    assert_float_equal(mean, 250, 1e-9);
    assert_float_equal(covered, 0.5, 1e-12);
    mean = -1;
    assert_false(jb_track_mean(&track, 10, 20, &mean, &covered));
    assert_false(jb_track_mean(&track, 5, 5, &mean, &covered));
    assert_float_equal(mean, -1, 0);
    jb_track_finish(&track);
}

static void gap(const struct jb_track *track, int64_t from, int64_t to, int64_t wanted_from, int64_t wanted_to)
{
    int64_t gap_from = -99, gap_to = -99;
    assert_true(jb_track_gap(track, from, to, &gap_from, &gap_to));
    assert_true(gap_from == wanted_from && gap_to == wanted_to);
}

static void the_first_gap_is_found_and_forecasts_close_none(void **state)
{
    struct jb_track track = {0};
    int64_t gap_from = -99, gap_to = -99;
    gap(&track, 0, 10, 0, 10);
    put(&track, 0, 10, 1, 0, 0);
    assert_false(jb_track_gap(&track, 0, 10, &gap_from, &gap_to));
    assert_false(jb_track_gap(&track, 3, 3, &gap_from, &gap_to));
    assert_true(gap_from == -99 && gap_to == -99);
    gap(&track, -5, 10, -5, 0);
    gap(&track, 0, 20, 10, 20);
    put(&track, 15, 18, 2, FORECAST, 0);
    gap(&track, 0, 20, 10, 20);
    put(&track, 18, 30, 3, 0, 0);
    gap(&track, 0, 40, 10, 18);
    put(&track, 10, 15, 4, FORECAST, 0);
    gap(&track, 0, 40, 10, 18);
    gap(&track, 12, 14, 12, 14);
    gap(&track, 20, 40, 30, 40);
    jb_track_finish(&track);
}

static void cut_forgets_what_lies_outside(void **state)
{
    struct jb_track track = {0};
    put(&track, 0, 10, 1, 0, 0);
    put(&track, 10, 20, 2, 0, 0);
    put(&track, 20, 30, 3, 0, 0);
    jb_track_cut(&track, 5, 25);
    expect(&track, "[5,10)1 [10,20)2 [20,25)3");
    jb_track_cut(&track, 12, 13);
    expect(&track, "[12,13)2");
    jb_track_cut(&track, 13, 99);
    assert_int_equal(track.count, 0);
    jb_track_cut(&track, 0, 99);
    jb_track_finish(&track);
}

static void a_copy_is_a_copy(void **state)
{
    struct jb_track track = {0}, copy = {0}, none = {0};
    put(&track, 0, 10, 1, 0, 0);
    put(&copy, 50, 60, 9, 0, 0);
    put(&copy, 70, 80, 9, 0, 0);
    assert_int_equal(jb_track_copy(&copy, &track), 0);
    put(&track, 20, 30, 3, 0, 0);
    expect(&copy, "[0,10)1");
    assert_int_equal(jb_track_copy(&copy, &none), 0);
    assert_int_equal(copy.count, 0);
    assert_int_equal(jb_track_copy(&none, &none), 0);
    jb_track_finish(&track);
    jb_track_finish(&copy);
}

/* The model: of each moment, which point it is. */
#define MOMENTS 48

struct moment {
    bool known;
    struct jb_point point;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void put_model(struct moment *model, const struct jb_point *new, bool fill)
{
    for (int64_t t = new->start_ns; t < new->end_ns; t++) {
        const struct jb_point *old = &model[t].point;
        bool new_forecast = new->flags &FORECAST, old_forecast = old->flags &FORECAST;
        bool wins = !model[t].known || (fill                           ? old_forecast && !new_forecast
                                        : new_forecast != old_forecast ? old_forecast
                                                                       : new->fetched_ns >= old->fetched_ns);
        if (wins) {
            model[t] = (struct moment){true, *new};
        }
    }
}

static bool alike(const struct moment *moment, const struct jb_point *p)
{
    return moment->known == (p != NULL) &&
           (p == NULL || (p->g_per_kwh >= moment->point.g_per_kwh && p->g_per_kwh <= moment->point.g_per_kwh &&
                          p->flags == moment->point.flags && p->fetched_ns == moment->point.fetched_ns));
}

static void check_gap(const struct jb_track *track, const struct moment *model, int64_t from, int64_t to)
{
    int64_t first = from, gap_from = -1, gap_to = -1;
    while (first < to && model[first].known && !(model[first].point.flags & FORECAST)) {
        first++;
    }
    int64_t last = first;
    while (last < to && (!model[last].known || model[last].point.flags & FORECAST)) {
        last++;
    }
    bool found = jb_track_gap(track, from, to, &gap_from, &gap_to);
    assert_int_equal(found, first < to);
    assert_true(!found || (gap_from == first && gap_to == last));
}

static void check_mean(const struct jb_track *track, const struct moment *model, int64_t from, int64_t to)
{
    double sum = 0, mean = 0, covered = 0;
    int64_t count = 0;
    for (int64_t t = from; t < to; t++) {
        sum += model[t].known ? model[t].point.g_per_kwh : 0;
        count += model[t].known;
    }
    bool found = jb_track_mean(track, from, to, &mean, &covered);
    assert_int_equal(found, count > 0);
    if (found) {
        assert_float_equal(mean, sum / (double)count, 1e-9);
        assert_float_equal(covered, (double)count / (double)(to - from), 1e-12);
    }
}

static void check(const struct jb_track *track, const struct moment *model, uint64_t *random)
{
    for (size_t i = 0; i < track->count; i++) {
        assert_true(track->points[i].start_ns < track->points[i].end_ns);
        assert_true(i == 0 || track->points[i - 1].end_ns <= track->points[i].start_ns);
    }
    for (int64_t t = 0; t < MOMENTS; t++) {
        assert_true(alike(&model[t], jb_track_at(track, t)));
    }
    int64_t from = (int64_t)(next_random(random) % MOMENTS), to = (int64_t)(next_random(random) % (MOMENTS + 1));
    check_gap(track, model, from, to);
    check_mean(track, model, from, to);
}

static void it_is_as_the_model_says(void **state)
{
    const char *given = getenv("JB_SEED");
    uint64_t random = given != NULL ? strtoull(given, NULL, 10) : 20261122;
    for (int round = 0; round < 3000; round++) {
        struct jb_track track = {0};
        static struct moment model[MOMENTS];
        memset(model, 0, sizeof(model));
        for (int i = 0; i < 25; i++) {
            int64_t from = (int64_t)(next_random(&random) % MOMENTS);
            int64_t to = from + 1 + (int64_t)(next_random(&random) % (uint64_t)(MOMENTS - from));
            const struct jb_point new =
                point(from, to, (double)(next_random(&random) % 1000), next_random(&random) % 3 == 0 ? FORECAST : 0,
                      (int64_t)(next_random(&random) % 4));
            bool fill = next_random(&random) % 3 == 0;
            const struct jb_track one = {.points = (struct jb_point[]){new}, .count = 1};
            assert_int_equal(fill ? jb_track_fill(&track, &one) : jb_track_put(&track, &new), 0);
            put_model(model, &new, fill);
            check(&track, model, &random);
        }
        int64_t from = (int64_t)(next_random(&random) % MOMENTS), to = (int64_t)(next_random(&random) % MOMENTS);
        jb_track_cut(&track, from, to);
        for (int64_t t = 0; t < MOMENTS; t++) {
            model[t].known &= t >= from && t < to;
        }
        check(&track, model, &random);
        jb_track_finish(&track);
    }
}

static void a_merge_is_a_put_of_each(void **state)
{
    struct jb_track track = {0}, other = {0};
    put(&track, 0, 30, 1, 0, 5);
    put(&other, 10, 20, 2, 0, 6);
    put(&other, 20, 40, 3, 0, 4);
    assert_int_equal(jb_track_merge(&track, &other), 0);
    expect(&track, "[0,10)1 [10,20)2 [20,30)1 [30,40)3");
    jb_track_finish(&track);
    jb_track_finish(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_come_into_order),
        cmocka_unit_test(the_later_fetched_wins_and_the_other_is_cut),
        cmocka_unit_test(what_came_to_pass_wins_over_what_was_foretold),
        cmocka_unit_test(an_older_point_fills_what_lies_between),
        cmocka_unit_test(points_that_cannot_be_are_refused),
        cmocka_unit_test(there_is_an_end_to_it),
        cmocka_unit_test(fill_takes_nothing_away_but_forecasts),
        cmocka_unit_test(a_merge_is_a_put_of_each),
        cmocka_unit_test(a_moment_belongs_to_the_point_that_begins_at_it),
        cmocka_unit_test(the_mean_is_weighted_by_time),
        cmocka_unit_test(the_first_gap_is_found_and_forecasts_close_none),
        cmocka_unit_test(cut_forgets_what_lies_outside),
        cmocka_unit_test(a_copy_is_a_copy),
        cmocka_unit_test(it_is_as_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
