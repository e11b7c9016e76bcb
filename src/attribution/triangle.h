/* SPDX-License-Identifier: Apache-2.0 */
/*
 * triangle.h - least squares of any number of rows in the memory of a few: the triangle R of a QR factorisation.
 *
 * Rows (x_1 .. x_k, y) of a regression are folded in block by block with Householder reflections; R and the sums of
 * squares it holds are all that a fit needs, and unlike the normal matrix X'X they keep the digits of X. Triangles of
 * parts of the rows are folded into one another in the same way. (Golub and Van Loan, Matrix Computations, 5.2 and
 * 6.5.2: QR by blocks of rows.) Allocates when made; folding allocates nothing.
 */
#ifndef JB_ATTRIBUTION_TRIANGLE_H
#define JB_ATTRIBUTION_TRIANGLE_H

#include <stddef.h>

struct jb_triangle {
    size_t width; /* unknowns + 1 */
    size_t rows;  /* folded or waiting */
    double *r;    /* width x width by rows; below the diagonal 0, valid after finish() */
    double *block;
    size_t waiting;
};

int jb_triangle_create(size_t width, struct jb_triangle *ret); /* -ENOMEM */
void jb_triangle_destroy(struct jb_triangle *triangle);
void jb_triangle_clear(struct jb_triangle *triangle);
void jb_triangle_row(struct jb_triangle *triangle, const double *row);
/* The rows behind `other`, which is finished and as wide. */
void jb_triangle_fold(struct jb_triangle *triangle, const struct jb_triangle *other);
void jb_triangle_finish(struct jb_triangle *triangle);

#endif
