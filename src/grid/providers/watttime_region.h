/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watttime_region.h - which region of WattTime a zone lies in.
 */
#ifndef JB_GRID_PROVIDERS_WATTTIME_REGION_H
#define JB_GRID_PROVIDERS_WATTTIME_REGION_H

#include <stdbool.h>

#define JB_WATTTIME_REGION 64

/* The region of a zone. False: by the table there is none, or there are several and which one is told by the place
 * alone. `ret_part`: the region is only a part of the zone. */
bool jb_watttime_region(const char *zone, char ret_region[JB_WATTTIME_REGION], bool *ret_part);

/* May the region, by configuration or by latitude and longitude, be one of the zone? False only when the table knows
 * that it is of another. An empty zone is anywhere. */
bool jb_watttime_fits(const char *zone, const char *region);

/* Could it be the name of a region at all? It becomes a part of a URL and of messages. */
bool jb_watttime_is_region(const char *region);

#endif
