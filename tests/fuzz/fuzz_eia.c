/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_eia.c - any bytes as what the EIA says.
 */
#include "grid/providers/providers.h"

#include "fuzz_mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_answer(&jb_provider_eia, "US-CAL-CISO", data, size);
}
