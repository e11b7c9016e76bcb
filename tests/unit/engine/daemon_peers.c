/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is on the machine's socket: whatever one of them says, in whatever order, it is hung up on or refused with the
 * reason; the others are told of their joules as before, and nothing of it stays behind.
 */
#include "daemon_world.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define NOBODY 65534

/* The good one is still told. */
static void assert_goes_on(struct talk *good)
{
    hear_kind(good, JB_LINK_TICK);
    uint64_t t_ns = good->message.tick.t_ns;
    do {
        hear_kind(good, JB_LINK_TICK);
    } while (good->message.tick.t_ns <= t_ns);
    assert_int_equal(good->message.tick.count, 1);
}

static void wrong_orders_are_hung_up_on(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    struct talk *good = talk_running(&world, 0);
    unsigned before = count_fds();

    for (int which = 0; which < 12; which++) {
        struct talk *bad = which < 6 ? talk_to(&world) : which < 9 ? talk_attached(&world, 0) : talk_running(&world, 0);
        struct jb_link_hello hello = plain_hello(0);
        switch (which) {
        case 0:
            say(bad, JB_LINK_START);
            break;
        case 1:
            say(bad, JB_LINK_STOP);
            break;
        case 2:
            say_news(bad, "forward");
            break;
        case 3:
            say_packet(bad, jb_link_pack_empty(JB_LINK_RECORD, bad->buffer), STDIN_FILENO);
            break;
        case 4: /* what only the meter says */
            say_packet(bad, jb_link_pack_live("{}", 2, bad->buffer), -1);
            break;
        case 5:
            say(bad, JB_LINK_WATCH);
            say(bad, JB_LINK_WATCH);
            break;
        case 6:
            say_hello(bad, &hello);
            break;
        case 7:
            say(bad, JB_LINK_STOP);
            break;
        case 8:
            say(bad, JB_LINK_WATCH);
            break;
        case 9:
            say(bad, JB_LINK_START);
            break;
        case 10:
            say_packet(bad, jb_link_pack_empty(JB_LINK_RECORD, bad->buffer), STDIN_FILENO);
            break;
        default:
            stop_running(bad);
            say(bad, JB_LINK_START);
        }
        hear_end(bad);
        talk_end(bad);
    }
    assert_goes_on(good);
    await_board(&world, 1, 1);
    assert_int_equal(count_fds(), before);
    stop_running(good);
    talk_end(good);
    world_end(&world);
}

static void garbage_is_hung_up_on(void **state)
{
    struct world world;
    unsigned seed = 5;
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    struct talk *good = talk_running(&world, 0);
    unsigned before = count_fds();

    for (int i = 0; i < 40; i++) {
        struct talk *bad = i % 2 ? talk_running(&world, 0) : talk_to(&world);
        size_t length = 1 + (size_t)rand_r(&seed) % 3000;
        for (size_t k = 0; k < length; k++) {
            bad->buffer[k] = (unsigned char)rand_r(&seed);
        }
        if (i % 4 == 3) { /* what begins well */
            length = (size_t)jb_link_pack_empty(JB_LINK_NEWS, bad->buffer) + length % 40;
        }
        say_packet(bad, (ssize_t)length, i % 3 == 0 ? STDIN_FILENO : -1);
        hear_end(bad);
        talk_end(bad);
    }
    assert_goes_on(good);
    await_board(&world, 1, 1);
    assert_int_equal(count_fds(), before);
    talk_end(good);
    world_end(&world);
}

/* An empty packet is the end to whoever reads it; a descriptor that came with it is closed all the same. */
static void descriptors_that_nobody_asked_for_are_closed(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    unsigned before = count_fds();

    for (int i = 0; i < 20; i++) {
        struct talk *bad = talk_to(&world);
        union {
            struct cmsghdr header;
            char space[CMSG_SPACE(3 * sizeof(int))];
        } control = {.space = {0}};
        struct iovec data = {.iov_base = bad->buffer, .iov_len = 0};
        struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
        int fds[3] = {STDIN_FILENO, STDIN_FILENO, STDIN_FILENO}, count = 1 + i % 3;
        struct jb_link_hello hello = plain_hello(0);
        if (i % 2) {
            data.iov_len = (size_t)jb_link_pack_hello(&hello, bad->buffer);
        }
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        control.header = (struct cmsghdr){CMSG_LEN((size_t)count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
        assert_int_equal(sendmsg(bad->fd, &message, 0), (ssize_t)data.iov_len);
        if (i % 2) {
            hear_kind(bad, JB_LINK_CHANNEL_LIST);
        } else {
            hear_end(bad);
        }
        talk_end(bad);
    }
    await_board(&world, 0, 0);
    assert_int_equal(count_fds(), before);
    world_end(&world);
}

static void a_record_that_cannot_be_taken_is_answered(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0");
    world.config.session.db_path = world.db;
    world_begin(&world);
    unsigned before = 0;

    for (int with = 1; with >= 0; with--) { /* with a descriptor that is no run; without one */
        struct talk *talk = talk_running(&world, 0);
        stop_running(talk);
        int fd = with ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
        say_packet(talk, jb_link_pack_empty(JB_LINK_RECORD, talk->buffer), fd);
        hear_kind(talk, JB_LINK_KEPT);
        assert_true(talk->message.kept.error < 0);
        assert_true(strlen(talk->message.kept.text) > 0);
        if (with) { /* one run, one record */
            say_packet(talk, jb_link_pack_empty(JB_LINK_RECORD, talk->buffer), fd);
            hear_end(talk);
            close(fd);
        }
        talk_end(talk);
        await_board(&world, 0, 0);
        before = with ? count_fds() : before; /* the database is open by now */
    }
    await_board(&world, 0, 0);
    assert_int_equal(count_fds(), before);
    world_end(&world);
}

static void assert_refused(const struct world *world, const struct jb_link_hello *hello, int error)
{
    struct talk *talk = talk_to(world);

    say_hello(talk, hello);
    hear_kind(talk, JB_LINK_REFUSE);
    assert_int_equal(talk->message.refuse.error, error);
    assert_true(strlen(talk->message.refuse.text) > 0);
    hear_end(talk);
    talk_end(talk);
}

static void who_does_not_belong_here_is_told_why(void **state)
{
    struct world world;
    pid_t gone = fork_burner(0);
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    end_burner(gone);

    struct jb_link_hello other_version = plain_hello(0), other_root = plain_hello(0), of_nobody = plain_hello(gone);
    other_version.version = JB_LINK_VERSION + 1;
    jb_copy(other_root.root, sizeof(other_root.root), "/somewhere");
    assert_refused(&world, &other_version, -EPROTONOSUPPORT);
    assert_refused(&world, &other_root, -ENODEV);
    assert_refused(&world, &of_nobody, -EPERM);
    await_board(&world, 0, 0);
    world_end(&world);
}

/* What it wanted to measure ended between HELLO and START: its pid may be somebody else's by now. */
static void a_process_that_ends_before_the_start_is_not_measured(void **state)
{
    struct world world;
    pid_t pid = fork_burner(0);
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    struct talk *talk = talk_attached(&world, pid);

    end_burner(pid);
    say(talk, JB_LINK_START);
    hear_kind(talk, JB_LINK_REFUSE);
    assert_int_equal(talk->message.refuse.error, -ESRCH);
    talk_end(talk);
    world_end(&world);
}

/* Run in a child as another user: its exit status says what it saw. */
static int as_nobody(const struct world *world, int (*what)(const struct world *world, pid_t pid), pid_t pid)
{
    int status = 0;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool left = setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
        _exit(left ? what(world, pid) : 99);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int attach_to(const struct world *world, pid_t pid)
{
    static unsigned char buffer[JB_LINK_MAX];
    static struct jb_link_message message;
    struct jb_link_hello hello = plain_hello(pid);
    struct jb_diag diag = {0};
    int fd, descriptor;

    if (jb_link_connect(world->socket, &fd, &diag) < 0 ||
        jb_link_send(fd, buffer, (size_t)jb_link_pack_hello(&hello, buffer), -1) < 0) {
        return 97;
    }
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t length = poll(&wait, 1, 20000) > 0 ? jb_link_receive(fd, buffer, &descriptor) : -1;
    if (length <= 0 || jb_link_unpack(buffer, (size_t)length, &message) < 0) {
        return 96;
    }
    return (int)message.kind;
}

/* Connect until somebody hangs up: how many were let in. */
static int fill_up(const struct world *world, pid_t unused)
{
    static unsigned char buffer[JB_LINK_MAX];
    struct jb_link_hello hello = plain_hello(0);
    struct jb_diag diag = {0};
    int let_in = 0, descriptor, fd;

    for (;; let_in++) {
        if (jb_link_connect(world->socket, &fd, &diag) < 0) {
            return 97;
        }
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int r = jb_link_send(fd, buffer, (size_t)jb_link_pack_hello(&hello, buffer), -1);
        if (r == -EPIPE || (r == 0 && poll(&wait, 1, 20000) > 0 && jb_link_receive(fd, buffer, &descriptor) <= 0)) {
            return let_in;
        }
        if (r < 0 || (wait.revents & POLLIN) == 0) {
            return 96;
        }
    }
}

static void other_users_measure_their_own(void **state)
{
    struct world world;
    if (geteuid() != 0) {
        skip();
    }
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    assert_int_equal(as_nobody(&world, attach_to, 0), JB_LINK_WELCOME);
    assert_int_equal(as_nobody(&world, attach_to, getpid()), JB_LINK_REFUSE);
    assert_int_equal(as_nobody(&world, attach_to, 1), JB_LINK_REFUSE);
    assert_int_equal(as_nobody(&world, fill_up, 0), JB_DAEMON_PEERS_OF_USER);
    await_board(&world, 0, 0);
    assert_int_equal(as_nobody(&world, attach_to, 0), JB_LINK_WELCOME); /* there is room again */
    world_end(&world);
}

static void a_full_house_lets_nobody_in(void **state)
{
    struct world world;
    struct talk *talks[JB_DAEMON_PEERS];
    size_t most = geteuid() == 0 ? JB_DAEMON_PEERS : JB_DAEMON_PEERS_OF_USER;
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    unsigned before = count_fds();

    for (size_t i = 0; i < most; i++) {
        talks[i] = talk_attached(&world, 0);
    }
    struct talk *late = talk_to(&world);
    hear_end(late);
    talk_end(late);
    for (size_t i = 0; i < JB_SESSION_RUNS; i++) {
        say(talks[i], JB_LINK_START);
        hear_cut(talks[i], JB_LINK_CUT_STARTED);
    }
    await_board(&world, JB_SESSION_RUNS, (unsigned)most);
    if (most > JB_SESSION_RUNS) {
        say(talks[most - 1], JB_LINK_START);
        hear_kind(talks[most - 1], JB_LINK_REFUSE);
        assert_int_equal(talks[most - 1]->message.refuse.error, -ENOSPC);
    }
    for (size_t i = 0; i < most; i++) {
        talk_end(talks[i]);
    }
    await_board(&world, 0, 0);
    assert_int_equal(count_fds(), before);
    struct talk *again = talk_running(&world, 0);
    stop_running(again);
    talk_end(again);
    world_end(&world);
}

/* One that asks for much and reads nothing: its own loss. */
static void who_never_reads_holds_nobody_up(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0:channels=60:device=gpu,fake:watts=1:unit=0:channels=60:device=ram");
    world_begin(&world);
    struct talk *mute = talk_attached(&world, 0), *good = talk_attached(&world, 0);
    struct jb_link_hello quick = plain_hello(0);
    quick.interval_ns = 10 * JB_NS_PER_MS;
    struct talk *third = talk_to(&world);
    say_hello(third, &quick);
    hear_kind(third, JB_LINK_CHANNEL_LIST);
    say(third, JB_LINK_START);
    say(mute, JB_LINK_START);
    say(good, JB_LINK_START);
    hear_cut(good, JB_LINK_CUT_STARTED);

    unsigned heard = 0, missed = 0;
    for (; heard < 500; heard++) { /* far more than a socket holds */
        hear_kind(good, JB_LINK_TICK);
    }
    struct pollfd more = {.fd = mute->fd, .events = POLLIN};
    while (missed < heard && poll(&more, 1, 0) > 0) {
        missed += hear_next(mute) == JB_LINK_TICK;
    }
    assert_true(missed < heard); /* it was not waited for ... */
    stop_running(mute);          /* ... and is welcome again, with all its joules */
    stop_running(good);
    assert_true(mute->message.cut.channels[0].idle_uj + mute->message.cut.channels[0].others_uj +
                    mute->message.cut.channels[0].unattributed_uj + mute->message.cut.channels[0].run_uj >
                0);
    talk_end(mute);
    talk_end(good);
    talk_end(third);
    world_end(&world);
}

/* Somebody waits to be let in, and there is no descriptor to let it in with. */
static void no_descriptor_left_is_no_busy_loop(void **state)
{
    struct world world;
    struct rlimit limit, low;
    world_make(&world, "fake:watts=20:unit=0");
    world.config.session.interval_ns = JB_NS_PER_S;
    world_begin(&world);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    world_halt(&world);

    struct talk *waiting = talk_to(&world);
    struct jb_link_hello hello = plain_hello(0);
    low = limit;
    low.rlim_cur = (rlim_t)waiting->fd + 1; /* descriptors are given from the lowest: there is none */
    for (int fd = 0; fd < waiting->fd; fd++) {
        assert_true(fcntl(fd, F_GETFD) >= 0);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    world_run(&world);
    uint64_t from_ns = thread_ns(world.thread), t_ns = jb_mono_ns();
    while (jb_mono_ns() - t_ns < 1500 * JB_NS_PER_MS) {
        poll(NULL, 0, 50);
    }
    uint64_t used_ns = thread_ns(world.thread) - from_ns;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(used_ns < 100 * JB_NS_PER_MS);
    say_hello(waiting, &hello);
    hear_kind(waiting, JB_LINK_WELCOME); /* within the next second */
    talk_end(waiting);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_orders_are_hung_up_on),
        cmocka_unit_test(garbage_is_hung_up_on),
        cmocka_unit_test(descriptors_that_nobody_asked_for_are_closed),
        cmocka_unit_test(a_record_that_cannot_be_taken_is_answered),
        cmocka_unit_test(who_does_not_belong_here_is_told_why),
        cmocka_unit_test(a_process_that_ends_before_the_start_is_not_measured),
        cmocka_unit_test(other_users_measure_their_own),
        cmocka_unit_test(a_full_house_lets_nobody_in),
        cmocka_unit_test(who_never_reads_holds_nobody_up),
        cmocka_unit_test(no_descriptor_left_is_no_busy_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
