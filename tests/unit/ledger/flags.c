/* SPDX-License-Identifier: Apache-2.0 */
#include "account_help.h"

static void every_flag_has_a_name_of_its_own(void **state)
{
    const char *names[7];

    for (unsigned i = 0; i < 7; i++) {
        names[i] = jb_entry_flag_name(1u << i);
        assert_non_null(names[i]);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(names[i], names[j]);
        }
    }
    assert_string_equal(jb_entry_flag_name(JB_ENTRY_WRAPPED), "wrapped");
    assert_string_equal(jb_entry_flag_name(JB_ENTRY_GAP), "gap");
}

static void what_is_no_single_flag_has_none(void **state)
{
    assert_null(jb_entry_flag_name(0));
    assert_null(jb_entry_flag_name(JB_ENTRY_GAP | JB_ENTRY_RESET));
    assert_null(jb_entry_flag_name(1u << 7));
    assert_null(jb_entry_flag_name(~0u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flag_has_a_name_of_its_own),
        cmocka_unit_test(what_is_no_single_flag_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
