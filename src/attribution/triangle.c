/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QR of a tall matrix that is never whole in memory (triangle.h).
 *
 * Odd: the block lies by columns although rows come in, because reflections run along columns; four sums run side by
 * side, since a compiler may not reorder the additions of one.
 */
#include "attribution/triangle.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK   128
#define NOTHING 1e-280 /* a sum of squares whose inverse may be no number */

int jb_triangle_create(size_t width, struct jb_triangle *ret)
{
    struct jb_triangle triangle = {.width = width};

    triangle.r = calloc(width * width, sizeof *triangle.r);
    triangle.block = calloc(width * BLOCK, sizeof *triangle.block);
    if (triangle.r == NULL || triangle.block == NULL) {
        jb_triangle_destroy(&triangle);
        return -ENOMEM;
    }
    *ret = triangle;
    return 0;
}

void jb_triangle_destroy(struct jb_triangle *triangle)
{
    free(triangle->r);
    free(triangle->block);
    triangle->r = NULL;
    triangle->block = NULL;
}

void jb_triangle_clear(struct jb_triangle *triangle)
{
    memset(triangle->r, 0, triangle->width * triangle->width * sizeof *triangle->r);
    triangle->rows = 0;
    triangle->waiting = 0;
}

/* Sums of BLOCK products. */
static double product(const double *a, const double *b)
{
    double sums[4] = {0};

    for (size_t i = 0; i < BLOCK; i += 4) {
        sums[0] += a[i] * b[i];
        sums[1] += a[i + 1] * b[i + 1];
        sums[2] += a[i + 2] * b[i + 2];
        sums[3] += a[i + 3] * b[i + 3];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Reflect column `at` of the block into the diagonal, and the columns right of it likewise. */
static void reflect(struct jb_triangle *triangle, size_t at)
{
    double *row = &triangle->r[at * triangle->width];
    const double *column = &triangle->block[at * BLOCK];
    double below = product(column, column);

    if (below <= NOTHING) {
        return;
    }
    double norm = sqrt(row[at] * row[at] + below);
    double diagonal = row[at] > 0 ? -norm : norm;
    double head = row[at] - diagonal;
    double scale = 2 / (head * head + below);

    for (size_t j = at + 1; j < triangle->width; j++) {
        double *other = &triangle->block[j * BLOCK];
        double factor = scale * (head * row[j] + product(column, other));

        row[j] -= factor * head;
        for (size_t i = 0; i < BLOCK; i++) {
            other[i] -= factor * column[i];
        }
    }
    row[at] = diagonal;
}

void jb_triangle_finish(struct jb_triangle *triangle)
{
    if (triangle->waiting == 0) {
        return;
    }
    for (size_t j = 0; j < triangle->width; j++) {
        memset(&triangle->block[j * BLOCK + triangle->waiting], 0, (BLOCK - triangle->waiting) * sizeof(double));
    }
    for (size_t j = 0; j < triangle->width; j++) {
        reflect(triangle, j);
    }
    triangle->waiting = 0;
}

static void wait_row(struct jb_triangle *triangle, const double *row)
{
    for (size_t j = 0; j < triangle->width; j++) {
        triangle->block[j * BLOCK + triangle->waiting] = row[j];
    }
    if (++triangle->waiting == BLOCK) {
        jb_triangle_finish(triangle);
    }
}

void jb_triangle_row(struct jb_triangle *triangle, const double *row)
{
    wait_row(triangle, row);
    triangle->rows++;
}

void jb_triangle_fold(struct jb_triangle *triangle, const struct jb_triangle *other)
{
    for (size_t i = 0; i < other->width; i++) {
        wait_row(triangle, &other->r[i * other->width]);
    }
    triangle->rows += other->rows;
}
