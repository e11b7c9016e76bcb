/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wall_fit.h - from what the sensors see to what the machine takes in: P_wall = a + b * P_sensors.
 *
 * Pure. The sensors leave out losses, fans, disks and boards. On 318 published training runs what they lacked was
 * nearly constant, and a line took a rival's mean error from 28.9 % to 5.6 %, fitted on three random points to 5.3 %
 * (arXiv 2509.22092, its raw data): a is what is drawn anyway, b the loss of the supply on the rest.
 *
 * The line is a weighted least squares fit. What it says of another power has two errors: of the line (the covariance,
 * which grows away from the readings, so that nothing needs to forbid extrapolation) and of the readings about it. Both
 * are widened by Student's t for so few readings, to mean one sigma (68 %).
 */
#ifndef JB_ATTRIBUTION_WALL_FIT_H
#define JB_ATTRIBUTION_WALL_FIT_H

#include <stddef.h>

#define JB_WALL_MIN_READINGS 3
#define JB_WALL_MIN_SPREAD   0.1 /* of the largest reading of the sensors: on less than that no slope can rest */
#define JB_WALL_MIN_SLOPE    0.8 /* below 1 the sensors exaggerate; by more than a quarter they are no basis */
#define JB_WALL_MAX_SLOPE    2.0 /* a supply that loses half of what it takes in */

struct jb_wall_reading {
    double sensors_w, wall_w; /* means over the same time */
    double weight;            /* how much it counts beside the others: the seconds it rests on */
};

struct jb_wall_line {
    double a_w, b;
    double var_a, var_b, cov_ab; /* of a in W, and b */
    double residual_w;           /* standard deviation of the readings about the line, n - 2 degrees of freedom */
    double min_w, max_w;         /* of the sensors, in the readings */
    int count;
};

enum jb_wall_verdict {
    JB_WALL_GOOD,
    JB_WALL_BASE_NEGATIVE, /* a below 0 by more than two sigma: the sensors show more than there is at small loads */
    /* from here on the line is of no use */
    JB_WALL_SLOPE, /* b beyond the limits: another machine's meter, or sensors that see only a part of the load */
    JB_WALL_TOO_FEW,
    JB_WALL_NO_NUMBERS, /* something is not finite, negative, or without weight */
    JB_WALL_NO_SPREAD,
};

/* *ret is set up to and including JB_WALL_SLOPE. */
enum jb_wall_verdict jb_wall_fit(const struct jb_wall_reading *readings, size_t count, struct jb_wall_line *ret);

/* What was taken in over `seconds` in which the sensors saw `sensors_j`, and one sigma of it. */
void jb_wall_predict(const struct jb_wall_line *line, double sensors_j, double seconds, double *ret_j,
                     double *ret_sigma_j);

#endif
