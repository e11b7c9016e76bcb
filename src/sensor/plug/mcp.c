/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp.c - requests and answers of the MCP39F511N.
 *
 * Odd: the two active powers are unsigned, the sign of each is a bit of the status register; a machine that is plugged
 * in gives nothing back, so it is not asked for.
 */
#include "sensor/plug/mcp.h"

#include <errno.h>
#include <string.h>

#define HEADER       0xA5
#define SET_POINTER  0x41
#define READ         0x4E
#define ACTIVE_POWER 0x0016 /* of the first outlet, 32 bits; the second one's follows */
#define DATA         8
#define DONE         0x06

static uint8_t sum(const uint8_t *bytes, size_t length)
{
    unsigned total = 0;
    for (size_t i = 0; i < length; i++) {
        total += bytes[i];
    }
    return (uint8_t)total;
}

void jb_mcp_request(uint8_t *ret)
{
    const uint8_t request[JB_MCP_REQUEST - 1] = {
        HEADER, JB_MCP_REQUEST, SET_POINTER, ACTIVE_POWER >> 8, ACTIVE_POWER & 0xFF, READ, DATA};
    memcpy(ret, request, sizeof(request));
    ret[JB_MCP_REQUEST - 1] = sum(request, sizeof(request));
}

static uint32_t u32_at(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

int jb_mcp_parse(const uint8_t *bytes, size_t length, uint64_t *ret)
{
    if (length == 0) {
        return -EAGAIN;
    }
    if (bytes[0] != DONE) {
        return bytes[0] == 0x15 || bytes[0] == 0x51 ? -EIO : -EBADMSG;
    }
    if (length > 1 && bytes[1] != JB_MCP_ANSWER) {
        return -EBADMSG;
    }
    if (length < JB_MCP_ANSWER) {
        return -EAGAIN;
    }
    if (sum(bytes, JB_MCP_ANSWER - 1) != bytes[JB_MCP_ANSWER - 1]) {
        return -EBADMSG;
    }
    *ret = (uint64_t)u32_at(bytes + 2) + u32_at(bytes + 6);
    return 0;
}
