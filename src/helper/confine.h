/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - the helper makes itself small before it hears anybody, and has its two capabilities only for an open.
 *
 * CAP_PERFMON opens the kernel's energy counters (perf_event_open(2)), CAP_DAC_READ_SEARCH the files of powercap and
 * hwmon that root alone may read. Both come from the file (setcap(8)); without them nothing is gained here and opens
 * fail as they would for the user.
 */
#ifndef JB_HELPER_CONFINE_H
#define JB_HELPER_CONFINE_H

#include <stdbool.h>

#define JB_HELPER_MAX_FILES 300 /* a raw descriptor for each of 256 requests, and a few while one is opened */

/* Keep descriptors 0 to 2 (made /dev/null) and 3; no environment, no signals, no dump, no way to more privilege; all
 * capabilities but the two given up, and those two not in effect. 0 or a negative errno: then end. */
int jb_helper_confine(void);

/* The two capabilities in effect, or not. Ends the process when they cannot be put away. */
void jb_helper_raise(bool on);

#endif
