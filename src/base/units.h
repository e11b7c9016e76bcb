/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.h - numbers for people: three significant digits, an SI unit, never a locale.
 *
 * Each function writes into `buffer` and returns it. A NaN or an infinity prints as "unknown": absent is not
 * zero. Zero is "0 J". A value is rounded before it gets its unit: 999.6 J is "1.00 kJ". Trailing zeros stay,
 * because they are digits that are known. The unit is separated from the number by one space; machines get
 * full precision elsewhere (export/).
 */
#ifndef JB_BASE_UNITS_H
#define JB_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define JB_UNIT_TEXT 32 /* big enough for everything below */

/* 1234.5 -> "1230", 0.012345 -> "0.0123", 12.345 -> "12.3", 9.996 -> "10.0", 1.2e9 -> "1.20e9" (from a million
 * up and below 0.0001). */
char *jb_format_3(double value, char *buffer, size_t size);

char *jb_format_energy(double joules, char *buffer, size_t size);    /* "12.3 mJ", "4.56 J", "789 kJ": uJ to GJ */
char *jb_format_energy_wh(double joules, char *buffer, size_t size); /* "3.42 Wh", "1.20 kWh": mWh to MWh */
char *jb_format_power(double watts, char *buffer, size_t size);      /* "65.1 W": uW to MW */
char *jb_format_mass(double grams, char *buffer, size_t size);       /* "12.3 mg", "1.20 kg" (of CO2e): ug to t */
char *jb_format_duration(double seconds, char *buffer,
                         size_t size); /* "12.3 ms", "4.56 s", "1 m 05 s", "2 h 03 m", "3 d 04 h" */
char *jb_format_bytes(double bytes, char *buffer, size_t size); /* "512 B", "9.70 MiB", "1023 KiB" */

#endif
