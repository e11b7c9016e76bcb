/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_time.h - times of a grid for people: local time, with the time zone named where it matters.
 *
 * Local time is that of TZ, else of the system. No setlocale() anywhere: names of days and months are English.
 */
#ifndef JB_CLI_GRID_TIME_H
#define JB_CLI_GRID_TIME_H

#include <stddef.h>
#include <stdint.h>

#define GRID_TIME_TEXT 48

/* "14:05"; with a day before it where that is not today's: "Mon 14:05" within six days, else "22 Nov 14:05". */
char *grid_clock(int64_t wall_ns, int64_t now_ns, char *buffer, size_t size);
/* "14:00 to 15:00 KST", with days as above. */
char *grid_span(int64_t start_ns, int64_t end_ns, int64_t now_ns, char *buffer, size_t size);
char *grid_zone_name(int64_t wall_ns, char *buffer, size_t size); /* "KST", "UTC+05:45" where it has no letters */
int64_t grid_offset_ns(int64_t wall_ns);                          /* local time less UTC */
/* "1 h", "1 h 30 min", "25 min", "2 d 4 h", "40 s": whole minutes from a minute up. */
char *grid_length(double seconds, char *buffer, size_t size);

#endif
