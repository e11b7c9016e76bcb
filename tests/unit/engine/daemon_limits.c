/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often one user may do what costs everybody: whoever overdoes it is held back, told why, and goes on by himself;
 * the others notice nothing.
 *
 * He is another user where we are root, who is not counted. His process is forked before there are threads.
 */
#include "daemon_world.h"
#include "engine/session_impl.h"

#include <grp.h>
#include <sys/socket.h>

#define NOBODY   65534
#define MORE     150   /* than anybody may do at once */
#define MESSAGES 50000 /* nobody says so much in earnest */

struct seen {
    bool done;
    unsigned count; /* of what he was let do */
    int error;      /* of the refusal */
    uint64_t took_ns;
    unsigned warnings;
    char warning[256];
    uint64_t machine_uj;
};
struct user {
    pid_t pid;
    int go, back;
};

typedef void (*what_fn)(const struct world *world, struct seen *seen);

static struct user fork_user(const struct world *world, what_fn what)
{
    int go[2], back[2];

    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(back), 0);
    pid_t pid = fork_bound();
    if (pid == 0) {
        struct seen seen = {.done = false};
        char word;
        close(go[1]);
        bool left = geteuid() != 0 || (setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
        if (left && read(go[0], &word, 1) == 1) {
            uint64_t from_ns = jb_mono_ns();
            what(world, &seen);
            seen.took_ns = jb_mono_ns() - from_ns;
        }
        _exit(write(back[1], &seen, sizeof(seen)) == (ssize_t)sizeof(seen) ? 0 : 1);
    }
    close(go[0]);
    close(back[1]);
    return (struct user){pid, go[1], back[0]};
}

static void let_him(const struct user *user)
{
    assert_int_equal(write(user->go, "g", 1), 1);
}

static void await_user(const struct user *user, struct seen *ret)
{
    assert_int_equal(read(user->back, ret, sizeof(*ret)), sizeof(*ret));
    assert_int_equal(waitpid(user->pid, NULL, 0), user->pid);
    close(user->go);
    close(user->back);
    assert_true(ret->done);
}

/* What a bucket gives in that time. */
static unsigned most(unsigned burst, unsigned per_s, uint64_t took_ns)
{
    return burst + (unsigned)((double)took_ns / 1e9 * per_s) + 1;
}

/* Begins runs until one is refused; each ends as he hangs up. */
static void begin_runs(const struct world *world, struct seen *seen)
{
    for (int heard = JB_LINK_CUT; heard != JB_LINK_REFUSE && seen->count < MORE;) {
        struct talk *talk = talk_attached(world, 0);
        say(talk, JB_LINK_START);
        do {
            heard = hear_next(talk);
        } while (heard != JB_LINK_CUT && heard != JB_LINK_REFUSE && heard != 0);
        seen->count += heard == JB_LINK_CUT;
        if (heard == JB_LINK_REFUSE) {
            seen->error = talk->message.refuse.error;
            seen->done = strlen(talk->message.refuse.text) > 0 && strlen(talk->message.refuse.fix) > 0;
        }
        talk_end(talk);
    }
}

static void assert_goes_on(struct talk *good)
{
    uint64_t t_ns = jb_mono_ns();

    do {
        hear_kind(good, JB_LINK_TICK);
    } while (good->message.tick.t_ns <= t_ns);
}

static void who_begins_too_many_runs_is_refused(void **state)
{
    struct world world;
    struct seen seen;
    world_make(&world, "fake:watts=20:unit=0");
    struct user user = fork_user(&world, begin_runs);
    world_begin(&world);
    struct talk *good = geteuid() == 0 ? talk_running(&world, 0) : NULL;

    let_him(&user);
    await_user(&user, &seen);
    assert_int_equal(seen.error, -EBUSY);
    assert_true(seen.count + 1 >= JB_DAEMON_PEERS_OF_USER); /* one of ours may have been counted */
    assert_true(seen.count <= most(JB_DAEMON_PEERS_OF_USER, JB_DAEMON_STARTS_PER_S, seen.took_ns));
    if (good != NULL) { /* another user begins and ends as ever */
        assert_goes_on(good);
        struct talk *other = talk_running(&world, 0);
        stop_running(other);
        talk_end(other);
        stop_running(good);
        talk_end(good);
    }
    await_board(&world, 0, 0);
    world_end(&world);
}

/* The whole of what `joulebook run` does: it says why, and measures by itself. */
static void begin_runs_and_measure(const struct world *world, struct seen *seen)
{
    struct jb_session_config config = {.sensors = "fake:watts=50:unit=0",
                                       .db_path = "none",
                                       .interval_ns = 50 * JB_NS_PER_MS,
                                       .open_wait_ns = JB_NS_PER_S,
                                       .basis = "machine",
                                       .pue = 1,
                                       .intensity = &world->intensity,
                                       .attach = true};
    struct jb_session *session;
    struct jb_diag diag = {0};
    struct jb_ending ending = {.status = JB_RUN_FINISHED};

    setenv("JOULEBOOK_SOCKET", world->socket, 1);
    if (jb_session_create(&config, &session, &diag) < 0 || session->remote == NULL) {
        return;
    }
    begin_runs(world, seen);
    if (jb_session_start(session, 0, &diag) < 0 || session->remote != NULL) {
        return;
    }
    uint64_t end_ns = jb_mono_ns() + 500 * JB_NS_PER_MS;
    while (jb_mono_ns() < end_ns) {
        struct pollfd timer = {.fd = jb_session_timer_fd(session), .events = POLLIN};
        poll(&timer, 1, 1000);
        jb_session_tick(session);
    }
    jb_session_stop(session, &ending);
    const struct jb_record *record = jb_session_record(session);
    seen->warnings = (unsigned)record->warning_count;
    jb_copy(seen->warning, sizeof(seen->warning), record->warning_count > 0 ? record->warnings[0] : "");
    seen->machine_uj = record->machine_uj;
    jb_session_destroy(session);
}

static void a_run_that_is_refused_measures_by_itself(void **state)
{
    struct world world;
    struct seen seen;
    world_make(&world, "fake:watts=20:unit=0");
    struct user user = fork_user(&world, begin_runs_and_measure);
    world_begin(&world);

    let_him(&user);
    await_user(&user, &seen);
    if (seen.warnings != 1 || strstr(seen.warning, "which refuses: too many runs of this user") == NULL) {
        fail_msg("%u warnings: %s", seen.warnings, seen.warning);
    }
    assert_true(seen.machine_uj > 50 * 200000u); /* 50 W for half a second, give or take */
    await_board(&world, 0, 0);
    world_end(&world);
}

/* Says HELLO and goes: how many of 400 were answered. */
static void come_and_go(const struct world *world, struct seen *seen)
{
    for (int i = 0; i < 400; i++) {
        struct talk *talk = talk_to(world);
        struct jb_link_hello hello = plain_hello(0);
        say_hello(talk, &hello);
        seen->count += hear_next(talk) == JB_LINK_WELCOME;
        talk_end(talk);
    }
    seen->done = true;
}

static void who_comes_and_goes_too_often_is_not_let_in(void **state)
{
    struct world world;
    struct seen seen;
    world_make(&world, "fake:watts=20:unit=0");
    struct user user = fork_user(&world, come_and_go);
    world_begin(&world);

    let_him(&user);
    await_user(&user, &seen);
    assert_true(seen.count >= 2 * JB_DAEMON_CONNECTS_PER_S);
    assert_true(seen.count <= most(2 * JB_DAEMON_CONNECTS_PER_S, JB_DAEMON_CONNECTS_PER_S, seen.took_ns));
    world_end(&world);
}

/* News without an end: how much was taken before he was hung up on. */
static void talk_much(const struct world *world, struct seen *seen)
{
    struct talk *talk = talk_running(world, 0);
    struct jb_link_news news = {.phase = "forward", .epoch = 1, .step = 2};
    ssize_t length = jb_link_pack_news(&news, talk->buffer);

    for (uint64_t from_ns = jb_mono_ns(); seen->count < MESSAGES && jb_mono_ns() - from_ns < LONG_NS;) {
        int r = jb_link_send(talk->fd, talk->buffer, (size_t)length, -1);
        if (r == -EAGAIN) {
            struct pollfd wait = {.fd = talk->fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else if (r < 0) {
            seen->done = true;
            break;
        } else {
            seen->count++;
        }
    }
    talk_end(talk);
}

static void who_says_too_much_is_hung_up_on(void **state)
{
    struct world world;
    struct seen seen;
    world_make(&world, "fake:watts=20:unit=0");
    struct user user = fork_user(&world, talk_much);
    world_begin(&world);

    let_him(&user);
    await_user(&user, &seen);
    assert_true(seen.count >= 2 * JB_DAEMON_WORDS_PER_S);
    await_board(&world, 0, 0);
    world_end(&world);
}

static void who_says_nothing_is_hung_up_on(void **state)
{
    struct world world;
    world_make(&world, "fake:watts=20:unit=0");
    world_begin(&world);
    struct talk *attached = talk_attached(&world, 0), *mute = talk_to(&world);
    uint64_t from_ns = jb_mono_ns();

    hear_end(mute);
    assert_true(jb_mono_ns() - from_ns >= (JB_DAEMON_SILENT_S - 1) * JB_NS_PER_S);
    say(attached, JB_LINK_START); /* who has said who he is may take his time */
    hear_cut(attached, JB_LINK_CUT_STARTED);
    talk_end(attached);
    talk_end(mute);
    world_end(&world);
}

/* For two seconds, as fast as it goes. */
static void hammer(const struct world *world, struct seen *seen)
{
    for (uint64_t from_ns = jb_mono_ns(); jb_mono_ns() - from_ns < 2 * JB_NS_PER_S;) {
        struct jb_diag diag = {0};
        int fd;
        if (jb_link_connect(world->socket, &fd, &diag) == 0) {
            close(fd);
            seen->count++;
        }
    }
    seen->done = true;
}

static void a_crowd_at_the_door_is_no_busy_loop(void **state)
{
    struct world world;
    struct seen seen;
    world_make(&world, "fake:watts=20:unit=0");
    struct user user = fork_user(&world, hammer);
    world_begin(&world);
    struct talk *good = talk_running(&world, 0);
    uint64_t from_ns = thread_ns(world.thread);

    let_him(&user);
    await_user(&user, &seen);
    uint64_t used_ns = thread_ns(world.thread) - from_ns;
    if (used_ns * 4 > seen.took_ns) {
        fail_msg("%.0f ms of %.0f ms, for %u that came", (double)used_ns / 1e6, (double)seen.took_ns / 1e6, seen.count);
    }
    assert_true(seen.count > JB_DAEMON_PEERS);
    assert_goes_on(good);
    talk_end(good);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_begins_too_many_runs_is_refused),
        cmocka_unit_test(a_run_that_is_refused_measures_by_itself),
        cmocka_unit_test(who_comes_and_goes_too_often_is_not_let_in),
        cmocka_unit_test(who_says_too_much_is_hung_up_on),
        cmocka_unit_test(who_says_nothing_is_hung_up_on),
        cmocka_unit_test(a_crowd_at_the_door_is_no_busy_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
