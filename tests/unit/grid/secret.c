/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.c - a key is in no text, however a server spells it.
 */
#include "grid/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void hidden(const char *text, const char *secret, const char *wanted)
{
    char buffer[256];
    snprintf(buffer, sizeof(buffer), "%s", text);
    jb_secret_hide(buffer, secret);
    assert_string_equal(buffer, wanted);
}

static void each_place_is_covered(void **state)
{
    hidden("key abc123 and abc123.", "abc123", "key ****** and ******.");
    hidden("abc123", "abc123", "******");
    hidden("abc123abc123", "abc123", "************");
    hidden("nothing here", "abc123", "nothing here");
    hidden("", "abc123", "");
    hidden("aaaa", "aa", "****");
}

static void so_is_its_encoded_form(void **state)
{
    hidden("?token=a%2Bb%2Fc%3D&x=1", "a+b/c=", "?token=************&x=1");
    hidden("?token=a%2bb%2fc%3d&x=1", "a+b/c=", "?token=************&x=1");
    hidden("a+b/c=", "a+b/c=", "******");
}

static void so_is_what_is_left_of_it_where_the_text_was_cut(void **state)
{
    hidden("no such key: abcdef12", "abcdef123456", "no such key: ********");
    hidden("no such key: abcde", "abcdef123456", "no such key: abcde"); /* a word may begin so */
    hidden("k=a%2Bcdefg", "a+cdefghijk", "k=*********");
}

static void without_a_secret_nothing_is_hidden(void **state)
{
    hidden("text", NULL, "text");
    hidden("text", "", "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_place_is_covered),
        cmocka_unit_test(so_is_its_encoded_form),
        cmocka_unit_test(so_is_what_is_left_of_it_where_the_text_was_cut),
        cmocka_unit_test(without_a_secret_nothing_is_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
