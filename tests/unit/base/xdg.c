/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/xdg.c. */
#include "base/file.h"
#include "support.h"

#include <errno.h>
#include <pwd.h>

static int clear(void **state)
{
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "/home/me", 1);
    return 0;
}

static void is_at(enum jb_xdg which, const char *want)
{
    char path[PATH_MAX];
    assert_int_equal(jb_xdg_path(which, "f", path, sizeof(path)), 0);
    assert_string_equal(path, want);
}

static void the_home_is_the_fallback(void **state)
{
    is_at(JB_XDG_CONFIG, "/home/me/.config/joulebook/f");
    is_at(JB_XDG_DATA, "/home/me/.local/share/joulebook/f");
    is_at(JB_XDG_CACHE, "/home/me/.cache/joulebook/f");
}

static void each_variable_moves_its_own_place(void **state)
{
    setenv("XDG_CONFIG_HOME", "/c", 1);
    setenv("XDG_DATA_HOME", "/d", 1);
    setenv("XDG_CACHE_HOME", "/k", 1);
    is_at(JB_XDG_CONFIG, "/c/joulebook/f");
    is_at(JB_XDG_DATA, "/d/joulebook/f");
    is_at(JB_XDG_CACHE, "/k/joulebook/f");
}

static void only_absolute_values_count(void **state)
{
    setenv("XDG_CONFIG_HOME", "relative", 1);
    is_at(JB_XDG_CONFIG, "/home/me/.config/joulebook/f");
    setenv("XDG_CONFIG_HOME", "", 1);
    is_at(JB_XDG_CONFIG, "/home/me/.config/joulebook/f");
}

static void without_home_the_password_file_is_asked(void **state)
{
    char path[PATH_MAX] = "as it was", want[PATH_MAX];
    unsetenv("HOME");
    const struct passwd *entry = getpwuid(getuid());
    int r = jb_xdg_path(JB_XDG_DATA, "f", path, sizeof(path));
    if (entry && entry->pw_dir && entry->pw_dir[0] == '/') {
        snprintf(want, sizeof(want), "%s/.local/share/joulebook/f", entry->pw_dir);
        assert_int_equal(r, 0);
        assert_string_equal(path, want);
    } else {
        assert_int_equal(r, -ENOENT);
        assert_string_equal(path, "as it was");
    }
}

static void a_short_buffer_is_refused(void **state)
{
    char path[10];
    assert_int_equal(jb_xdg_path(JB_XDG_DATA, "f", path, sizeof(path)), -ENAMETOOLONG);
    assert_int_equal(jb_xdg_path((enum jb_xdg)9, "f", path, sizeof(path)), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_home_is_the_fallback, clear),
        cmocka_unit_test_setup(each_variable_moves_its_own_place, clear),
        cmocka_unit_test_setup(only_absolute_values_count, clear),
        cmocka_unit_test_setup(without_home_the_password_file_is_asked, clear),
        cmocka_unit_test_setup(a_short_buffer_is_refused, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
