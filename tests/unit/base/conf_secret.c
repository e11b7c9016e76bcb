/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/conf.h"
#include "base/diag.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static struct jb_conf *load(const char *text, mode_t mode)
{
    struct jb_conf *conf = NULL;
    strcpy(path, "/tmp/jb-secret-XXXXXX");
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    setenv("JOULEBOOK_CONFIG", path, 1);
    assert_int_equal(jb_conf_load(NULL, &conf, NULL), 0);
    unsetenv("JOULEBOOK_CONFIG");
    return conf;
}

static bool exposed(const char *text, mode_t mode, struct jb_diag *diag)
{
    struct jb_conf *conf = load(text, mode);
    bool result = jb_conf_exposed(conf, diag);
    jb_conf_destroy(conf);
    unlink(path);
    return result;
}

static void a_password_that_others_can_read_is_told(void **state)
{
    (void)state;
    struct jb_diag diag = {0};
    assert_true(exposed("[redfish]\npassword = secret\n", 0644, &diag));
    assert_non_null(strstr(diag.text, path));
    assert_null(strstr(diag.text, "secret,"));
    assert_non_null(strstr(diag.fix, "chmod 600"));
    assert_true(exposed("[plug]\npassword = secret\n", 0640, NULL));
}

static void so_is_a_key_of_a_provider(void **state)
{
    (void)state;
    struct jb_diag diag = {0};
    assert_true(exposed("[grid]\nelectricitymaps_token = hunter2\n", 0644, &diag));
    assert_non_null(strstr(diag.text, "[grid] electricitymaps_token"));
    assert_null(strstr(diag.text, "hunter2"));
    assert_true(exposed("[grid]\nwatttime_password = hunter2\n", 0604, &diag));
    assert_non_null(strstr(diag.text, "[grid] watttime_password"));
    assert_false(exposed("[grid]\nwatttime_user = me\nelectricitymaps_url = https://x\n", 0644, NULL));
    assert_false(exposed("[grid]\nelectricitymaps_token = hunter2\n", 0600, NULL));
}

static void a_file_of_ones_own_and_one_without_password_are_fine(void **state)
{
    (void)state;
    assert_false(exposed("[redfish]\npassword = secret\n", 0600, NULL));
    assert_false(exposed("[redfish]\nuser = me\n", 0644, NULL));
    assert_false(exposed("[redfish]\npassword =\n", 0644, NULL));
}

static void a_password_from_elsewhere_is_not_the_files(void **state)
{
    (void)state;
    struct jb_conf *conf = load("[grid]\nzone = KR\n", 0644);
    assert_int_equal(jb_conf_set(conf, "plug", "password", "secret", NULL), 0);
    assert_false(jb_conf_exposed(conf, NULL));
    jb_conf_destroy(conf);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_that_others_can_read_is_told),
        cmocka_unit_test(so_is_a_key_of_a_provider),
        cmocka_unit_test(a_file_of_ones_own_and_one_without_password_are_fine),
        cmocka_unit_test(a_password_from_elsewhere_is_not_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
