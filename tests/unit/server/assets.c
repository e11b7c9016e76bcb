/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's files and what a browser says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../folder.h"
#include "server/assets.h"

static void test_the_table_is_one_that_a_browser_can_use(void **state)
{
    assert_non_null(jb_asset_find(jb_assets, "index.html"));
    assert_ptr_equal(jb_asset_find(jb_assets, ""), jb_asset_find(jb_assets, "index.html"));
    assert_null(jb_asset_find(jb_assets, "none"));
    for (const struct jb_asset *asset = jb_assets; asset->path != NULL; asset++) {
        size_t length = strlen(asset->etag);
        assert_true(asset->gz_size > 18 && asset->gz[0] == 0x1f && asset->gz[1] == 0x8b);
        assert_true(length > 2 && asset->etag[0] == '"' && asset->etag[length - 1] == '"');
        assert_string_equal(asset->type, jb_asset_type(asset->path));
        assert_int_not_equal(asset->path[0], '/');
    }
}

static void test_tags(void **state)
{
    assert_true(jb_etag_matches("\"a\"", "\"a\""));
    assert_true(jb_etag_matches("\"b\", W/\"a\"", "\"a\""));
    assert_true(jb_etag_matches("*", "\"a\""));
    assert_false(jb_etag_matches("\"ab\"", "\"a\""));
    assert_false(jb_etag_matches("\"a", "\"a\""));
    assert_false(jb_etag_matches("", "\"a\""));
    assert_false(jb_etag_matches(",,", "\"a\""));
    assert_false(jb_etag_matches(NULL, "\"a\""));
}

static void test_encodings(void **state)
{
    assert_true(jb_accepts_gzip(NULL));
    assert_true(jb_accepts_gzip("gzip"));
    assert_true(jb_accepts_gzip("br;q=1.0, GZIP;q=0.8"));
    assert_true(jb_accepts_gzip("deflate, *;q=0.5"));
    assert_true(jb_accepts_gzip("x-gzip"));
    assert_false(jb_accepts_gzip(""));
    assert_false(jb_accepts_gzip("identity"));
    assert_false(jb_accepts_gzip("gzip;q=0"));
    assert_false(jb_accepts_gzip("*, gzip; q=0.000"));
    assert_false(jb_accepts_gzip("*;q=0"));
    assert_false(jb_accepts_gzip("gzipped"));
}

static void test_types(void **state)
{
    assert_string_equal(jb_asset_type("a.HTML"), "text/html; charset=utf-8");
    assert_string_equal(jb_asset_type("assets/x-1.js"), "text/javascript; charset=utf-8");
    assert_string_equal(jb_asset_type("a"), "application/octet-stream");
    assert_string_equal(jb_asset_type("a.exe"), "application/octet-stream");
}

static void make(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    close(fd);
}

static void test_nothing_leads_out_of_the_folder(void **state)
{
    static const char *const wrong[] = {
        "",     ".",       "..",        "../x", "a/../a/f",    "a/",   "a",      "/etc/passwd",
        "a//f", ".hidden", "a/.hidden", "link", "away/passwd", "none", "a/none", "fifo"};
    char folder[] = "/tmp/jb-assets-XXXXXX", path[128];
    off_t size = 0;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    make(folder, "f");
    make(folder, ".hidden");
    make(path, "f");
    make(path, ".hidden");
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof(path), "%s/away", folder);
    assert_int_equal(symlink("/etc", path), 0);
    snprintf(path, sizeof(path), "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int fd = jb_asset_open(folder, wrong[i], &size);
        if (fd >= 0) {
            fail_msg("\"%s\"", wrong[i]);
        }
    }
    static const char *const right[] = {"f", "a/f"};
    for (size_t i = 0; i < 2; i++) {
        int fd = jb_asset_open(folder, right[i], &size);
        assert_true(fd >= 0);
        assert_int_equal(size, 3);
        close(fd);
    }
    assert_int_equal(jb_asset_open("/none", "f", &size), -ENOENT);
    assert_int_equal(folder_remove(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_one_that_a_browser_can_use),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_nothing_leads_out_of_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
