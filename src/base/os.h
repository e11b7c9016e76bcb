/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os.h - what differs between operating systems, one file each (os_linux.c, os_macos.c).
 *
 * About real processes, never below --root.
 */
#ifndef JB_BASE_OS_H
#define JB_BASE_OS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define JB_BOOT_ID_TEXT 40
int jb_os_boot_id(char ret[JB_BOOT_ID_TEXT]); /* changes at each boot */

/* When a process started, in clock ticks since boot: with its pid and the boot id it names one process for
 * ever. -ESRCH when there is none, or only
 * what is left of one that nobody has waited for. */
int jb_os_process_start(pid_t pid, uint64_t *ret_ticks);

int jb_os_become_subreaper(void); /* orphans of our children become ours; -ENOTSUP: cannot be */

/* Peak resident set of this process in bytes. */
uint64_t jb_os_max_rss(void);

const char *jb_os_version(void); /* "Linux-6.1.0-x86_64": uname, for exports */

#endif
