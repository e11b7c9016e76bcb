/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_source.c against the meter's end of the socket. */
#include "cli/top_source.h"
#include "../base/support.h"
#include "link/link.h"

#include <errno.h>
#include <poll.h>

static struct scratch scratch;
static struct top_source *source;
static int meter, watcher;
static char packet[JB_LINK_MAX];

static int begin(void **state)
{
    scratch_make(&scratch);
    setenv("JOULEBOOK_SOCKET", scratch_at(&scratch, "meter.sock"), 1);
    assert_int_equal(jb_link_listen(scratch_at(&scratch, "meter.sock"), false, &meter, NULL), 0);
    source = top_source_socket();
    assert_non_null(source);
    watcher = -1;
    return 0;
}

static int end(void **state)
{
    source->destroy(source);
    close(meter);
    close(watcher);
    scratch_remove(&scratch);
    return 0;
}

/* Opened, and the meter has read that it is watched. */
static void attach(void)
{
    struct jb_link_peer peer;
    struct jb_link_message *message = malloc(sizeof(*message));
    int descriptor;
    assert_int_equal(source->open(source, NULL), 0);
    assert_int_equal(jb_link_accept(meter, &watcher, &peer), 0);
    ssize_t length = jb_link_receive(watcher, packet, &descriptor);
    assert_int_equal(jb_link_unpack(packet, (size_t)length, message), 0);
    assert_int_equal(message->kind, JB_LINK_WATCH);
    free(message);
}

static void tell(const char *text)
{
    ssize_t length = jb_link_pack_live(text, strlen(text), packet);
    assert_int_equal(jb_link_send(watcher, packet, (size_t)length, -1), 0);
}

static void assert_next(const char *expected)
{
    const char *text = NULL;
    size_t length = 0;
    assert_int_equal(source->next(source, &text, &length, NULL), expected ? 1 : 0);
    if (expected) {
        assert_int_equal(length, strlen(expected));
        assert_memory_equal(text, expected, length);
    }
}

static void texts_come_one_by_one(void **state)
{
    attach();
    assert_next(NULL);
    tell("one");
    tell("two");
    struct pollfd fd = {.fd = source->fd(source), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 5000), 1);
    assert_next("one");
    assert_next("two");
    assert_next(NULL);
}

static void what_is_no_text_for_us_is_passed_over(void **state)
{
    int descriptor = dup(1);
    attach();
    assert_int_equal(jb_link_send(watcher, "nonsense", 8, descriptor), 0);
    struct jb_link_news news = {.epoch = -1, .step = -1};
    ssize_t length = jb_link_pack_news(&news, packet);
    assert_int_equal(jb_link_send(watcher, packet, (size_t)length, -1), 0);
    tell("after");
    assert_next("after");
    close(descriptor);
}

static void a_meter_that_goes_is_told_and_found_again(void **state)
{
    struct jb_diag diag = {0};
    const char *text;
    size_t length;
    attach();
    tell("last");
    close(watcher);
    assert_next("last");
    assert_int_equal(source->next(source, &text, &length, &diag), -EPIPE);
    assert_string_equal(diag.fix, "joulebook serve");
    assert_int_equal(source->fd(source), -1);
    assert_int_equal(source->next(source, &text, &length, &diag), -EPIPE);
    attach();
    tell("again");
    assert_next("again");
}

static void a_refusal_says_why(void **state)
{
    struct jb_diag diag = {0};
    struct jb_link_refuse refuse = {.error = -EACCES, .text = "too many watch", .fix = "close one"};
    const char *text;
    size_t size;
    attach();
    ssize_t length = jb_link_pack_refuse(&refuse, packet);
    assert_int_equal(jb_link_send(watcher, packet, (size_t)length, -1), 0);
    assert_int_equal(source->next(source, &text, &size, &diag), -EACCES);
    assert_string_equal(diag.text, "the meter refuses: too many watch");
    assert_string_equal(diag.fix, "close one");
    assert_int_equal(source->fd(source), -1);
}

static void where_nobody_listens_there_is_a_way_on(void **state)
{
    struct jb_diag diag = {0};
    char place[600];
    snprintf(place, sizeof(place), "%s", scratch_at(&scratch, "nobody.sock"));
    setenv("JOULEBOOK_SOCKET", place, 1);
    assert_int_equal(source->open(source, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, place));
    assert_string_equal(diag.fix, "joulebook serve");
    setenv("JOULEBOOK_SOCKET", "none", 1);
    assert_int_equal(source->open(source, &diag), -ENOENT);
    assert_string_equal(diag.fix, "unset JOULEBOOK_SOCKET");
    unsetenv("JOULEBOOK_SOCKET");
    setenv("XDG_RUNTIME_DIR", scratch.path, 1);
    assert_int_equal(source->open(source, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "/joulebook.sock or /run/joulebook/joulebook.sock"));
    unsetenv("XDG_RUNTIME_DIR");
    char long_place[150];
    memset(long_place, 'x', sizeof(long_place));
    long_place[149] = '\0';
    setenv("JOULEBOOK_SOCKET", long_place, 1);
    assert_int_equal(source->open(source, &diag), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_come_one_by_one, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_text_for_us_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(a_meter_that_goes_is_told_and_found_again, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_says_why, begin, end),
        cmocka_unit_test_setup_teardown(where_nobody_listens_there_is_a_way_on, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
