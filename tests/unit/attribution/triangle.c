/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "attribution/triangle.h"

#define WIDTH 5
#define ROWS  1000

static void make_row(int i, double *row)
{
    for (int k = 0; k < WIDTH; k++) {
        row[k] = sin(1.0 + i * (k + 1) * 0.7) * pow(10, k);
    }
}

/* R'R is X'X, which is all that the rows say. */
static void assert_same_squares(const struct jb_triangle *triangle, int from, int to)
{
    for (int a = 0; a < WIDTH; a++) {
        for (int b = a; b < WIDTH; b++) {
            double expected = 0, found = 0, row[WIDTH];

            for (int i = from; i < to; i++) {
                make_row(i, row);
                expected += row[a] * row[b];
            }
            for (int i = 0; i < WIDTH; i++) {
                found += triangle->r[i * WIDTH + a] * triangle->r[i * WIDTH + b];
            }
            assert_true(fabs(found - expected) < 1e-10 * pow(10, a + b) * ROWS);
        }
    }
    for (int a = 1; a < WIDTH; a++) {
        for (int b = 0; b < a; b++) {
            assert_true(triangle->r[a * WIDTH + b] == 0);
        }
    }
}

static void a_triangle_holds_the_squares_of_its_rows(void **state)
{
    struct jb_triangle triangle;
    double row[WIDTH];

    assert_int_equal(jb_triangle_create(WIDTH, &triangle), 0);
    for (int i = 0; i < ROWS; i++) {
        make_row(i, row);
        jb_triangle_row(&triangle, row);
    }
    jb_triangle_finish(&triangle);
    assert_int_equal(triangle.rows, ROWS);
    assert_same_squares(&triangle, 0, ROWS);
    jb_triangle_clear(&triangle);
    for (int i = 3; i < 5; i++) { /* fewer rows than unknowns */
        make_row(i, row);
        jb_triangle_row(&triangle, row);
    }
    jb_triangle_finish(&triangle);
    assert_same_squares(&triangle, 3, 5);
    jb_triangle_destroy(&triangle);
}

static void triangles_fold_into_one(void **state)
{
    struct jb_triangle one, other;
    double row[WIDTH];

    assert_int_equal(jb_triangle_create(WIDTH, &one), 0);
    assert_int_equal(jb_triangle_create(WIDTH, &other), 0);
    for (int i = 0; i < ROWS; i++) {
        make_row(i, row);
        jb_triangle_row(i % 3 ? &one : &other, row);
    }
    jb_triangle_finish(&other);
    jb_triangle_fold(&one, &other);
    jb_triangle_finish(&one);
    assert_int_equal(one.rows, ROWS);
    assert_same_squares(&one, 0, ROWS);
    jb_triangle_destroy(&one);
    jb_triangle_destroy(&other);
}

static void numbers_too_small_to_invert_are_nothing(void **state)
{
    struct jb_triangle triangle;
    double row[2] = {1e-160, 1};

    assert_int_equal(jb_triangle_create(2, &triangle), 0);
    for (int i = 0; i < 300; i++) {
        jb_triangle_row(&triangle, row);
    }
    jb_triangle_finish(&triangle);
    assert_true(triangle.r[0] == 0);
    assert_true(fabs(triangle.r[3] * triangle.r[3] - 300) < 1e-9);
    jb_triangle_destroy(&triangle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_triangle_holds_the_squares_of_its_rows),
        cmocka_unit_test(triangles_fold_into_one),
        cmocka_unit_test(numbers_too_small_to_invert_are_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
