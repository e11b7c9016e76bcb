/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/stat and /proc/stat below a root: any bytes, never read past their end, and nothing written when refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/machine_clock.h"
#include "engine/proctree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size + 1); /* no NUL behind the text: the parsers get a length */
    struct jb_pidstat stat = {.parent = -7};
    struct jb_machine_busy busy = {.busy_ns = 7, .total_ns = 7};

    if (exact == NULL) {
        return 0;
    }
    char *text = realloc(exact, size > 0 ? size : 1);
    memcpy(text, data, size);
    if (jb_pidstat_parse(text, size, &stat) < 0 && stat.parent != -7) {
        abort();
    }
    int err = jb_machine_clock_parse(text, size, 10000000, &busy);
    if (err < 0 && (busy.busy_ns != 7 || busy.total_ns != 7)) {
        abort();
    }
    if (err == 0 && busy.busy_ns + busy.system_ns > busy.total_ns) {
        abort();
    }
    free(text);
    return 0;
}
