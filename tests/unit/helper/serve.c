/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper and its client together. As root (CI is) the made-up counters are root's alone, the helper gets its two
 * file capabilities, and this program becomes an ordinary user: then everything below is what such a user may do.
 * Otherwise the counters are readable by us and what is about privilege is skipped.
 */
#include "../folder.h"
#include "sensor/counter_file.h"
#include "sensor/privileged.h"
#include "sensor/sensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define ZONE   "/sys/class/powercap/intel-rapl:0/energy_uj"
#define NOBODY 65534

static struct {
    char root[64], helper[128];
    char other[64];  /* a folder with an energy_uj on another file system, to which intel-rapl:7 links; or "" */
    bool privileged; /* the helper has its capabilities and we have none */
    const char *why_not;
    int counter_fd; /* ZONE, for writing */
} world;

static void path_of(const char *path, char *full, size_t size)
{
    assert_true((size_t)snprintf(full, size, "%s%s", world.root, path) < size);
}

static void make(const char *path, const char *text, mode_t mode)
{
    char full[256];
    path_of(path, full, sizeof(full));
    for (char *slash = full + strlen(world.root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(full, 0755) < 0) {
            assert_int_equal(errno, EEXIST);
        }
        *slash = '/';
    }
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void make_link(const char *to, const char *path)
{
    char full[256];
    path_of(path, full, sizeof(full));
    assert_int_equal(symlink(to, full), 0);
}

static void copy_program(const char *name)
{
    char from[512], to[256], buffer[65536];
    ssize_t length;
    snprintf(from, sizeof(from), "%s/tests/unit/helper/%s", getenv("JB_BUILD_ROOT"), name);
    snprintf(to, sizeof(to), "%s/%s", world.root, name);
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_true(in >= 0 && out >= 0);
    while ((length = read(in, buffer, sizeof(buffer))) > 0) {
        assert_int_equal(write(out, buffer, (size_t)length), length);
    }
    assert_int_equal(fchmod(out, 0755), 0);
    close(in);
    close(out);
}

/* A program for jb_privileged_create(), which passes no arguments. */
static void make_script(const char *path, const char *line)
{
    char text[512];
    snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", line);
    make(path, text, 0755);
}

/* What setcap(8) writes for cap_perfmon,cap_dac_read_search=ep. */
static bool give_capabilities(const char *program)
{
    char full[256];
    struct vfs_cap_data data = {
        .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
        .data = {{.permitted = 1U << CAP_DAC_READ_SEARCH}, {.permitted = 1U << (CAP_PERFMON - 32)}},
    };
    struct statvfs fs;
    path_of(program, full, sizeof(full));
    return statvfs(full, &fs) == 0 && (fs.f_flag & ST_NOSUID) == 0 &&
           setxattr(full, "security.capability", &data, sizeof(data), 0) == 0;
}

static void make_world(void)
{
    char line[256], full[256];
    make(ZONE, "1000000\n", 0400);
    make("/sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n", 0400);
    make("/sys/class/powercap/intel-rapl:1/energy_uj", "garbage\n", 0400);
    make("/sys/class/powercap/intel-rapl:2/energy_uj/is-a-folder", "", 0400);
    make("/sys/class/powercap/intel-rapl:3/name", "package-3\n", 0444);
    make_link("../../../../secret", "/sys/class/powercap/intel-rapl:3/energy_uj");
    make("/sys/class/powercap/intel-rapl:4/name", "package-4\n", 0444);
    path_of("/sys/class/powercap/intel-rapl:4/energy_uj", full, sizeof(full));
    assert_int_equal(mkfifo(full, 0400), 0);
    make("/sys/devices/zone/energy_uj", "5000000\n", 0400);
    make_link("../../devices/zone", "/sys/class/powercap/intel-rapl:5");
    make_link("/proc/self", "/sys/class/powercap/intel-rapl:6");
    if (world.other[0] != '\0') {
        snprintf(full, sizeof(full), "%s/energy_uj", world.other);
        int fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
        assert_true(fd >= 0 && write(fd, "1\n", 2) == 2);
        close(fd);
        make_link(world.other, "/sys/class/powercap/intel-rapl:7");
    }
    make("/secret", "1234\n", 0400);
    make("/sys/class/hwmon/hwmon0/name", "amd_energy\n", 0444);
    make("/sys/class/hwmon/hwmon0/energy1_input", "7000000\n", 0400);
    make("/sys/class/hwmon/hwmon1/name", "amdgpu\n", 0444);
    make("/sys/class/hwmon/hwmon1/energy1_input", "8000000\n", 0400);
    make("/sys/class/hwmon/hwmon2/energy1_input", "9000000\n", 0400); /* no name */
    make("/sys/class/hwmon/hwmon3/name", "amd_energy2\n", 0444);
    make("/sys/class/hwmon/hwmon3/energy1_input", "9000000\n", 0400);
    make("/sys/class/hwmon/hwmon4/name", "zenergy\n", 0444);
    make("/sys/class/hwmon/hwmon4/energy2_input", "11000000\n", 0400);
    /* The kernel's software counters stand for the energy PMU: 1 is task-clock there, in nanoseconds. */
    make("/sys/bus/event_source/devices/power/type", "1\n", 0444);
    make("/etc/group", "root:x:0:\njoulebook-raw:x:4242:\n", 0644);
    make("/raw/etc/group", "root:x:0:\njoulebook-raw:x:65534:\n", 0644);
    make_link("../sys", "/raw/sys");
    copy_program("helper_at_root");
    copy_program("liar");
    snprintf(line, sizeof(line), "exec %s/helper_at_root %s", world.root, world.root);
    make_script("/helper", line);
    snprintf(line, sizeof(line), "exec %s/helper_at_root %s/raw", world.root, world.root);
    make_script("/raw-helper", line);
    make_script("/quits", "exit 0");
    make("/written/placeholder", "", 0644);
    snprintf(line, sizeof(line),
             "cd %s/written; env > env; ls /proc/$$/fd > fds; cut -d' ' -f6 /proc/$$/stat > session", world.root);
    make_script("/looks", line);
    static const char *const lies[] = {
        "no-descriptor", "two-descriptors", "four-descriptors", "negative", "short", "error-with-descriptor", "long",
        "quit",          "silent",          "device",           "pipe"};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/liar-%s", lies[i]);
        snprintf(line, sizeof(line), "exec %s/liar %s", world.root, lies[i]);
        make_script(path, line);
    }
    path_of(ZONE, full, sizeof(full));
    world.counter_fd = open(full, O_WRONLY | O_CLOEXEC);
    path_of("/helper", world.helper, sizeof(world.helper));
}

static void become_ordinary(void)
{
    char written[256];
    if (getuid() != 0) {
        world.why_not = "needs root, to make files that only root may read";
        return;
    }
    if (!give_capabilities("/helper_at_root")) {
        world.why_not = "needs a temporary folder that keeps file capabilities";
        return;
    }
    path_of("/written", written, sizeof(written));
    assert_int_equal(chmod(written, 0777), 0);
    assert_int_equal(setgroups(0, NULL), 0);
    assert_int_equal(setgid(NOBODY), 0);
    assert_int_equal(setuid(NOBODY), 0);
    world.privileged = true;
}

/* Skips, with the reason, what shows nothing without privilege. */
#define NEEDS_PRIVILEGE()                                                                                              \
    do {                                                                                                               \
        if (!world.privileged) {                                                                                       \
            print_message("SKIP: %s\n", world.why_not);                                                                \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

static struct jb_privileged *client(const char *program)
{
    char full[256];
    path_of(program, full, sizeof(full));
    struct jb_privileged *privileged = jb_privileged_create(full);
    assert_non_null(privileged);
    return privileged;
}

static void set_counter(const char *text)
{
    assert_int_equal(ftruncate(world.counter_fd, 0), 0);
    assert_int_equal(pwrite(world.counter_fd, text, strlen(text), 0), strlen(text));
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void a_counter_of_roots_is_read_through_the_helper(void **state)
{
    NEEDS_PRIVILEGE();
    char full[256];
    struct jb_privileged *privileged = client("/helper");
    uint64_t value;
    path_of(ZONE, full, sizeof(full));
    assert_true(open(full, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
    set_counter("262143328850\n");
    int fd = jb_privileged_open(privileged, ZONE);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(jb_counter_read_first(fd, &value), 0);
    assert_int_equal(value, UINT64_C(262143328850));
    set_counter("77\n");
    for (int look = 0; look < 10000 && value != 77; look++) {
        assert_int_equal(jb_counter_read(fd, &value), 0);
        usleep(1000);
    }
    assert_int_equal(value, 77);
    close(fd);
    jb_privileged_unref(privileged);
}

static void all_kinds_on_the_list_are_opened(void **state)
{
    NEEDS_PRIVILEGE();
    static const struct {
        const char *path;
        uint64_t value;
    } files[] = {
        {"/sys/class/powercap/intel-rapl:5/energy_uj", 5000000}, /* by way of a link, as in sysfs */
        {"/sys/class/hwmon/hwmon0/energy1_input", 7000000},
        {"/sys/class/hwmon/hwmon4/energy2_input", 11000000},
    };
    struct jb_privileged *privileged = client("/helper");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        uint64_t value;
        int fd = jb_privileged_open(privileged, files[i].path);
        assert_true(fd >= 0);
        assert_int_equal(jb_counter_read_first(fd, &value), 0);
        assert_int_equal(value, files[i].value);
        close(fd);
    }
    jb_privileged_unref(privileged);
}

static void what_is_not_what_it_says_is_refused(void **state)
{
    static const char *const refused[] = {
        "/secret",
        "/etc/shadow",
        "/sys/class/powercap/intel-rapl:0/max_energy_range_uj",
        "/sys/class/powercap/intel-rapl:0/../../../../secret",
        "/sys/class/powercap/intel-rapl:2/energy_uj", /* a folder */
        "/sys/class/powercap/intel-rapl:3/energy_uj", /* a link to /secret */
        "/sys/class/powercap/intel-rapl:4/energy_uj", /* a FIFO */
        "/sys/class/powercap/intel-rapl:6/energy_uj", /* a link to /proc, which has none */
        "/sys/class/powercap/intel-rapl:9/energy_uj", /* not there */
        "/sys/class/hwmon/hwmon1/energy1_input",      /* of another driver */
        "/sys/class/hwmon/hwmon2/energy1_input",      /* of a driver without a name */
        "/sys/class/hwmon/hwmon3/energy1_input",      /* of one that only begins alike */
        "/dev/cpu/0/msr",
        "/dev/ipmi0",
        "perf:2:1:0", /* tracepoints */
        "perf:4:1:0", /* the processor's own counters */
        "perf:1:0:0",
        "perf:1:6:0",
    };
    struct jb_privileged *privileged = client("/helper");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        int fd = jb_privileged_open(privileged, refused[i]);
        if (fd >= 0) {
            fail_msg("opened: %s", refused[i]);
        }
    }
    /* And it answers on. */
    int fd = jb_privileged_open(privileged, ZONE);
    assert_true(fd >= 0 || !world.privileged);
    if (fd >= 0) {
        close(fd);
    }
    jb_privileged_unref(privileged);
}

static void a_file_of_another_file_system_is_refused(void **state)
{
    struct statfs here, there;
    if (world.other[0] == '\0' || statfs(world.root, &here) < 0 || statfs(world.other, &there) < 0 ||
        here.f_type == there.f_type) {
        print_message("SKIP: there is no second file system here\n");
        skip();
    }
    struct jb_privileged *privileged = client("/helper");
    assert_int_equal(jb_privileged_open(privileged, "/sys/class/powercap/intel-rapl:7/energy_uj"), -EACCES);
    jb_privileged_unref(privileged);
}

static void values_come_at_most_20_times_a_second(void **state)
{
    NEEDS_PRIVILEGE();
    struct jb_privileged *privileged[3];
    int fds[3];
    uint64_t last[3] = {0}, number = 100, moments[64];
    unsigned count = 0;
    for (int i = 0; i < 3; i++) { /* many helpers show no more than one */
        privileged[i] = client("/helper");
        fds[i] = jb_privileged_open(privileged[i], ZONE);
        assert_true(fds[i] >= 0);
    }
    uint64_t begin_ns = now_ns(), end_ns = begin_ns + 400000000;
    while (now_ns() < end_ns) {
        char text[32];
        snprintf(text, sizeof(text), "%llu\n", (unsigned long long)++number);
        assert_int_equal(pwrite(world.counter_fd, text, strlen(text), 0), strlen(text));
        for (int i = 0; i < 3; i++) {
            uint64_t page[4];
            assert_int_equal(pread(fds[i], page, sizeof(page), 0), sizeof(page));
            if (page[1] == 0 || page[1] == last[i]) {
                continue;
            }
            last[i] = page[1];
            assert_true(page[1] % 50000000 <= 5000000);
            bool known = false;
            for (unsigned k = 0; k < count; k++) {
                known |= moments[k] == page[1] / 50000000;
            }
            if (!known) {
                assert_true(count < 64);
                moments[count++] = page[1] / 50000000;
            }
        }
    }
    uint64_t passed_ns = now_ns() - begin_ns;
    assert_true(count >= 1 && count <= passed_ns / 50000000 + 1);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
        jb_privileged_unref(privileged[i]);
    }
}

static void members_of_the_raw_group_get_the_counter_itself(void **state)
{
    NEEDS_PRIVILEGE();
    struct jb_privileged *privileged = client("/raw-helper");
    char text[64];
    set_counter("123456\n");
    int fd = jb_privileged_open(privileged, ZONE);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, text, sizeof(text), 0), 7);
    assert_memory_equal(text, "123456\n", 7);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    close(fd);
    jb_privileged_unref(privileged);
}

static void perf_counters_are_read_as_copies(void **state)
{
    NEEDS_PRIVILEGE();
    struct jb_privileged *privileged = client("/helper");
    struct jb_perf_ops ops;
    uint64_t first[4], value[4];
    int paranoid = -1;
    jb_perf_ops_init(&ops, NULL);
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file != NULL) {
        if (fscanf(file, "%d", &paranoid) != 1) {
            paranoid = -1;
        }
        fclose(file);
    }
    if (paranoid < 1 || paranoid > 2) {
        /* Above 2 is Debian's own and asks for CAP_SYS_ADMIN, which the helper does not have. */
        print_message("SKIP: kernel.perf_event_paranoid is %d here, not 1 or 2\n", paranoid);
        jb_privileged_unref(privileged);
        skip();
    }
    assert_int_equal(ops.open_counter(&ops, 1, 1, 0, -1), -EACCES);
    ops.privileged = privileged;
    int fd = ops.open_counter(&ops, 1, 1, 0, -1);
    assert_true(fd >= 0);
    assert_int_equal(ops.open_counter(&ops, 1, 3, 0, fd), -EINVAL); /* as a group of its own, then */
    assert_int_equal(ops.read_group(&ops, fd, first, 4), 1);
    do {
        assert_int_equal(ops.read_group(&ops, fd, value, 4), 1);
        assert_true(value[0] >= first[0]);
        usleep(1000);
    } while (value[0] == first[0]);
    close(fd);
    jb_privileged_unref(privileged);
}

static uint64_t status_field(pid_t pid, const char *name)
{
    char path[64], line[256];
    uint64_t value = UINT64_MAX;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtoull(line + strlen(name), NULL, 16);
        }
    }
    fclose(file);
    return value;
}

static void it_keeps_no_privilege_in_effect(void **state)
{
    NEEDS_PRIVILEGE();
    struct jb_privileged *privileged = client("/helper");
    char path[64];
    int fd = jb_privileged_open(privileged, ZONE);
    assert_true(fd >= 0);
    close(fd);
    pid_t pid = jb_privileged_pid(privileged);
    assert_true(pid > 0);
    assert_int_equal(status_field(pid, "CapEff:"), 0);
    assert_int_equal(status_field(pid, "CapInh:"), 0);
    assert_int_equal(status_field(pid, "CapAmb:"), 0);
    assert_true(status_field(pid, "CapPrm:") == (UINT64_C(1) << CAP_PERFMON | UINT64_C(1) << CAP_DAC_READ_SEARCH));
    assert_int_equal(status_field(pid, "NoNewPrivs:"), 1);
    /* Nobody but root looks into it or takes its descriptors. */
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    assert_true(open(path, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    assert_true(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES);
    jb_privileged_unref(privileged);
}

static void without_its_capabilities_it_opens_nothing(void **state)
{
    NEEDS_PRIVILEGE();
    char program[256], buffer[1024];
    struct stat st;
    path_of("/helper_at_root", program, sizeof(program));
    assert_int_equal(stat(program, &st), 0);
    /* A copy of ours has none: the attribute is not ours to give. */
    snprintf(buffer, sizeof(buffer), "cp %s %s/written/helper_at_root", program, world.root);
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, buffer, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/sh", argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    char script[256], line[600];
    snprintf(script, sizeof(script), "%s/written/helper", world.root);
    int fd = open(script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    snprintf(line, sizeof(line), "#!/bin/sh\nexec %s/written/helper_at_root %s\n", world.root, world.root);
    assert_int_equal(write(fd, line, strlen(line)), strlen(line));
    close(fd);
    struct jb_privileged *privileged = client("/written/helper");
    assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
    jb_privileged_unref(privileged);
}

static void a_counter_that_cannot_be_read_says_so(void **state)
{
    NEEDS_PRIVILEGE();
    struct jb_privileged *privileged = client("/helper");
    uint64_t value = 5;
    int fd = jb_privileged_open(privileged, "/sys/class/powercap/intel-rapl:1/energy_uj");
    assert_true(fd >= 0);
    assert_int_equal(jb_counter_read_first(fd, &value), -EINVAL);
    assert_int_equal(value, 5);
    close(fd);
    jb_privileged_unref(privileged);
}

static void a_helper_that_dies_is_noticed_and_not_started_again(void **state)
{
    struct jb_privileged *privileged = client("/helper");
    uint64_t value;
    int fd = jb_privileged_open(privileged, ZONE);
    assert_true(fd >= 0 || !world.privileged);
    if (world.privileged) {
        set_counter("5\n");
        assert_int_equal(jb_counter_read_first(fd, &value), 0);
    }
    pid_t pid = jb_privileged_pid(privileged);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(jb_privileged_reaped(privileged, pid + 1, 1));
    assert_true(jb_privileged_reaped(privileged, pid, 42000));
    assert_int_equal(jb_privileged_pid(privileged), 0);
    assert_int_equal(jb_privileged_cpu_ns(privileged), 42000);
    assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
    assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
    assert_int_equal(jb_privileged_pid(privileged), 0);
    if (world.privileged) { /* the copy is still there, and says that it is old */
        int error = 0;
        for (int look = 0; look < 10000 && error != -ESTALE; look++) {
            error = jb_counter_read(fd, &value);
            assert_true(error == 0 || error == -ESTALE);
            usleep(1000);
        }
        assert_int_equal(error, -ESTALE);
        close(fd);
    }
    jb_privileged_unref(privileged);
}

static void it_ends_when_the_socket_is_closed(void **state)
{
    int ends[2], status;
    char *argv[] = {world.helper, NULL}, *environment[] = {NULL};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        dup2(ends[1], 3);
        execve(world.helper, argv, environment);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(send(ends[0], "x", 1, 0), 1);
    int32_t answer;
    assert_int_equal(recv(ends[0], &answer, sizeof(answer), 0), sizeof(answer));
    assert_int_equal(answer, EACCES);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void one_helper_opens_256_counters(void **state)
{
    NEEDS_PRIVILEGE();
    struct jb_privileged *privileged = client("/helper");
    uint64_t value = 0;
    int first = -1;
    set_counter("1\n");
    for (int i = 0; i < 256; i++) {
        assert_int_equal(jb_privileged_open(privileged, "perf:4:1:0"), -EACCES); /* does not count */
        int fd = jb_privileged_open(privileged, ZONE);
        assert_true(fd >= 0);
        if (i == 0) {
            first = fd;
        } else {
            close(fd);
        }
    }
    assert_int_equal(jb_privileged_open(privileged, ZONE), -EMFILE);
    assert_int_equal(jb_counter_read_first(first, &value), 0);
    set_counter("2\n");
    for (int look = 0; look < 10000 && value != 2; look++) { /* and goes on with those it has */
        assert_int_equal(jb_counter_read(first, &value), 0);
        usleep(1000);
    }
    assert_int_equal(value, 2);
    close(first);
    jb_privileged_unref(privileged);
}

static int run_with(int fd)
{
    int status;
    char *argv[] = {world.helper, NULL}, *environment[] = {NULL};
    pid_t pid = fork();
    if (pid == 0) {
        if (fd < 0) {
            close(3);
        } else {
            dup2(fd, 3);
        }
        execve(world.helper, argv, environment);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void it_does_not_run_without_its_socket(void **state)
{
    int ends[2], file = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(run_with(-1), 2);
    assert_int_equal(run_with(file), 2);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(run_with(ends[0]), 2);
    close(ends[0]);
    close(ends[1]);
    close(file);
}

static void read_written(const char *name, char *text, size_t size)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/written/%s", world.root, name);
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t length = read(fd, text, size - 1);
    assert_true(length >= 0);
    text[length] = '\0';
    close(fd);
}

static void it_inherits_nothing_but_the_socket(void **state)
{
    char text[1024], session[32], *rest;
    int count = 0;
    struct jb_privileged *privileged = client("/looks");
    int open_one = open("/dev/null", O_RDWR); /* without close on exec, as who starts us may leave it */
    int ends[2];
    assert_true(open_one >= 0 && pipe(ends) == 0);
    assert_int_equal(setenv("JB_SECRET", "1", 1), 0);
    assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
    pid_t pid = jb_privileged_pid(privileged);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    jb_privileged_reaped(privileged, pid, 0);
    close(open_one);
    close(ends[0]);
    close(ends[1]);
    read_written("env", text, sizeof(text));
    assert_null(strstr(text, "JB_SECRET"));
    assert_null(strstr(text, "HOME="));
    read_written("fds", text, sizeof(text));
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        count++;
        if (strlen(line) == 1) {
            assert_true(line[0] <= '3');
        } else {
            assert_true(strcmp(line, "10") == 0 ||
                        strcmp(line, "11") == 0); /* the script, of the shell that reads it */
        }
    }
    assert_true(count >= 4);
    snprintf(session, sizeof(session), "%d\n", (int)pid);
    read_written("session", text, sizeof(text));
    assert_string_equal(text, session);
    jb_privileged_unref(privileged);
}

static void wrong_answers_end_the_conversation(void **state)
{
    static const char *const liars[] = {"/liar-no-descriptor",
                                        "/liar-two-descriptors",
                                        "/liar-four-descriptors",
                                        "/liar-error-with-descriptor",
                                        "/liar-negative",
                                        "/liar-short",
                                        "/liar-long",
                                        "/liar-device",
                                        "/liar-pipe",
                                        "/liar-quit",
                                        "/quits",
                                        "/not-there",
                                        "/secret",
                                        "/written"};
    for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
        int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
        close(lowest);
        struct jb_privileged *privileged = client(liars[i]);
        int fd = jb_privileged_open(privileged, ZONE);
        if (fd != -EACCES) {
            fail_msg("%s: %d", liars[i], fd);
        }
        assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
        jb_privileged_unref(privileged);
        int again = open("/dev/null", O_RDONLY | O_CLOEXEC); /* nothing that was passed is still open */
        assert_int_equal(again, lowest);
        close(again);
    }
}

static void one_that_is_silent_costs_one_second_once(void **state)
{
    struct jb_privileged *privileged = client("/liar-silent");
    assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
    uint64_t begin_ns = now_ns();
    for (int i = 0; i < 100; i++) {
        assert_int_equal(jb_privileged_open(privileged, ZONE), -EACCES);
    }
    assert_true(now_ns() - begin_ns < 1000000000);
    jb_privileged_unref(privileged);
}

static void its_cpu_time_is_known(void **state)
{
    struct jb_privileged *privileged = client("/helper");
    assert_int_equal(jb_privileged_cpu_ns(privileged), 0);
    int fd = jb_privileged_open(privileged, ZONE);
    assert_true(jb_privileged_cpu_ns(privileged) > 0);
    if (fd >= 0) {
        close(fd);
    }
    jb_privileged_unref(privileged);
    assert_int_equal(jb_privileged_cpu_ns(NULL), 0);
    assert_int_equal(jb_privileged_pid(NULL), 0);
    assert_false(jb_privileged_reaped(NULL, 1, 1));
}

static void references_are_counted(void **state)
{
    struct jb_privileged *privileged = client("/helper");
    assert_ptr_equal(jb_privileged_ref(privileged), privileged);
    assert_null(jb_privileged_ref(NULL));
    jb_privileged_unref(NULL);
    (void)jb_privileged_open(privileged, "perf:4:1:0");
    pid_t pid = jb_privileged_pid(privileged);
    assert_true(pid > 0);
    jb_privileged_unref(privileged);
    assert_int_equal(kill(pid, 0), 0);
    jb_privileged_unref(privileged);
    assert_true(kill(pid, 0) < 0 && errno == ESRCH);
    assert_int_equal(jb_privileged_open(NULL, ZONE), -EINVAL);
}

static int all_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_of_roots_is_read_through_the_helper),
        cmocka_unit_test(all_kinds_on_the_list_are_opened),
        cmocka_unit_test(what_is_not_what_it_says_is_refused),
        cmocka_unit_test(a_file_of_another_file_system_is_refused),
        cmocka_unit_test(values_come_at_most_20_times_a_second),
        cmocka_unit_test(members_of_the_raw_group_get_the_counter_itself),
        cmocka_unit_test(perf_counters_are_read_as_copies),
        cmocka_unit_test(it_keeps_no_privilege_in_effect),
        cmocka_unit_test(without_its_capabilities_it_opens_nothing),
        cmocka_unit_test(a_counter_that_cannot_be_read_says_so),
        cmocka_unit_test(a_helper_that_dies_is_noticed_and_not_started_again),
        cmocka_unit_test(it_ends_when_the_socket_is_closed),
        cmocka_unit_test(one_helper_opens_256_counters),
        cmocka_unit_test(it_does_not_run_without_its_socket),
        cmocka_unit_test(it_inherits_nothing_but_the_socket),
        cmocka_unit_test(wrong_answers_end_the_conversation),
        cmocka_unit_test(one_that_is_silent_costs_one_second_once),
        cmocka_unit_test(its_cpu_time_is_known),
        cmocka_unit_test(references_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The folder belongs to whom we were at first, so a child does the tests and we take it away. */
int main(void)
{
    int status = 1;
    snprintf(world.root, sizeof(world.root), "/tmp/jb-helper-XXXXXX");
    if (mkdtemp(world.root) == NULL || chmod(world.root, 0755) < 0) {
        return 1;
    }
    snprintf(world.other, sizeof(world.other), "/dev/shm/jb-helper-XXXXXX");
    if (mkdtemp(world.other) == NULL || chmod(world.other, 0755) < 0) {
        world.other[0] = '\0';
    }
    pid_t pid = fork();
    if (pid == 0) {
        make_world();
        become_ordinary();
        return all_tests();
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        status = 1;
    }
    folder_remove(world.root);
    if (world.other[0] != '\0') {
        folder_remove(world.other);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
