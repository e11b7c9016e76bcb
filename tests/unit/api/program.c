/* SPDX-License-Identifier: Apache-2.0 */
/* Where the joulebook program is looked for, in folders of our own. */
#include "test.h"

#include "api/api.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], good[96], plain[96];

static void make(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    close(fd);
}

static int make_folder(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/jb-api-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(good, sizeof(good), "%s/joulebook", folder);
    snprintf(plain, sizeof(plain), "%s/plain", folder);
    make(good, 0700);
    make(plain, 0600);
    return 0;
}

static int remove_folder(void **state)
{
    unlink(good);
    unlink(plain);
    return rmdir(folder);
}

static void the_variable_goes_first_and_alone(void **state)
{
    char path[PATH_MAX];

    setenv("PATH", folder, 1);
    setenv("JOULEBOOK_PROGRAM", good, 1);
    assert_true(api_program(path, sizeof(path)));
    assert_string_equal(path, good);
    setenv("JOULEBOOK_PROGRAM", plain, 1); /* a mistake is not passed over for another joulebook */
    assert_false(api_program(path, sizeof(path)));
    setenv("JOULEBOOK_PROGRAM", folder, 1);
    assert_false(api_program(path, sizeof(path)));
    setenv("JOULEBOOK_PROGRAM", "/nowhere/joulebook", 1);
    assert_false(api_program(path, sizeof(path)));
}

static void else_it_is_in_path(void **state)
{
    char path[PATH_MAX], list[256];

    setenv("JOULEBOOK_PROGRAM", "", 1);
    snprintf(list, sizeof(list), "::relative:/nowhere:%s:/bin", folder);
    setenv("PATH", list, 1);
    assert_true(api_program(path, sizeof(path)));
    assert_string_equal(path, good);
    assert_false(api_program(path, strlen(good))); /* no room for its NUL */
    unsetenv("PATH");
    assert_false(api_program(path, sizeof(path)));
}

static void the_working_folder_is_no_part_of_it(void **state)
{
    char path[PATH_MAX];

    unsetenv("JOULEBOOK_PROGRAM");
    assert_int_equal(chdir(folder), 0);
    setenv("PATH", ":.:", 1);
    assert_false(api_program(path, sizeof(path)));
    assert_int_equal(chdir("/"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variable_goes_first_and_alone),
        cmocka_unit_test(else_it_is_in_path),
        cmocka_unit_test(the_working_folder_is_no_part_of_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
