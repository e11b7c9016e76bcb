/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows made independent and equally exact, as far as is known how they err (fit.h).
 *
 * Process and edges: Cov = a I + s2 tridiag(-1, 2, -1) over rows that join, taken out by the recursion of operators.md
 * 3.2.3 in one pass. Drift: within a block rows are then correlated along u, what is expected of them; multiplied by
 * (I + drift u u')^(-1/2) = I - c u u', c = (1 - 1 / sqrt(1 + drift u'u)) / u'u, they are not.
 */
#include "attribution/fit.h"

#include "rows_impl.h"

#include <math.h>
#include <string.h>

#define FORGOTTEN 1e-100 /* what is carried on fades; it must not end as numbers that are slow to reckon with */

/* Parts differ in length by one row at most, the longer first. */
static size_t part_at(const struct jb_fit *fit, size_t row, size_t rows)
{
    if (fit->part_count < 2) {
        return 0;
    }
    size_t longer = rows % fit->part_count, length = rows / fit->part_count;
    size_t in_longer = longer * (length + 1);

    return row < in_longer || length == 0 ? row / (length + 1) : longer + (row - in_longer) / length;
}

/* The rows of a block, from row `first` on. */
static double end_block(struct jb_fit *fit, size_t count, size_t first, size_t rows)
{
    size_t width = fit->columns + 1;
    double expected[JB_DRIFT_ROWS], square = 0;

    for (size_t i = 0; i < count; i++) {
        const double *row = &fit->block[i * width];

        expected[i] = 0;
        for (size_t k = 0; k < fit->columns; k++) {
            expected[i] += row[k] * fit->first[k];
        }
        square += expected[i] * expected[i];
    }
    double factor = square > 0 ? (1 - 1 / sqrt(1 + fit->noise.drift * square)) / square : 0;

    memset(fit->line, 0, width * sizeof *fit->line);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < width; k++) {
            fit->line[k] += expected[i] * fit->block[i * width + k];
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < width; k++) {
            fit->block[i * width + k] -= factor * expected[i] * fit->line[k];
        }
        jb_triangle_row(&fit->parts[part_at(fit, first + i, rows)], &fit->block[i * width]);
    }
    return log(1 + fit->noise.drift * square);
}

double jb_fit_whiten(struct jb_fit *fit, struct jb_walk walk, size_t rows)
{
    size_t width = fit->columns + 1, held = 0, row = 0;
    double edge = fit->noise.edge, full = fit->noise.process + 2 * edge, divisor = full, logs = 0;

    for (size_t i = 0; i < fit->part_count; i++) {
        jb_triangle_clear(&fit->parts[i]);
    }
    memset(fit->before, 0, width * sizeof *fit->before);
    while (jb_walk_next(&walk)) {
        double carried = walk.joins ? edge / divisor : 0;
        double weight = fit->noise.weighted ? 1 / jb_fit_scale(fit, jb_fit_expected(fit, &walk)) : 1;

        divisor = full - carried * edge;
        for (size_t k = 0; k < width; k++) {
            fit->before[k] = fabs(fit->before[k]) > FORGOTTEN ? fit->before[k] * carried : 0;
        }
        for (size_t i = 0; i < walk.share_count; i++) {
            fit->before[fit->column_of[walk.shares[i].cell]] += weight * (double)walk.shares[i].seconds;
        }
        fit->before[fit->columns] += weight * walk.row->energy_j;
        double scale = 1 / sqrt(divisor);

        for (size_t k = 0; k < width; k++) {
            fit->block[held * width + k] = fit->before[k] * scale;
        }
        logs += log(divisor) - 2 * log(weight);
        row++;
        if (++held == JB_DRIFT_ROWS) {
            logs += end_block(fit, held, row - held, rows);
            held = 0;
        }
    }
    logs += end_block(fit, held, row - held, rows);
    for (size_t i = 0; i < fit->part_count; i++) {
        jb_triangle_finish(&fit->parts[i]);
    }
    return logs;
}
