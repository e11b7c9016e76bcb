/* SPDX-License-Identifier: Apache-2.0 */
/*
 * itt_objects.h - domains and string handles that we make for static parts of ITT; for itt.c only.
 *
 * One of a name for the whole process, whichever library asks: handles are compared by address. They are never freed
 * (programs keep them for ever) and of bounded number: what comes after shares one object. Lock-free.
 */
#ifndef JB_PROBE_ITT_OBJECTS_H
#define JB_PROBE_ITT_OBJECTS_H

#include "probe/itt_abi.h"

#define ITT_MOST_DOMAINS 256u /* a power of two, as the next */
#define ITT_MOST_STRINGS 16384u
#define ITT_LONGEST      4096u /* bytes of a name that are kept, as the static part itself does */

/* NULL only for NULL. */
struct itt_domain *itt_domain_of(const char *name);
struct itt_string *itt_string_of(const char *text);

#endif
