/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canary.h - may an address that a framework gave us be read? Asked of the kernel, so that the answer "no" is a number
 * and not a signal.
 */
#ifndef JB_PROBE_CANARY_H
#define JB_PROBE_CANARY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `bytes` (64 at most) from `at` can be read; true as well where the kernel does not say (seccomp). Keeps
 * errno. */
bool canary_readable(const void *at, size_t bytes);
/* Whether a string lies at `at`: it ends, or its first 255 bytes can be read. */
bool canary_string(const void *at);

#endif
