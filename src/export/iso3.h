/* SPDX-License-Identifier: Apache-2.0 */
/* iso3.h - the ISO 3166-1 alpha-3 code of the country that a grid zone lies in. Private to export/. */
#ifndef JB_EXPORT_ISO3_H
#define JB_EXPORT_ISO3_H

const char *jb_iso3(const char *zone); /* "DE", "US-CAL-CISO" -> "DEU", "USA"; NULL for "World" and the unknown */

#endif
