/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ident.h - names that do not repeat: ULIDs for runs, SHA-256 for machine ids.
 *
 * ULID: 48 bits of milliseconds and 80 random bits in Crockford base 32, 26 characters; sorts by time.
 * SHA-256: FIPS 180-4. Ours because none of the core's libraries has one; checked against the standard's
 * vectors. It names machines; it protects nothing.
 */
#ifndef JB_BASE_IDENT_H
#define JB_BASE_IDENT_H

#include <stddef.h>
#include <stdint.h>

#define JB_ULID_TEXT 27
int jb_ulid(int64_t wall_ns, char ret[JB_ULID_TEXT]); /* negative errno when there is no randomness */

#define JB_SHA256_TEXT 65
void jb_sha256_hex(const void *data, size_t length, char ret[JB_SHA256_TEXT]); /* lower case */

#endif
