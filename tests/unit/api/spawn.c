/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter is started without a trace in the program: no child to wait for, no SIGCHLD, no descriptor handed on. In
 * its place a shell that says what it sees. And a run that goes wrong in each way that it can.
 */
#include "test.h"

#include "api/api.h"
#include "api/private.h"
#include "joulebook/joulebook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int heard;

static void on_child(int number)
{
    atomic_fetch_add(&heard, 1);
}

/* What the script says on stdout. */
static char *tell(const char *script)
{
    static char shell[] = "/bin/sh", flag[] = "-c";
    char text[512], *said = NULL;
    char *argv[] = {shell, flag, text, NULL};
    int talk = -1, errors = -1;

    snprintf(text, sizeof(text), "%s", script);
    assert_int_equal(api_spawn(argv, &talk, &errors), 0);
    assert_true(api_read_all(talk, api_now_ns() + UINT64_C(20000000000), &said) >= 0);
    close(talk);
    close(errors);
    return said;
}

static void the_program_has_no_child_and_hears_of_none(void **state)
{
    struct sigaction before;

    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, &before);
    free(tell("exit 0"));
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(heard, 0);
    sigaction(SIGCHLD, &before, NULL);
}

static void it_has_a_session_of_its_own(void **state)
{
    char *said = tell("cut -d' ' -f6 /proc/self/stat");

    long session = strtol(said, NULL, 10);
    assert_true(session > 0);
    assert_int_not_equal(session, getsid(0));
    free(said);
}

static void it_gets_three_descriptors(void **state)
{
    int null = open("/dev/null", O_RDONLY);
    int open_here = fcntl(null, F_DUPFD, 50); /* not closed on exec */

    assert_true(open_here >= 50);
    char *said = tell("for f in /proc/$$/fd/*; do echo ${f##*/}; done | tr '\\n' ' '");
    /* Those that follow are the shell's own. */
    assert_memory_equal(said, "0 1 2 ", 6);
    char mine[16];
    snprintf(mine, sizeof(mine), " %d ", open_here);
    assert_null(strstr(said, mine));
    free(said);
    close(open_here);
    close(null);
}

static void low_descriptors_are_not_in_its_way(void **state)
{
    int saved[3];

    for (int fd = 0; fd < 3; fd++) {
        saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        close(fd);
    }
    char *said = tell("echo fine");
    for (int fd = 0; fd < 3; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    assert_string_equal(said, "fine\n");
    free(said);
}

static void signals_are_as_they_were(void **state)
{
    sigset_t before, after;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    free(tell("exit 3"));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < NSIG; number++) {
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
    }
}

/* A joulebook in whose place a script is. */
static char program[64];

static void be_joulebook(const char *script)
{
    int fd = open(program, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

    assert_true(fd >= 0);
    fchmod(fd, 0700);
    dprintf(fd, "#!/bin/sh\n%s\n", script);
    close(fd);
    setenv("JOULEBOOK_PROGRAM", program, 1);
}

static int make_place(void **state)
{
    unsetenv("JOULEBOOK_RING");
    snprintf(program, sizeof(program), "/tmp/jb-api-program-XXXXXX");
    int fd = mkstemp(program);
    close(fd);
    return fd < 0;
}

static int remove_place(void **state)
{
    return unlink(program);
}

static void its_options_and_its_record_pass_through(void **state)
{
    const char *options[] = {"--name=a b", "--tag=k=v", NULL};
    char why[100] = "";
    char *json = NULL;

    be_joulebook("echo '{\"ring\": null, \"pid\": '$$'}'\nword=$(cat)\necho \"$@ word $word\"");
    assert_int_equal(jb_run_begin(options, why, sizeof(why)), 1);
    assert_null(jb_run_place());
    assert_int_equal(jb_active(), 0); /* it has no ring */
    assert_int_equal(jb_run_begin(options, why, sizeof(why)), 0);
    assert_int_equal(jb_run_start("again"), 0);
    errno = EXDEV;
    assert_int_equal(jb_run_end(1, &json), 0);
    assert_int_equal(errno, EXDEV);
    char expected[100];
    snprintf(expected, sizeof(expected), "meter --pid %d --name=a b --tag=k=v word 1\n", (int)getpid());
    assert_string_equal(json, expected);
    jb_free(json);
}

static void without_a_run_stop_does_nothing(void **state)
{
    char *json = program;

    assert_int_equal(jb_run_stop(&json), 0);
    assert_null(json);
    assert_int_equal(jb_run_stop(NULL), 0);
}

static void why_it_did_not_start_is_told(void **state)
{
    char why[600] = "";

    be_joulebook("echo 'joulebook meter: no such zone' >&2; exit 2");
    errno = EXDEV;
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), -EIO);
    assert_string_equal(why, "joulebook meter: no such zone");
    be_joulebook("exit 0");
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), -EIO);
    assert_non_null(strstr(why, "it ended at once"));
    be_joulebook("echo hello");
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), -EIO);
    setenv("JOULEBOOK_PROGRAM", "/nowhere", 1);
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), -ENOENT);
    assert_non_null(strstr(why, "JOULEBOOK_PROGRAM"));
    assert_int_equal(errno, EXDEV);
}

static void one_that_dies_leaves_no_record(void **state)
{
    char why[100], *json = program;

    be_joulebook("echo '{\"ring\": null, \"pid\": '$$'}'; exit 1");
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), 1);
    assert_int_equal(jb_run_stop(&json), -EIO);
    assert_null(json);
    assert_int_equal(jb_run_stop(&json), 0);
}

static void the_run_is_not_that_of_a_forks_child(void **state)
{
    char why[100], *json = NULL;
    int status;

    be_joulebook("echo '{\"ring\": null, \"pid\": '$$'}'\necho \"record $(cat)\"");
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), 1);
    pid_t pid = fork();
    if (pid == 0) {
        char *none = NULL;
        _exit(jb_run_stop(&none) == 0 && none == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(jb_run_stop(&json), 0);
    assert_string_equal(json, "record 0\n");
    jb_free(json);
}

/* As programs do that become daemons. */
static void a_descriptor_that_is_no_longer_ours_is_left_alone(void **state)
{
    char why[100], *json = program;
    int theirs[64];

    be_joulebook("echo '{\"ring\": null, \"pid\": '$$'}'\ncat >/dev/null");
    assert_int_equal(jb_run_begin(NULL, why, sizeof(why)), 1);
    for (int fd = 3; fd < 64; fd++) {
        close(fd);
    }
    for (int i = 0; i < 64; i += 2) {
        assert_int_equal(pipe(theirs + i), 0);
    }
    assert_int_equal(jb_run_stop(&json), -EIO);
    assert_null(json);
    for (int i = 0; i < 64; i += 2) {
        assert_int_equal(write(theirs[i + 1], "x", 1), 1);
        assert_int_equal(close(theirs[i]), 0);
        assert_int_equal(close(theirs[i + 1]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_has_no_child_and_hears_of_none),
        cmocka_unit_test(it_has_a_session_of_its_own),
        cmocka_unit_test(it_gets_three_descriptors),
        cmocka_unit_test(low_descriptors_are_not_in_its_way),
        cmocka_unit_test(signals_are_as_they_were),
        cmocka_unit_test(its_options_and_its_record_pass_through),
        cmocka_unit_test(without_a_run_stop_does_nothing),
        cmocka_unit_test(why_it_did_not_start_is_told),
        cmocka_unit_test(one_that_dies_leaves_no_record),
        cmocka_unit_test(the_run_is_not_that_of_a_forks_child),
        cmocka_unit_test(a_descriptor_that_is_no_longer_ours_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
