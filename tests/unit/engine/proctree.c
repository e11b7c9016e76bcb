/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run's CPU time, both ways, against what the processes themselves burnt. Each burns a known amount of its own CPU
 * clock, so nothing here depends on how fast the machine is.
 */
#include "test.h"

#include "base/clock.h"
#include "base/os.h"
#include "engine/proctree.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURN_NS (200 * JB_NS_PER_MS)

static void burn(uint64_t ns)
{
    struct timespec now;

    do {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while ((uint64_t)now.tv_sec * JB_NS_PER_S + (uint64_t)now.tv_nsec < ns);
}

typedef void (*story_fn)(void);

static void burn_self(void)
{
    burn(BURN_NS);
}

static void burn_in_waited_child(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        burn(BURN_NS);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void burn_in_orphan(void)
{
    if (fork() == 0) {
        if (fork() == 0) {
            burn(BURN_NS);
        }
        _exit(0);
    }
    while (wait(NULL) > 0) {
    }
}

static void burn_in_ignored_child(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGCHLD, &ignore, NULL);
    pid_t pid = fork();
    if (pid == 0) {
        burn(BURN_NS);
        _exit(0);
    }
    while (kill(pid, 0) == 0) {
        usleep(1000);
    }
}

static uint64_t reaped_ns; /* the truth of the story told last, by rusage */

static uint64_t tell(story_fn story, bool perf)
{
    reaped_ns = 0;
    struct jb_proctree *tree;
    int go[2];

    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(go[1]);
        if (read(go[0], &byte, 1) != 1) {
            _exit(1);
        }
        story();
        _exit(0);
    }
    close(go[0]);
    assert_int_equal(jb_proctree_create(child, perf, &tree), 0);
    assert_int_equal(write(go[1], "x", 1), 1);
    close(go[1]);
    for (;;) {
        struct rusage usage;
        pid_t pid = wait4(-1, NULL, WNOHANG, &usage);
        if (pid < 0) {
            break;
        }
        if (pid > 0) {
            uint64_t cpu_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * JB_NS_PER_S +
                              (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
            reaped_ns += cpu_ns;
            jb_proctree_reaped(tree, pid, cpu_ns);
        }
        jb_proctree_cpu_ns(tree, true);
        usleep(2000);
    }
    uint64_t total = jb_proctree_cpu_ns(tree, true);
    jb_proctree_destroy(tree);
    return total;
}

static void check(story_fn story, bool perf)
{
    uint64_t cpu_ns = tell(story, perf);

    assert_in_range(cpu_ns, BURN_NS - 20 * JB_NS_PER_MS, BURN_NS + 100 * JB_NS_PER_MS);
}

static void proc_sees_the_child_and_what_it_waited_for(void **state)
{
    check(burn_self, false);
    check(burn_in_waited_child, false);
}

static void proc_sees_orphans(void **state)
{
    check(burn_in_orphan, false);
}

static void proc_keeps_what_it_saw_of_a_child_that_nobody_waited_for(void **state)
{
    /* Looked at every 2 ms: what it burnt after the last look is not known. */
    check(burn_in_ignored_child, false);
}

static void perf_sees_them_all(void **state)
{
    struct jb_proctree *tree;

    assert_int_equal(jb_proctree_create(getpid(), true, &tree), 0);
    const char *method = jb_proctree_method(tree);
    bool perf = method[0] == 'p';
    jb_proctree_destroy(tree);
    if (!perf) {
        print_message("perf events are not allowed here\n");
        skip();
    }
    check(burn_self, true);
    check(burn_in_waited_child, true);
    check(burn_in_orphan, true);
    check(burn_in_ignored_child, true);
}

/* Many children that are waited for while we look: none is counted twice, as itself and in its parent's waited time. */
static void burn_in_many_children(void)
{
    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            burn(20 * JB_NS_PER_MS);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
}

static void proc_counts_no_child_twice(void **state)
{
    uint64_t cpu_ns = tell(burn_in_many_children, false);

    assert_true(reaped_ns >= 780 * JB_NS_PER_MS);
    assert_in_range(cpu_ns, reaped_ns - 50 * JB_NS_PER_MS, reaped_ns + 100 * JB_NS_PER_MS);
}

static void it_knows_its_own(void **state)
{
    struct jb_proctree *tree;
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(jb_proctree_create(child, false, &tree), 0);
    assert_true(jb_proctree_contains(tree, child));
    assert_false(jb_proctree_contains(tree, getpid()));
    assert_false(jb_proctree_contains(tree, getppid()));
    assert_false(jb_proctree_contains(tree, 1));
    assert_false(jb_proctree_contains(tree, 0x7ffffff0));
    assert_false(jb_proctree_contains(tree, -1));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    jb_proctree_destroy(tree);
    jb_proctree_destroy(NULL);
}

/* A helper of the meter is its child too, and may live and burn as long as the run. */
static void what_is_left_out_is_no_part_of_the_run(void **state)
{
    struct jb_proctree *tree;
    int burnt[2];
    char byte;
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(pipe(burnt), 0);
    pid_t helper = fork();
    if (helper == 0) {
        burn(BURN_NS);
        if (write(burnt[1], "x", 1) == 1) {
            pause();
        }
        _exit(0);
    }
    assert_int_equal(jb_proctree_create(child, false, &tree), 0);
    assert_true(jb_proctree_contains(tree, helper));
    jb_proctree_leave_out(tree, helper);
    assert_int_equal(read(burnt[0], &byte, 1), 1);
    assert_true(jb_proctree_cpu_ns(tree, true) < BURN_NS / 2);
    assert_false(jb_proctree_contains(tree, helper));
    assert_true(jb_proctree_contains(tree, child));
    jb_proctree_leave_out(tree, 0);
    assert_true(jb_proctree_cpu_ns(tree, true) >= BURN_NS / 2);
    kill(child, SIGKILL);
    kill(helper, SIGKILL);
    waitpid(child, NULL, 0);
    waitpid(helper, NULL, 0);
    close(burnt[0]);
    close(burnt[1]);
    jb_proctree_destroy(tree);
}

/*
 * A process that is not our child: a grandchild whose parent lives on and is no part of the run. It burns, says so, and
 * goes on with its story when it is told to.
 */
struct stranger {
    pid_t parent, pid;
    int go, done;
};

static struct stranger befriend(story_fn before, story_fn after)
{
    int told[2], go[2], done[2];
    struct stranger stranger;

    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(done), 0);
    stranger.parent = fork();
    if (stranger.parent == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            char byte;
            before();
            pid = getpid();
            close(go[1]);
            if (write(told[1], &pid, sizeof(pid)) != sizeof(pid) || read(go[0], &byte, 1) != 1) {
                _exit(1);
            }
            after();
            if (write(done[1], "x", 1) != 1) {
                _exit(1);
            }
            pause();
            _exit(0);
        }
        pause();
        _exit(0);
    }
    assert_int_equal(read(told[0], &stranger.pid, sizeof(pid_t)), sizeof(pid_t));
    close(told[0]);
    close(told[1]);
    close(go[0]);
    close(done[1]);
    stranger.go = go[1];
    stranger.done = done[0];
    return stranger;
}

static void go_on(const struct stranger *stranger)
{
    char byte;

    assert_int_equal(write(stranger->go, "x", 1), 1);
    assert_int_equal(read(stranger->done, &byte, 1), 1);
}

static void leave(const struct stranger *stranger)
{
    kill(stranger->pid, SIGKILL);
    kill(stranger->parent, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0) {
    }
    close(stranger->go);
    close(stranger->done);
}

static void burn_more(void)
{
    burn(2 * BURN_NS); /* of which the first half is from before */
}

static void what_was_used_before_does_not_count(void **state)
{
    static const story_fn stories[] = {burn_more, burn_in_waited_child};

    for (size_t i = 0; i < 2; i++) {
        struct stranger stranger = befriend(burn_self, stories[i]);
        struct jb_proctree *tree;
        assert_int_equal(jb_proctree_create(stranger.pid, true, &tree), 0);
        assert_string_equal(jb_proctree_method(tree), "/proc");
        assert_true(jb_proctree_cpu_ns(tree, true) < 30 * JB_NS_PER_MS);
        go_on(&stranger);
        if (stories[i] == burn_more) { /* its own time is exact without a look through /proc */
            assert_in_range(jb_proctree_cpu_ns(tree, false), BURN_NS - 5 * JB_NS_PER_MS, BURN_NS + 50 * JB_NS_PER_MS);
        }
        assert_in_range(jb_proctree_cpu_ns(tree, true), BURN_NS - 30 * JB_NS_PER_MS, BURN_NS + 100 * JB_NS_PER_MS);
        leave(&stranger);
        /* What was seen of it stays when it has ended. */
        assert_in_range(jb_proctree_cpu_ns(tree, true), BURN_NS - 30 * JB_NS_PER_MS, BURN_NS + 100 * JB_NS_PER_MS);
        jb_proctree_destroy(tree);
    }
}

static void a_stranger_is_of_its_run_and_we_are_not(void **state)
{
    struct stranger stranger = befriend(burn_self, burn_self);
    struct jb_proctree *tree;
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(jb_proctree_create(stranger.pid, false, &tree), 0);
    assert_true(jb_proctree_contains(tree, stranger.pid));
    assert_false(jb_proctree_contains(tree, stranger.parent));
    assert_false(jb_proctree_contains(tree, child));
    assert_false(jb_proctree_contains(tree, getpid()));
    jb_proctree_reaped(tree, child, 5 * JB_NS_PER_S); /* a helper of ours */
    assert_true(jb_proctree_cpu_ns(tree, true) < JB_NS_PER_S);
    kill(child, SIGKILL);
    leave(&stranger);
    jb_proctree_destroy(tree);
}

static pid_t *orphan; /* shared with the processes of the story */

/* Its parent ends, and it lives on below whoever takes orphans in: us, but it is no child of ours to the tree. */
static void make_a_parent(void)
{
    if (fork() == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            pause();
            burn(BURN_NS);
            pause();
            _exit(0);
        }
        *orphan = pid;
        pause();
        _exit(0);
    }
    while (*(volatile pid_t *)orphan == 0) {
        usleep(1000);
    }
}

static void wake(int number)
{
}

static void an_orphan_that_was_seen_is_followed(void **state)
{
    struct jb_proctree *tree;
    struct jb_pidstat stat;
    char path[64], text[1024];

    orphan = mmap(NULL, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(orphan != MAP_FAILED);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = wake}, NULL);
    struct stranger stranger = befriend(burn_self, make_a_parent);
    assert_int_equal(jb_proctree_create(stranger.pid, false, &tree), 0);
    go_on(&stranger);
    uint64_t before_ns = jb_proctree_cpu_ns(tree, true);
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)*orphan);
    FILE *file = fopen(path, "re");
    size_t length = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_int_equal(jb_pidstat_parse(text, length, &stat), 0);
    kill(stat.parent, SIGKILL);
    assert_int_equal(waitpid(stat.parent, NULL, 0), -1); /* it is the stranger's child */
    kill(*orphan, SIGUSR1);
    uint64_t used_ns = 0;
    for (int i = 0; i < 5000 && used_ns < BURN_NS - 30 * JB_NS_PER_MS; i++) {
        usleep(2000);
        used_ns = jb_proctree_cpu_ns(tree, true) - before_ns;
    }
    assert_in_range(used_ns, BURN_NS - 30 * JB_NS_PER_MS, BURN_NS + 100 * JB_NS_PER_MS);
    assert_true(jb_proctree_contains(tree, *orphan));
    kill(*orphan, SIGKILL);
    leave(&stranger);
    assert_true(jb_proctree_cpu_ns(tree, true) - before_ns >= used_ns);
    jb_proctree_destroy(tree);
    munmap(orphan, sizeof(pid_t));
}

static int become_subreaper(void **state)
{
    return jb_os_become_subreaper();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proc_sees_the_child_and_what_it_waited_for),
        cmocka_unit_test(proc_sees_orphans),
        cmocka_unit_test(proc_keeps_what_it_saw_of_a_child_that_nobody_waited_for),
        cmocka_unit_test(proc_counts_no_child_twice),
        cmocka_unit_test(perf_sees_them_all),
        cmocka_unit_test(it_knows_its_own),
        cmocka_unit_test(what_is_left_out_is_no_part_of_the_run),
        cmocka_unit_test(what_was_used_before_does_not_count),
        cmocka_unit_test(a_stranger_is_of_its_run_and_we_are_not),
        cmocka_unit_test(an_orphan_that_was_seen_is_followed),
    };
    return cmocka_run_group_tests(tests, become_subreaper, NULL);
}
