/* SPDX-License-Identifier: Apache-2.0 */
/* CPU names of any bytes: keys stay in their alphabet and their buffer, and look-ups answer. */
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
    jb_cpu_key(name, key, sizeof key, vendor, sizeof vendor);
    if (strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789+") != strlen(key)) {
        abort();
    }
    double w;
    const char *family;
    const struct jb_part *found[4];
    jb_part_find("cpu", name);
    if (jb_family_watts_per_core(name, &w, &family) == JB_FOUND_NOT || !(w > 0)) {
        abort();
    }
    if (jb_part_search(name, found, 4) > 4) {
        abort();
    }
    free(name);
    return 0;
}
