/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of names where they must not run out of bounds; which key a name has is compare_keys.py's. */
#include "support.h"

static void the_keys_that_the_header_promises(void **state)
{
    (void)state;
    char key[64], vendor[16];
    jb_cpu_key("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", key, sizeof key, vendor, sizeof vendor);
    assert_string_equal(key, "xeongold6248");
    assert_string_equal(vendor, "Intel");
    jb_cpu_key("AMD EPYC 7742 64-Core Processor", key, sizeof key, NULL, 0);
    assert_string_equal(key, "epyc7742");
    jb_gpu_key("NVIDIA GeForce RTX 4090 Laptop GPU", key, sizeof key, vendor, sizeof vendor);
    assert_string_equal(key, "geforcertx4090mobile");
    assert_string_equal(vendor, "NVIDIA");
}

static void a_small_buffer_is_never_overrun(void **state)
{
    (void)state;
    static const char name[] = "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz";
    for (size_t size = 1; size < 16; size++) {
        char *key = malloc(size), *vendor = malloc(size);
        assert_non_null(key);
        assert_non_null(vendor);
        jb_cpu_key(name, key, size, vendor, size);
        assert_int_equal(strlen(key), size - 1 < 12 ? size - 1 : 12);
        jb_gpu_key(name, key, size, vendor, size);
        assert_true(strlen(key) < size && strlen(vendor) < size);
        free(key);
        free(vendor);
    }
}

static void an_empty_name_has_an_empty_key(void **state)
{
    (void)state;
    char key[8] = "x", vendor[8] = "x";
    jb_cpu_key("", key, sizeof key, vendor, sizeof vendor);
    assert_string_equal(key, "");
    assert_string_equal(vendor, "");
    jb_gpu_key(" (R) @ ", key, sizeof key, vendor, sizeof vendor);
    assert_string_equal(key, "");
}

/* Bytes of every kind in names of every length: keys hold nothing but their alphabet. Seeded. */
static void any_bytes_give_a_clean_key(void **state)
{
    (void)state;
    static const char *const pieces[] = {"core2", "(R)",     "@",         "xeon e5 2670", "amd ",   "(",  ")",
                                         "[",     "]",       "Radeon R7", "\xc2\xae",     "\xff",   "\n", "\t",
                                         "  ",    "rtx4090", "100ti",     "M128-30",      "ampere "};
    uint64_t seed = 88172645463325252u, random = seed;
    for (int round = 0; round < 3000; round++) {
        char name[700] = "", key[512], vendor[16];
        size_t length = 0;
        int count = (int)(random % 60);
        for (int i = 0; i < count; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            const char *piece = pieces[random % (sizeof pieces / sizeof pieces[0])];
            length += (size_t)snprintf(name + length, sizeof name - length, "%s%c", piece, (char)(random >> 40 | 1));
            length = length < sizeof name ? length : sizeof name - 1;
        }
        for (int gpu = 0; gpu < 2; gpu++) {
            (gpu ? jb_gpu_key : jb_cpu_key)(name, key, sizeof key, vendor, sizeof vendor);
            if (strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789+") != strlen(key)) {
                fail_msg("seed %llu round %d: key \"%s\"", (unsigned long long)seed, round, key);
            }
        }
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_that_the_header_promises),
        cmocka_unit_test(a_small_buffer_is_never_overrun),
        cmocka_unit_test(an_empty_name_has_an_empty_key),
        cmocka_unit_test(any_bytes_give_a_clean_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
