/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ukgrid.c - any bytes as an answer of the Carbon Intensity API, to a question about the country, a region or a
 * postcode.
 */
#include "fuzz_national.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"GB"};
    static const char *const regions[] = {NULL, "13", "RG10"};
    return fuzz_provider(&jb_provider_ukgrid, zones, sizeof(zones) / sizeof(zones[0]), regions,
                         sizeof(regions) / sizeof(regions[0]), data, size);
}
