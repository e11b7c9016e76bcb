/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu_metrics.c - the gpu_metrics blob: what the firmware of an AMD GPU tells of itself, in one read.
 *
 * Layouts: `struct gpu_metrics_v*` of drivers/gpu/drm/amd/include/kgd_pp_interface.h, naturally aligned; 1.9 is a list
 * of attributes (smu_cmn.h, DECLARE_SMU_METRICS_CLASS), packed. Fields that a chip does not have are all ones. Odd:
 *  - 1.6 was changed after it was given its number: the first form has the size 384;
 *  - 1.0 counts energy in 32 bits;
 *  - 2.0 to 2.3 hold watts or milliwatts, as the firmware likes (renoir_ppt.c): their power is not taken from here;
 *  - only 1.4 and later say what a count of energy_accumulator is.
 * Numbers are little-endian, as on all machines that these chips are in.
 */
#include "sensor/amdgpu/amdgpu.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define PAGE 4096

struct field {
    uint16_t at;
    uint8_t bytes; /* 0: the layout does not have it */
};

struct layout {
    uint8_t format, content;
    uint16_t size; /* exactly this one; 0: any */
    bool energy_unit_told;
    uint32_t power_to_uw; /* 0: the unit is not known */
    struct field power, energy, gfx_power;
};

#define W  1000000
#define MW 1000

/* In the order of looking: a row with a size stands before the one without. */
static const struct layout layouts[] = {
    {1, 0, 0, false, W, {34, 2}, {36, 4}, {0, 0}},  {1, 1, 0, false, W, {22, 2}, {24, 8}, {0, 0}},
    {1, 2, 0, false, W, {22, 2}, {24, 8}, {0, 0}},  {1, 3, 0, false, W, {22, 2}, {24, 8}, {0, 0}},
    {1, 4, 0, true, W, {10, 2}, {24, 8}, {0, 0}},   {1, 5, 0, true, W, {10, 2}, {88, 8}, {0, 0}},
    {1, 6, 384, true, W, {10, 2}, {88, 8}, {0, 0}}, {1, 6, 0, true, W, {10, 2}, {16, 8}, {0, 0}},
    {1, 7, 0, true, W, {10, 2}, {24, 8}, {0, 0}},   {1, 8, 0, true, W, {10, 2}, {24, 8}, {0, 0}},
    {2, 0, 0, false, 0, {44, 2}, {0, 0}, {50, 2}},  {2, 1, 0, false, 0, {40, 2}, {0, 0}, {46, 2}},
    {2, 2, 0, false, 0, {40, 2}, {0, 0}, {46, 2}},  {2, 3, 0, false, 0, {40, 2}, {0, 0}, {46, 2}},
    {2, 4, 0, false, MW, {40, 2}, {0, 0}, {46, 2}}, {3, 0, 0, false, MW, {120, 4}, {0, 0}, {124, 4}},
};

static uint64_t little_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* All ones: this chip does not have the field. */
static bool take(const uint8_t *blob, struct field field, uint64_t *ret)
{
    uint64_t value = field.bytes ? little_endian(blob + field.at, field.bytes) : UINT64_MAX;
    if (value == UINT64_MAX >> (64 - 8 * (field.bytes ? field.bytes : 8))) {
        return false;
    }
    *ret = value;
    return true;
}

static size_t end_of(struct field field)
{
    return field.bytes ? (size_t)field.at + field.bytes : 0;
}

static int parse_fixed(const uint8_t *blob, size_t length, size_t size, struct jb_amdgpu_metrics *metrics)
{
    const struct layout *layout = NULL;
    for (size_t i = 0; i < JB_COUNT(layouts) && !layout; i++) {
        if (layouts[i].format == metrics->format && layouts[i].content == metrics->content &&
            (layouts[i].size == 0 || layouts[i].size == size)) {
            layout = &layouts[i];
        }
    }
    if (!layout) {
        return -ENOTSUP;
    }
    const size_t ends[] = {end_of(layout->power), end_of(layout->energy), end_of(layout->gfx_power)};
    for (size_t i = 0; i < JB_COUNT(ends); i++) {
        if (ends[i] > length || ends[i] > size) {
            return -EBADMSG;
        }
    }
    uint64_t power = 0, gfx = 0;
    metrics->energy_unit_told = layout->energy_unit_told;
    metrics->has_energy = take(blob, layout->energy, &metrics->energy);
    metrics->has_power = layout->power_to_uw && take(blob, layout->power, &power);
    metrics->has_gfx_power = layout->power_to_uw && take(blob, layout->gfx_power, &gfx);
    metrics->power_uw = power * layout->power_to_uw;
    metrics->gfx_power_uw = gfx * layout->power_to_uw;
    return 0;
}

/* Attributes of 1.9: a 64-bit encoding (unit in bits 24 to 31, type in 20 to 23, id in 10 to 19, number of values in 0
 * to 9), and the values behind it without any gap. */
enum { ID_SOCKET_POWER = 3, ID_ENERGY = 7, UNIT_WATT = 3 };

static int parse_attributes(const uint8_t *blob, size_t length, struct jb_amdgpu_metrics *metrics)
{
    if (length < 8) {
        return -EBADMSG;
    }
    uint64_t count = little_endian(blob + 4, 4);
    metrics->energy_unit_told = true;
    size_t at = 8;
    for (uint64_t i = 0; i < count && at + 8 <= length; i++) {
        uint64_t encoding = little_endian(blob + at, 8);
        size_t type = encoding >> 20 & 0xf, id = encoding >> 10 & 0x3ff, values = encoding & 0x3ff;
        size_t bytes = (size_t)1 << (type >> 1); /* u8 s8 u16 s16 u32 s32 u64 s64 */
        at += 8;
        if (type > 7 || values == 0) {
            return -EBADMSG;
        }
        if (at + bytes * values > length) {
            break; /* a list longer than the page */
        }
        struct field field = {.at = (uint16_t)at, .bytes = (uint8_t)bytes};
        uint64_t value;
        if (id == ID_SOCKET_POWER && (encoding >> 24 & 0xff) == UNIT_WATT && bytes <= 4 && take(blob, field, &value)) {
            metrics->has_power = true;
            metrics->power_uw = value * W;
        } else if (id == ID_ENERGY && bytes == 8 && take(blob, field, &value)) {
            metrics->has_energy = true;
            metrics->energy = value;
        }
        at += bytes * values;
    }
    return 0;
}

int jb_amdgpu_metrics_parse(const uint8_t *blob, size_t length, struct jb_amdgpu_metrics *ret)
{
    if (length < 4) {
        return -EBADMSG;
    }
    size_t size = (size_t)little_endian(blob, 2);
    struct jb_amdgpu_metrics metrics = {.format = blob[2], .content = blob[3]};
    /* The kernel cuts at a page, less one byte, and nowhere else. */
    if (size < 4 || (length < size && length < PAGE - 1)) {
        return -EBADMSG;
    }
    length = length < size ? length : size;
    int err = metrics.format == 1 && metrics.content == 9 ? parse_attributes(blob, length, &metrics)
                                                          : parse_fixed(blob, length, size, &metrics);
    if (err == 0) {
        *ret = metrics;
    }
    return err;
}
