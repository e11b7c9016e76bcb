/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_mcp.c - any bytes from the serial line of an MCP39F511N, as they come in: one more at a time.
 */
#include "sensor/plug/mcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t length = 0; length <= size && length <= JB_MCP_ANSWER; length++) {
        uint8_t *bytes = malloc(length ? length : 1);
        uint64_t raw = 0;
        if (!bytes) {
            return 0;
        }
        memcpy(bytes, data, length);
        int err = jb_mcp_parse(bytes, length, &raw);
        free(bytes);
        if ((err == 0 && length != JB_MCP_ANSWER) || (err == -EAGAIN && length == JB_MCP_ANSWER) || raw > 0x1FFFFFFFE) {
            abort();
        }
        if (err != -EAGAIN) {
            break;
        }
    }
    return 0;
}
