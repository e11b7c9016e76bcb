/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken out of a copy of a machine, and what stays. */
#include "base/scrub.h"

#include "support.h"

#define SALT "0123456789abcdef"

static char text[1024];

static size_t file(const char *path, const char *content)
{
    snprintf(text, sizeof(text), "%s", content);
    return jb_scrub_file(SALT, path, text, strlen(text));
}

/* Changed, but of the same shape. */
static void is_made_up(const char *path, const char *content)
{
    assert_true(file(path, content) > 0);
    assert_int_equal(strlen(text), strlen(content));
    assert_string_not_equal(text, content);
    for (size_t i = 0; content[i]; i++) {
        bool digit = content[i] >= '0' && content[i] <= '9', lower = content[i] >= 'a' && content[i] <= 'z',
             upper = content[i] >= 'A' && content[i] <= 'Z';
        assert_int_equal(digit, text[i] >= '0' && text[i] <= '9');
        assert_int_equal(lower, text[i] >= 'a' && text[i] <= 'z');
        assert_int_equal(upper, text[i] >= 'A' && text[i] <= 'Z');
        if (!digit && !lower && !upper) {
            assert_int_equal(content[i], text[i]);
        }
    }
}

static void stays(const char *path, const char *content)
{
    assert_int_equal(file(path, content), 0);
    assert_string_equal(text, content);
}

static void identifiers_are_known_by_their_looks(void **state)
{
    is_made_up("/sys/class/net/eth0/address", "3c:ec:ef:12:34:56\n");
    is_made_up("/x", "mac 3C-EC-EF-12-34-56.");
    is_made_up("/sys/class/net/ib0/address", "80:00:02:08:fe:80:00:00:00:00:00:00:b8:59:9f:03:00:f6:d5:24\n");
    is_made_up("/x", "root 6fd5c3a0-1b2c-4d3e-8f90-123456789abc end");
    is_made_up("/x", "GPU-6fd5c3a0-1b2c-4d3e-8f90-123456789abc");
    is_made_up("/proc/self/cgroup", "0::/kubepods-pod6fd5c3a0_1b2c_4d3e_8f90_123456789abc.slice\n");
    is_made_up("/x", "0123456789abcdef0123456789abcdef");
    is_made_up("/x", "0::/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
}

static void what_only_resembles_them_stays(void **state)
{
    stays("/x", "0000:c1:00.0");                        /* a PCI address */
    stays("/x", "00:11:22:33:44");                      /* too short */
    stays("/x", "12:34:56");                            /* a time */
    stays("/x", "ffffffff,ffffffff,ffffffff,ffffffff"); /* a mask of CPUs */
    stays("/x", "00:00:00:00:00:00");
    stays("/x", "ff:ff:ff:ff:ff:ff");
    stays("/x", "00000000-0000-0000-0000-000000000000");
    stays("/x", "0123456789abcdef");
    stays("/proc/stat", "cpu  913470 9165 227587 1717991 7956 0 4182 5016 0 0\n");
    stays("/sys/class/powercap/intel-rapl:0/energy_uj", "18446744073709551615\n");
    stays("/sys/devices/system/cpu/cpu0/topology/thread_siblings", "00000000,00000000,00000001\n");
}

static void files_and_lines_are_known_by_their_names(void **state)
{
    is_made_up("/sys/class/dmi/id/product_serial", "ABC1234 56\n");
    is_made_up("/sys/class/dmi/id/board_serial", "/ABC1234/56/\n");
    is_made_up("/sys/class/dmi/id/chassis_asset_tag", "Rack-17\n");
    is_made_up("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    is_made_up("/proc/sys/kernel/hostname", "gpu\n");
    is_made_up("/proc/device-tree/serial-number", "1423620012345");
    is_made_up("/sys/class/drm/card0/device/unique_id", "3f6a1c9d22e80b57\n");
    is_made_up("/x", "POWER_SUPPLY_SERIAL_NUMBER= 1234X\n");
    assert_true(file("/proc/cpuinfo", "Model : Raspberry Pi 5\nSerial\t\t: 10000000abcdef01\nRevision: c04170\n") == 1);
    assert_non_null(strstr(text, "Model : Raspberry Pi 5\nSerial\t\t: "));
    assert_non_null(strstr(text, "\nRevision: c04170\n"));
    assert_null(strstr(text, "10000000abcdef01"));
}

static void what_firmware_says_of_nothing_stays(void **state)
{
    stays("/sys/class/dmi/id/product_serial", "To be filled by O.E.M.\n");
    stays("/sys/class/dmi/id/product_serial", "None\n");
    stays("/sys/class/dmi/id/product_serial", "0\n");
    stays("/sys/class/dmi/id/product_serial", "\n");
    stays("/sys/class/dmi/id/product_serial", "");
    stays("/sys/class/dmi/id/product_uuid", "00000000-0000-0000-0000-000000000000\n");
}

static void the_command_line_keeps_its_names(void **state)
{
    assert_int_equal(
        file("/proc/cmdline", "quiet ro root=/dev/sda1 ip=10.0.0.17 token=hunter2 virtio_mmio.device=4K@0xd0\n"), 4);
    assert_true(strncmp(text, "quiet ro root=/", 15) == 0);
    assert_non_null(strstr(text, " virtio_mmio.device="));
    assert_null(strstr(text, "hunter2"));
    assert_null(strstr(text, "10.0.0.17"));
}

static void what_init_is_given_and_what_is_quoted_is_made_up(void **state)
{
    file("/proc/cmdline",
         "quiet env=\"TOKEN=open sesame now\" \"x=wide open\" \"sesame\" ro -- single --addr gpu17.corp:2024\n");
    assert_true(strncmp(text, "quiet env=\"", 11) == 0);
    assert_non_null(strstr(text, " ro -- "));
    assert_non_null(strstr(text, " --addr "));
    assert_null(strstr(text, "sesame"));
    assert_null(strstr(text, "now"));
    assert_null(strstr(text, "wide"));
    assert_null(strstr(text, "open"));
    assert_null(strstr(text, "single"));
    assert_null(strstr(text, "gpu17"));
    assert_null(strstr(text, "2024"));
}

static void the_same_becomes_the_same(void **state)
{
    static const char uuid[] = "6fd5c3a0-1b2c-4d3e-8f90-123456789abc";
    char first[64], second[64], other[64];
    strcpy(first, uuid);
    strcpy(other, uuid);
    assert_int_equal(jb_scrub_text(SALT, first, strlen(first)), 1);
    assert_int_equal(jb_scrub_text("fedcba9876543210", other, strlen(other)), 1);
    assert_string_not_equal(first, other);
    snprintf(second, sizeof(second), "GPU UUID: \t GPU-%s\n", uuid); /* by name, and yet the same */
    assert_int_equal(jb_scrub_file(SALT, "/x", second, strlen(second)), 1);
    assert_non_null(strstr(second, first));
    assert_non_null(strstr(second, "GPU-"));
}

/* A type 17 with serial number and asset tag, as DSP0134 7.18 has it. */
static size_t module(unsigned char *raw, unsigned char type)
{
    static const char strings[] = "DIMM_A1\0Samsung\0S1234567\0TAG-99\0M321R4GA0BB0\0";
    memset(raw, 0, 0x1c);
    raw[0] = type;
    raw[1] = 0x1c;
    raw[0x10] = 1;
    raw[0x17] = 2;
    raw[0x18] = 3;
    raw[0x19] = 4;
    raw[0x1a] = 5;
    memcpy(raw + 0x1c, strings, sizeof(strings));
    return 0x1c + sizeof(strings);
}

static void serial_numbers_in_smbios_are_made_up(void **state)
{
    static const char path[] = "/sys/firmware/dmi/entries/17-0/raw";
    unsigned char raw[256], before[256];
    size_t length = module(raw, 17);
    memcpy(before, raw, length);
    assert_int_equal(jb_scrub_file(SALT, path, raw, length), 2);
    assert_memory_equal(raw, before, 0x1c + 16);
    const char *strings = (const char *)raw + 0x1c;
    assert_string_not_equal(strings + 16, "S1234567");
    assert_int_equal(strlen(strings + 16), 8);
    assert_string_not_equal(strings + 25, "TAG-99");
    assert_string_equal(strings + 32, "M321R4GA0BB0");
    /* Of a type that is not known all strings go. */
    length = module(raw, 11);
    assert_int_equal(jb_scrub_file(SALT, path, raw, length), 5);
    /* A system's UUID is bytes. */
    length = module(raw, 1);
    memset(raw + 8, 0x5a, 16);
    assert_true(jb_scrub_file(SALT, path, raw, length) >= 1);
    assert_int_equal(raw[8], 0);
    assert_int_equal(raw[23], 0);
}

static void broken_smbios_is_emptied(void **state)
{
    unsigned char raw[16] = {17, 200, 'S', 'E', 'C', 'R', 'E', 'T'};
    assert_true(jb_scrub_file(SALT, "/sys/firmware/dmi/entries/17-0/raw", raw, sizeof(raw)) > 0);
    assert_int_equal(raw[2], 0);
    assert_int_equal(jb_scrub_file(SALT, "/sys/firmware/dmi/entries/17-0/raw", raw, 0), 0);
}

static void hosts_of_urls_are_nobodys(void **state)
{
    strcpy(text, "see https://bmc-17.cluster.example.edu:443/redfish/v1 and http://u:p@10.0.0.5/x, http://a/");
    text[jb_scrub_hosts(text, strlen(text))] = '\0';
    assert_string_equal(text, "see https://host/redfish/v1 and http://host/x, http://a/");
    strcpy(text,
           "https://bmc-17.edu/: cannot resolve bmc-17.edu, nor xbmc-17.edu; http://[fe80::1]:80/: to fe80::1 port 80");
    text[jb_scrub_hosts(text, strlen(text))] = '\0';
    assert_string_equal(text, "https://host/: cannot resolve host, nor xbmc-17.edu; http://host/: to host port 80");
    strcpy(text, "http://plug/: the plug is at 10.1"); /* a word is no name that can be looked for */
    text[jb_scrub_hosts(text, strlen(text))] = '\0';
    assert_string_equal(text, "http://host/: the plug is at 10.1");
}

static void any_bytes_are_taken(void **state)
{
    struct random r = random_start();
    static const char *const paths[] = {"/x", "/etc/machine-id", "/proc/cmdline", "/sys/firmware/dmi/entries/17-0/raw"};
    for (int i = 0; i < 4000; i++) {
        size_t length = random_below(&r, 96);
        char *data = malloc(length + 1); /* so that a byte too far is seen */
        assert_non_null(data);
        for (size_t k = 0; k < length; k++) {
            data[k] = "0a:-_ =\n/fF\0z\x11"[random_below(&r, 15)];
        }
        jb_scrub_file(SALT, paths[i % 4], data, length);
        assert_true(jb_scrub_hosts(data, length) <= length);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_known_by_their_looks),
        cmocka_unit_test(what_only_resembles_them_stays),
        cmocka_unit_test(files_and_lines_are_known_by_their_names),
        cmocka_unit_test(what_firmware_says_of_nothing_stays),
        cmocka_unit_test(the_command_line_keeps_its_names),
        cmocka_unit_test(what_init_is_given_and_what_is_quoted_is_made_up),
        cmocka_unit_test(the_same_becomes_the_same),
        cmocka_unit_test(serial_numbers_in_smbios_are_made_up),
        cmocka_unit_test(broken_smbios_is_emptied),
        cmocka_unit_test(hosts_of_urls_are_nobodys),
        cmocka_unit_test(any_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
