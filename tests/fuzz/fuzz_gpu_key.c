/* SPDX-License-Identifier: Apache-2.0 */
/* GPU names of any bytes, aliases included: keys stay in their alphabet and their buffer, and look-ups answer. */
#include "hardware/hardware.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *name = malloc(size + 1);
    if (name == NULL) {
        return 0;
    }
    memcpy(name, data, size);
    name[size] = '\0';
    char key[96], vendor[16];
    jb_gpu_key(name, key, sizeof key, vendor, sizeof vendor);
    if (strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789+") != strlen(key)) {
        abort();
    }
    jb_part_find("gpu", name);
    free(name);
    return 0;
}
