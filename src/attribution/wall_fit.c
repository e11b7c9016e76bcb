/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line through the readings of a wall meter (Bevington & Robinson, Data Reduction, chapter 6, with the errors of
 * the readings taken from their spread). Sums are taken about the mean, so that readings of kilowatts that differ by
 * watts keep their digits.
 */
#include "attribution/wall_fit.h"

#include <math.h>
#include <stdbool.h>

/* Quantiles of Student's t at 0.8413, one sigma of a normal distribution, for 1, 2, ... degrees of freedom. */
static double student(int degrees)
{
    static const double quantiles[] = {1.837, 1.321, 1.197, 1.142, 1.111, 1.091, 1.077, 1.067, 1.059, 1.053};
    int known = (int)(sizeof(quantiles) / sizeof(quantiles[0]));

    if (degrees < 1) {
        return quantiles[0];
    }
    return degrees <= known ? quantiles[degrees - 1] : 1 + 0.53 / degrees;
}

static bool is_number(const struct jb_wall_reading *reading)
{
    return isfinite(reading->sensors_w) && isfinite(reading->wall_w) && isfinite(reading->weight) &&
           reading->sensors_w >= 0 && reading->wall_w >= 0 && reading->weight > 0;
}

enum jb_wall_verdict jb_wall_fit(const struct jb_wall_reading *readings, size_t count, struct jb_wall_line *ret)
{
    double weights = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0, squares = 0;
    struct jb_wall_line line = {.min_w = INFINITY, .count = (int)count};

    for (size_t i = 0; i < count; i++) {
        if (!is_number(&readings[i])) {
            return JB_WALL_NO_NUMBERS;
        }
        weights += readings[i].weight;
        line.min_w = fmin(line.min_w, readings[i].sensors_w);
        line.max_w = fmax(line.max_w, readings[i].sensors_w);
    }
    if (count < JB_WALL_MIN_READINGS || count > 1000000) {
        return JB_WALL_TOO_FEW;
    }
    if (!(line.max_w - line.min_w >= JB_WALL_MIN_SPREAD * line.max_w) || line.max_w <= 0 || !isfinite(weights)) {
        return JB_WALL_NO_SPREAD;
    }
    for (size_t i = 0; i < count; i++) {
        mean_x += readings[i].weight / weights * readings[i].sensors_w;
        mean_y += readings[i].weight / weights * readings[i].wall_w;
    }
    for (size_t i = 0; i < count; i++) {
        double weight = readings[i].weight / weights, x = readings[i].sensors_w - mean_x;
        xx += weight * x * x;
        xy += weight * x * (readings[i].wall_w - mean_y);
    }
    if (!(xx > 0) || !isfinite(xx) || !isfinite(xy)) {
        return JB_WALL_NO_SPREAD; /* all the weight lies on one reading */
    }
    line.b = xy / xx;
    line.a_w = mean_y - line.b * mean_x;
    for (size_t i = 0; i < count; i++) {
        double apart = readings[i].wall_w - (line.a_w + line.b * readings[i].sensors_w);
        squares += readings[i].weight / weights * apart * apart;
    }
    double n = (double)count, variance = squares * n / (n - 2);
    line.residual_w = sqrt(variance);
    line.var_b = variance / (n * xx);
    line.var_a = variance / n + mean_x * mean_x * line.var_b;
    line.cov_ab = -mean_x * line.var_b;
    *ret = line;
    if (!(line.b >= JB_WALL_MIN_SLOPE && line.b <= JB_WALL_MAX_SLOPE)) {
        return JB_WALL_SLOPE;
    }
    /* A hair of rounding is no finding. */
    return line.a_w < -2 * sqrt(line.var_a) - 1e-9 * mean_y ? JB_WALL_BASE_NEGATIVE : JB_WALL_GOOD;
}

void jb_wall_predict(const struct jb_wall_line *line, double sensors_j, double seconds, double *ret_j,
                     double *ret_sigma_j)
{
    double of_line =
        line->var_a * seconds * seconds + 2 * line->cov_ab * seconds * sensors_j + line->var_b * sensors_j * sensors_j;
    double about_it = line->residual_w * seconds;

    *ret_j = line->a_w * seconds + line->b * sensors_j;
    *ret_sigma_j = student(line->count - 2) * sqrt(fmax(of_line, 0) + about_it * about_it);
}
