/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.h - numbers for people: three significant digits, an SI unit, never a locale.
 *
 * Each function writes into `buffer` and returns it. A NaN prints as "unknown": absent is not zero.
 * The unit is separated from the number by one space; machines get full precision elsewhere (export/).
 */
#ifndef JB_BASE_UNITS_H
#define JB_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define JB_UNIT_TEXT 32 /* big enough for everything below */

/* 1234.5 -> "1230", 0.012345 -> "0.0123", 12.345 -> "12.3", 1.2e9 -> "1.2e9": 3 significant digits. */
char *jb_format_3(double value, char *buffer, size_t size);

char *jb_format_energy(double joules, char *buffer, size_t size); /* "12.3 mJ", "4.56 J", "789 kJ", "1.2 MJ" */
char *jb_format_energy_wh(double joules, char *buffer, size_t size); /* "3.42 Wh", "1.2 kWh" */
char *jb_format_power(double watts, char *buffer, size_t size);   /* "65.1 W" */
char *jb_format_mass(double grams, char *buffer, size_t size);    /* "12.3 mg", "4.56 g", "1.2 kg" (of CO2e) */
char *jb_format_duration(double seconds, char *buffer, size_t size); /* "12.3 ms", "4.56 s", "1 m 05 s", "2 h 03 m" */
char *jb_format_bytes(double bytes, char *buffer, size_t size);   /* "9.7 MiB" */

#endif
