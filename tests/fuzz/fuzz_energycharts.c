/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_energycharts.c - any bytes as an answer of Energy-Charts.
 */
#include "fuzz_national.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"DE", "NO"};
    static const char *const regions[] = {NULL};
    return fuzz_provider(&jb_provider_energycharts, zones, sizeof(zones) / sizeof(zones[0]), regions,
                         sizeof(regions) / sizeof(regions[0]), data, size);
}
