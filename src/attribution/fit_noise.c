/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How rows err, read off the residuals of an ordinary fit (fit.h): by moments, in one look at the rows.
 *
 * Odd: noise of edges is told from noise of the process by the covariance of neighbours alone; where that is not
 * negative, or rows join nothing, it is taken as none.
 */
#include "attribution/fit.h"

#include "rows_impl.h"

#include <float.h>
#include <math.h>

#define LEAST_PROCESS 1e-3  /* of the variance without drift */
#define MOST_EDGE     0.499 /* of it; from a half on no moving average has such a covariance */
#define LEAST_PAIRS   3
#define LEAST_BLOCKS  4
#define LEAST_FREE    0.05 /* of the variance: what a block's mean can at least be expected to err by */
#define MOST_DRIFT    0.9  /* of the variance */
#define LEAST_SCALE   0.1
#define MOST_SCALE    10
#define ROUNDING      1e-20 /* of the mean square of energy: residuals below are none */

struct sums {
    double squares, products, energies, expected, logs;
    double along, block_expected; /* of a block: residual times expected, expected squared */
    double ratios, inverses;      /* of whole blocks */
    double before;
    size_t rows, pairs, blocks;
};

double jb_fit_expected(const struct jb_fit *fit, const struct jb_walk *walk)
{
    double expected_j = 0;

    for (size_t i = 0; i < walk->share_count; i++) {
        expected_j += (double)walk->shares[i].seconds * fit->first[fit->column_of[walk->shares[i].cell]];
    }
    return expected_j;
}

double jb_fit_scale(const struct jb_fit *fit, double expected_j)
{
    return fmax(LEAST_SCALE, fmin(MOST_SCALE, expected_j / fit->row_j));
}

static void add_row(struct sums *sums, double residual, double expected, bool joins)
{
    sums->squares += residual * residual;
    sums->expected += expected * expected;
    sums->along += expected * residual;
    sums->block_expected += expected * expected;
    if (joins) {
        sums->products += residual * sums->before;
        sums->pairs++;
    }
    sums->before = residual;
    sums->rows++;
    if (sums->rows % JB_DRIFT_ROWS == 0) {
        if (sums->block_expected > 0) {
            double ratio = sums->along / sums->block_expected;

            sums->ratios += ratio * ratio;
            sums->inverses += 1 / sums->block_expected;
            sums->blocks++;
        }
        sums->along = 0;
        sums->block_expected = 0;
    }
}

/* A block's mean errs by its rows' noise too, of which that of edges nearly cancels: variance + 2 covariances. */
static double drift_of(const struct sums *sums, double variance, double neighbours)
{
    double square = sums->expected / (double)sums->rows, blocks = (double)sums->blocks;

    if (sums->blocks < LEAST_BLOCKS || square <= 0) {
        return 0;
    }
    double noise = fmax(variance + 2 * neighbours, LEAST_FREE * variance) * sums->inverses / blocks;

    return fmax(0, fmin(sums->ratios / blocks - noise, MOST_DRIFT * variance / square));
}

/* ret_unlikely: -2 log of the residuals' likelihood, but for a constant. */
static struct jb_noise look(const struct jb_fit *fit, struct jb_walk walk, bool weighted, double *ret_unlikely)
{
    struct sums sums = {0};

    while (jb_walk_next(&walk)) {
        double expected_j = jb_fit_expected(fit, &walk), scale = weighted ? jb_fit_scale(fit, expected_j) : 1;

        sums.energies += walk.row->energy_j * walk.row->energy_j;
        sums.logs += log(scale);
        add_row(&sums, (walk.row->energy_j - expected_j) / scale, expected_j / scale, walk.joins);
    }
    double rows = (double)sums.rows;
    double variance = fmax(fmax(sums.squares, ROUNDING * sums.energies) / rows, DBL_MIN / DBL_EPSILON);
    double neighbours = sums.pairs >= LEAST_PAIRS ? sums.products / (double)sums.pairs : 0;
    double drift = drift_of(&sums, variance, neighbours), drifting = drift * sums.expected / rows;
    double steady = variance - drifting;
    double edge = sums.pairs >= LEAST_PAIRS ? fmax(0, fmin(drifting - neighbours, MOST_EDGE * steady)) : 0;

    *ret_unlikely = rows * log(variance) + 2 * sums.logs;
    return (struct jb_noise){
        .process = fmax(steady - 2 * edge, LEAST_PROCESS * steady),
        .edge = edge,
        .drift = drift,
        .weighted = weighted,
    };
}

struct jb_noise jb_fit_noise(const struct jb_fit *fit, struct jb_walk walk)
{
    double unlikely_equal, unlikely_weighted;
    struct jb_noise equal = look(fit, walk, false, &unlikely_equal);
    struct jb_noise weighted = look(fit, walk, true, &unlikely_weighted);

    return unlikely_weighted < unlikely_equal ? weighted : equal;
}
