/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begin and end against a writer of our own, which the library takes for that of the probe and which writes down what
 * it is told.
 */
#include "test.h"

#include "api/api.h"
#include "api/private.h"
#include "joulebook/joulebook.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char log[1024];
    const char *names[16]; /* what intern_at() was asked, by number - 1 */
    unsigned name_count, allowed, attached;
    bool listening, nested; /* nested: a handler comes in the middle of the next begin */
} fake;

static char first_ring, second_ring; /* addresses are all that is needed of them */

static struct jb_wire *as_ring(char *ring)
{
    return (struct jb_wire *)(void *)ring;
}

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
    size_t used = strlen(fake.log);
    va_list args;

    va_start(args, format);
    vsnprintf(fake.log + used, sizeof(fake.log) - used, format, args);
    va_end(args);
}

static struct jb_wire *fake_attach(void)
{
    errno = ENOENT;
    return as_ring(&first_ring);
}

static struct jb_wire *fake_attach_place(const char *place)
{
    return strcmp(place, "second") == 0  ? as_ring(&second_ring)
           : strcmp(place, "first") == 0 ? as_ring(&first_ring)
                                         : NULL;
}

static void fake_detach(void)
{
    note("detach ");
}

static bool fake_listening(const struct jb_wire *ring)
{
    assert_non_null(ring);
    return fake.listening;
}

static unsigned fake_allowed(const struct jb_wire *ring)
{
    assert_non_null(ring);
    return fake.allowed;
}

static void fake_attached(struct jb_wire *ring, unsigned path)
{
    assert_non_null(ring);
    fake.attached |= path;
}

static uint32_t fake_intern_at(struct jb_wire *ring, const char *name)
{
    assert_non_null(ring);
    assert_true(fake.name_count < 16);
    fake.names[fake.name_count++] = name;
    return fake.name_count;
}

static bool fake_begin(struct jb_wire *ring, unsigned kind, uint32_t name, uint16_t value)
{
    const char *text = fake.names[name - 1];

    fake.name_count = 0;
    if (fake.nested) {
        fake.nested = false;
        jb_region("handler");
        jb_end();
    }
    note("%s%u:%s:%u ", ring == as_ring(&second_ring) ? "second/" : "", kind, text != NULL ? text : "-", value);
    return true;
}

static void fake_end(struct jb_wire *ring, unsigned kind)
{
    note("%s/%u ", ring == as_ring(&second_ring) ? "second" : "", kind);
}

static void fake_planned(struct jb_wire *ring, uint32_t epochs)
{
    note("%splan:%u ", ring == as_ring(&second_ring) ? "second/" : "", epochs);
}

const struct jb_writer_table jb_probe_writer __attribute__((visibility("default"))) = {
    .version = JB_WRITER_TABLE_VERSION,
    .attach = fake_attach,
    .attach_place = fake_attach_place,
    .detach = fake_detach,
    .listening = fake_listening,
    .allowed = fake_allowed,
    .attached = fake_attached,
    .intern_at = fake_intern_at,
    .begin = fake_begin,
    .end = fake_end,
    .planned = fake_planned,
};

/* What was written since the last time. */
#define WRITTEN(text)                                                                                                  \
    do {                                                                                                               \
        assert_string_equal(fake.log, text);                                                                           \
        fake.log[0] = '\0';                                                                                            \
    } while (0)

static int anew(void **state)
{
    api_listener_use("first"); /* another generation: nothing is open */
    memset(&fake, 0, sizeof(fake));
    fake.listening = true;
    fake.allowed = JB_PATH_API | JB_PATH_LAYERS;
    return 0;
}

static void the_first_call_leaves_errno_alone(void **state)
{
    fake.listening = true;
    errno = EXDEV;
    assert_int_equal(jb_active(), 1);
    assert_int_equal(errno, EXDEV);
    fake.listening = false;
    assert_int_equal(jb_active(), 0);
}

static void kinds_names_and_indexes_are_told(void **state)
{
    assert_int_equal(jb_epoch(3), 0);
    assert_int_equal(jb_step(65536 + 7), 0);
    assert_int_equal(jb_phase("forward"), 0);
    assert_int_equal(jb_region(NULL), 0);
    assert_int_equal(jb_begin_layer("features.3"), 0);
    WRITTEN("6:epoch:3 8:step:7 7:forward:0 9:-:0 5:features.3:0 ");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(jb_end(), 0);
    }
    WRITTEN("/5 /9 /7 /8 /6 ");
}

static void the_long_way_is_the_same(void **state)
{
    jb_epoch(4);
    jb_step(9);
    fake.log[0] = '\0';
    assert_int_equal(jb_begin("epoch", NULL), 0);
    assert_int_equal(jb_begin("step", NULL), 0);
    assert_int_equal(jb_begin("phase", "data"), 0);
    assert_int_equal(jb_begin("region", "x"), 0);
    WRITTEN("6:epoch:5 8:step:10 7:data:0 9:x:0 ");
    assert_int_equal(jb_begin("epoch", NULL), 0);
    WRITTEN("6:epoch:6 ");
}

static void a_kind_that_is_none_begins_nothing(void **state)
{
    jb_region("outer");
    assert_int_equal(jb_begin("operator", "x"), -EINVAL);
    assert_int_equal(jb_begin("", "x"), -EINVAL);
    assert_int_equal(jb_begin(NULL, "x"), -EINVAL);
    jb_end();
    WRITTEN("9:outer:0 /9 ");
}

static void a_plan_is_told_and_is_no_span(void **state)
{
    jb_region("around");
    assert_int_equal(jb_epochs(30), 0);
    assert_int_equal(jb_epochs(0), 0);
    assert_int_equal(jb_epochs(2147483647U), 0);
    assert_int_equal(jb_epochs(2147483648U), -EINVAL);
    jb_end();
    WRITTEN("9:around:0 plan:30 plan:0 plan:2147483647 /9 ");
    fake.allowed = JB_PATH_LAYERS;
    assert_int_equal(jb_epochs(30), 0);
    fake.allowed = JB_PATH_API;
    fake.listening = false;
    assert_int_equal(jb_epochs(30), 0);
    WRITTEN("");
}

static void an_end_too_many_does_nothing(void **state)
{
    assert_int_equal(jb_end(), 0);
    jb_region("a");
    jb_end();
    jb_end();
    jb_end();
    WRITTEN("9:a:0 /9 ");
}

static void *end_twice(void *unused)
{
    jb_end();
    jb_region("mine");
    jb_end();
    jb_end();
    return NULL;
}

static void threads_have_spans_of_their_own(void **state)
{
    pthread_t thread;

    jb_region("a");
    assert_int_equal(pthread_create(&thread, NULL, end_twice, NULL), 0);
    pthread_join(thread, NULL);
    WRITTEN("9:a:0 9:mine:0 /9 ");
    jb_end();
    WRITTEN("/9 ");
}

static void what_nobody_heard_is_not_ended(void **state)
{
    fake.listening = false;
    jb_region("unheard");
    fake.listening = true;
    jb_region("heard");
    jb_end();
    jb_end();
    WRITTEN("9:heard:0 /9 ");

    jb_region("heard");
    fake.listening = false;
    jb_region("unheard");
    jb_end();
    fake.listening = true;
    WRITTEN("9:heard:0 ");
    jb_end();
    WRITTEN("/9 ");
}

static void what_went_to_another_ring_is_not_ended_in_this(void **state)
{
    jb_region("a");
    jb_region("b");
    assert_true(api_listener_use("second"));
    jb_end();
    jb_region("c");
    jb_end();
    jb_end();
    WRITTEN("9:a:0 9:b:0 second/9:c:0 second/9 ");
    assert_false(api_listener_use("nowhere"));
    jb_region("d");
    WRITTEN("second/9:d:0 ");

    api_listener_leave();
    jb_region("e");
    jb_end();
    jb_end();
    assert_int_equal(jb_active(), 0);
    WRITTEN("detach ");
    assert_true(api_listener_use("first"));
    jb_end();
    WRITTEN("");
}

static void switches_are_obeyed(void **state)
{
    fake.allowed = JB_PATH_LAYERS;
    jb_region("a");
    jb_begin_layer("b");
    jb_end();
    jb_end();
    WRITTEN("5:b:0 /5 ");
    fake.allowed = JB_PATH_API;
    jb_region("a");
    jb_begin_layer("b");
    jb_end();
    jb_end();
    WRITTEN("9:a:0 /9 ");
}

static void a_ring_is_told_who_writes(void **state)
{
    assert_true(api_listener_use("second"));
    jb_region("a");
    jb_end();
    assert_int_equal(fake.attached, JB_PATH_API);
    jb_begin_layer("b");
    jb_end();
    assert_int_equal(fake.attached, JB_PATH_API | JB_PATH_LAYERS);
}

static void very_deep_nesting_is_counted(void **state)
{
    for (int i = 0; i < 1000; i++) {
        fake.log[0] = '\0';
        jb_region("deep");
        assert_string_equal(fake.log, i < 128 ? "9:deep:0 " : "");
    }
    for (int i = 999; i >= 0; i--) {
        fake.log[0] = '\0';
        jb_end();
        assert_string_equal(fake.log, i < 128 ? "/9 " : "");
    }
    fake.log[0] = '\0';
    jb_end();
    WRITTEN("");
}

static void a_signal_handler_nests_in_the_middle_of_a_begin(void **state)
{
    fake.nested = true;
    jb_phase("outer");
    jb_end();
    jb_end();
    WRITTEN("9:handler:0 /9 7:outer:0 /7 ");
}

/* Prints nothing and asserts by its status: it is a process of its own. */
static int child_story(void)
{
    jb_end();
    if (fake.log[0] != '\0') {
        return 1;
    }
    jb_region("child");
    jb_end();
    jb_end();
    return strcmp(fake.log, "9:child:0 /9 ") == 0 ? 0 : 2;
}

static void the_child_of_a_fork_ends_nothing_of_its_parent(void **state)
{
    int status;

    jb_region("parent");
    WRITTEN("9:parent:0 ");
    pid_t pid = fork();
    if (pid == 0) {
        _exit(child_story());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    jb_end();
    WRITTEN("/9 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_call_leaves_errno_alone),
        cmocka_unit_test_setup(a_ring_is_told_who_writes, anew),
        cmocka_unit_test_setup(kinds_names_and_indexes_are_told, anew),
        cmocka_unit_test_setup(the_long_way_is_the_same, anew),
        cmocka_unit_test_setup(a_kind_that_is_none_begins_nothing, anew),
        cmocka_unit_test_setup(a_plan_is_told_and_is_no_span, anew),
        cmocka_unit_test_setup(an_end_too_many_does_nothing, anew),
        cmocka_unit_test_setup(threads_have_spans_of_their_own, anew),
        cmocka_unit_test_setup(what_nobody_heard_is_not_ended, anew),
        cmocka_unit_test_setup(what_went_to_another_ring_is_not_ended_in_this, anew),
        cmocka_unit_test_setup(switches_are_obeyed, anew),
        cmocka_unit_test_setup(very_deep_nesting_is_counted, anew),
        cmocka_unit_test_setup(a_signal_handler_nests_in_the_middle_of_a_begin, anew),
        cmocka_unit_test_setup(the_child_of_a_fork_ends_nothing_of_its_parent, anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
