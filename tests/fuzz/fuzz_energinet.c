/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_energinet.c - any bytes as an answer of Energi Data Service, of one area or of both.
 */
#include "fuzz_national.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"DK-DK1", "DK-DK2", "DK"};
    static const char *const regions[] = {NULL};
    return fuzz_provider(&jb_provider_energinet, zones, sizeof(zones) / sizeof(zones[0]), regions,
                         sizeof(regions) / sizeof(regions[0]), data, size);
}
