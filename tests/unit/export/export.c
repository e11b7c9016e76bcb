/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_formats_are_those_of_the_header_in_its_order(void **state)
{
    static const char *const names[] = {"json", "csv", "summary", "codecarbon", "html", "jtop"};
    for (size_t i = 0; i < 6; i++) {
        assert_non_null(jb_export_formats[i]);
        assert_string_equal(jb_export_formats[i]->name, names[i]);
        assert_ptr_equal(jb_export_find(names[i]), jb_export_formats[i]);
        assert_true(jb_export_formats[i]->suffix[0] && jb_export_formats[i]->help[0] && jb_export_formats[i]->write);
    }
    assert_null(jb_export_formats[6]);
}

static void an_unknown_format_is_not_found(void **state)
{
    assert_null(jb_export_find("perfetto"));
    assert_null(jb_export_find("JSON"));
    assert_null(jb_export_find(""));
    assert_null(jb_export_find(NULL));
}

static void all_formats_but_the_series_do_without_a_store(void **state)
{
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; jb_export_formats[i]; i++) {
        if (strcmp(jb_export_formats[i]->name, "csv") != 0 && strcmp(jb_export_formats[i]->name, "jtop") != 0) {
            char *text = fixture_write(jb_export_formats[i], &f.record, NULL);
            assert_true(strlen(text) > 100);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formats_are_those_of_the_header_in_its_order),
        cmocka_unit_test(an_unknown_format_is_not_found),
        cmocka_unit_test(all_formats_but_the_series_do_without_a_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
