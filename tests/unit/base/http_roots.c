/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which authorities are read: the file is only left aside where the folder can be looked into by name. That a
 * certificate which only the file knows is accepted all the same is tested from outside (test_grid_security.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/http_roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_OF_ALL "/etc/ssl/certs/ca-certificates.crt"

static char folder[] = "/tmp/jb-roots-XXXXXX";

static void touch(const char *name, bool there)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = there ? fopen(path, "w") : NULL;
    assert_true(there ? file != NULL && fclose(file) == 0 : unlink(path) == 0);
}

static curl_version_info_data about(void)
{
    return (curl_version_info_data){
        .age = CURLVERSION_SEVENTH, .ssl_version = "OpenSSL/3.0.19", .cainfo = FILE_OF_ALL, .capath = folder};
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void with_hashed_names_the_file_is_spare(void **state)
{
    (void)state;
    curl_version_info_data data = about();
    touch("5ed36f99.0", true);
    assert_string_equal(jb_http_roots_spare(&data, NULL), FILE_OF_ALL);
    assert_string_equal(jb_http_roots_spare(&data, "/etc/ssl/certs/ca-certificates.crt"), FILE_OF_ALL);
    assert_null(jb_http_roots_spare(&data, "/etc/ssl/company.pem")); /* one of the user's own */
    data.ssl_version = "GnuTLS/3.7.9";                               /* reads all of a folder */
    assert_null(jb_http_roots_spare(&data, NULL));
    data.ssl_version = NULL;
    assert_null(jb_http_roots_spare(&data, NULL));
    data = about();
    data.cainfo = NULL; /* there is only the folder */
    assert_null(jb_http_roots_spare(&data, NULL));
    data = about();
    data.capath = NULL;
    assert_null(jb_http_roots_spare(&data, NULL));
    data.capath = "/nowhere/at/all";
    assert_null(jb_http_roots_spare(&data, NULL));
    data = about();
    data.age = CURLVERSION_SIXTH; /* does not tell where they are */
    assert_null(jb_http_roots_spare(&data, NULL));
    touch("5ed36f99.0", false);
}

static void other_names_are_no_hashes(void **state)
{
    static const char *const names[] = {"GlobalSign.pem", "ca-certificates.crt", "5ed36f99",   "5ed36f9.0",
                                        "5ed36f99a.0",    "5ed36f99.00",         "5ed36f9g.0", "5ED36F99.0"};
    (void)state;
    curl_version_info_data data = about();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        touch(names[i], true);
        assert_null(jb_http_roots_spare(&data, NULL));
        touch(names[i], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_hashed_names_the_file_is_spare),
        cmocka_unit_test(other_names_are_no_hashes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
