/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two SMBIOS structures, as /sys/firmware/dmi/entries/<type>-<n>/raw gives them to root: 17 (memory device) and 4
 * (processor). DMTF DSP0134: a formatted part of the length in byte 1, then NUL-terminated strings, numbered from 1,
 * and an empty one. Odd: firmware writes what it likes, so every field is checked against the length it claims.
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static unsigned u16(const uint8_t *raw, size_t at)
{
    return raw[at] | (unsigned)raw[at + 1] << 8;
}

static uint64_t dimm_bytes(const uint8_t *raw, size_t formatted)
{
    unsigned size = u16(raw, 0x0c);
    if (size == 0 || size == 0xffff) { /* empty, unknown */
        return 0;
    }
    if (size == 0x7fff) { /* the extended size, in MiB */
        return formatted >= 0x20 ? ((uint64_t)u16(raw, 0x1c) | (uint64_t)(u16(raw, 0x1e) & 0x7fff) << 16) << 20 : 0;
    }
    return (uint64_t)(size & 0x7fff) << (size & 0x8000 ? 10 : 20);
}

static const char *memory_type(unsigned type)
{
    switch (type) {
    case 0x13:
        return "DDR2";
    case 0x18:
        return "DDR3";
    case 0x1a:
        return "DDR4";
    case 0x1b:
        return "LPDDR";
    case 0x1c:
        return "LPDDR2";
    case 0x1d:
        return "LPDDR3";
    case 0x1e:
        return "LPDDR4";
    case 0x20:
        return "HBM";
    case 0x21:
        return "HBM2";
    case 0x22:
        return "DDR5";
    case 0x23:
        return "LPDDR5";
    case 0x24:
        return "HBM3";
    default:
        return "";
    }
}

static const char *module_form(unsigned form, unsigned detail)
{
    if (form == 0x0d) {
        return " SODIMM";
    }
    if (form != 0x09) {
        return "";
    }
    return detail & 1u << 13 ? " RDIMM" : detail & 1u << 14 ? " UDIMM" : "";
}

bool jb_smbios_dimm(const uint8_t *raw, size_t length, struct jb_dimm *ret)
{
    if (length < 4 || raw[0] != 17 || raw[1] < 0x15 || raw[1] > length) {
        return false;
    }
    memset(ret, 0, sizeof *ret);
    ret->bytes = dimm_bytes(raw, raw[1]);
    const char *type = memory_type(raw[0x12]);
    bool soldered = jb_starts(type, "LPDDR") || jb_starts(type, "HBM");
    if (type[0] != '\0') {
        snprintf(ret->type, sizeof ret->type, "%s%s", type, soldered ? "" : module_form(raw[0x0e], u16(raw, 0x13)));
    }
    return true;
}

bool jb_smbios_string(const uint8_t *raw, size_t length, size_t field, char *ret, size_t size)
{
    if (length < 4 || raw[1] > length || field >= raw[1] || raw[field] == 0 || size == 0) {
        return false;
    }
    unsigned number = raw[field];
    for (size_t at = raw[1]; at < length && raw[at] != 0;) {
        size_t n = strnlen((const char *)raw + at, length - at);
        if (--number == 0) {
            n = n < size - 1 ? n : size - 1;
            memcpy(ret, raw + at, n);
            ret[n] = '\0';
            jb_sanitise(ret);
            return true;
        }
        at += n + 1;
    }
    return false;
}

void jb_cpu_name_by_firmware(const char *root, char *name, size_t size)
{
    char raw[1024], text[128];
    ssize_t length = jb_root_read(root, "/sys/firmware/dmi/entries/4-0/raw", raw, sizeof raw);
    if (length > 0 && raw[0] == 4 && jb_smbios_string((const uint8_t *)raw, (size_t)length, 0x10, text, sizeof text)) {
        jb_copy(name, size, jb_trim(text)); /* "Processor Version" */
    }
}
