/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_gpu_metrics.c - the gpu_metrics blob of an AMD card with whatever contents: nothing is read beyond its end, what
 * is refused leaves no trace, and what is told is a number that the layout can hold.
 */
#include "fuzz_tree.h"

#include "sensor/amdgpu/amdgpu.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_amdgpu_metrics metrics = {.format = 4711, .energy = 4711};
    if (size > JB_AMDGPU_BLOB_SIZE) {
        return 0;
    }
    uint8_t *exact = malloc(size ? size : 1);
    fuzz_expect(exact != NULL, "memory");
    if (size > 0) {
        memcpy(exact, data, size);
    }
    int err = jb_amdgpu_metrics_parse(exact, size, &metrics);
    free(exact);
    fuzz_expect(err == 0 || err == -EBADMSG || err == -ENOTSUP, "a known error");
    if (err < 0) {
        fuzz_expect(metrics.format == 4711 && metrics.energy == 4711, "nothing stored on failure");
        return 0;
    }
    fuzz_expect(metrics.format >= 1 && metrics.format <= 3, "a known format");
    fuzz_expect(!metrics.has_energy || metrics.energy != UINT64_MAX, "no absent energy");
    fuzz_expect(!metrics.has_energy || metrics.format == 1, "only cards count energy");
    fuzz_expect(!metrics.has_power || metrics.power_uw <= UINT64_C(1000000) * UINT32_MAX,
                "a power that fits its field");
    fuzz_expect(!metrics.has_gfx_power || metrics.format >= 2, "graphics of packages alone");
    return 0;
}
