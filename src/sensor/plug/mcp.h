/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp.h - Microchip's power monitor MCP39F511N, as on the demonstration board ADM00706: two outlets, read by USB.
 *
 * Documented in its data sheet (DS20005473), 4 "Communication protocol" and 6 "Register descriptions". A request is
 * 0xA5, its length, instructions, and the sum of all that modulo 256. The answer is 0x06 (done), its length, the data,
 * and again the sum; or one byte: 0x15 (not understood), 0x51 (the sum was wrong).
 */
#ifndef JB_SENSOR_MCP_H
#define JB_SENSOR_MCP_H

#include <stddef.h>
#include <stdint.h>

#define JB_MCP_REQUEST 8  /* bytes of the request for power */
#define JB_MCP_ANSWER  11 /* bytes of a good answer to it */
#define JB_MCP_UNIT_UW 10000

/* The request for the active power of both outlets. */
void jb_mcp_request(uint8_t *ret);

/* What came so far: the sum of both in units of JB_MCP_UNIT_UW; -EAGAIN: more must come; -EIO: refused; -EBADMSG: not
 * such an answer. */
int jb_mcp_parse(const uint8_t *bytes, size_t length, uint64_t *ret);

/* One request over a line that jb_mcp_open() made ready: as jb_mcp_parse(), or -ETIMEDOUT, or what read(2) says. */
int jb_mcp_open(const char *root, const char *path); /* a descriptor, or a negative errno; -ENOTTY: no serial line */
int jb_mcp_ask(int fd, int timeout_ms, uint64_t *ret);

#endif
