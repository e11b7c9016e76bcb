/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_scrub.c - any bytes as a file that is taken out of a machine. The first byte chooses what file; nothing is
 * written behind the end, and a line of a UUID that stands among them is never left as it was.
 */
#include "base/scrub.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {"/sys/firmware/dmi/entries/17-0/raw",
                                    "/etc/machine-id",
                                    "/proc/cmdline",
                                    "/proc/cpuinfo",
                                    "/proc/sys/kernel/hostname",
                                    "/x"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char uuid[] = "\n6fd5c3a0-1b2c-4d3e-8f90-123456789abc\n";
    if (size < 1) {
        return 0;
    }
    const char *path = paths[data[0] % (sizeof(paths) / sizeof(paths[0]))];
    size--;
    char *text = malloc(size + 1), *more = malloc(size + sizeof(uuid));
    if (!text || !more) {
        abort();
    }
    memcpy(text, data + 1, size);
    jb_scrub_file("0123456789abcdef", path, text, size);
    if (jb_scrub_hosts(text, size) > size) {
        abort();
    }
    memcpy(more, data + 1, size);
    memcpy(more + size, uuid, sizeof(uuid) - 1);
    jb_scrub_text("0123456789abcdef", more, size + sizeof(uuid) - 1);
    if (memcmp(more + size, uuid, sizeof(uuid) - 1) == 0) {
        abort();
    }
    free(text);
    free(more);
    return 0;
}
