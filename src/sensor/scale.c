/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale.c - the mantissa is kept as a 128-bit integer and the exponent of ten apart; only when the fraction is made are
 * factors of two and five divided out. 128 bits hold 38 digits; the kernel's 2^-32 has 23.
 */
#include "sensor/scale.h"

#include "base/text.h"

#include <errno.h>

#define MAX_DIGITS   38
#define MAX_EXPONENT 1000

struct decimal {
    unsigned __int128 mantissa;
    int exponent, digits;
};

static int add_digit(struct decimal *number, int digit)
{
    if (number->digits == 0 && digit == 0) {
        return 0; /* leading zeros are free */
    }
    if (number->digits == MAX_DIGITS) {
        return -ERANGE;
    }
    number->mantissa = number->mantissa * 10 + (unsigned)digit;
    number->digits++;
    return 0;
}

static int parse_exponent(const char *text, int *ret)
{
    int sign = 1;
    if (*text == '+' || *text == '-') {
        sign = *text == '-' ? -1 : 1;
        text++;
    }
    uint64_t value;
    int err = jb_parse_u64(text, &value);
    if (err < 0) {
        return err;
    }
    if (value > MAX_EXPONENT) {
        return -ERANGE;
    }
    *ret = sign * (int)value;
    return 0;
}

static int parse_decimal(const char *text, struct decimal *ret)
{
    struct decimal number = {0};
    int seen = 0, fraction = 0;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !fraction); text++) {
        if (*text == '.') {
            fraction = 1;
            continue;
        }
        int err = add_digit(&number, *text - '0');
        if (err < 0) {
            return err;
        }
        seen = 1;
        if (fraction && --number.exponent < -MAX_EXPONENT) {
            return -ERANGE;
        }
    }
    if (!seen) {
        return -EINVAL;
    }
    if (*text == 'e' || *text == 'E') {
        int exponent;
        int err = parse_exponent(text + 1, &exponent);
        if (err < 0) {
            return err;
        }
        number.exponent += exponent;
    } else if (*text) {
        return -EINVAL;
    }
    if (number.mantissa == 0) {
        return -EINVAL;
    }
    *ret = number;
    return 0;
}

int jb_scale_parse(const char *text, int power, uint64_t *ret_num, uint64_t *ret_den)
{
    struct decimal number;
    int err = parse_decimal(text, &number);
    if (err < 0) {
        return err;
    }
    unsigned __int128 num = number.mantissa;
    uint64_t den = 1;
    int exponent = number.exponent + power;
    for (; exponent > 0; exponent--) {
        if (num > UINT64_MAX / 10) {
            return -ERANGE;
        }
        num *= 10;
    }
    /* A decimal fraction has no other factors in its denominator. */
    for (int prime = 2; prime <= 5; prime += 3) {
        for (int left = -exponent; left > 0; left--) {
            if (num % (unsigned)prime == 0) {
                num /= (unsigned)prime;
            } else if (den > UINT64_MAX / (unsigned)prime) {
                return -ERANGE;
            } else {
                den *= (unsigned)prime;
            }
        }
    }
    if (num > UINT64_MAX) {
        return -ERANGE;
    }
    *ret_num = (uint64_t)num;
    *ret_den = den;
    return 0;
}
