/* SPDX-License-Identifier: Apache-2.0 */
/* From joulebook.h to what the meter reads, through a real ring. */
#include "test.h"

#include "api/api.h"
#include "joulebook/joulebook.h"
#include "trace/ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct jb_ring *ring;

static int listen_to_all(void **state)
{
    if (jb_ring_create(&ring, NULL) < 0) {
        return -1;
    }
    setenv("JOULEBOOK_RING", jb_ring_place(ring), 1);
    jb_ring_listen(ring, JB_LEVEL_OFF, JB_PATH_API);
    return 0;
}

static int forget(void **state)
{
    jb_ring_destroy(ring);
    return 0;
}

static size_t drain(struct jb_traced *ret, size_t max)
{
    size_t count = 0, got;

    while (count < max && (got = jb_ring_drain(ring, api_now_ns(), ret + count, max - count)) > 0) {
        count += got;
    }
    return count;
}

static void spans_arrive_as_they_were_told(void **state)
{
    struct jb_traced events[16];
    struct jb_ring_state told;

    assert_int_equal(jb_active(), 1);
    jb_epoch(2);
    jb_phase("forward");
    jb_end();
    jb_end();
    jb_end();
    assert_int_equal(drain(events, 16), 4);
    assert_int_equal(events[0].event.kind, JB_EVENT_EPOCH);
    assert_int_equal(events[0].event.value, 2);
    assert_int_equal(events[1].event.kind, JB_EVENT_PHASE);
    assert_string_equal(jb_ring_name(ring, events[1].event.name), "forward");
    assert_int_equal(events[2].event.flags & JB_EVENT_END, JB_EVENT_END);
    assert_int_equal(events[3].event.flags & JB_EVENT_END, JB_EVENT_END);
    assert_int_equal(events[0].pid, getpid());
    jb_ring_state(ring, &told);
    assert_int_equal(told.attached & JB_PATH_API, JB_PATH_API);
}

static void a_child_tells_for_itself(void **state)
{
    struct jb_traced events[16];
    int status;

    jb_region("parent");
    pid_t pid = fork();
    if (pid == 0) {
        jb_end();
        jb_region("child");
        jb_end();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    jb_end();
    size_t count = drain(events, 16), of_child = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].pid == pid) {
            of_child++;
        }
    }
    assert_int_equal(of_child, 2);
    assert_int_equal(count, 4);
}

static void nobody_there_is_no_harm(void **state)
{
    jb_region("open");
    jb_ring_destroy(ring);
    ring = NULL;
    assert_int_equal(jb_active(), 0);
    assert_int_equal(jb_end(), 0);
    assert_int_equal(jb_region("x"), 0);
    assert_int_equal(jb_end(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_arrive_as_they_were_told),
        cmocka_unit_test(a_child_tells_for_itself),
        cmocka_unit_test(nobody_there_is_no_harm),
    };
    return cmocka_run_group_tests(tests, listen_to_all, forget);
}
