/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ridge regression by evidence (ridge.h), on the triangle of a QR factorisation.
 *
 * Singular values by one-sided Jacobi rotations (Hestenes): rows of R are turned until they are orthogonal; they are
 * then s_i v_i', and the right-hand side, turned along, is u_i'y. Slower than the textbooks' way for large matrices,
 * but short, and exact to the last digits also for values that are small beside the others.
 */
#include "attribution/ridge.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SWEEPS      40
#define TAU_STEPS   41
#define TAU_REACH   2.0 /* ln(tau / tau0) goes from -reach to +reach */
#define TAU_SD      0.5
#define FIXED_STEPS 6
#define ENOUGH      1e-15 /* cosine between two rows that passes for a right angle */
#define NOTHING     1e-13 /* a singular value below this part of the largest is none */

/* What the evidence is made of. */
struct spectrum {
    size_t count;
    const double *squares; /* s_i^2 */
    const double *turned;  /* u_i'(y - X mean) */
    double rest;           /* sum of squares that no power explains */
    double rows;
};

static double dot(const double *a, const double *b, size_t count)
{
    double sums[4] = {0};
    size_t i = 0;

    for (; i + 4 <= count; i += 4) {
        sums[0] += a[i] * b[i];
        sums[1] += a[i + 1] * b[i + 1];
        sums[2] += a[i + 2] * b[i + 2];
        sums[3] += a[i + 3] * b[i + 3];
    }
    for (; i < count; i++) {
        sums[0] += a[i] * b[i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Make rows a and b orthogonal; true: they were not. */
static bool turn(double *a, double *b, double *right_a, double *right_b, size_t count)
{
    double aa = dot(a, a, count), bb = dot(b, b, count), ab = dot(a, b, count);

    if (fabs(ab) <= ENOUGH * sqrt(aa * bb) || aa <= DBL_MIN || bb <= DBL_MIN) {
        return false;
    }
    double zeta = (bb - aa) / (2 * ab);
    double tangent = (zeta >= 0 ? 1 : -1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    double cosine = 1 / sqrt(1 + tangent * tangent), sine = cosine * tangent;

    for (size_t i = 0; i < count; i++) {
        double kept = a[i];

        a[i] = cosine * kept - sine * b[i];
        b[i] = sine * kept + cosine * b[i];
    }
    double kept = *right_a;
    *right_a = cosine * kept - sine * *right_b;
    *right_b = sine * kept + cosine * *right_b;
    return true;
}

static void orthogonalise(double *matrix, double *right, size_t count)
{
    bool turned = true;

    for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (size_t i = 0; i + 1 < count; i++) {
            for (size_t j = i + 1; j < count; j++) {
                turned = turn(&matrix[i * count], &matrix[j * count], &right[i], &right[j], count) || turned;
            }
        }
    }
}

/* sigma^2 that fits best beside this tau; the logarithm of the evidence. */
static double evidence(const struct spectrum *spectrum, double tau, double tau0, double *ret_variance)
{
    double variance = spectrum->rest / spectrum->rows, logs = 0;

    for (int step = 0; step < FIXED_STEPS; step++) {
        double next = spectrum->rest;

        for (size_t i = 0; i < spectrum->count; i++) {
            next += spectrum->turned[i] * spectrum->turned[i] / (1 + tau * tau / variance * spectrum->squares[i]);
        }
        next /= spectrum->rows;
        bool settled = fabs(next - variance) < 1e-6 * variance;
        variance = next;
        if (settled) {
            break;
        }
    }
    for (size_t i = 0; i < spectrum->count; i++) {
        logs += log(1 + tau * tau / variance * spectrum->squares[i]);
    }
    double apart = log(tau / tau0) / TAU_SD;

    *ret_variance = variance;
    return -0.5 * (spectrum->rows * log(variance) + logs) - 0.5 * apart * apart;
}

static void choose_tau(struct jb_ridge *ridge, const struct spectrum *spectrum)
{
    double best = -INFINITY;

    ridge->tau = ridge->tau0;
    ridge->variance = spectrum->rest / spectrum->rows;
    for (int i = ridge->at_least ? TAU_STEPS / 2 : 0; i < TAU_STEPS; i++) {
        double tau = ridge->tau0 * exp(-TAU_REACH + 2 * TAU_REACH * i / (TAU_STEPS - 1)), variance;
        double value = evidence(spectrum, tau, ridge->tau0, &variance);

        if (value > best) {
            best = value;
            ridge->tau = tau;
            ridge->variance = variance;
        }
    }
}

/* Sum of v_i v_i' factor_i in unit directions, and tau^2 in those that no row speaks of. */
static void posterior_cov(struct jb_ridge *ridge, const double *rows, const double *squares, double least)
{
    size_t count = ridge->count;
    double prior = ridge->tau * ridge->tau;

    memset(ridge->cov, 0, count * count * sizeof *ridge->cov);
    bool blind = false;
    for (size_t i = 0; i < count; i++) {
        blind = blind || squares[i] <= least;
    }
    for (size_t k = 0; blind && k < count; k++) {
        ridge->cov[k * count + k] = prior;
    }
    for (size_t i = 0; i < count; i++) {
        if (squares[i] <= least) {
            continue;
        }
        double factor = ridge->variance / (squares[i] + ridge->variance / prior) - (blind ? prior : 0);
        const double *row = &rows[i * count];

        for (size_t k = 0; k < count; k++) {
            for (size_t l = 0; l < count; l++) {
                ridge->cov[k * count + l] += factor / squares[i] * row[k] * row[l];
            }
        }
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t l = 0; l < count; l++) {
            ridge->cov[k * count + l] *= ridge->spread[k] * ridge->spread[l];
        }
    }
}

void jb_ridge_fit(struct jb_ridge *ridge, const struct jb_triangle *triangle)
{
    size_t count = ridge->count, width = triangle->width;
    double *right = ridge->vector, *squares = ridge->vector + count;
    double all = 0, largest = 0;

    for (size_t i = 0; i < count; i++) {
        const double *row = &triangle->r[i * width];

        right[i] = row[count];
        for (size_t j = 0; j < count; j++) {
            right[i] -= row[j] * ridge->mean[j];
            ridge->work[i * count + j] = row[j] * ridge->spread[j];
        }
        all += row[count] * row[count];
    }
    double rest = triangle->r[count * width + count] * triangle->r[count * width + count];

    orthogonalise(ridge->work, right, count);
    for (size_t i = 0; i < count; i++) {
        squares[i] = dot(&ridge->work[i * count], &ridge->work[i * count], count);
        largest = fmax(largest, squares[i]);
    }
    struct spectrum spectrum = {
        .count = count,
        .squares = squares,
        .turned = right,
        .rest = fmax(fmax(rest, 1e-18 * (all + rest)), DBL_MIN),
        .rows = triangle->rows > 0 ? (double)triangle->rows : 1,
    };
    choose_tau(ridge, &spectrum);
    double least = largest * NOTHING * NOTHING;

    memcpy(ridge->power, ridge->mean, count * sizeof *ridge->power);
    for (size_t i = 0; i < count; i++) {
        if (squares[i] <= least) {
            continue;
        }
        double factor = right[i] / (squares[i] + ridge->variance / (ridge->tau * ridge->tau));

        for (size_t k = 0; k < count; k++) {
            ridge->power[k] += ridge->spread[k] * factor * ridge->work[i * count + k];
        }
    }
    posterior_cov(ridge, ridge->work, squares, least);
}

void jb_ridge_constrain(double *power, double *cov, const double *seconds, double energy_j, size_t count,
                        double *buffer)
{
    double variance = 0, expected = 0;

    for (size_t k = 0; k < count; k++) {
        buffer[k] = dot(&cov[k * count], seconds, count);
        variance += buffer[k] * seconds[k];
        expected += seconds[k] * power[k];
    }
    for (size_t k = 0; k < count; k++) {
        if (variance > 0) {
            power[k] += buffer[k] * (energy_j - expected) / variance;
        } else if (expected > 0) {
            power[k] *= energy_j / expected;
        }
        for (size_t l = 0; variance > 0 && l < count; l++) {
            cov[k * count + l] -= buffer[k] * buffer[l] / variance;
        }
    }
}
