/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/file.c. */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>

static int make(void **state)
{
    struct scratch *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    scratch_make(s);
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void the_root_goes_in_front(void **state)
{
    char path[32];
    assert_int_equal(jb_root_path(NULL, "/sys/x", path, sizeof(path)), 0);
    assert_string_equal(path, "/sys/x");
    assert_int_equal(jb_root_path("", "/sys/x", path, sizeof(path)), 0);
    assert_string_equal(path, "/sys/x");
    assert_int_equal(jb_root_path("/", "/sys/x", path, sizeof(path)), 0);
    assert_string_equal(path, "/sys/x");
    assert_int_equal(jb_root_path("/r", "/sys/x", path, sizeof(path)), 0);
    assert_string_equal(path, "/r/sys/x");
    assert_int_equal(jb_root_path("r//", "/sys/x", path, sizeof(path)), 0);
    assert_string_equal(path, "r/sys/x");
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    char path[9] = "xxxxxxxx";
    assert_int_equal(jb_root_path("/r", "/sys/x", path, sizeof(path)), 0);
    assert_int_equal(jb_root_path("/rr", "/sys/x", path, sizeof(path)), -ENAMETOOLONG);
    assert_int_equal(jb_root_path("/a-longer-root", "/x", path, sizeof(path)), -ENAMETOOLONG);
    assert_int_equal(jb_root_path(NULL, "/x", path, 0), -ENAMETOOLONG);
    assert_string_equal(path, "/r/sys/x");
}

static void no_path_climbs_out_of_the_root(void **state)
{
    static const char *const bad[] = {"/..", "/../x", "/sys/../../x", "/sys/..", "/sys//..//x", "sys/x", ""};
    char path[64];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(jb_root_path("/r", bad[i], path, sizeof(path)), -EINVAL);
        assert_int_equal(jb_root_open("/r", bad[i], 0), -EINVAL);
        assert_false(jb_root_exists(NULL, bad[i]));
        errno = 0;
        assert_null(jb_root_opendir(NULL, bad[i]));
        assert_int_equal(errno, EINVAL);
    }
    assert_int_equal(jb_root_path("/r", "/..x/x../...", path, sizeof(path)), 0);
    assert_int_equal(jb_root_path("/r/..", "/x", path, sizeof(path)), 0); /* the root is the user's own word */
}

static void descriptors_are_read_only_and_close_on_exec(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "f", "x");
    JB_CLEANUP(jb_closep) int fd = jb_root_open(s->path, "/f", 0);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(jb_root_open(s->path, "/none", 0), -ENOENT);
    assert_int_equal(jb_root_open(s->path, "/f", O_DIRECTORY), -ENOTDIR);
}

static void folders_and_existence(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "f", "x");
    DIR *dir = jb_root_opendir(s->path, "/");
    assert_non_null(dir);
    closedir(dir);
    assert_true(jb_root_exists(s->path, "/f"));
    assert_true(jb_root_exists(s->path, "/"));
    assert_false(jb_root_exists(s->path, "/g"));
    errno = 0;
    assert_null(jb_root_opendir(s->path, "/g"));
    assert_int_equal(errno, ENOENT);
}

static void reading_takes_trailing_newlines_off(void **state)
{
    struct scratch *s = *state;
    char text[8];
    scratch_text(s, "f", " ab\n\n");
    assert_int_equal(jb_root_read(s->path, "/f", text, sizeof(text)), 3);
    assert_string_equal(text, " ab");
    scratch_text(s, "f", "");
    assert_int_equal(jb_root_read(s->path, "/f", text, sizeof(text)), 0);
    assert_string_equal(text, "");
    scratch_text(s, "f", "\n\n");
    assert_int_equal(jb_root_read(s->path, "/f", text, sizeof(text)), 0);
    scratch_write(s, "f", "a\0b", 3);
    assert_int_equal(jb_root_read(s->path, "/f", text, sizeof(text)), 3);
    assert_memory_equal(text, "a\0b", 4);
}

static void what_does_not_fit_is_an_error_not_a_shorter_number(void **state)
{
    struct scratch *s = *state;
    char text[8];
    scratch_text(s, "f", "1234567");
    assert_int_equal(jb_root_read(s->path, "/f", text, sizeof(text)), 7);
    scratch_text(s, "f", "12345678");
    assert_int_equal(jb_root_read(s->path, "/f", text, sizeof(text)), -EFBIG);
    assert_string_equal(text, "");
    assert_int_equal(jb_root_read(s->path, "/f", text, 0), -EINVAL);
    scratch_text(s, "f", "");
    assert_int_equal(jb_root_read(s->path, "/f", text, 1), 0);
}

static void only_ordinary_files_are_read(void **state)
{
    struct scratch *s = *state;
    char text[8];
    assert_int_equal(jb_root_read(s->path, "/", text, sizeof(text)), -EISDIR);
    assert_int_equal(jb_root_read(s->path, "/none", text, sizeof(text)), -ENOENT);
    assert_int_equal(mkfifo(scratch_at(s, "fifo"), 0600), 0);
    assert_int_equal(jb_root_read(s->path, "/fifo", text, sizeof(text)), -EINVAL); /* and did not wait */
    assert_int_equal(jb_root_read(NULL, "/dev/zero", text, sizeof(text)), -EINVAL);
}

static void proc_files_without_a_size_are_read(void **state)
{
    char text[4096];
    assert_true(jb_root_read(NULL, "/proc/self/status", text, sizeof(text)) > 0);
}

static void numbers_in_files_are_strict(void **state)
{
    struct scratch *s = *state;
    uint64_t v = 77;
    scratch_text(s, "f", "18446744073709551615\n");
    assert_int_equal(jb_root_read_u64(s->path, "/f", &v), 0);
    assert_true(v == UINT64_MAX);
    scratch_text(s, "f", "  5 \n");
    assert_int_equal(jb_root_read_u64(s->path, "/f", &v), 0);
    assert_true(v == 5);
    static const char *const bad[] = {"", "\n", "x", "12x", "-1", "1 2", "0x1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scratch_text(s, "f", bad[i]);
        assert_int_equal(jb_root_read_u64(s->path, "/f", &v), -EINVAL);
    }
    scratch_write(s, "f", "12\0junk", 7);
    assert_int_equal(jb_root_read_u64(s->path, "/f", &v), -EINVAL);
    scratch_text(s, "f", "18446744073709551616");
    assert_int_equal(jb_root_read_u64(s->path, "/f", &v), -ERANGE);
    assert_int_equal(jb_root_read_u64(s->path, "/none", &v), -ENOENT);
    assert_true(v == 5);
}

static void pread_reads_the_file_anew_each_time(void **state)
{
    struct scratch *s = *state;
    char text[8];
    scratch_text(s, "f", "123\n");
    JB_CLEANUP(jb_closep) int fd = jb_root_open(s->path, "/f", 0);
    assert_int_equal(jb_pread_text(fd, text, sizeof(text)), 4);
    assert_string_equal(text, "123\n");
    scratch_text(s, "f", "99");
    assert_int_equal(jb_pread_text(fd, text, sizeof(text)), 2);
    assert_string_equal(text, "99");
    scratch_text(s, "f", "123456789");
    assert_int_equal(jb_pread_text(fd, text, sizeof(text)), 7); /* size-1: there may be more */
    assert_string_equal(text, "1234567");
    assert_int_equal(jb_pread_text(-1, text, sizeof(text)), -EBADF);
    assert_string_equal(text, "");
    assert_int_equal(jb_pread_text(fd, text, 0), -EINVAL);
}

static void a_whole_file_up_to_the_limit(void **state)
{
    struct scratch *s = *state;
    static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 8192, 100000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t length = lengths[i], got = 77;
        char *want = malloc(length + 1), *data = NULL;
        assert_non_null(want);
        for (size_t j = 0; j < length; j++) {
            want[j] = (char)(j * 7);
        }
        scratch_write(s, "f", want, length);
        assert_int_equal(jb_read_all(scratch_at(s, "f"), length, &data, &got, NULL), 0);
        assert_int_equal(got, length);
        assert_memory_equal(data, want, length);
        assert_int_equal(data[length], '\0');
        free(data);
        data = NULL;
        if (length > 0) {
            struct jb_diag diag = {0};
            assert_int_equal(jb_read_all(scratch_at(s, "f"), length - 1, &data, &got, &diag), -EFBIG);
            assert_non_null(strstr(diag.text, "larger than"));
            assert_null(data);
        }
        free(want);
    }
}

static void reading_a_whole_file_tells_what_is_wrong(void **state)
{
    struct scratch *s = *state;
    struct jb_diag diag = {0};
    char *data = NULL;
    assert_int_equal(jb_read_all(scratch_at(s, "none"), 10, &data, NULL, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "none: No such file"));
    assert_int_equal(jb_read_all(s->path, 10, &data, NULL, &diag), -EISDIR);
    assert_int_equal(mkfifo(scratch_at(s, "fifo"), 0600), 0);
    assert_int_equal(jb_read_all(scratch_at(s, "fifo"), 10, &data, NULL, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, "not an ordinary file"));
    assert_null(data);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_goes_in_front),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(no_path_climbs_out_of_the_root),
        WITH_SCRATCH(descriptors_are_read_only_and_close_on_exec),
        WITH_SCRATCH(folders_and_existence),
        WITH_SCRATCH(reading_takes_trailing_newlines_off),
        WITH_SCRATCH(what_does_not_fit_is_an_error_not_a_shorter_number),
        WITH_SCRATCH(only_ordinary_files_are_read),
        cmocka_unit_test(proc_files_without_a_size_are_read),
        WITH_SCRATCH(numbers_in_files_are_strict),
        WITH_SCRATCH(pread_reads_the_file_anew_each_time),
        WITH_SCRATCH(a_whole_file_up_to_the_limit),
        WITH_SCRATCH(reading_a_whole_file_tells_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
