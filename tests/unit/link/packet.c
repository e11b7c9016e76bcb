/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of packet.c: packets and descriptors over a pair of sockets, with hostile senders and slow readers. */
#include "../base/support.h"
#include "link/link.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

static char packet[JB_LINK_MAX + 1];

struct pair {
    int a, b;
};

static struct pair pair_make(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    return (struct pair){fds[0], fds[1]};
}

static void pair_close(struct pair pair)
{
    close(pair.a);
    close(pair.b);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

/* As a sender that keeps to no rule. */
static void send_descriptors(int fd, const int *descriptors, size_t count)
{
    char text[] = "x";
    struct iovec data = {text, 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(64 * sizeof(int))];
    } control = {.space = {0}};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    control.header = (struct cmsghdr){CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    assert_int_equal(sendmsg(fd, &message, 0), 1);
}

static void a_packet_arrives_whole(void **state)
{
    struct pair pair = pair_make();
    int descriptor = 77;
    (void)state;
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), -EAGAIN);
    assert_int_equal(descriptor, 77);
    assert_int_equal(jb_link_send(pair.a, "one", 3, -1), 0);
    assert_int_equal(jb_link_send(pair.a, "second", 6, -1), 0);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), 3);
    assert_memory_equal(packet, "one", 3);
    assert_int_equal(descriptor, -1);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), 6);
    close(pair.a);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), 0);
    close(pair.b);
}

static void the_largest_packet_passes_and_a_larger_one_does_not(void **state)
{
    struct pair pair = pair_make();
    int descriptor = -1;
    (void)state;
    memset(packet, 'x', sizeof(packet));
    assert_int_equal(jb_link_send(pair.a, packet, JB_LINK_MAX + 1, -1), -EMSGSIZE);
    assert_int_equal(jb_link_send(pair.a, packet, 0, -1), -EINVAL);
    assert_int_equal(jb_link_send(pair.a, packet, JB_LINK_MAX, -1), 0);
    memset(packet, 0, sizeof(packet));
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), JB_LINK_MAX);
    assert_true(packet[0] == 'x' && packet[JB_LINK_MAX - 1] == 'x' && packet[JB_LINK_MAX] == 0);
    assert_int_equal(send(pair.a, packet, JB_LINK_MAX + 1, 0), JB_LINK_MAX + 1);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), -EMSGSIZE);
    assert_int_equal(jb_link_send(pair.a, "next", 4, -1), 0);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), 4);
    pair_close(pair);
}

static void a_descriptor_comes_with_its_packet(void **state)
{
    struct pair pair = pair_make();
    int ends[2], descriptor = -1;
    char text[4] = "";
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(jb_link_send(pair.a, "with", 4, ends[0]), 0);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), 4);
    assert_true(descriptor >= 0 && descriptor != ends[0]);
    assert_true((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(write(ends[1], "ink", 3), 3);
    assert_int_equal(read(descriptor, text, 3), 3);
    assert_string_equal(text, "ink");
    close(descriptor);
    close(ends[0]);
    close(ends[1]);
    pair_close(pair);
}

static void of_several_descriptors_none_stays_open(void **state)
{
    struct pair pair = pair_make();
    int ends[64], descriptor = 77;
    (void)state;
    for (size_t i = 0; i < 64; i++) {
        ends[i] = pair.a;
    }
    size_t before = open_descriptors();
    const size_t counts[] = {2, 3, 64};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        send_descriptors(pair.a, ends, counts[i]);
        assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), 1);
        assert_int_equal(descriptor, -1);
        assert_int_equal(open_descriptors(), before);
    }
    pair_close(pair);
}

static void a_descriptor_with_too_long_a_packet_is_closed(void **state)
{
    struct pair pair = pair_make();
    struct iovec data = {packet, JB_LINK_MAX + 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
    int descriptor = 77;
    (void)state;
    message.msg_controllen = sizeof(control);
    control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &pair.a, sizeof(int));
    size_t before = open_descriptors();
    assert_int_equal(sendmsg(pair.a, &message, 0), JB_LINK_MAX + 1);
    assert_int_equal(jb_link_receive(pair.b, packet, &descriptor), -EMSGSIZE);
    assert_int_equal(descriptor, 77);
    assert_int_equal(open_descriptors(), before);
    pair_close(pair);
}

static void a_slow_reader_is_not_waited_for(void **state)
{
    struct pair pair = pair_make();
    int error = 0, sent = 0, received = 0, descriptor;
    (void)state;
    for (; error == 0 && sent < 100000; sent += error == 0) {
        error = jb_link_send(pair.a, packet, 8192, -1);
    }
    assert_int_equal(error, -EAGAIN);
    assert_in_range(sent, 1, 100000);
    while (jb_link_receive(pair.b, packet, &descriptor) == 8192) {
        received++;
    }
    assert_int_equal(received, sent); /* what was taken arrives, what was not does not half */
    assert_int_equal(jb_link_send(pair.a, "again", 5, -1), 0);
    pair_close(pair);
}

static void whoever_is_gone_raises_no_signal(void **state)
{
    struct pair pair = pair_make();
    (void)state;
    signal(SIGPIPE, SIG_DFL); /* which would end us */
    close(pair.b);
    assert_int_equal(jb_link_send(pair.a, "hello?", 6, -1), -EPIPE);
    close(pair.a);
}

/* Who is refused and has sent more meanwhile learns why. */
static void last_words_are_heard_after_a_reset(void **state)
{
    struct pair pair = pair_make();
    int descriptor = -1;
    (void)state;
    assert_int_equal(jb_link_send(pair.a, "never read", 10, -1), 0);
    assert_int_equal(jb_link_send(pair.b, "no", 2, -1), 0);
    close(pair.b);
    assert_int_equal(jb_link_receive(pair.a, packet, &descriptor), 2);
    assert_memory_equal(packet, "no", 2);
    assert_int_equal(jb_link_receive(pair.a, packet, &descriptor), 0);
    close(pair.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_arrives_whole),
        cmocka_unit_test(the_largest_packet_passes_and_a_larger_one_does_not),
        cmocka_unit_test(a_descriptor_comes_with_its_packet),
        cmocka_unit_test(of_several_descriptors_none_stays_open),
        cmocka_unit_test(a_descriptor_with_too_long_a_packet_is_closed),
        cmocka_unit_test(a_slow_reader_is_not_waited_for),
        cmocka_unit_test(whoever_is_gone_raises_no_signal),
        cmocka_unit_test(last_words_are_heard_after_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
