/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/library.c, with the C library's mathematics in the place of one that may be missing. */
#include "base/library.h"

#include "base/diag.h"
#include "support.h"

#include <errno.h>

struct table {
    uint64_t before;
    double (*root)(double x);
    double (*power)(double x, double y);
    uint64_t after;
};

static const char *const here[] = {"libjb-no-such.so.7", "libm.so.6", NULL};
static const char *const nowhere[] = {"libjb-no-such.so.7", NULL};

static const struct jb_symbol all[] = {
    JB_SYMBOL(struct table, power, "pow"),
    JB_SYMBOL(struct table, root, "sqrt"),
};

static const struct jb_symbol too_many[] = {
    JB_SYMBOL(struct table, root, "sqrt"),
    JB_SYMBOL(struct table, power, "jb_no_such_function"),
};

static struct jb_library library_of(const char *const *names, const struct jb_symbol *symbols)
{
    return (struct jb_library){.title = "libmaths",
                               .why = "which roots need",
                               .package = "libmaths6",
                               .names = names,
                               .symbols = symbols,
                               .symbol_count = 2};
}

static void each_function_goes_where_it_belongs(void **state)
{
    struct jb_library library = library_of(here, all);
    struct table table = {.before = 1, .after = 2};
    for (int i = 0; i < 2; i++) { /* it may be asked for again */
        assert_int_equal(jb_library_load(&library, NULL, &table, NULL), 0);
        assert_true(table.root(49) > 6.99 && table.root(49) < 7.01);
        assert_true(table.power(2, 10) > 1023.9 && table.power(2, 10) < 1024.1);
        assert_int_equal(table.before, 1);
        assert_int_equal(table.after, 2);
    }
}

static void without_the_library_the_command_that_installs_it_is_told(void **state)
{
    struct jb_library library = library_of(nowhere, all);
    struct jb_diag diag = {0};
    struct table table = {0};
    assert_int_equal(jb_library_load(&library, NULL, &table, &diag), -ENOENT);
    assert_string_equal(diag.text, "there is no libmaths here, which roots need");
    assert_string_equal(diag.fix, "sudo apt-get install libmaths6");
    assert_null(table.root);
    assert_int_equal(jb_library_load(&library, NULL, &table, NULL), -ENOENT);
}

static void names_that_are_given_go_before_its_own(void **state)
{
    struct jb_library missing = library_of(nowhere, all), there = library_of(here, all);
    struct table table = {0};
    assert_int_equal(jb_library_load(&missing, here, &table, NULL), 0);
    assert_non_null(table.root);
    assert_int_equal(jb_library_load(&there, nowhere, &table, NULL), -ENOENT);
}

static void a_library_that_lacks_a_function_fills_nothing(void **state)
{
    struct jb_library library = library_of(here, too_many);
    struct jb_diag diag = {0};
    struct table table = {0};
    assert_int_equal(jb_library_load(&library, NULL, &table, &diag), -ENOENT);
    assert_string_equal(diag.text, "libmaths is too old: it has no jb_no_such_function");
    assert_null(table.root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_function_goes_where_it_belongs),
        cmocka_unit_test(without_the_library_the_command_that_installs_it_is_told),
        cmocka_unit_test(names_that_are_given_go_before_its_own),
        cmocka_unit_test(a_library_that_lacks_a_function_fills_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
