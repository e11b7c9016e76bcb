/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of NVTX ranges (src/probe/nvtx_name.c): "domain\0text", and the same as wide characters. */
#include "probe/nvtx_name.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    wchar_t *wide = calloc(size / sizeof(*wide) + 1, sizeof(*wide));
    if (text && wide) {
        memcpy(text, data, size);
        text[size] = '\0';
        size_t first = strlen(text);
        struct nvtx_name name;
        nvtx_name_of(first < size ? text : NULL, first < size ? text + first + 1 : text, &name);
        nvtx_name_bound(&name);
        if (strnlen(name.text, sizeof(name.text)) == sizeof(name.text) ||
            (name.kind != JB_EVENT_OPERATOR && name.kind != JB_EVENT_RANGE) || name.origin > JB_KERNEL_UNKNOWN) {
            __builtin_trap();
        }
        char narrow[33];
        memcpy(wide, data, size / sizeof(*wide) * sizeof(*wide));
        nvtx_name_narrow(wide, narrow, sizeof(narrow));
        if (strnlen(narrow, sizeof(narrow)) == sizeof(narrow)) {
            __builtin_trap();
        }
    }
    free(text);
    free(wide);
    return 0;
}
