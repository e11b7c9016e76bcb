/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_openelectricity.c - any bytes as what Open Electricity says.
 */
#include "grid/providers/providers.h"

#include "fuzz_mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_answer(&jb_provider_openelectricity, "AU-NSW", data, size);
}
