/* SPDX-License-Identifier: Apache-2.0 */
/* The switches: which paths may be used, by the environment and by the meter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/probe.h"
#include "trace/writer_table.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL (JB_PATH_PYTORCH | JB_PATH_ITT | JB_PATH_NVTX | JB_PATH_CUPTI)

static unsigned paths(void)
{
    unsigned open = 0;
    for (unsigned path = 1; path <= JB_PATH_LAYERS; path <<= 1) {
        open |= probe_ring(path) != NULL ? path : 0;
    }
    return open;
}

/* In a program of its own, this one with an argument: switches are read when it starts. */
static unsigned paths_with(const char *name, const char *value)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (name != NULL && value == NULL) {
            unsetenv(name);
        } else if (name != NULL) {
            setenv(name, value, 1);
        }
        execl("/proc/self/exe", "entry", "paths", NULL);
        _exit(255);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (unsigned)WEXITSTATUS(status);
}

static void each_path_has_its_switch(void **state)
{
    assert_int_equal(paths_with(NULL, NULL), ALL);
    assert_int_equal(paths_with("JOULEBOOK_PROBE", "off"), 0);
    assert_int_equal(paths_with("JOULEBOOK_PROBE", "on"), ALL);
    assert_int_equal(paths_with("JOULEBOOK_PROBE_PYTORCH", "off"), ALL & ~JB_PATH_PYTORCH);
    assert_int_equal(paths_with("JOULEBOOK_PROBE_ITT", "off"), ALL & ~JB_PATH_ITT);
    assert_int_equal(paths_with("JOULEBOOK_PROBE_NVTX", "off"), ALL & ~JB_PATH_NVTX);
    assert_int_equal(paths_with("JOULEBOOK_PROBE_CUPTI", "off"), ALL & ~JB_PATH_CUPTI);
}

static void without_a_ring_there_is_no_path(void **state)
{
    assert_int_equal(paths_with("JOULEBOOK_RING", NULL), 0);
    assert_int_equal(paths_with("JOULEBOOK_RING", ""), 0);
    assert_int_equal(paths_with("JOULEBOOK_RING", "/proc/self/mem"), 0);
}

static void the_meter_says_which_paths_and_when_none(void **state)
{
    struct world *world = *state;
    assert_int_equal(paths(), ALL);
    jb_ring_listen(world->ring, JB_LEVEL_FULL, JB_PATH_ITT);
    assert_int_equal(paths(), JB_PATH_ITT);
    jb_ring_listen(world->ring, JB_LEVEL_FULL, 0);
    assert_int_equal(paths(), 0);
    jb_ring_listen(world->ring, JB_LEVEL_OFF, ~0u);
    assert_int_equal(paths(), ALL);
}

extern const struct jb_writer_table jb_probe_writer;

static void the_writer_is_offered_to_the_library(void **state)
{
    assert_string_equal(JB_WRITER_TABLE_NAME, "jb_probe_writer");
    assert_int_equal(jb_probe_writer.version, JB_WRITER_TABLE_VERSION);
    assert_ptr_equal(jb_probe_writer.attach(), probe_ring(JB_PATH_ITT));
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return (int)paths();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_has_its_switch),
        cmocka_unit_test(without_a_ring_there_is_no_path),
        cmocka_unit_test(the_meter_says_which_paths_and_when_none),
        cmocka_unit_test(the_writer_is_offered_to_the_library),
    };
    return cmocka_run_group_tests(tests, world_start, world_end);
}
