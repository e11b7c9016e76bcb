/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.c - numbers for people.
 *
 * A value is rounded to three significant digits first and gets its unit afterwards, so that 999.6 J is
 * "1.00 kJ" and never "1000 J". The digits come from printf's "%.2e", which rounds the exact binary value
 * once; scaling by a power of ten moves the point and rounds nothing. Documented in units.h.
 */
#include "base/units.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

/* d.dd times ten to the exponent. */
struct decimal {
    bool negative;
    char digits[3];
    int exponent;
};

static struct decimal to_decimal(double value)
{
    struct decimal d = {.negative = value < 0, .digits = {'0', '0', '0'}};
    char text[JB_UNIT_TEXT];
    jb_snprintf(text, sizeof(text), "%.2e", fabs(value)); /* "d.dde+XX" */
    d.digits[0] = text[0];
    d.digits[1] = text[2];
    d.digits[2] = text[3];
    uint64_t exponent = 0;
    jb_parse_u64(text + strlen("d.dde+"), &exponent);
    d.exponent = text[strlen("d.dde")] == '-' ? -(int)exponent : (int)exponent;
    return d;
}

/* The decimal times ten to the `shift`, followed by `unit`. */
static char *print_decimal(struct decimal d, int shift, const char *unit, char *buffer, size_t size)
{
    int exponent = d.exponent + shift;
    const char *sign = d.negative ? "-" : "";
    char number[JB_UNIT_TEXT];
    const char *s = d.digits;
    if (exponent < -4 || exponent > 5) {
        jb_snprintf(number, sizeof(number), "%s%c.%c%ce%d", sign, s[0], s[1], s[2], exponent);
    } else if (exponent < 0) {
        jb_snprintf(number, sizeof(number), "%s0.%.*s%c%c%c", sign, -exponent - 1, "000", s[0], s[1], s[2]);
    } else if (exponent == 0) {
        jb_snprintf(number, sizeof(number), "%s%c.%c%c", sign, s[0], s[1], s[2]);
    } else if (exponent == 1) {
        jb_snprintf(number, sizeof(number), "%s%c%c.%c", sign, s[0], s[1], s[2]);
    } else {
        jb_snprintf(number, sizeof(number), "%s%c%c%c%.*s", sign, s[0], s[1], s[2], exponent - 2, "000");
    }
    jb_snprintf(buffer, size, "%s%s%s", number, *unit ? " " : "", unit);
    return buffer;
}

/* A unit and the power of ten it stands for. Lists go upwards. */
struct unit {
    int exponent;
    const char *name;
};

static char *format_unit(double value, const struct unit *units, size_t count, const char *base, char *buffer,
                         size_t size)
{
    if (!isfinite(value)) {
        jb_snprintf(buffer, size, "unknown");
        return buffer;
    }
    if (value == 0) {
        jb_snprintf(buffer, size, "0 %s", base);
        return buffer;
    }
    struct decimal d = to_decimal(value);
    size_t i = count - 1;
    while (i > 0 && d.exponent < units[i].exponent) {
        i--;
    }
    return print_decimal(d, -units[i].exponent, units[i].name, buffer, size);
}

char *jb_format_3(double value, char *buffer, size_t size)
{
    if (!isfinite(value)) {
        jb_snprintf(buffer, size, "unknown");
        return buffer;
    }
    if (value == 0) {
        jb_snprintf(buffer, size, "0");
        return buffer;
    }
    return print_decimal(to_decimal(value), 0, "", buffer, size);
}

char *jb_format_energy(double joules, char *buffer, size_t size)
{
    static const struct unit units[] = {{-6, "uJ"}, {-3, "mJ"}, {0, "J"}, {3, "kJ"}, {6, "MJ"}, {9, "GJ"}};
    return format_unit(joules, units, JB_COUNT(units), "J", buffer, size);
}

char *jb_format_energy_wh(double joules, char *buffer, size_t size)
{
    static const struct unit units[] = {{-3, "mWh"}, {0, "Wh"}, {3, "kWh"}, {6, "MWh"}};
    return format_unit(joules / HOUR, units, JB_COUNT(units), "Wh", buffer, size);
}

char *jb_format_power(double watts, char *buffer, size_t size)
{
    static const struct unit units[] = {{-6, "uW"}, {-3, "mW"}, {0, "W"}, {3, "kW"}, {6, "MW"}};
    return format_unit(watts, units, JB_COUNT(units), "W", buffer, size);
}

char *jb_format_mass(double grams, char *buffer, size_t size)
{
    static const struct unit units[] = {{-6, "ug"}, {-3, "mg"}, {0, "g"}, {3, "kg"}, {6, "t"}};
    return format_unit(grams, units, JB_COUNT(units), "g", buffer, size);
}

/* "2 h 03 m": a number of large units and the rest in small ones, rounded to the small one beforehand. */
static char *format_pair(const char *sign, double count, double per_large, const char *large, const char *small,
                         char *buffer, size_t size)
{
    double whole = floor(count / per_large);
    jb_snprintf(buffer, size, "%s%.0f %s %02.0f %s", sign, whole, large, count - whole * per_large, small);
    return buffer;
}

char *jb_format_duration(double seconds, char *buffer, size_t size)
{
    static const struct unit units[] = {{-9, "ns"}, {-6, "us"}, {-3, "ms"}, {0, "s"}};
    double length = fabs(seconds);
    const char *sign = seconds < 0 ? "-" : "";
    if (!isfinite(seconds) || length < 59.95) { /* 59.95 would print as "60.0 s" */
        return format_unit(seconds, units, JB_COUNT(units), "s", buffer, size);
    }
    if (round(length) < HOUR) {
        return format_pair(sign, round(length), 60, "m", "s", buffer, size);
    }
    if (round(length / MINUTE) * MINUTE < DAY) {
        return format_pair(sign, round(length / MINUTE), 60, "h", "m", buffer, size);
    }
    if (length < 1e6 * DAY) {
        return format_pair(sign, round(length / HOUR), 24, "d", "h", buffer, size);
    }
    return print_decimal(to_decimal(seconds / DAY), 0, "d", buffer, size);
}

char *jb_format_bytes(double bytes, char *buffer, size_t size)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    if (!isfinite(bytes)) {
        jb_snprintf(buffer, size, "unknown");
        return buffer;
    }
    double length = fabs(bytes);
    const char *sign = bytes < 0 ? "-" : "";
    size_t i = 0;
    /* 1023.5 is where "%.0f" would print 1024. */
    for (; i + 1 < JB_COUNT(names) && length >= 1023.5; i++) {
        length /= 1024;
    }
    if (i == 0 || (length >= 99.95 && length < 1e6)) { /* 1000 to 1023 KiB keep their fourth digit */
        jb_snprintf(buffer, size, "%s%.0f %s", round(length) > 0 ? sign : "", length, names[i]);
        return buffer;
    }
    return print_decimal(to_decimal(bytes < 0 ? -length : length), 0, names[i], buffer, size);
}
