/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording root copies of a made-up machine, what it leaves, and that it stays in its folder. */
#include "base/recording.h"

#include "base/file.h"
#include "base/series.h"
#include "support.h"

#include <errno.h>

struct bench {
    struct scratch machine, kept;
    char root[2 * PATH_MAX];
    char text[4096];
};

static void root_of(struct bench *b, const char *base)
{
    assert_int_equal(jb_root_record(base, b->kept.path, b->root, sizeof(b->root)), 0);
}

static int make(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    scratch_make(&b->machine);
    scratch_make(&b->kept);
    root_of(b, b->machine.path);
    *state = b;
    return 0;
}

static int unmake(void **state)
{
    struct bench *b = *state;
    scratch_remove(&b->machine);
    scratch_remove(&b->kept);
    free(b);
    return 0;
}

/* A file of the machine, with the folders around it. */
static void machine_has(struct bench *b, const char *path, const char *content)
{
    char full[PATH_MAX];
    assert_int_equal(jb_root_path(b->machine.path, path, full, sizeof(full)), 0);
    assert_int_equal(jb_mkdir_parents(full, 0755), 0);
    FILE *f = fopen(full, "we");
    assert_non_null(f);
    fputs(content, f);
    assert_int_equal(fclose(f), 0);
}

static const char *machine_path(struct bench *b, const char *path)
{
    return scratch_at(&b->machine, path + 1);
}

static bool kept(struct bench *b, const char *path)
{
    struct stat st;
    return lstat(scratch_at(&b->kept, path + 1), &st) == 0;
}

/* What is in the recording; "" when it is not there. */
static const char *content(struct bench *b, const char *path)
{
    if (jb_root_read(b->kept.path, path, b->text, sizeof(b->text)) < 0) {
        b->text[0] = '\0';
    }
    return b->text;
}

static bool noted(struct bench *b, const char *word, const char *path)
{
    char line[PATH_MAX];
    snprintf(line, sizeof(line), "%s: %s", word, path);
    return strstr(content(b, JB_RECORDING_NOTES), line) != NULL;
}

static void what_is_read_is_kept_and_nothing_else(void **state)
{
    struct bench *b = *state;
    char text[64];
    machine_has(b, "/sys/a/name", "package-0\n");
    machine_has(b, "/sys/a/other", "1\n");
    assert_int_equal(jb_root_read(b->root, "/sys/a/name", text, sizeof(text)), 9);
    assert_string_equal(text, "package-0");
    assert_string_equal(content(b, "/sys/a/name"), "package-0");
    assert_false(kept(b, "/sys/a/other"));
    int fd = jb_root_open(b->root, "/sys/a/other", 0);
    assert_true(fd >= 0);
    close(fd);
    assert_string_equal(content(b, "/sys/a/other"), "1");
    assert_int_equal(jb_root_read(b->root, "/sys/a/none", text, sizeof(text)), -ENOENT);
    assert_false(kept(b, "/sys/a/none"));
}

static void the_first_content_stays(void **state)
{
    struct bench *b = *state;
    char text[64];
    machine_has(b, "/sys/n", "1\n");
    assert_int_equal(jb_root_read(b->root, "/sys/n", text, sizeof(text)), 1);
    machine_has(b, "/sys/n", "2\n");
    assert_int_equal(jb_root_read(b->root, "/sys/n", text, sizeof(text)), 1);
    assert_string_equal(text, "2");
    assert_string_equal(content(b, "/sys/n"), "1");
}

static void a_listed_folder_has_its_names(void **state)
{
    struct bench *b = *state;
    machine_has(b, "/sys/class/hwmon/hwmon0/name", "k10temp\n");
    machine_has(b, "/sys/class/hwmon/readme", "text\n");
    machine_has(b, "/sys/class/hwmon/readme.series", "not a name of the machine\n");
    DIR *dir = jb_root_opendir(b->root, "/sys/class/hwmon");
    assert_non_null(dir);
    closedir(dir);
    struct stat st;
    assert_int_equal(lstat(scratch_at(&b->kept, "sys/class/hwmon/hwmon0"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_false(kept(b, "/sys/class/hwmon/hwmon0/name"));
    assert_int_equal(lstat(scratch_at(&b->kept, "sys/class/hwmon/readme"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_size, 0);
    assert_false(kept(b, "/sys/class/hwmon/readme.series"));
    char text[64];
    assert_int_equal(jb_root_read(b->root, "/sys/class/hwmon/readme", text, sizeof(text)),
                     4); /* and then its content */
    assert_string_equal(content(b, "/sys/class/hwmon/readme"), "text");
}

static void what_is_asked_for_is_there_without_its_content(void **state)
{
    struct bench *b = *state;
    machine_has(b, "/sys/x", "secret\n");
    assert_true(jb_root_exists(b->root, "/sys/x"));
    assert_true(kept(b, "/sys/x"));
    assert_string_equal(content(b, "/sys/x"), "");
    assert_false(jb_root_exists(b->root, "/sys/y"));
    assert_false(kept(b, "/sys/y"));
}

static void links_become_what_they_name(void **state)
{
    struct bench *b = *state;
    char text[64];
    struct stat st;
    machine_has(b, "/sys/devices/virtual/powercap/intel-rapl:0/name", "package-0\n");
    machine_has(b, "/sys/class/powercap/x", "");
    assert_int_equal(
        symlink("../../devices/virtual/powercap/intel-rapl:0", machine_path(b, "/sys/class/powercap/intel-rapl:0")), 0);
    assert_int_equal(jb_root_read(b->root, "/sys/class/powercap/intel-rapl:0/name", text, sizeof(text)), 9);
    assert_int_equal(lstat(scratch_at(&b->kept, "sys/class/powercap/intel-rapl:0"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_string_equal(content(b, "/sys/class/powercap/intel-rapl:0/name"), "package-0");
    /* Where the link itself was wanted, it is told beside. */
    assert_true(jb_root_readlink(b->root, "/sys/class/powercap/intel-rapl:0", text, sizeof(text)) > 0);
    assert_string_equal(text, "../../devices/virtual/powercap/intel-rapl:0");
    memset(text, 0, sizeof(text));
    assert_true(jb_root_readlink(b->kept.path, "/sys/class/powercap/intel-rapl:0", text, sizeof(text)) > 0);
    assert_string_equal(text, "../../devices/virtual/powercap/intel-rapl:0");
    assert_int_equal(jb_root_readlink(b->root, "/sys/class/powercap/intel-rapl:0/name", text, sizeof(text)), -EINVAL);
    assert_int_equal(jb_root_readlink(b->root, "/sys/class/powercap/intel-rapl:0", text, 4), -ENAMETOOLONG);
}

static void what_is_denied_stays_denied(void **state)
{
    struct bench *b = *state;
    char text[64];
    struct stat st;
    if (geteuid() == 0) { /* who may read everything is denied nothing: play the helper's part */
        struct jb_recording recording;
        assert_true(jb_recording_of(b->root, &recording));
        jb_recording_denied(&recording, "/sys/energy_uj", -EACCES);
    } else {
        machine_has(b, "/sys/energy_uj", "5\n");
        assert_int_equal(chmod(machine_path(b, "/sys/energy_uj"), 0), 0);
        assert_int_equal(jb_root_read(b->root, "/sys/energy_uj", text, sizeof(text)), -EACCES);
    }
    assert_int_equal(lstat(scratch_at(&b->kept, "sys/energy_uj"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0);
    assert_int_equal(st.st_size, 0);
    assert_true(noted(b, "denied", "/sys/energy_uj"));
    /* Opened after all, by somebody who may. */
    struct jb_recording recording;
    assert_true(jb_recording_of(b->root, &recording));
    jb_recording_moving(&recording, "/sys/energy_uj", "7\n", 2);
    assert_string_equal(content(b, "/sys/energy_uj"), "7");
    assert_string_equal(content(b, "/sys/energy_uj.series"), "/sys/energy_uj");
}

static void a_file_that_changes_is_marked(void **state)
{
    struct bench *b = *state;
    machine_has(b, "/sys/energy_uj", "5\n");
    int fd = jb_series_open(b->root, "/sys/energy_uj", 0);
    assert_true(fd >= 0);
    close(fd);
    assert_string_equal(content(b, "/sys/energy_uj"), "5");
    assert_string_equal(content(b, "/sys/energy_uj.series"), "/sys/energy_uj");
    assert_int_equal(jb_series_open(b->root, "/sys/none", 0), -ENOENT);
    assert_false(kept(b, "/sys/none.series"));
}

static void the_series_of_a_recorded_machine_is_played_and_not_copied(void **state)
{
    struct bench *b = *state;
    machine_has(b, "/sys/energy_uj.series", JB_SERIES_MAGIC "1\n0 42\n");
    int fd = jb_series_open(b->root, "/sys/energy_uj", 0);
    assert_true(fd >= 0);
    close(fd);
    assert_string_equal(content(b, "/sys/energy_uj"), "42");
    assert_string_equal(content(b, "/sys/energy_uj.series"), "/sys/energy_uj");
}

static void other_processes_and_secrets_are_never_copied(void **state)
{
    static const char *const never[] = {"/proc/1/environ", "/proc/4711/stat", "/etc/joulebook.conf", "/etc/shadow",
                                        "/proc/driver/nvidia/version"};
    struct bench *b = *state;
    char text[64];
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        machine_has(b, never[i], "secret\n");
        assert_int_equal(jb_root_read(b->root, never[i], text, sizeof(text)), 6); /* who asks is answered */
        assert_false(kept(b, never[i]));
    }
    assert_int_equal(jb_root_read(b->root, "/proc//./1/environ", text, sizeof(text)), 6);
    assert_false(kept(b, "/proc/1"));
    machine_has(b, "/proc/self/environ", "TOKEN=secret\n");
    assert_int_equal(jb_root_read(b->root, "/proc/self/environ", text, sizeof(text)), 12);
    assert_false(kept(b, "/proc/self/environ"));
    machine_has(b, "/proc/self/cgroup", "0::/\n");
    assert_int_equal(jb_root_read(b->root, "/proc/self/cgroup", text, sizeof(text)), 4);
    assert_string_equal(content(b, "/proc/self/cgroup"), "0::/");
    DIR *dir = jb_root_opendir(b->root, "/proc");
    assert_non_null(dir);
    closedir(dir);
    assert_false(kept(b, "/proc/1"));
    assert_true(kept(b, "/proc/self"));
}

static void of_the_real_machine_only_known_folders_are_copied(void **state)
{
    struct bench *b = *state;
    char text[8192];
    root_of(b, NULL);
    assert_true(jb_root_is_real(b->root));
    assert_string_equal(jb_root_name(b->root), "");
    machine_has(b, "/mine", "secret\n");
    assert_int_equal(jb_root_read(b->root, machine_path(b, "/mine"), text, sizeof(text)), 6);
    assert_int_equal(scratch_count(&b->kept), 0);
    assert_true(jb_root_read(b->root, "//proc/./meminfo", text, sizeof(text)) > 0);
    assert_true(kept(b, "/proc/meminfo"));
    assert_true(jb_root_exists(b->root, "/dev/null"));
    assert_false(kept(b, "/dev"));
}

static void what_a_device_says_is_kept_line_by_line(void **state)
{
    struct bench *b = *state;
    struct jb_recording recording;
    assert_true(jb_recording_of(b->root, &recording));
    jb_recording_said(&recording, "/hsmp/socket0/04", "95000");
    jb_recording_said(&recording, "/hsmp/socket0/04", "96000");
    jb_recording_said(&recording, "/../04", "1");
    content(b, "/hsmp/socket0/04.said");
    unsigned long long first, second;
    int first_w, second_w;
    char *end;
    first = strtoull(b->text, &end, 10);
    first_w = (int)strtoul(end, &end, 10);
    second = strtoull(end, &end, 10);
    second_w = (int)strtoul(end, &end, 10);
    assert_int_equal(first_w, 95000);
    assert_int_equal(second_w, 96000);
    assert_true(second >= first);
    assert_string_equal(end, "");
}

static void what_names_the_machine_is_made_up_and_told(void **state)
{
    struct bench *b = *state;
    char text[64];
    machine_has(b, "/sys/class/dmi/id/product_serial", "ABC12345\n");
    machine_has(b, "/sys/fs/6fd5c3a0-1b2c-4d3e-8f90-123456789abc/x", "1\n");
    assert_int_equal(jb_root_read(b->root, "/sys/class/dmi/id/product_serial", text, sizeof(text)), 8);
    assert_string_equal(text, "ABC12345"); /* who asks is told the truth */
    content(b, "/sys/class/dmi/id/product_serial");
    assert_int_equal(strlen(b->text), 8);
    assert_string_not_equal(b->text, "ABC12345");
    assert_true(noted(b, "changed", "/sys/class/dmi/id/product_serial"));
    assert_int_equal(jb_root_read(b->root, "/sys/fs/6fd5c3a0-1b2c-4d3e-8f90-123456789abc/x", text, sizeof(text)), 1);
    assert_false(kept(b, "/sys/fs/6fd5c3a0-1b2c-4d3e-8f90-123456789abc"));
    assert_true(kept(b, "/sys/fs"));
}

static void devices_and_fifos_are_left_alone(void **state)
{
    struct bench *b = *state;
    machine_has(b, "/dev/x", "");
    assert_int_equal(mkfifo(machine_path(b, "/dev/fifo"), 0644), 0);
    int fd = jb_root_open(b->root, "/dev/fifo", O_NONBLOCK);
    assert_true(fd >= 0);
    close(fd);
    assert_false(kept(b, "/dev/fifo"));
    assert_non_null(strstr(content(b, JB_RECORDING_NOTES), "left out: /dev/fifo"));
}

static void a_large_file_is_cut_and_a_line_says_so(void **state)
{
    struct bench *b = *state;
    struct stat st;
    machine_has(b, "/sys/large", "x");
    assert_int_equal(truncate(machine_path(b, "/sys/large"), JB_RECORDING_LIMIT + 5), 0);
    int fd = jb_root_open(b->root, "/sys/large", 0);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(lstat(scratch_at(&b->kept, "sys/large"), &st), 0);
    assert_int_equal(st.st_size, JB_RECORDING_LIMIT);
    assert_true(noted(b, "cut", "/sys/large"));
}

static void nothing_is_written_outside_of_the_folder(void **state)
{
    struct bench *b = *state;
    struct scratch outside;
    char text[64], path[PATH_MAX];
    scratch_make(&outside);
    machine_has(b, "/sys/evil/x", "1\n");
    machine_has(b, "/x", "1\n");
    /* A link where a folder is to be made: somebody else is at work in our folder. */
    assert_int_equal(symlink(outside.path, scratch_at(&b->kept, "sys")), 0);
    assert_int_equal(jb_root_read(b->root, "/sys/evil/x", text, sizeof(text)), 1);
    assert_int_equal(scratch_count(&outside), 0);
    struct jb_recording recording;
    assert_true(jb_recording_of(b->root, &recording));
    snprintf(path, sizeof(path), "/../%s/x", strrchr(outside.path, '/') + 1);
    jb_recording_touch(&recording, path, true);
    jb_recording_moving(&recording, path, "1", 1);
    jb_recording_denied(&recording, "/sys/../../x", EACCES);
    jb_recording_link(&recording, path, "target");
    assert_int_equal(jb_root_open(b->root, path, 0), -EINVAL);
    assert_int_equal(scratch_count(&outside), 0);
    assert_int_equal(unlink(scratch_at(&b->kept, "sys")), 0);
    scratch_remove(&outside);
}

static void a_root_that_is_none_records_nothing(void **state)
{
    static const char *const roots[] = {NULL, "", "/", "\001", "\001short", "\0010123456789abcdef/dir-without-end"};
    char root[64];
    struct jb_recording recording;
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        assert_false(jb_recording_of(roots[i], &recording));
    }
    assert_int_equal(jb_root_record("/base", "", root, sizeof(root)), -EINVAL);
    assert_int_equal(jb_root_record("/base", "a\001b", root, sizeof(root)), -EINVAL);
    assert_int_equal(jb_root_record("/base", "/dir", root, 20), -ENAMETOOLONG);
    assert_int_equal(jb_root_record("/base", "/dir", root, sizeof(root)), 0);
    assert_false(jb_root_is_real(root));
    assert_string_equal(jb_root_name(root), "/base");
    assert_string_equal(jb_root_name(NULL), "");
    assert_true(jb_root_is_real(NULL));
    assert_true(jb_root_is_real(""));
    assert_false(jb_root_is_real("/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_read_is_kept_and_nothing_else, make, unmake),
        cmocka_unit_test_setup_teardown(the_first_content_stays, make, unmake),
        cmocka_unit_test_setup_teardown(a_listed_folder_has_its_names, make, unmake),
        cmocka_unit_test_setup_teardown(what_is_asked_for_is_there_without_its_content, make, unmake),
        cmocka_unit_test_setup_teardown(links_become_what_they_name, make, unmake),
        cmocka_unit_test_setup_teardown(what_is_denied_stays_denied, make, unmake),
        cmocka_unit_test_setup_teardown(a_file_that_changes_is_marked, make, unmake),
        cmocka_unit_test_setup_teardown(the_series_of_a_recorded_machine_is_played_and_not_copied, make, unmake),
        cmocka_unit_test_setup_teardown(other_processes_and_secrets_are_never_copied, make, unmake),
        cmocka_unit_test_setup_teardown(of_the_real_machine_only_known_folders_are_copied, make, unmake),
        cmocka_unit_test_setup_teardown(what_a_device_says_is_kept_line_by_line, make, unmake),
        cmocka_unit_test_setup_teardown(what_names_the_machine_is_made_up_and_told, make, unmake),
        cmocka_unit_test_setup_teardown(devices_and_fifos_are_left_alone, make, unmake),
        cmocka_unit_test_setup_teardown(a_large_file_is_cut_and_a_line_says_so, make, unmake),
        cmocka_unit_test_setup_teardown(nothing_is_written_outside_of_the_folder, make, unmake),
        cmocka_unit_test(a_root_that_is_none_records_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
