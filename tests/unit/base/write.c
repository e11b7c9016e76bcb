/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/write.c. */
#include "base/file.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

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

static void holds(struct scratch *s, const char *name, const char *want)
{
    char *data = NULL;
    assert_int_equal(jb_read_all(scratch_at(s, name), 1 << 20, &data, NULL, NULL), 0);
    assert_string_equal(data, want);
    free(data);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void a_file_is_made_and_replaced_without_leftovers(void **state)
{
    struct scratch *s = *state;
    assert_int_equal(jb_write_atomic(scratch_at(s, "f"), "one", 3, 0600, NULL), 0);
    holds(s, "f", "one");
    assert_int_equal(jb_write_atomic(scratch_at(s, "f"), "second", 6, 0600, NULL), 0);
    holds(s, "f", "second");
    assert_int_equal(jb_write_atomic(scratch_at(s, "f"), NULL, 0, 0600, NULL), 0);
    holds(s, "f", "");
    assert_int_equal(scratch_count(s), 1);
}

static void who_has_the_old_file_open_keeps_it_whole(void **state)
{
    struct scratch *s = *state;
    char text[8];
    scratch_text(s, "f", "old");
    JB_CLEANUP(jb_closep) int fd = jb_root_open(s->path, "/f", 0);
    assert_int_equal(jb_write_atomic(scratch_at(s, "f"), "new", 3, 0600, NULL), 0);
    assert_int_equal(jb_pread_text(fd, text, sizeof(text)), 3);
    assert_string_equal(text, "old");
    holds(s, "f", "new");
}

static void a_new_file_has_the_mode_less_the_umask_and_an_old_one_its_own(void **state)
{
    struct scratch *s = *state;
    mode_t before = umask(027);
    assert_int_equal(jb_write_atomic(scratch_at(s, "f"), "x", 1, 0666, NULL), 0);
    assert_int_equal(mode_of(scratch_at(s, "f")), 0640);
    assert_int_equal(chmod(scratch_at(s, "f"), 0604), 0);
    assert_int_equal(jb_write_atomic(scratch_at(s, "f"), "y", 1, 0600, NULL), 0);
    assert_int_equal(mode_of(scratch_at(s, "f")), 0604);
    umask(before);
}

static void a_link_stays_and_its_file_is_replaced(void **state)
{
    struct scratch *s = *state;
    struct stat st;
    scratch_text(s, "real", "old");
    assert_int_equal(symlink("real", scratch_at(s, "link")), 0);
    assert_int_equal(jb_write_atomic(scratch_at(s, "link"), "new", 3, 0600, NULL), 0);
    holds(s, "real", "new");
    assert_int_equal(lstat(scratch_at(s, "link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void a_device_is_written_to_and_never_replaced(void **state)
{
    struct stat before, after;
    assert_int_equal(stat("/dev/null", &before), 0);
    assert_int_equal(jb_write_atomic("/dev/null", "x", 1, 0600, NULL), 0);
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_true(S_ISCHR(after.st_mode));
    assert_int_equal(before.st_ino, after.st_ino);
}

static void a_write_that_fails_leaves_everything_as_it_was(void **state)
{
    struct scratch *s = *state;
    struct jb_diag diag = {0};
    assert_int_equal(jb_write_atomic("/dev/full", "x", 1, 0600, &diag), -ENOSPC);
    assert_int_equal(jb_write_atomic(scratch_at(s, "none/f"), "x", 1, 0600, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "none/f: No such file"));
    assert_int_equal(mkdir(scratch_at(s, "folder"), 0700), 0);
    assert_int_equal(jb_write_atomic(scratch_at(s, "folder"), "x", 1, 0600, &diag), -EISDIR);
    assert_int_equal(scratch_count(s), 1);
}

static void a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "f", "old");
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct rlimit limit, small;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 2, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int r = jb_write_atomic(scratch_at(s, "f"), "newer", 5, 0600, NULL); /* two bytes get in */
    setrlimit(RLIMIT_FSIZE, &limit);
    sigaction(SIGXFSZ, &before, NULL);
    assert_int_equal(r, -EFBIG);
    holds(s, "f", "old");
    assert_int_equal(scratch_count(s), 1);
}

static void the_longest_name_still_has_room_for_a_temporary_one(void **state)
{
    struct scratch *s = *state;
    char name[NAME_MAX + 1];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_int_equal(jb_write_atomic(scratch_at(s, name), "x", 1, 0600, NULL), 0);
    holds(s, name, "x");
}

static void a_name_without_a_folder_goes_to_the_current_one(void **state)
{
    struct scratch *s = *state;
    JB_CLEANUP(jb_closep) int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(here >= 0);
    assert_int_equal(chdir(s->path), 0);
    int r = jb_write_atomic("f", "x", 1, 0600, NULL);
    int made = jb_mkdir_parents("plain", 0700);
    assert_int_equal(fchdir(here), 0);
    assert_int_equal(r, 0);
    assert_int_equal(made, 0);
    holds(s, "f", "x");
    assert_int_equal(scratch_count(s), 1);
}

static void parents_are_made_private_and_the_last_part_is_not(void **state)
{
    struct scratch *s = *state;
    mode_t before = umask(0);
    assert_int_equal(jb_mkdir_parents(scratch_at(s, "a//b/c/file"), 0700), 0);
    umask(before);
    assert_int_equal(mode_of(scratch_at(s, "a")), 0700);
    assert_int_equal(mode_of(scratch_at(s, "a/b/c")), 0700);
    assert_false(jb_root_exists(s->path, "/a/b/c/file"));
    assert_int_equal(jb_mkdir_parents(scratch_at(s, "a/b/c/file"), 0700), 0);
}

static void existing_folders_and_links_to_folders_are_passed(void **state)
{
    struct scratch *s = *state;
    assert_int_equal(mkdir(scratch_at(s, "a"), 0755), 0);
    assert_int_equal(chmod(scratch_at(s, "a"), 0755), 0);
    assert_int_equal(symlink("a", scratch_at(s, "l")), 0);
    assert_int_equal(jb_mkdir_parents(scratch_at(s, "l/b/f"), 0700), 0);
    assert_int_equal(mode_of(scratch_at(s, "a/b")), 0700);
    assert_int_equal(mode_of(scratch_at(s, "a")), 0755);
    assert_int_equal(jb_mkdir_parents("/f", 0700), 0);
}

static void a_file_in_the_way_is_an_error(void **state)
{
    struct scratch *s = *state;
    scratch_text(s, "f", "x");
    assert_int_equal(jb_mkdir_parents(scratch_at(s, "f/x"), 0700), -ENOTDIR);
    assert_int_equal(jb_mkdir_parents(scratch_at(s, "f/x/y"), 0700), -ENOTDIR);
    char path[PATH_MAX + 10];
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(jb_mkdir_parents(path, 0700), -ENAMETOOLONG);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(a_file_is_made_and_replaced_without_leftovers),
        WITH_SCRATCH(who_has_the_old_file_open_keeps_it_whole),
        WITH_SCRATCH(a_new_file_has_the_mode_less_the_umask_and_an_old_one_its_own),
        WITH_SCRATCH(a_link_stays_and_its_file_is_replaced),
        cmocka_unit_test(a_device_is_written_to_and_never_replaced),
        WITH_SCRATCH(a_write_that_fails_leaves_everything_as_it_was),
        WITH_SCRATCH(a_disk_that_fills_up_leaves_the_old_file_and_nothing_else),
        WITH_SCRATCH(the_longest_name_still_has_room_for_a_temporary_one),
        WITH_SCRATCH(a_name_without_a_folder_goes_to_the_current_one),
        WITH_SCRATCH(parents_are_made_private_and_the_last_part_is_not),
        WITH_SCRATCH(existing_folders_and_links_to_folders_are_passed),
        WITH_SCRATCH(a_file_in_the_way_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
