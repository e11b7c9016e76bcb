/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/ident.c. The SHA-256 values are the examples NIST publishes with FIPS 180-4. */
#include "base/ident.h"

#include "support.h"

#include <errno.h>

static void hashes_to(const void *data, size_t length, const char *want)
{
    char text[JB_SHA256_TEXT];
    jb_sha256_hex(data, length, text);
    assert_string_equal(text, want);
}

static void sha256_agrees_with_the_standard(void **state)
{
    hashes_to("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hashes_to(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hashes_to("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hashes_to("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    hashes_to("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
              "nopqrstu",
              112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void sha256_of_a_million_letters(void **state)
{
    char *data = malloc(1000000);
    assert_non_null(data);
    memset(data, 'a', 1000000);
    hashes_to(data, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(data);
}

/* Lengths around the padding's edge give different texts, and reading stops at the length. */
static void every_length_counts(void **state)
{
    char texts[130][JB_SHA256_TEXT];
    for (size_t length = 0; length < 130; length++) {
        char *exact = calloc(1, length ? length : 1);
        assert_non_null(exact);
        jb_sha256_hex(exact, length, texts[length]);
        free(exact);
        assert_int_equal(strlen(texts[length]), 64);
        assert_int_equal(strspn(texts[length], "0123456789abcdef"), 64);
        for (size_t other = 0; other < length; other++) {
            assert_string_not_equal(texts[length], texts[other]);
        }
    }
}

static void a_ulid_is_26_letters_of_crockford(void **state)
{
    char id[JB_ULID_TEXT];
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(jb_ulid(INT64_C(1795316400000000000), id), 0);
        assert_int_equal(strlen(id), 26);
        assert_int_equal(strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
    }
}

/* The time is written by the specification's rule, read here digit by digit. */
static void a_ulid_begins_with_its_milliseconds(void **state)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    static const int64_t times[] = {0, 999999, 1000000, INT64_C(1469922850259) * 1000000, INT64_MAX};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char id[JB_ULID_TEXT];
        assert_int_equal(jb_ulid(times[i], id), 0);
        uint64_t ms = 0;
        for (int j = 0; j < 10; j++) {
            ms = ms * 32 + (uint64_t)(strchr(alphabet, id[j]) - alphabet);
        }
        assert_int_equal(ms, times[i] / 1000000);
    }
    char id[JB_ULID_TEXT];
    jb_ulid(INT64_C(1469922850259) * 1000000, id);
    assert_memory_equal(id, "01ARZ3NDEK", 10); /* the specification's example */
}

static void ulids_sort_by_time(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 5000; i++) {
        int64_t early = (int64_t)(random_next(&r) >> 2);
        int64_t late = early + 1000000 + (int64_t)(random_next(&r) >> 2) / 2;
        char a[JB_ULID_TEXT], b[JB_ULID_TEXT];
        CHECK_SEEDED(&r, jb_ulid(early, a) == 0 && jb_ulid(late, b) == 0);
        CHECK_SEEDED(&r, strcmp(a, b) < 0);
    }
}

static void ulids_of_one_moment_differ_in_every_random_letter(void **state)
{
    bool changes[26] = {false};
    char first[JB_ULID_TEXT];
    jb_ulid(1, first);
    for (int i = 0; i < 200; i++) {
        char id[JB_ULID_TEXT];
        jb_ulid(1, id);
        assert_string_not_equal(first, id);
        for (int j = 0; j < 26; j++) {
            changes[j] |= id[j] != first[j];
        }
    }
    for (int j = 0; j < 26; j++) {
        assert_int_equal(changes[j], j >= 10); /* a letter stays for 200 ids once in 10^301 runs */
    }
}

static void a_time_before_1970_is_refused(void **state)
{
    char id[JB_ULID_TEXT] = "as it was";
    assert_int_equal(jb_ulid(-1, id), -EINVAL);
    assert_string_equal(id, "as it was");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_agrees_with_the_standard),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(every_length_counts),
        cmocka_unit_test(a_ulid_is_26_letters_of_crockford),
        cmocka_unit_test(a_ulid_begins_with_its_milliseconds),
        cmocka_unit_test(ulids_sort_by_time),
        cmocka_unit_test(ulids_of_one_moment_differ_in_every_random_letter),
        cmocka_unit_test(a_time_before_1970_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
