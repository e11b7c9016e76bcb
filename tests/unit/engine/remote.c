/* SPDX-License-Identifier: Apache-2.0 */
/* The client's end of the socket, against a meter that does what the test says: nothing of it is believed, none of it
 * is waited for without an end. */
#include "daemon_world.h"

#include "engine/remote.h"

#include <fcntl.h>
#include <sys/socket.h>

enum manner {
    SILENT,       /* it takes the HELLO and says nothing */
    HANGS_UP,     /* at once */
    REFUSES,      /* with a reason */
    RAVES,        /* it is no meter */
    LATER,        /* of a later release: kinds that we do not know come between */
    NO_WELCOME,   /* channels without a WELCOME */
    KEEPS,        /* and says that it kept the run */
    KEEPS_NOT,    /* and says why */
    DIES_KEEPING, /* hangs up instead */
};

struct meter {
    char folder[64], socket[96];
    enum manner manner;
    int listen_fd;
    pthread_t thread;
    unsigned char buffer[JB_LINK_MAX];
    struct jb_link_message message;
    size_t heard;
};

static void tell(struct meter *meter, int fd, ssize_t length)
{
    assert_true(length > 0);
    (void)jb_link_send(fd, meter->buffer, (size_t)length, -1);
}

static bool hear_one(struct meter *meter, int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int descriptor = -1;

    poll(&wait, 1, 20000);
    ssize_t length = jb_link_receive(fd, meter->buffer, &descriptor);
    if (length > 0 && descriptor >= 0) {
        close(descriptor);
    }
    meter->heard += length > 0;
    return length > 0 && jb_link_unpack(meter->buffer, (size_t)length, &meter->message) == 0;
}

static void welcome(struct meter *meter, int fd)
{
    struct jb_link_welcome words = {.version = JB_LINK_VERSION, .interval_ns = 1, .db_ino = 7};
    static struct jb_link_channel_list list;

    list = (struct jb_link_channel_list){.count = 1};
    list.channels[0] = (struct jb_link_channel){.id = "a", .parent = -1, .mirror_of = -1, .unit_den = 1, .unit_num = 1};
    if (meter->manner == LATER) { /* one of our own, with a number that is not given yet */
        ssize_t length = jb_link_pack_empty(JB_LINK_START, meter->buffer);
        meter->buffer[4] = 99;
        tell(meter, fd, length);
    }
    if (meter->manner != NO_WELCOME) {
        tell(meter, fd, jb_link_pack_welcome(&words, meter->buffer));
    }
    tell(meter, fd, jb_link_pack_channel_list(&list, meter->buffer));
}

static void keep(struct meter *meter, int fd)
{
    struct jb_link_kept kept = {.error = meter->manner == KEEPS_NOT ? -ENOSPC : 0};
    struct jb_link_tick tick = {.count = 0};

    jb_copy(kept.text, sizeof(kept.text), "the disk is full");
    tell(meter, fd, jb_link_pack_tick(&tick, meter->buffer)); /* it was on its way */
    if (meter->manner != DIES_KEEPING) {
        tell(meter, fd, jb_link_pack_kept(&kept, meter->buffer));
    }
}

static void *meter_run(void *context)
{
    struct meter *meter = context;
    struct pollfd wait = {.fd = meter->listen_fd, .events = POLLIN};
    struct jb_link_peer peer;
    struct jb_link_refuse refusal = {.error = -EBUSY, .text = "not now", .fix = "later"};
    int fd = -1;

    poll(&wait, 1, 20000);
    if (jb_link_accept(meter->listen_fd, &fd, &peer) < 0 || !hear_one(meter, fd)) {
        return NULL;
    }
    switch (meter->manner) {
    case SILENT:
        hear_one(meter, fd); /* until the other one goes */
        break;
    case HANGS_UP:
        break;
    case REFUSES:
        tell(meter, fd, jb_link_pack_refuse(&refusal, meter->buffer));
        break;
    case RAVES:
        memset(meter->buffer, 'x', 100);
        tell(meter, fd, 100);
        hear_one(meter, fd);
        break;
    default:
        welcome(meter, fd);
        if (hear_one(meter, fd) && meter->message.kind == JB_LINK_RECORD) {
            keep(meter, fd);
        }
    }
    close(fd);
    return NULL;
}

static void meter_begin(struct meter *meter, enum manner manner)
{
    struct jb_diag diag = {0};

    *meter = (struct meter){.manner = manner, .listen_fd = -1};
    jb_copy(meter->folder, sizeof(meter->folder), "/tmp/jb-remote-XXXXXX");
    assert_non_null(mkdtemp(meter->folder));
    snprintf(meter->socket, sizeof(meter->socket), "%s/socket", meter->folder);
    setenv("JOULEBOOK_SOCKET", meter->socket, 1);
    if (jb_link_listen(meter->socket, false, &meter->listen_fd, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(pthread_create(&meter->thread, NULL, meter_run, meter), 0);
}

static void meter_end(struct meter *meter)
{
    char lock[112];

    pthread_join(meter->thread, NULL);
    close(meter->listen_fd);
    unlink(meter->socket);
    snprintf(lock, sizeof(lock), "%s.lock", meter->socket);
    unlink(lock);
    assert_int_equal(rmdir(meter->folder), 0);
}

static void no_meter_is_no_failure_to_speak_of(void **state)
{
    struct jb_link_hello hello = plain_hello(0);
    struct jb_remote *remote = NULL;
    struct jb_diag diag = {0};

    setenv("JOULEBOOK_SOCKET", "/tmp/jb-remote-nowhere/socket", 1);
    assert_int_equal(jb_remote_attach(&hello, &remote, &diag), -ENOENT);
    setenv("JOULEBOOK_SOCKET", "none", 1);
    assert_int_equal(jb_remote_attach(&hello, &remote, &diag), -ENOENT);
    assert_null(remote);
    jb_remote_destroy(NULL);
}

static void attaching_ends_in_time_with_a_reason(void **state)
{
    static const struct {
        enum manner manner;
        int result;
    } cases[] = {
        {SILENT, -ETIMEDOUT}, {HANGS_UP, -EPIPE}, {REFUSES, -EBUSY}, {RAVES, -EPIPE}, {NO_WELCOME, -ETIMEDOUT}};
    struct meter *meter = malloc(sizeof(*meter));
    struct jb_link_hello hello = plain_hello(0);
    unsigned before = count_fds();

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        struct jb_remote *remote = NULL;
        struct jb_diag diag = {0};
        meter_begin(meter, cases[i].manner);
        uint64_t begin_ns = jb_mono_ns();
        int r = jb_remote_attach(&hello, &remote, &diag);
        assert_int_equal(r, cases[i].result);
        assert_true(jb_mono_ns() - begin_ns < 5 * JB_NS_PER_S);
        assert_true(strlen(diag.text) > 0);
        assert_null(remote);
        if (r == -EBUSY) {
            assert_non_null(strstr(diag.text, "not now"));
            assert_string_equal(diag.fix, "later");
        }
        meter_end(meter);
    }
    assert_int_equal(count_fds(), before);
    free(meter);
}

static void what_a_later_release_says_is_skipped(void **state)
{
    struct meter *meter = malloc(sizeof(*meter));
    struct jb_link_hello hello = plain_hello(0);
    struct jb_remote *remote = NULL;
    const struct jb_link_message *message;
    struct jb_diag diag = {0};

    meter_begin(meter, LATER);
    assert_int_equal(jb_remote_attach(&hello, &remote, &diag), 0);
    assert_int_equal(jb_remote_welcome(remote)->db_ino, 7);
    assert_int_equal(jb_remote_channels(remote)->count, 1);
    assert_int_equal(jb_remote_next(remote, 0, &message), 0); /* nothing is there, and nothing is waited for */
    uint64_t begin_ns = jb_mono_ns();
    assert_int_equal(jb_remote_next(remote, 50 * JB_NS_PER_MS, &message), 0);
    assert_true(jb_mono_ns() - begin_ns >= 50 * JB_NS_PER_MS);
    assert_int_equal(jb_remote_start(remote), 0);
    assert_int_equal(jb_remote_next(remote, LONG_NS, &message), -EPIPE); /* it had heard enough */
    jb_remote_destroy(remote);
    meter_end(meter);
    free(meter);
}

static void a_run_is_handed_over_and_the_word_on_it_heard(void **state)
{
    static const struct {
        enum manner manner;
        int result;
    } cases[] = {{KEEPS, 0}, {KEEPS_NOT, -ENOSPC}, {DIES_KEEPING, -EPIPE}};
    struct meter *meter = malloc(sizeof(*meter));
    struct jb_link_hello hello = plain_hello(0);

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        struct jb_remote *remote = NULL;
        struct jb_diag diag = {0};
        meter_begin(meter, cases[i].manner);
        assert_int_equal(jb_remote_attach(&hello, &remote, &diag), 0);
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_int_equal(jb_remote_hand_over(remote, fd, &diag), cases[i].result);
        assert_int_equal(strlen(diag.text) > 0, cases[i].result < 0);
        close(fd);
        jb_remote_destroy(remote);
        meter_end(meter);
    }
    free(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_meter_is_no_failure_to_speak_of),
        cmocka_unit_test(attaching_ends_in_time_with_a_reason),
        cmocka_unit_test(what_a_later_release_says_is_skipped),
        cmocka_unit_test(a_run_is_handed_over_and_the_word_on_it_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
