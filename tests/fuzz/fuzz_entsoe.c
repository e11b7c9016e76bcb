/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_entsoe.c - any bytes as what ENTSO-E says.
 */
#include "grid/providers/providers.h"

#include "fuzz_mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_answer(&jb_provider_entsoe, "FR", data, size);
}
