/* SPDX-License-Identifier: Apache-2.0 */
/* SMBIOS structures as firmware writes them, cut short at every byte, and the modules a machine adds up to. */
#include "support.h"

/* Type 17, 0x28 bytes: 32 GiB DDR5 RDIMM. */
static void dimm(uint8_t raw[0x28], unsigned size, unsigned extended_mib, unsigned form, unsigned type, unsigned detail)
{
    memset(raw, 0, 0x28);
    raw[0] = 17;
    raw[1] = 0x28;
    raw[0x0c] = (uint8_t)size, raw[0x0d] = (uint8_t)(size >> 8);
    raw[0x0e] = (uint8_t)form;
    raw[0x12] = (uint8_t)type;
    raw[0x13] = (uint8_t)detail, raw[0x14] = (uint8_t)(detail >> 8);
    for (int i = 0; i < 4; i++) {
        raw[0x1c + i] = (uint8_t)(extended_mib >> (8 * i));
    }
}

static void sizes_and_kinds_are_read(void **state)
{
    (void)state;
    uint8_t raw[0x28];
    struct jb_dimm d;
    dimm(raw, 16384, 0, 0x09, 0x1a, 0x2080);
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_true(d.bytes == UINT64_C(16) << 30);
    assert_string_equal(d.type, "DDR4 RDIMM");
    dimm(raw, 0x7fff, 65536, 0x09, 0x22, 0x4080);
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_true(d.bytes == UINT64_C(64) << 30);
    assert_string_equal(d.type, "DDR5 UDIMM");
    dimm(raw, 8192, 0, 0x0d, 0x1a, 0);
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_string_equal(d.type, "DDR4 SODIMM");
    dimm(raw, 8192, 0, 0x0b, 0x23, 0);
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_string_equal(d.type, "LPDDR5");
    dimm(raw, 0x8000 | 512, 0, 0x09, 0x07, 0);
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_true(d.bytes == 512 * 1024); /* in KiB */
    assert_string_equal(d.type, "");
    dimm(raw, 0, 0, 0x09, 0x02, 0);
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_true(d.bytes == 0); /* an empty slot */
}

static void a_structure_cut_short_is_refused(void **state)
{
    (void)state;
    uint8_t raw[0x28];
    struct jb_dimm d;
    dimm(raw, 16384, 0, 0x09, 0x1a, 0);
    for (size_t length = 0; length < sizeof raw; length++) {
        uint8_t *copy = malloc(length + 1); /* so that a sanitizer sees a step beyond */
        assert_non_null(copy);
        memcpy(copy, raw, length);
        assert_false(jb_smbios_dimm(copy, length, &d));
        free(copy);
    }
    raw[1] = 0x10; /* it claims to be too short to hold a type */
    assert_false(jb_smbios_dimm(raw, sizeof raw, &d));
    raw[1] = 0x15; /* no extended size */
    raw[0x0c] = 0xff, raw[0x0d] = 0x7f;
    assert_true(jb_smbios_dimm(raw, sizeof raw, &d));
    assert_true(d.bytes == 0);
}

static void strings_are_counted_and_bounded(void **state)
{
    (void)state;
    uint8_t raw[32] = {4, 8, 0, 0, 2, 0, 9, 0};
    char text[8] = "";
    memcpy(raw + 8, "one\0two\0\0", 9);
    assert_true(jb_smbios_string(raw, sizeof raw, 4, text, sizeof text));
    assert_string_equal(text, "two");
    assert_false(jb_smbios_string(raw, sizeof raw, 5, text, sizeof text)); /* 0: no string */
    assert_false(jb_smbios_string(raw, sizeof raw, 6, text, sizeof text)); /* there is no ninth */
    assert_false(jb_smbios_string(raw, sizeof raw, 8, text, sizeof text)); /* beyond the formatted part */
    assert_true(jb_smbios_string(raw, 14, 4, text, sizeof text));          /* cut within the string */
    assert_string_equal(text, "tw");
    assert_true(jb_smbios_string(raw, sizeof raw, 4, text, 2));
    assert_string_equal(text, "t");
}

static void modules_add_up_and_empty_slots_do_not(void **state)
{
    struct machine *m = *state;
    uint8_t raw[0x28];
    char path[96];
    for (int i = 0; i < 16; i++) {
        dimm(raw, i % 2 ? 0 : 32767 - 1, 0, 0x09, 0x22, 0x2000);
        snprintf(path, sizeof path, "/sys/firmware/dmi/entries/17-%d/raw", i);
        put_bytes(m, path, raw, sizeof raw);
    }
    put(m, "/sys/devices/system/edac/mc/mc0/dimm0/size", "8192\n"); /* not counted twice */
    probe(m);
    assert_int_equal(m->found.dimms, 8);
    assert_string_equal(m->found.dimm_type, "DDR5 RDIMM");
}

static void edac_tells_where_firmware_is_closed(void **state)
{
    struct machine *m = *state;
    put(m, "/sys/devices/system/edac/mc/mc0/dimm0/size", "16384\n");
    put(m, "/sys/devices/system/edac/mc/mc0/dimm0/dimm_mem_type", "Registered-DDR4\n");
    put(m, "/sys/devices/system/edac/mc/mc0/dimm1/size", "0\n");
    put(m, "/sys/devices/system/edac/mc/mc1/dimm0/size", "16384\n");
    put(m, "/sys/devices/system/edac/mc/power/control", "auto\n");
    probe(m);
    assert_int_equal(m->found.dimms, 2);
    assert_string_equal(m->found.dimm_type, "DDR4 RDIMM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_kinds_are_read),           cmocka_unit_test(a_structure_cut_short_is_refused),
        cmocka_unit_test(strings_are_counted_and_bounded),    TEST_ON_MACHINE(modules_add_up_and_empty_slots_do_not),
        TEST_ON_MACHINE(edac_tells_where_firmware_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
