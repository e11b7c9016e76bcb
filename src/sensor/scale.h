/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale.h - a decimal number in text as an exact fraction.
 *
 * Units of counters come as decimal text ("2.3283064365386962890625e-10" is 2^-32). A double would hold this one, but
 * energies are integers here, and a sum over days must not depend on rounding.
 */
#ifndef JB_SENSOR_SCALE_H
#define JB_SENSOR_SCALE_H

#include <stdint.h>

/* text * 10^power = *ret_num / *ret_den, reduced, both above 0. The whole text must be an unsigned decimal number,
 * with or without fraction and exponent: -EINVAL; zero is -EINVAL too. -ERANGE: the fraction does not fit. */
int jb_scale_parse(const char *text, int power, uint64_t *ret_num, uint64_t *ret_den);

#endif
